// What is said of files that were dropped and are not there.

import type { Formats } from '../words/formats.ts'
import type { Words } from '../words/words.ts'
import type { Lost } from './drop-target.ts'

/** Files named of those that could not be read; the rest is counted. */
const NAMES_MAX = 3

export function lostSays(words: Words['talk'], formats: Formats, { unread, most }: Lost): string {
  const says = [
    ...(most === undefined ? [] : [words.dropCut(formats.number(most))]),
    ...(unread.length === 0 ? [] : [words.dropUnread(unread.length, unread.slice(0, NAMES_MAX))]),
  ]
  return says.length === 0 ? words.dropNothing : says.join(' ')
}
