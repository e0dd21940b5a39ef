// How far one lane of a fetch asks ahead: pieces in flight and pieces claimed at once, by the rate it was measured at. Which pieces these
// are is schedule.ts's; asking for them is fetch-over.ts's.

import { CLAIM_PIECES_MAX } from '@doorpost/protocol/piece-wire'
import type { Path } from '../paths/path.ts'
import type { Clock } from '../clock.ts'

/** Pieces asked for ahead: 32 MiB, a gigabit line with a quarter second of round trip. Memory is taken only as they arrive. */
const WINDOW_BYTES = 32 * 1024 * 1024
const WINDOW_PIECES_MIN = 2
/** Pieces asked for ahead on one of several lanes, or on a path that a better one may replace, by its measured rate, ms: a slow one holds back little. */
const WINDOW_MS = 1_000
/** The same before it was measured, pieces. */
const WINDOW_PIECES_FIRST = 4
/**
 * While somebody plays it, by the measured rate, ms, and at least, pieces: what they wait for after a jump stands in line behind that.
 * Enough to keep most lines busy; nobody saves by playing.
 */
export const PLAY_WINDOW_MS = 150
const PLAY_WINDOW_PIECES_MIN = 2
/** Pieces claimed at once, by the measured rate, ms: many who begin together each get some. */
const CLAIM_MS = 500
/** The same before it was measured, and at least, pieces. */
const CLAIM_PIECES_FIRST = 4
/** Weight of the newest measure of the rate: it follows within a few looks and does not jump. */
const RATE_WEIGHT = 0.4

export interface AskAhead {
  /** Bytes a second, as measured; 0 before. */
  readonly rate: number
  /** Pieces in flight at once, at most, whatever waits for them. */
  readonly windowMax: number
  /** Pieces in flight at once now. `free`: it is the only lane, and no better path will replace it. */
  window(now: { readonly played: boolean; readonly free: boolean }): number
  /** Pieces to claim at once now. */
  claim(): number
  /** Measures what came since the last time. `busy`: something is in flight. */
  measure(busy: boolean): void
}

/** `fullLength`: of a piece, bytes. Counts from now on. */
export function createAskAhead(
  path: Pick<Path, 'bytesArrived'>,
  { clock, fullLength }: { readonly clock: Pick<Clock, 'nowMs'>; readonly fullLength: number },
): AskAhead {
  const windowMax = Math.max(WINDOW_PIECES_MIN, Math.floor(WINDOW_BYTES / fullLength))
  let rate = 0
  let lookedAtMs = clock.nowMs()
  let lookedBytes = path.bytesArrived
  let wasBusy = false
  /** As many as come in so long. */
  const within = (ms: number) => Math.ceil((rate * ms) / 1000 / fullLength)
  return {
    get rate() {
      return rate
    },
    windowMax,
    window({ played, free }) {
      if (played) {
        return Math.max(
          WINDOW_PIECES_MIN,
          Math.min(windowMax, Math.max(PLAY_WINDOW_PIECES_MIN, within(PLAY_WINDOW_MS))),
        )
      }
      // On a last resort it stays short: a better path may open, and what is owed here is waited for.
      if (free) return windowMax
      if (rate === 0) return Math.min(windowMax, WINDOW_PIECES_FIRST)
      return Math.min(windowMax, Math.max(WINDOW_PIECES_MIN, within(WINDOW_MS)))
    },
    claim: () => Math.max(CLAIM_PIECES_FIRST, Math.min(CLAIM_PIECES_MAX, within(CLAIM_MS))),
    measure(busy) {
      const passedMs = clock.nowMs() - lookedAtMs
      if (passedMs > 0) {
        const current = ((path.bytesArrived - lookedBytes) * 1000) / passedMs
        // A lane that was asked for nothing is no slower for it.
        if (busy && wasBusy) rate = rate === 0 ? current : rate + (current - rate) * RATE_WEIGHT
        else if (current > rate) rate = current
      }
      wasBusy = busy
      lookedAtMs = clock.nowMs()
      lookedBytes = path.bytesArrived
    },
  }
}
