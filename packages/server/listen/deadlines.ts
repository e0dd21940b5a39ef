// One sweep for the deadlines of all connections: a deadline is a number that is overwritten, not a timer that is made.
// With ten thousand idle connections this costs one loop a second and no memory.

import type { Clock } from './clock.ts'

/** Something that must have moved on by a certain time. */
export interface Deadlined {
  /** On the clock's monotonic scale; Infinity when nothing is waited for. Set freely at any time. */
  deadlineMs: number
  /** Called when the deadline has passed, and again at each sweep until it is moved or removed. */
  expire: () => void
}

export interface Deadlines {
  nowMs(): number
  add(entry: Deadlined): void
  remove(entry: Deadlined): void
  /** Ends the sweep. */
  stop(): void
}

export function createDeadlines(clock: Clock, sweepMs: number): Deadlines {
  const entries = new Set<Deadlined>()
  const stop = clock.every(sweepMs, () => {
    const nowMs = clock.monotonicMs()
    for (const entry of entries) if (entry.deadlineMs <= nowMs) entry.expire()
  })
  return {
    nowMs: () => clock.monotonicMs(),
    add: (entry) => entries.add(entry),
    remove: (entry) => entries.delete(entry),
    stop,
  }
}
