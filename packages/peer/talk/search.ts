// Looking for words in everything that was said. The store is read in portions by the first character of the ids, which are
// random, and other work gets its turn in between: nothing is indexed, since a hundred thousand messages take about a second. Pure
// but for reading.

import type { LocationMessage } from '@doorpost/protocol/location-message'

/** Words looked for at once. */
const WORDS_MAX = 16
/** What a message id begins with (send/compose.ts, protocol: base64url). */
const PORTIONS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** As it is compared: whatever case and composed form it was written in, and without accents. */
export function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mn}+/gu, '')
    .toLowerCase()
}

/** Undefined: there is no word in it. */
export function wordsOf(text: string): string[] | undefined {
  const words = plain(text)
    .split(/\s+/u)
    .filter((word) => word !== '')
  return words.length === 0 ? undefined : words.slice(0, WORDS_MAX)
}

/** Whether every word stands somewhere in it. `who`: names of the people, whole addresses. */
export function holds(words: readonly string[], content: LocationMessage, who: readonly string[]): boolean {
  const { text, title, copyright, what, when, where, why, who: shown, media } = content
  const names = media.flatMap(({ name, title: own }) => [name, own])
  const all = [text, title, copyright, what, when, where, why, shown, ...names, ...who]
  const hay = plain(all.filter((one) => one !== undefined).join('\n'))
  return words.every((word) => hay.includes(word))
}

/** Reads portion after portion; `turn` lets others work in between. Throws the signal's reason. */
export async function readAll<T>(
  read: (portion: string) => Promise<readonly T[]>,
  look: (one: T) => void,
  turn: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (const portion of PORTIONS) {
    for (const one of await read(portion)) look(one)
    await turn()
    signal.throwIfAborted()
  }
}
