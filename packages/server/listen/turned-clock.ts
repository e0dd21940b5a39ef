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
        const next = [...bells].filter((bell) => bell.nextMs <= untilMs).toSorted((a, b) => a.nextMs - b.nextMs)[0]
        if (!next) break
        nowMs = next.nextMs
        next.nextMs += next.intervalMs
        next.tick()
      }
      nowMs = untilMs
    },
  }
}
