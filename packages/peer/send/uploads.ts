// Counts the piece bytes given out per message, and writes the sum down at most once a second: a figure for people, not
// worth a write per piece.

import type { Clock } from '../clock.ts'

/** At most this long between a byte given out and its count on stable storage, ms. */
const FLUSH_MS = 1_000

export interface Uploads {
  add(messageId: string, bytes: number): void
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
    add(messageId, bytes) {
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
