// For tests: a clock that stands still until it is turned by hand.

import type { Clock } from './clock.ts'

export interface TurnedClock extends Clock {
  /** Lets `ms` pass and rings whoever is due, in steps as `every` asked for. */
  turn(ms: number): void
}

export function turnedClock(): TurnedClock {
  let nowMs = 1_000_000
  const bells = new Set<{ intervalMs: number; nextMs: number; tick: () => void }>()
  return {
    monotonicMs: () => nowMs,
    wallMs: () => Date.UTC(2026, 10, 21, 12, 0, 0) + nowMs,
    every(intervalMs, tick) {
      const bell = { intervalMs, nextMs: nowMs + intervalMs, tick }
      bells.add(bell)
      return () => bells.delete(bell)
    },
    turn(ms) {
      const untilMs = nowMs + ms
      for (;;) {
        // Months pass in some tests, in steps of a tenth of a second: nothing is made on the way.
        let next: { intervalMs: number; nextMs: number; tick: () => void } | undefined
        for (const bell of bells) if (!next || bell.nextMs < next.nextMs) next = bell
        if (!next || next.nextMs > untilMs) break
        nowMs = next.nextMs
        next.nextMs += next.intervalMs
        next.tick()
      }
      nowMs = untilMs
    },
  }
}
