// Which line of a message a search shows: the one it was found by. Pure.

import { shownName } from '../look/shown-name.ts'

/** What of a message is searched in, in the order in which it is shown otherwise. */
export interface Searched {
  readonly text?: string | undefined
  readonly title?: string | undefined
  readonly media: readonly { readonly name: string }[]
}

/** The first line that has most of the words; of a message with neither words nor files the empty one. */
export function foundLine({ text, title, media }: Searched, wanted: string): string {
  const words = folded(wanted)
    .split(/\s+/)
    .filter((word) => word !== '')
  const lines = [text, title, ...media.map(({ name }) => shownName(name))].filter((line) => line !== undefined)
  const has = (line: string) => words.filter((word) => folded(line).includes(word)).length
  return lines.reduce((best, line) => (has(line) > has(best) ? line : best), lines[0] ?? '')
}

/** Letters as searches take them: large is small, and an accent is none. */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}
