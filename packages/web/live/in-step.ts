// Pictures wait for sound that is later than they are by more than people bear: on a busy machine, or where packets come in bursts. Times are of
// two clocks, the broadcaster's and this device's; only their differences count. Pure.

/** How far sound may be behind the pictures, ms: inside the 80 that people do not notice, with room for a packet. */
export const BEHIND_MS = 60
/** Longest that a picture is held, ms: later than that it is better early than old. */
export const HOLD_MAX_MS = 250
/** Weight of each packet in what is taken for the sound's delay: a burst is forgotten within half a second. */
const WEIGHT = 0.1
/** Without sound for so long nothing is waited for, ms: it was muted. */
const SILENT_MS = 500

export interface InStep {
  /** A packet captured then will sound at `atMs`. */
  heard(capturedAtUs: number, atMs: number): void
  /** A picture captured then can be drawn now: how long to hold it, ms. Pictures that are held keep their order. */
  holdMs(capturedAtUs: number, nowMs: number): number
}

export function createInStep(): InStep {
  let soundDelayMs: number | undefined
  let heardMs = Number.NEGATIVE_INFINITY
  let lastDrawnMs = Number.NEGATIVE_INFINITY
  return {
    heard(capturedAtUs, atMs) {
      const delayMs = atMs - capturedAtUs / 1_000
      soundDelayMs = soundDelayMs === undefined ? delayMs : soundDelayMs + (delayMs - soundDelayMs) * WEIGHT
      heardMs = atMs
    },
    holdMs(capturedAtUs, nowMs) {
      if (nowMs - heardMs > SILENT_MS) soundDelayMs = undefined
      const behindMs = soundDelayMs === undefined ? 0 : soundDelayMs - (nowMs - capturedAtUs / 1_000)
      const wantedMs = Math.min(Math.max(behindMs - BEHIND_MS, 0), HOLD_MAX_MS)
      lastDrawnMs = Math.max(lastDrawnMs, nowMs + wantedMs)
      return lastDrawnMs - nowMs
    },
  }
}
