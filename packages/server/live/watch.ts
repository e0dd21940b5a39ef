// One device's watching of one broadcast: what it asked for, where it stands, its window and its connection. Who is let in is
// broadcast.ts's.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { decodeBack, encodeBack } from '@doorpost/protocol/live/acknowledgement'
import type { Ask, Want, WatchState } from '@doorpost/protocol/live/control'
import { AUDIO_AGE_MAX_MS, LIVE_SILENCE_MS, LIVE_PING_MS } from '@doorpost/protocol/live/limits'
import type { PictureCodec } from '@doorpost/protocol/live/picture-codec'
import { FRAMES_CLOSED, type FrameConnection } from '../listen/frames-door.ts'
import { openWindow, type ViewerWindow } from './window.ts'

/** How often everything that waits is looked at, ms. */
export const LIVE_SWEEP_MS = 100
/** Messages one connection may send within one sweep; then it is not read until the next. Far above 120 frames a second and sound. */
const MESSAGES_PER_SWEEP_MAX = 100
/** Pings of a line that are remembered: within LIVE_SILENCE_MS one is answered, or the line is over. */
const ASKED_MAX = 8
/** What a far end may leave unread of acknowledgements and echoes, bytes, before its connection is ended. */
const UNREAD_BYTES_MAX = 256 * 1024
/** A viewer whose pictures arrived and who says nothing for so long stands still, ms: LIVE_SILENCE_MS less a ping's time and some sweeps. */
const STILL_MS = LIVE_SILENCE_MS - LIVE_PING_MS - 3 * LIVE_SWEEP_MS

/** A frame connection that is watched over: silence, too many messages, and whether it reads. */
export interface WatchedConnection {
  readonly connection: FrameConnection
  /** Whether this message may be looked at; counted. */
  take(): boolean
  /** Pings it when it is time. True: it was silent for too long and is being closed, which may take a while; it is gone now. */
  sweep(nowMs: number, alsoHold: boolean): boolean
  /** What was sent before this has arrived, ms: a later ping was answered. */
  readonly arrivedMs: number
  /** When a message came last, or it was opened, ms; as of the last sweep. */
  readonly saidMs: number
  /** Sends what answers a message; ends a connection that reads none of it. */
  reply(bytes: Uint8Array): void
}

export function watchOver(connection: FrameConnection, openedMs: number): WatchedConnection {
  let heardBytes = connection.heardBytes
  let heardMs = openedMs
  let pingedMs = openedMs
  let saidMs = openedMs
  let arrivedMs = Number.NEGATIVE_INFINITY
  let pings = 0
  /** Pings that were not answered yet: a few, for a line that answers none is over. */
  let asked: { readonly number: number; readonly atMs: number }[] = []
  let messages = 0
  let isHeld = false
  return {
    connection,
    take() {
      messages++
      if (messages === MESSAGES_PER_SWEEP_MAX) {
        isHeld = true
        connection.hold(true)
      }
      // What had been read already when it was held: one read's worth.
      return messages <= 4 * MESSAGES_PER_SWEEP_MAX
    },
    sweep(nowMs, alsoHold) {
      if (messages > 0) saidMs = nowMs
      messages = 0
      if ((asked[0]?.number ?? Infinity) <= connection.answeredPings) {
        arrivedMs = asked.findLast(({ number }) => number <= connection.answeredPings)?.atMs ?? arrivedMs
        asked = asked.filter(({ number }) => number > connection.answeredPings)
      }
      if (isHeld || connection.heardBytes !== heardBytes) {
        heardBytes = connection.heardBytes
        heardMs = nowMs
      } else if (nowMs - heardMs >= LIVE_SILENCE_MS - 2 * LIVE_SWEEP_MS) {
        // Noticed within the limit: the last byte may be one sweep older than heardMs, the next look is one sweep away.
        connection.close(FRAMES_CLOSED.silent, 'Nothing was heard on this connection.')
        return true
      }
      if (alsoHold !== isHeld) connection.hold(alsoHold)
      isHeld = alsoHold
      if (nowMs - pingedMs >= LIVE_PING_MS) {
        pingedMs = nowMs
        connection.ping()
        asked = [...asked, { number: ++pings, atMs: nowMs }].slice(-ASKED_MAX)
      }
      return false
    },
    get arrivedMs() {
      return arrivedMs
    },
    get saidMs() {
      return saidMs
    },
    reply(bytes) {
      if (connection.unsentBytes > UNREAD_BYTES_MAX) {
        return connection.close(FRAMES_CLOSED.unread, 'This connection does not read what is sent to it.')
      }
      connection.send(bytes)
    },
  }
}

