// What a viewer makes of frames that came in order: opens them as soon as their key is here, and gives those that can be decoded to a sink.
// Every one that is given, or was not for whatever reason, is counted. In which order they come is reorder.ts's.

import type { LiveFormat, Watch } from '@doorpost/protocol/live/control'
import type { FrameHeader } from '@doorpost/protocol/live/frame'
import { codecNamed, codecOfKeyFrame, type PictureCodec } from '@doorpost/protocol/live/picture-codec'
import type { Clock } from '../clock.ts'
import type { KeyRing } from './key-ring.ts'
import type { LivePath } from './reorder.ts'

/** A frame waits for its key at most so long, ms: the note left before the first frame did. */
const KEY_MS = 3_000
/** Frames that wait for a key: two seconds of them and sound. */
const LOCKED_MAX = 200

/** A frame that can be decoded now. */
export interface ShownFrame {
  readonly header: FrameHeader
  readonly bytes: Uint8Array
  readonly path: LivePath
}

/** As it came. */
export interface SealedShown {
  readonly header: FrameHeader
  readonly message: Uint8Array
  readonly path: LivePath
  /** It may need a picture that did not come. */
  readonly mayLack?: true
}

export interface OpeningOptions {
  readonly clock: Clock
  readonly keys: KeyRing
  /** What the sink decodes: pictures in any other codec are not given to it. */
  readonly decodes: readonly PictureCodec[]
  /** `false`: pictures alone are given. */
  readonly sound?: false | undefined
  /** Whose frames they are, once that is known: nothing is opened before. */
  approved(): Watch['approved']
  /** `false`: the sink could not take it. */
  onFrame(frame: ShownFrame): unknown
  /** A picture is about to be given; `isAnother`: it came another way than the one before. */
  onPicture(isAnother: boolean): void
  onFault(error: unknown): void
}

export interface Opening {
  /** More, in order. */
  take(frames: readonly SealedShown[]): void
  /** In the order they came: what follows a frame whose key is not here yet waits with it. */
  unlock(): void
  /** Nobody waits for keys any more. */
  giveUp(): void
  /** Another broadcast. */
  beginAnew(): void
  /** The sink cannot go on without a key frame. */
  lose(): void
  /** Whether to ask for a key frame; once. */
  takeKeyFrameWanted(): boolean
  readonly waiting: number
  /** When to `unlock` without a key; Infinity while nothing waits. */
  readonly dueMs: number
  /** Which way the last picture came. */
  readonly path: LivePath | undefined
  readonly switches: number
  /** Pictures and stills that were not given. */
  readonly unshown: number
}

export function createOpening(options: OpeningOptions): Opening {
  const { clock, keys } = options
  let locked: { readonly frame: SealedShown; readonly untilMs: number }[] = []
  let waitsForKeyFrame = true
  /** Pictures of this layer and above may need one that did not come. */
  let lackingFrom = Infinity
  /** The last key frame is in a codec that is not decoded here: until another comes the server sends stills. */
  let isForeign = false
  let keyFrameWanted = false
  let lastTaken: FrameHeader | undefined
  let path: LivePath | undefined
  let switches = 0
  let unshown = 0
  /** The sink could not take a frame; said once. */
  let hasFailed = false

  /** A sink that a frame is too much for goes on without it: what came from somebody else ends nothing here. */
  function give(frame: ShownFrame): void {
    try {
      if (options.onFrame(frame) === false && frame.header.type !== 'audio') unshown++
    } catch (error) {
      unshown++
      if (!hasFailed) options.onFault(error)
      hasFailed = true
    }
  }

  function isDecoded(keyFrame: Uint8Array, { picture }: LiveFormat): boolean {
    const codec = codecOfKeyFrame(keyFrame) ?? (picture && codecNamed(picture.codec))
    return codec !== undefined && options.decodes.includes(codec)
  }

  function open({ header, path: from, mayLack }: SealedShown, bytes: Uint8Array | undefined, format: LiveFormat): void {
    if (header.type === 'audio') {
      // Straight from the broadcaster it comes all the same.
      if (bytes && options.sound !== false) give({ header, bytes, path: from })
      return
    }
    // Where nothing else is numbered between pictures, and each needs the one before, a missing number ends the sequence.
    const { layers } = format.picture ?? { layers: 1 }
    const isWhole = layers === 1 && format.audio === undefined && format.still === undefined
    const { epoch, sequence, layer } = header
    const follows = epoch === lastTaken?.epoch ? sequence === lastTaken.sequence + 1 : sequence === 0
    lastTaken = header
    if (mayLack && layer > 0) lackingFrom = Math.min(lackingFrom, layer)
    else if (layer < lackingFrom) lackingFrom = Infinity
    if (!bytes || (isWhole && !follows) || (mayLack && layer === 0)) waitsForKeyFrame = true
    if (bytes && header.keyFrame) waitsForKeyFrame = false
    if (bytes && header.keyFrame && header.type === 'picture') isForeign = !isDecoded(bytes, format)
    if (isForeign && header.type === 'picture') {
      unshown++
      return
    }
    if (!bytes || waitsForKeyFrame) keyFrameWanted = true
    if (!bytes || waitsForKeyFrame || layer >= lackingFrom) {
      unshown++
      return
    }
    const isAnother = path !== from
    if (path !== undefined && isAnother) switches++
    path = from
    options.onPicture(isAnother)
    give({ header, bytes, path: from })
  }

  function unlock(): void {
    const approved = options.approved()
    if (!approved) return
    const { broadcaster, broadcast, format } = approved
    const nowMs = clock.nowMs()
    for (;;) {
      const [first] = locked
      if (!first) break
      const { frame } = first
      const isHere = keys.has(broadcaster, broadcast, frame.header.epoch)
      if (!isHere && first.untilMs > nowMs && locked.length <= LOCKED_MAX) break
      locked = locked.slice(1)
      open(frame, isHere ? keys.open(broadcaster, broadcast, frame.message) : undefined, format)
    }
  }

  function giveUp(): void {
    unshown += locked.filter(({ frame }) => frame.header.type !== 'audio').length
    locked = []
  }

  return {
    take(frames) {
      const untilMs = clock.nowMs() + KEY_MS
      locked.push(...frames.map((frame) => ({ frame, untilMs })))
      unlock()
    },
    unlock,
    giveUp,
    beginAnew() {
      giveUp()
      lastTaken = undefined
      waitsForKeyFrame = true
    },
    lose() {
      waitsForKeyFrame = true
      keyFrameWanted = true
    },
    takeKeyFrameWanted() {
      const isWanted = keyFrameWanted
      keyFrameWanted = false
      return isWanted
    },
    get waiting() {
      return locked.length
    },
    get dueMs() {
      return locked[0]?.untilMs ?? Infinity
    },
    get path() {
      return path
    },
    get switches() {
      return switches
    },
    get unshown() {
      return unshown
    },
  }
}
