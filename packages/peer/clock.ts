// Time as it comes in through the door, so that tests can turn it: dates, and being called later.

export interface Clock {
  /** Milliseconds since 1970, for dates and deadlines. */
  nowMs(): number
  /** Calls `then` once after `delayMs` unless the returned function is called first; keeps no process alive. */
  after(delayMs: number, then: () => void): () => void
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, then) {
    const timer: unknown = setTimeout(then, delayMs)
    // Node's timers hold the process open unless told otherwise; a browser's are numbers.
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
    return () => clearTimeout(timer as ReturnType<typeof setTimeout>)
  },
}
