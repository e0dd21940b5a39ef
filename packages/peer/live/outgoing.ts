// What is under way on one path to one reader: the next picture goes only inside its acknowledgement window, a slow reader skips, and what
// was not acknowledged is there to be sent again on another path. Pure: frames, acknowledgements and the time in, frames out.
//
//   window open:   picture leaves
//   window closed: the top temporal layer is shed first, then the next; a base picture that is skipped breaks the sequence: nothing more
//                  until a key frame. One that comes too early is parked, and leaves when the window opens.

import { ACK_WINDOW_MAX, AUDIO_AGE_MAX_MS } from '@doorpost/protocol/live/limits'
import type { SealedFrame } from './sealer.ts'

/** Round trip that is assumed until one was measured, ms: half around the world. */
const FIRST_ROUND_TRIP_MS = 200
/** What remains of the longest round trip with each shorter one: a line that got better is believed within a second or two. */
const ROUND_TRIP_DECAY = 0.95

export interface OutgoingOptions {
  readonly framesPerSecond: number
  /** Most pictures unacknowledged, 1 is strict; by the round trip where nothing is said. */
  readonly ackWindow?: number | undefined
}

export interface Outgoing {
  /** What leaves now, of a new frame. */
  offer(frame: SealedFrame, nowMs: number): SealedFrame[]
  /** What leaves because there is room again. */
  acknowledge(of: { readonly epoch: number; readonly sequence: number }, nowMs: number): SealedFrame[]
  /** A picture of this layer is left out by whoever sends: what needs it is left out, too. */
  miss(layer: number): void
  /** The reader has had everything so far, by another way: what was skipped here does not matter any more. */
  begin(): void
  /** Those that left and were not acknowledged, oldest first. */
  readonly unacknowledged: readonly SealedFrame[]
  /** What another path has to send first when this one is left: those, and the key frame that is parked. */
  readonly left: readonly SealedFrame[]
  /** Pictures of this layer and above need one that was left out; Infinity where none is missing. */
  readonly missingFrom: number
  /** When the oldest of those left; undefined where there is none. */
  readonly oldestSentMs: number | undefined
  /** Nothing can be shown before a key frame, and there is room for one. */
  readonly needsKeyFrame: boolean
  readonly window: number
  readonly roundTripMs: number
  readonly skipped: number
}

type UnderWay = { readonly frame: SealedFrame; readonly sentMs: number }

export function createOutgoing({ framesPerSecond, ackWindow }: OutgoingOptions): Outgoing {
  const underWay = new Map<string, UnderWay>()
  let roundTripMs = FIRST_ROUND_TRIP_MS
  let parked: SealedFrame | undefined
  /** The newest that had no room. */
  let parkedStill: SealedFrame | undefined
  /** Whether what followed the parked one was skipped. */
  let hasFollowers = false
  let isBroken = false
  /** Layers from here up are shed until the next picture below. */
  let shedFrom = Infinity
  let skipped = 0

  const windowNow = () => ackWindow ?? Math.min(ACK_WINDOW_MAX, Math.ceil((framesPerSecond * roundTripMs) / 1000) + 1)
  const hasRoom = () => underWay.size < windowNow()
  const unacknowledged = () => [...underWay.values()].map(({ frame }) => frame)
  const send = (frame: SealedFrame, nowMs: number) => {
    underWay.set(keyOf(frame.header), { frame, sentMs: nowMs })
    return [frame]
  }
  const skip = () => {
    skipped++
    return []
  }

  return {
    offer(frame, nowMs) {
      const { type, keyFrame, layer, capturedAtUs } = frame.header
      if (type === 'audio') return nowMs - capturedAtUs / 1000 > AUDIO_AGE_MAX_MS ? [] : [frame]
      // Others are shown stills: that one came makes no picture whole.
      if (type === 'still') {
        if (hasRoom()) return send(frame, nowMs)
        if (parkedStill) skipped++
        parkedStill = frame
        return []
      }
      if (keyFrame) {
        if (parked) skipped++
        shedFrom = Infinity
        isBroken = !hasRoom()
        parked = isBroken ? frame : undefined
        hasFollowers = false
        return isBroken ? [] : send(frame, nowMs)
      }
      hasFollowers = true
      if (isBroken || layer >= shedFrom) return skip()
      shedFrom = Infinity
      if (hasRoom()) return send(frame, nowMs)
      if (layer > 0) shedFrom = layer
      else isBroken = true
      return skip()
    },
    acknowledge(of, nowMs) {
      const one = underWay.get(keyOf(of))
      if (!one) return []
      underWay.delete(keyOf(of))
      roundTripMs = Math.max(nowMs - one.sentMs, roundTripMs * ROUND_TRIP_DECAY)
      if (!hasRoom()) return []
      if (!parked) {
        const still = parkedStill
        parkedStill = undefined
        return still ? send(still, nowMs) : []
      }
      const frame = parked
      parked = undefined
      // What followed it was skipped: it is shown, and the next that can be is a key frame again.
      isBroken = hasFollowers
      return send(frame, nowMs)
    },
    miss(layer) {
      if (layer === 0 && parked) hasFollowers = true
      else if (layer === 0) isBroken = true
      else shedFrom = Math.min(shedFrom, layer)
    },
    begin() {
      parked = undefined
      parkedStill = undefined
      hasFollowers = false
      isBroken = false
      shedFrom = Infinity
    },
    get unacknowledged() {
      return unacknowledged()
    },
    get left() {
      return [...unacknowledged(), parked, parkedStill].filter((one) => one !== undefined)
    },
    get missingFrom() {
      return (parked ? hasFollowers : isBroken) ? 0 : shedFrom
    },
    get oldestSentMs() {
      const [oldest] = underWay.values()
      return oldest?.sentMs
    },
    get needsKeyFrame() {
      return isBroken && parked === undefined && hasRoom()
    },
    get window() {
      return windowNow()
    },
    get roundTripMs() {
      return roundTripMs
    },
    get skipped() {
      return skipped
    },
  }
}

function keyOf({ epoch, sequence }: { readonly epoch: number; readonly sequence: number }): string {
  return `${epoch}/${sequence}`
}
