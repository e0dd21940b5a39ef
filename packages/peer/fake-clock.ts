// A clock that tests turn by hand.

import type { Clock } from './clock.ts'

export interface FakeClock extends Clock {
  /** Lets time pass: everything due is called in order, and what that starts may go on before the next. */
  pass(ms: number): Promise<void>
  /** How many calls wait. */
  readonly waiting: number
}

export function fakeClock(startMs = Date.parse('2026-11-21T12:00:00.000Z')): FakeClock {
  let nowMs = startMs
  const timers = new Set<{ readonly atMs: number; readonly call: () => void }>()
  return {
    nowMs: () => nowMs,
    after(delayMs, call) {
      const timer = { atMs: nowMs + delayMs, call }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async pass(ms) {
      const endMs = nowMs + ms
      await settle()
      for (;;) {
        const [next] = [...timers].filter(({ atMs }) => atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs)
        if (!next) break
        timers.delete(next)
        nowMs = Math.max(nowMs, next.atMs)
        next.call()
        await settle()
      }
      nowMs = endMs
      await settle()
    },
    get waiting() {
      return timers.size
    },
  }
}

/** Lets every promise that can go on do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}