export interface Watch {
  readonly id: string
  readonly ticket: string
  readonly viewer: DeviceAddress
  readonly user: UserAddress
  /** A mutual contact of the broadcaster. */
  readonly contact: boolean
  readonly want: {
    pictures: 'moving' | 'stills'
    readonly decodes?: Ask['decodes'] | undefined
    audio: boolean
    ackWindow?: number | undefined
  }
  readonly window: ViewerWindow
  standing: WatchState
  /** Since when it stands so, ms. */
  sinceMs: number
  isApproved: boolean
  /** Its viewer was told where it stands, or has no session to be told on. */
  isTold: boolean
  /** Counted among the viewers and connections. */
  hasSlot: boolean
  /** Gets stills until there is room for pictures. */
  isDegraded: boolean
  line: WatchedConnection | undefined
  /** What each end said of their peer-to-peer connection. */
  readonly up: { broadcaster: boolean; viewer: boolean }
  /** Since when something handed over was not sent, ms. */
  unsentSinceMs: number | undefined
  /** The oldest picture that it did not acknowledge, and since when it is known to have arrived, ms. */
  unsaid: { readonly sentMs: number; readonly sinceMs: number } | undefined
}

export function newWatch(
  ids: { readonly id: string; readonly ticket: string },
  who: Pick<Watch, 'viewer' | 'user' | 'contact'>,
  { pictures, decodes, audio, ackWindow }: Pick<Ask, 'pictures' | 'decodes' | 'audio' | 'ackWindow'>,
  nowMs: number,
): Watch {
  return {
    ...ids,
    ...who,
    want: { pictures, decodes, audio, ackWindow },
    window: openWindow(),
    standing: { state: 'asked' },
    sinceMs: nowMs,
    isApproved: false,
    isTold: true,
    hasSlot: false,
    isDegraded: false,
    line: undefined,
    up: { broadcaster: false, viewer: false },
    unsentSinceMs: undefined,
    unsaid: undefined,
  }
}

export function isOver({ standing }: Watch): boolean {
  return standing.state === 'over'
}

/** What is sent to one that watches. */
export function picturesOf({ standing }: Watch): 'moving' | 'stills' | undefined {
  return standing.state === 'watching' ? standing.pictures : undefined
}

/** Whether it decodes pictures of that codec; one that did not say what it decodes takes all. */
export function decodesCodec({ want: { decodes } }: Pick<Watch, 'want'>, codec: PictureCodec | undefined): boolean {
  return decodes === undefined || (codec !== undefined && decodes.includes(codec))
}

export function applyWant(watch: Watch, { pictures, audio, ackWindow }: Want): void {
  if (pictures !== undefined) watch.want.pictures = pictures
  if (audio !== undefined) watch.want.audio = audio
  if (ackWindow !== undefined) watch.want.ackWindow = ackWindow
}

/** Whether sound may go to this viewer: not behind what has been waiting for longer than it may be old itself. */
export function takesAudio(watch: Watch, nowMs: number): boolean {
  if (!watch.want.audio || !watch.line) return false
  if (watch.line.connection.unsentBytes === 0) watch.unsentSinceMs = undefined
  else watch.unsentSinceMs ??= nowMs
  return watch.unsentSinceMs === undefined || nowMs - watch.unsentSinceMs <= AUDIO_AGE_MAX_MS
}

/**
 * Whether a viewer stands still though its line answers, as a frozen tab does whose browser keeps its connections: pictures have arrived, and it
 * says nothing. On a line that is only slow they have not. To be asked each sweep.
 */
export function standsStill(watch: Watch, nowMs: number): boolean {
  const { oldestSentMs } = watch.window
  const { arrivedMs, saidMs } = watch.line ?? { arrivedMs: Number.NEGATIVE_INFINITY, saidMs: nowMs }
  if (oldestSentMs === undefined || oldestSentMs >= arrivedMs) watch.unsaid = undefined
  else if (watch.unsaid?.sentMs !== oldestSentMs) watch.unsaid = { sentMs: oldestSentMs, sinceMs: nowMs }
  return watch.unsaid !== undefined && nowMs - Math.max(watch.unsaid.sinceMs, saidMs) >= STILL_MS
}

/** A viewer's message on its connection. False: it is none that may come. */
export function heardFrom(watch: Watch, bytes: Uint8Array, nowMs: number): boolean {
  const message = decodeBack(bytes)
  if (message?.type === 'acknowledgement') {
    watch.window.acknowledge(message.epoch, message.sequence, nowMs)
    if (message.keyFrameWanted) watch.window.lost()
    return true
  }
  if (message?.type !== 'probe') return false
  watch.line?.reply(encodeBack({ type: 'echo', number: message.number }))
  return true
}
