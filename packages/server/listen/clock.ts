// The doors' clock comes in from outside, so that tests can turn it.

export interface Clock {
  /** Milliseconds that never run backwards; for deadlines. */
  monotonicMs(): number
  /** Milliseconds since 1970; for the Date header alone. */
  wallMs(): number
  /** Calls `tick` every `intervalMs` until the returned function is called; must not keep the process alive. */
  every(intervalMs: number, tick: () => void): () => void
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  every(intervalMs, tick) {
    const timer = setInterval(tick, intervalMs)
    timer.unref()
    return () => clearInterval(timer)
  },
}
