// How long to wait before trying a line again: doubling up to a cap, with full jitter so that ten thousand devices do not
// come back in the same second when their server does.

/** First wait, ms: a server that restarts is back in about this. */
const FIRST_MS = 500
/** Longest wait, ms: somebody who looks at the screen after a broken line does not wait longer. */
const CAP_MS = 30_000

/** `failures`: tries that failed in a row, from 1. `chance`: 0 to 1, uniform. At least a quarter of the step is waited. */
export function backOffMs(failures: number, chance: number): number {
  const stepMs = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16))
  return Math.round(stepMs * (0.25 + 0.75 * chance))
}
