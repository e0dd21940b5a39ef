// Looking for words in everything that was said. The store is read in portions by the first character of the ids, which are
// random, and other work gets its turn in between. Nothing is indexed on the disk: words would lie in a second place that forgetting
// has to reach. What stays in memory is searched.ts's. Pure but for reading.

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

/** Everything of it that is looked through, as it is compared. */
export function hayOf(content: LocationMessage): string {
  const { text, title, copyright, what, when, where, why, who, media } = content
  const names = media.flatMap(({ name, title: own }) => [name, own])
  return plain(
    [text, title, copyright, what, when, where, why, who, ...names].filter((one) => one !== undefined).join('\n'),
  )
}

/** Whether every word stands in one of the names. */
export function isNamed(words: readonly string[], names: readonly string[]): boolean {
  const hay = plain(names.join('\n'))
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
