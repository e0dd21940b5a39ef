// Which frames one viewer is sent: never more unacknowledged than its window, and when that is full, what costs least is left out: the
// top temporal layer, then the next, then everything until a key frame. It skips, it never falls behind. Without a clock or a socket.
//
// The base frame that comes while the window is full is parked, a key frame in its place if one comes: when there is room it goes first,
// so that no viewer waits for a key frame that was there already. What cannot be decoded without something left out is left out too.

import type { FrameHeader } from '@doorpost/protocol/live/frame'
import { ACK_WINDOW_MAX, KEY_FRAME_AGAIN_MS } from '@doorpost/protocol/live/limits'
import { type Line, openLine, type OnItsWay } from './line.ts'

/** Bytes on their way to one viewer, whatever the window: two large key frames. */
const WINDOW_BYTES_MAX = 1024 * 1024
/** Window until a round trip was seen: 100 ms at 30 pictures a second. */
const FIRST_WINDOW = 4
/** What an acknowledgement may take beyond the round trip as long as the viewer keeps up, ms: a busy device, not a queue. */
const UNSTEADY_MS = 100
/** Time without a full window after which one layer comes back; and without a skip after which a viewer keeps up again, ms. */
const RECOVERY_MS = 1_000
const KEEPS_UP_MS = 5_000
/** Key frames are asked for at most so seldom by a viewer that skips all the time, ms. */
const KEY_FRAME_SELDOM_MS = 4_000

/** One frame as it is relayed. Many viewers share its bytes. */
export interface LiveFrame {
  readonly header: FrameHeader
  readonly bytes: Uint8Array
}

export interface ViewerWindow {
  /** A picture or still has come. True: send it now. `routable`: server connections have room for it; else it is as if the window were full. */
  offer(frame: LiveFrame, nowMs: number, routable?: boolean): boolean
  /** Acknowledged is this frame and all sent before it. False: no such frame is on its way. */
  acknowledge(epoch: number, sequence: number, nowMs: number): boolean
  /** The frame that was parked, when there is room for it: send it now. To be asked before `offer`, and after an acknowledgement. */
  release(nowMs: number): LiveFrame | undefined
  /** Whether to ask the broadcaster for a key frame; asking is counted, and not again for a while. */
  wantsKeyFrame(nowMs: number): boolean
  /** The viewer could not decode: nothing but a key frame helps. */
  lost(): void
  /** It has had everything so far by another way: what was left out or parked here does not matter any more. */
  begin(): void
  /** From now on: most pictures unacknowledged (undefined: by the round trip), and pictures a second. */
  set(ackWindow: number | undefined, framesPerSecond: number): void
  /** Another connection: what was on its way may not have arrived. `isWhole`: it has had everything so far by another way. */
  restart(isWhole?: boolean): void
  /** When the oldest frame on its way was sent; undefined: nothing is on its way. */
  readonly oldestSentMs: number | undefined
  readonly size: number
  readonly inFlight: number
  /** Pictures and stills left out since the first that was not. */
  readonly skipped: number
  readonly line: Line
}

interface Sent extends OnItsWay {
  readonly epoch: number
  readonly sequence: number
}

const NOTHING_MISSING = Number.POSITIVE_INFINITY

