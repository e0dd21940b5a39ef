// The frames of one broadcast: from its source to each viewer's connection, through each viewer's window. One viewer's line never delays
// another's: nothing here waits, and who has no room skips.

import type { LiveFormat } from '@doorpost/protocol/live/control'
import { decodeHeader, type FrameHeader, type FrameType, isAfter } from '@doorpost/protocol/live/frame'
import { FRAMES_PER_SECOND_MAX, KEY_FRAME_AGAIN_MS } from '@doorpost/protocol/live/limits'
import type { Capacity } from './capacity.ts'
import { openSecond } from './line.ts'
import { heardFrom, picturesOf, takesAudio, type Watch } from './watch.ts'
import type { LiveFrame } from './window.ts'

/**
 * What may be handed to one viewer's connection and not be on its way, bytes: four times its window (window.ts). Only a viewer that acknowledges
 * what it never read can have more wait for it.
 */
const UNSENT_BYTES_MAX = 4 * 1024 * 1024
/** Frames of a source in a second: twice the most pictures and the packets of 20 ms beside them, so that what is sent again has room. */
const SOURCE_FRAMES_MAX = 2 * (FRAMES_PER_SECOND_MAX + 50)
/** What a source may send in a second beyond twice what it announced, bytes: a large key frame. */
const SOURCE_BURST_BYTES = 256 * 1024

export interface Relaying {
  /** A message of the source: its header where it is a frame. Acknowledging it is the caller's. */
  relay(bytes: Uint8Array): FrameHeader | undefined
  /** A message of a viewer. False: none that may come. */
  heard(watch: Watch, bytes: Uint8Array): boolean
  /** Somebody's standing has changed. */
  changed(): void
  /** Asks for a key frame where a viewer needs one, or because one is wanted. */
  askKeyFrame(isWanted?: true): void
  /** A viewer says that it cannot go on: it gets a key frame, as seldom as any. */
  lost(watch: Watch): void
  /** Whether the source sends more frames, or more bytes, than it announced or than this: it should be read slowly. */
  isFlooded(bytesPerSecondMax: number): boolean
}

export interface RelayingOptions {
  readonly watches: ReadonlyMap<string, Watch>
  readonly format: () => LiveFormat
  /** Whether pictures go over server connections now. */
  readonly isRelayed: () => boolean
  readonly capacity: Pick<Capacity, 'mayRoute' | 'count'>
  readonly nowMs: () => number
  readonly count: (what: 'relayed' | 'skipped', frames: number, bytes: number) => void
  /** A key frame is needed. */
  readonly wantKeyFrame: () => void
}

export function openRelaying(options: RelayingOptions): Relaying {
  const { watches, format, isRelayed, capacity, nowMs, count, wantKeyFrame } = options
  const lastOf: Partial<Record<FrameType, FrameHeader>> = {}
  const source = openSecond()
  const sourceFrames = openSecond()
  let askedMs = Number.NEGATIVE_INFINITY
  let isDue = false
  /** Who gets frames now; made again when somebody's standing changes. */
  let receivers: readonly Watch[] | undefined

  const mainType = (): FrameType => (format().picture ? 'picture' : 'still')

  /** Counted together, for metrics: one frame goes to many. */
  const tally = { relayed: 0, relayedBytes: 0, skipped: 0 }

  function send(watch: Watch, { bytes }: LiveFrame, now: number): void {
    const connection = watch.line?.connection
    if (connection && connection.unsentBytes > UNSENT_BYTES_MAX) return connection.reset()
    connection?.send(bytes)
    capacity.count(bytes.length, now)
    tally.relayed++
    tally.relayedBytes += bytes.length
  }

  function countTally(): void {
    if (tally.relayed > 0) count('relayed', tally.relayed, tally.relayedBytes)
    if (tally.skipped > 0) count('skipped', tally.skipped, 0)
    Object.assign(tally, { relayed: 0, relayedBytes: 0, skipped: 0 })
  }

  function needsKeyFrame(watch: Watch, now: number): boolean {
    return mainType() === 'picture' && picturesOf(watch) === 'moving' && watch.window.wantsKeyFrame(now)
  }

  function giveTo(watch: Watch, frame: LiveFrame, now: number): void {
    const { type } = frame.header
    const routable = capacity.mayRoute(now)
    if (type === 'audio') {
      if (routable && takesAudio(watch, now)) send(watch, frame, now)
      return
    }
    if (type !== (picturesOf(watch) === 'stills' ? 'still' : mainType())) return
    const { window } = watch
    const skippedBefore = window.skipped
    const parked = routable ? window.release(now) : undefined
    if (parked) send(watch, parked, now)
    if (window.offer(frame, now, routable)) send(watch, frame, now)
    tally.skipped += window.skipped - skippedBefore
  }

  const relaying: Relaying = {
    relay(bytes) {
      const header = decodeHeader(bytes)
      if (!header) return undefined
      const now = nowMs()
      source.add(bytes.length, now)
      sourceFrames.add(1, now)
      const { type } = header
      const last = lastOf[type]
      // What came already, by an earlier connection.
      if (last && !isAfter(header, last)) return header
      lastOf[type] = header
      if (header.keyFrame && type === mainType()) isDue = false
      receivers ??= [...watches.values()].filter((watch) => picturesOf(watch) !== undefined)
      const frame = { header, bytes }
      for (const watch of receivers) giveTo(watch, frame, now)
      countTally()
      if (type === 'picture') relaying.askKeyFrame()
      return header
    },

    heard(watch, bytes) {
      const now = nowMs()
      if (!heardFrom(watch, bytes, now)) return false
      if (picturesOf(watch) === undefined) return true
      const freed = capacity.mayRoute(now) ? watch.window.release(now) : undefined
      if (freed) {
        send(watch, freed, now)
        countTally()
      }
      if (needsKeyFrame(watch, now)) relaying.askKeyFrame(true)
      return true
    },

    changed() {
      receivers = undefined
    },

    askKeyFrame(isWanted) {
      const now = nowMs()
      if (isWanted) isDue = true
      if (isRelayed()) for (const watch of watches.values()) if (needsKeyFrame(watch, now)) isDue = true
      // One for all who need one, and not more often than it helps; asked for again by the next frame or sweep.
      if (!isDue || now - askedMs < KEY_FRAME_AGAIN_MS) return
      askedMs = now
      isDue = false
      wantKeyFrame()
    },

    lost(watch) {
      watch.window.lost()
      if (needsKeyFrame(watch, nowMs())) relaying.askKeyFrame(true)
    },

    isFlooded(bytesPerSecondMax) {
      const now = nowMs()
      const { pictures, stills, audio } = format().bytesPerSecond
      const announced = 2 * (pictures + stills + audio) + SOURCE_BURST_BYTES
      return source.bytes(now) > Math.min(announced, bytesPerSecondMax) || sourceFrames.bytes(now) > SOURCE_FRAMES_MAX
    },
  }
  return relaying
}
