// What somebody is about to send: files with their titles, and what is wrong with it, in the closed words of the catalogue. Pure.

import { FIELD_LENGTH_MAX, MEDIA_MAX, TEXT_LENGTH_MAX } from '@doorpost/protocol/limits'
import { parseAddress } from '@doorpost/protocol/address'
import type { GivenFile } from './given-file.ts'

/** Said where it stands; nothing is sent until it is put right. */
export type Wrong =
  | { readonly kind: 'tooMany'; readonly most: number }
  | { readonly kind: 'tooLong'; readonly field: 'title' | 'text' | 'copyright' | 'fileTitle'; readonly most: number }
  | { readonly kind: 'noAddress'; readonly written: string }
  | { readonly kind: 'nothing' }

export interface Written {
  readonly title: string
  readonly text: string
  readonly copyright: string
  /** `2026-05-13`; empty where none is set. */
  readonly date: string
  /** As typed: names and addresses with commas or spaces between. */
  readonly others: string
}

/** The first thing that is wrong; undefined where it can be sent. `fileTitles`: as written. */
export function wrongWith(
  given: readonly GivenFile[],
  written: Written,
  fileTitles: readonly string[],
): Wrong | undefined {
  if (given.length === 0) return { kind: 'nothing' }
  if (given.length > MEDIA_MAX) return { kind: 'tooMany', most: MEDIA_MAX }
  if (written.title.length > FIELD_LENGTH_MAX) return { kind: 'tooLong', field: 'title', most: FIELD_LENGTH_MAX }
  if (written.copyright.length > FIELD_LENGTH_MAX) {
    return { kind: 'tooLong', field: 'copyright', most: FIELD_LENGTH_MAX }
  }
  if (written.text.length > TEXT_LENGTH_MAX) return { kind: 'tooLong', field: 'text', most: TEXT_LENGTH_MAX }
  if (fileTitles.some((title) => title.length > FIELD_LENGTH_MAX)) {
    return { kind: 'tooLong', field: 'fileTitle', most: FIELD_LENGTH_MAX }
  }
  const bad = othersOf(written.others).find((name) => !isName(name))
  return bad === undefined ? undefined : { kind: 'noAddress', written: bad }
}

/** Whom else it goes to, each once. */
export function othersOf(written: string): readonly string[] {
  return [...new Set(written.split(/[\s,;]+/).filter((name) => name !== ''))]
}

/** A name alone is on one's own server. */
function isName(name: string): boolean {
  return parseAddress(name.includes('@') ? name : `${name}@example.org`).ok
}

/** The day a file was last written, in the reader's own zone: what a camera's file was made. */
export function dateOf(lastModified: number): string {
  const date = new Date(lastModified)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
