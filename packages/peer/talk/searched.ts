// What was said, as it is compared when somebody looks for words: in memory from the first search on, since whoever searches types letter
// after letter, and reading everything for each takes a second and more in a browser. What does not fit is read each time.

import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { Store } from '../store/store.ts'
import { OWN_PREFIX, type OwnMessage } from './own-messages.ts'
import { hayOf, plain, readAll } from './search.ts'
import type { Line } from './talk-index.ts'

/** Characters kept at hand: some 300,000 messages, one or two bytes each. */
const CHARACTERS_MAX = 32_000_000
const CONTENT_PREFIX = 'content '

export interface Searched {
  /** Reads what there is, once; whoever calls meanwhile waits for the same. */
  ready(): Promise<void>
  /** Those of `lines` that hold all these words (search.ts), in any order. Throws the signal's reason. */
  linesWith(words: readonly string[], lines: Iterable<Line>, signal: AbortSignal): Promise<Line[]>
  /** Their words were dropped. */
  forget(ids: readonly string[]): void
}

export function createSearched(options: {
  readonly store: Pick<Store, 'get' | 'all'>
  /** Lets other work go first. */
  turn(): Promise<void>
  /** Another figure in tests. */
  readonly charactersMax?: number
}): Searched {
  const { store, turn, charactersMax = CHARACTERS_MAX } = options
  const hays = new Map<string, string>()
  let characters = 0
  let isWhole = true
  let reading: Promise<void> | undefined

  function keep(id: string, hay: string): void {
    if (hays.has(id)) return
    if (characters + hay.length > charactersMax) isWhole = false
    else {
      hays.set(id, hay)
      characters += hay.length
    }
  }

  async function readEach(look: (id: string, hay: string) => void, signal: AbortSignal): Promise<void> {
    await readAll(
      (portion) => store.all<LocationMessage>('inbox', CONTENT_PREFIX + portion),
      ({ key, value }) => look(key.slice(CONTENT_PREFIX.length), hayOf(value)),
      turn,
      signal,
    )
    await readAll(
      (portion) => store.all<OwnMessage>('talk', OWN_PREFIX + portion),
      ({ value }) => look(value.id, hayOf(value.content)),
      turn,
      signal,
    )
  }

  /** Of what came since everything was read. */
  async function hayNow(id: string): Promise<string | undefined> {
    const content =
      (await store.get<LocationMessage>('inbox', CONTENT_PREFIX + id)) ??
      (await store.get<OwnMessage>('talk', OWN_PREFIX + id))?.content
    const hay = content && hayOf(content)
    if (hay !== undefined) keep(id, hay)
    return hay
  }

  async function ready(): Promise<void> {
    if (!reading) {
      const begun = readEach(keep, new AbortController().signal)
      reading = begun
      // Whoever asks next tries again.
      begun.catch(() => (reading = undefined))
    }
    await reading
  }

  return {
    ready,
    async linesWith(words, lines, signal) {
      await ready()
      const found = new Set<Line>()
      const notAtHand = new Map<string, Line>()
      const consider = (line: Line, hay: string) => {
        const who = plain(line.from)
        if (words.every((word) => hay.includes(word) || who.includes(word))) found.add(line)
      }
      for (const line of lines) {
        const hay = hays.get(line.id)
        if (hay === undefined) notAtHand.set(line.id, line)
        else consider(line, hay)
      }
      signal.throwIfAborted()
      if (isWhole) {
        for (const [id, line] of notAtHand) {
          const hay = await hayNow(id)
          if (hay !== undefined) consider(line, hay)
        }
      } else {
        const look = (id: string, hay: string) => {
          const line = notAtHand.get(id)
          if (line) consider(line, hay)
        }
        await readEach(look, signal)
      }
      signal.throwIfAborted()
      return [...found]
    },
    forget(ids) {
      for (const id of ids) {
        characters -= hays.get(id)?.length ?? 0
        hays.delete(id)
      }
    },
  }
}
