// Counts the piece bytes given out per message, and writes the sum down at most once a second: a figure for people, not
// worth a write per piece.

import type { Clock } from '../clock.ts'

/** At most this long between a byte given out and its count on stable storage, ms. */
const FLUSH_MS = 1_000
/** Messages whose recipients are counted one by one: more are not served at a time. */
const GIVEN_MESSAGES_MAX = 256

export interface Uploads {
  /** `to`: a user. */
  add(messageId: string, bytes: number, to: string): void
  /** Of one message, to each user since the device was opened, bytes. */
  given(messageId: string): ReadonlyMap<string, number>
  /** Writes what was counted since the last time. */
  flush(): Promise<void>
}

/** `write`: adds bytes to a message's record; what it throws goes to `onFault`, and the bytes are counted with the next. */
export function createUploads(options: {
  readonly clock: Clock
  write(messageId: string, bytes: number): Promise<unknown>
  onFault(error: unknown): void
}): Uploads {
  const counted = new Map<string, number>()
  const given = new Map<string, Map<string, number>>()
  let due = false
  const flush = async () => {
    const batch = [...counted]
    counted.clear()
    for (const [messageId, bytes] of batch) {
      try {
        await options.write(messageId, bytes)
      } catch (error) {
        counted.set(messageId, (counted.get(messageId) ?? 0) + bytes)
        options.onFault(error)
      }
    }
  }
  return {
    given: (messageId) => given.get(messageId) ?? new Map(),
    add(messageId, bytes, to) {
      const theirs = given.get(messageId) ?? new Map<string, number>()
      theirs.set(to, (theirs.get(to) ?? 0) + bytes)
      // The one served last stands last; the one not served for longest is forgotten.
      given.delete(messageId)
      given.set(messageId, theirs)
      const [oldest] = given.keys()
      if (given.size > GIVEN_MESSAGES_MAX && oldest !== undefined) given.delete(oldest)
      counted.set(messageId, (counted.get(messageId) ?? 0) + bytes)
      if (due) return
      due = true
      options.clock.after(FLUSH_MS, () => {
        due = false
        void flush()
      })
    },
    flush,
  }
}