export function openWindow(): ViewerWindow {
  let line = openLine()
  let setting: number | undefined
  let framesPerSecond = 30
  let sent: Sent[] = []
  let bytesInFlight = 0
  let skipped = 0
  let parked: LiveFrame | undefined
  /** What comes next cannot be decoded after what was sent or parked: only a key frame goes on. */
  let isBroken = true
  /** Frames of layers above this need one that was left out, until one of this layer or below goes. */
  let missingLayer = NOTHING_MISSING
  let topLayer = 0
  let layersShed = 0
  let lastFullMs = Number.NEGATIVE_INFINITY
  let lastSkipMs = Number.NEGATIVE_INFINITY
  let seenMs = 0
  let size = FIRST_WINDOW
  let hasBegun = false
  let askedMs = Number.NEGATIVE_INFINITY
  let askAgainMs = KEY_FRAME_AGAIN_MS

  /** Asked for with every frame, and changed by acknowledgements and skips alone. */
  function resize(nowMs: number): void {
    const { baseMs } = line
    const tripMs = (baseMs ?? 0) + (nowMs - lastSkipMs > KEEPS_UP_MS ? UNSTEADY_MS : 0)
    const byTrip = Math.min(Math.ceil((framesPerSecond * tripMs) / 1000) + 1, ACK_WINDOW_MAX)
    size = setting ?? (baseMs === undefined ? FIRST_WINDOW : byTrip)
  }

  function isOpen(): boolean {
    return sent.length < size && (sent.length === 0 || bytesInFlight < WINDOW_BYTES_MAX)
  }

  function go({ header, bytes }: LiveFrame, nowMs: number): void {
    const { epoch, sequence } = header
    sent.push({ epoch, sequence, ...line.sent(bytes.length, nowMs, sent.length === 0) })
    bytesInFlight += bytes.length
    hasBegun = true
  }

  function skip(header: FrameHeader): false {
    if (hasBegun) skipped++
    if (header.layer > 0) missingLayer = Math.min(missingLayer, header.layer)
    return false
  }

  function park(frame: LiveFrame): false {
    if (parked) skip(parked.header)
    parked = frame
    isBroken = false
    missingLayer = NOTHING_MISSING
    return false
  }

  function offerPicture(frame: LiveFrame, nowMs: number, isFull: boolean): boolean {
    const { header } = frame
    const { layer, keyFrame } = header
    topLayer = keyFrame ? topLayer : Math.max(topLayer, layer)
    if (keyFrame) {
      if (isFull) return park(frame)
      isBroken = false
    } else if (isBroken || layer > missingLayer || layer > topLayer - layersShed || (parked && layer > 0)) {
      return skip(header)
    } else if (isFull) {
      layersShed = Math.min(layersShed + 1, topLayer)
      if (layer > 0 || parked) {
        lastSkipMs = nowMs
        resize(nowMs)
      }
      if (layer > 0) return skip(header)
      if (!parked) return park(frame)
      isBroken = true
      return skip(header)
    }
    missingLayer = NOTHING_MISSING
    go(frame, nowMs)
    return true
  }

  return {
    offer(frame, nowMs, routable = true) {
      seenMs = nowMs
      const isFull = !routable || parked !== undefined || !isOpen()
      if (isFull) lastFullMs = nowMs
      else if (layersShed > 0 && nowMs - lastFullMs > RECOVERY_MS) {
        layersShed--
        lastFullMs = nowMs
      }
      if (frame.header.type === 'picture') return offerPicture(frame, nowMs, isFull)
      if (isFull) return park(frame)
      go(frame, nowMs)
      return true
    },
    acknowledge(epoch, sequence, nowMs) {
      const at = sent.findIndex((frame) => frame.sequence === sequence && frame.epoch === epoch)
      const frame = sent[at]
      if (!frame) return false
      let bytes = 0
      for (let before = 0; before <= at; before++) bytes += (sent[before] as Sent).bytes
      sent.splice(0, at + 1)
      bytesInFlight -= bytes
      line.acknowledged(frame, bytes, nowMs)
      resize(nowMs)
      return true
    },
    release(nowMs) {
      if (!parked || !isOpen()) return undefined
      const freed = parked
      parked = undefined
      go(freed, nowMs)
      return freed
    },
    wantsKeyFrame(nowMs) {
      if (!isBroken || parked || !isOpen() || nowMs - askedMs < askAgainMs) return false
      // Whoever needed one just now needs another all the time: its line is too slow for this, and the others must not pay for it.
      askAgainMs = nowMs - askedMs < 2 * askAgainMs ? Math.min(askAgainMs * 2, KEY_FRAME_SELDOM_MS) : KEY_FRAME_AGAIN_MS
      askedMs = nowMs
      return true
    },
    lost() {
      isBroken = true
      parked = undefined
    },
    begin() {
      parked = undefined
      isBroken = false
      missingLayer = NOTHING_MISSING
    },
    set(ackWindow, fps) {
      setting = ackWindow
      framesPerSecond = fps
      resize(seenMs)
    },
    restart(isWhole = false) {
      sent = []
      bytesInFlight = 0
      parked = undefined
      isBroken = !isWhole
      missingLayer = NOTHING_MISSING
      line = openLine()
      resize(seenMs)
    },
    get oldestSentMs() {
      return sent[0]?.sentMs
    },
    get size() {
      return size
    },
    get inFlight() {
      return sent.length
    },
    get skipped() {
      return skipped
    },
    get line() {
      return line
    },
  }
}
