// What the lanes of one fetch share: the list, the schedule, the one place where pieces land, and how the sender is spared while
// others have what is missing. Which sources there are and which paths lead to them is fetch.ts's; one path is fetch-over.ts's.

import { pieceLength } from '@doorpost/protocol/piece-list'
import type { Clock } from '../clock.ts'
import type { Path } from '../paths/path.ts'
import { createPieceBuffers } from '../send/piece-buffers.ts'
import type { PieceCrypto } from '../send/piece-crypto.ts'
import { type FetchLane, isBest, type LaneHost, openLane } from './fetch-over.ts'
import type { Part } from './partial.ts'
import type { Schedule } from './schedule.ts'
import type { FetchedMedia } from './verify.ts'

/** Memory for pieces that arrive and are being written, bytes; never less than two pieces. */
const BUFFER_BYTES = 8 * 1024 * 1024
/** And for each further lane, pieces: a slow one holds one while it trickles in. */
const BUFFERS_PER_LANE = 2
/** How often several lanes are looked at, ms. */
const LOOK_EVERY_MS = 250
/**
 * The sender has promised all it has, and for so long no copy came up with anything new, ms: what nobody else has is asked of the
 * sender then. Two rounds of asking what is there, and a slow answer.
 */
export const CLAIM_PATIENCE_MS = 3_000
/** The copies would take longer than this for what they have, ms: the sender is asked for that as well. */
export const LONG_WAIT_MS = 10_000

/** Everything was promised before we came, and nobody who has it is known, ms: whoever fetches now is known by then. */
export const NOTHING_LEFT_MS = 1_000

/** Whose lane it is. */
export interface LaneOwner {
  readonly source: string
  readonly role: 'sender' | 'copy'
}

export interface EngineOptions {
  readonly media: FetchedMedia
  readonly part: Part
  readonly schedule: Schedule
  readonly crypto: PieceCrypto
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Whether the sender's pieces are claimed: others fetch the same, or have it. */
  sharesSender(): boolean
  paused(): boolean
  /** Somebody plays it. */
  played(): boolean
  /** The first piece is verified and written: what is in it. */
  onFirst?(bytes: Uint8Array): void
  /** A piece is verified and written. */
  onPiece(lane: FetchLane, owner: LaneOwner): void
  /** Everything may be here. */
  onDone(): void
}

export interface Engine extends LaneHost {
  /** Starts asking over an open path, which is the lane's from now on. */
  open(path: Path, owner: LaneOwner): FetchLane
  /** That are asked for more. */
  active(): readonly (readonly [FetchLane, LaneOwner])[]
  close(): void
}

export function createEngine(options: EngineOptions): Engine {
  const { media, part, schedule, clock } = options
  const fullLength = pieceLength(media.sizeBytes)
  const known = Promise.withResolvers<Uint8Array>()
  /** Until they have ended. */
  const lanes = new Map<FetchLane, LaneOwner & { readonly number: number }>()
  /** Sender's lanes, by number: whether their claims give something. */
  const flow = new Map<number, boolean>()
  /** Of them, those that gave something once. */
  const given = new Set<number>()
  let list = part.list
  if (list) known.resolve(list)
  let landing = Promise.resolve()
  let laneNumber = 0
  let newsAtMs = clock.nowMs()
  let cancelLook: (() => void) | undefined
  let closed = false

  const active = () => [...lanes].filter(([lane]) => !lane.retired)
  /** How much of the sender is asked for, when it has promised everything. */
  const spare = (number: number): void => {
    if (flow.get(number)) return schedule.use(number, 'granted')
    const copies = active()
      .filter(([, { role }]) => role === 'copy')
      .map(([lane]) => lane)
    const quietMs = clock.nowMs() - newsAtMs
    if (copies.length === 0) {
      // Others were promised it just now: they are about to have it, and paths to them to be known and open.
      const waitMs = given.has(number) ? CLAIM_PATIENCE_MS : NOTHING_LEFT_MS
      return schedule.use(number, quietMs < waitMs ? 'granted' : 'all')
    }
    if (quietMs < CLAIM_PATIENCE_MS) return schedule.use(number, 'granted')
    const bytesPerSecond = copies.reduce((sum, { rate }) => sum + rate, 0)
    const theirBytes = (schedule.missing - schedule.onlyHere(number)) * fullLength
    const tooLong = theirBytes * 1000 > bytesPerSecond * LONG_WAIT_MS
    schedule.use(number, tooLong ? 'all' : 'granted-and-rare')
  }
  const look = () => {
    cancelLook = undefined
    if (closed) return
    for (const [lane, { role, number }] of lanes) {
      if (role === 'sender') useOf(number)
      lane.look()
    }
    lookLater()
  }
  const useOf = (number: number) => {
    if (engine.claims(number)) spare(number)
    else schedule.use(number, 'all')
  }
  /** One lane that just fetches needs no looking at. */
  const lookLater = () => {
    const plain = ([lane, { role }]: readonly [FetchLane, LaneOwner]) => role === 'sender' && isBest(lane.path.kind)
    const needed = lanes.size > 1 || ![...lanes].every(plain) || options.sharesSender() || options.played()
    if (needed && !cancelLook && !closed && lanes.size > 0) cancelLook = clock.after(LOOK_EVERY_MS, look)
  }

  const engine: Engine = {
    ...options,
    buffers: createPieceBuffers(
      () => Math.max(BUFFER_BYTES, 2 * fullLength) + Math.max(0, lanes.size - 1) * BUFFERS_PER_LANE * fullLength,
    ),
    get list() {
      return list
    },
    listKnown: known.promise,
    async keepList(verified) {
      if (list) return
      list = verified
      await part.keepList(verified)
      known.resolve(verified)
      if (schedule.done) options.onDone()
    },
    land(task) {
      landing = landing.then(task)
    },
    landed(lane) {
      const owner = lanes.get(lane)
      if (owner) options.onPiece(lane, owner)
      if (schedule.done) options.onDone()
    },
    fillAll() {
      for (const lane of lanes.keys()) lane.fill()
      lookLater()
    },
    news() {
      newsAtMs = clock.nowMs()
    },
    get alone() {
      return lanes.size <= 1 || active().length <= 1
    },
    get paused() {
      return options.paused()
    },
    get played() {
      return options.played()
    },
    claims: (number) => flow.has(number) && options.sharesSender(),
    claimsFlow: (number) => flow.get(number) ?? false,
    claimed(number, pieces) {
      if (pieces > 0) {
        newsAtMs = clock.nowMs()
        given.add(number)
      }
      flow.set(number, pieces > 0)
      useOf(number)
    },
    open(path, owner) {
      const number = ++laneNumber
      const lane = openLane(path, { number, asks: owner.role === 'copy', engine })
      lanes.set(lane, { ...owner, number })
      if (owner.role === 'sender') {
        flow.set(number, true)
        newsAtMs = clock.nowMs()
        useOf(number)
      }
      const gone = () => {
        lanes.delete(lane)
        flow.delete(number)
        given.delete(number)
      }
      lane.ended.then(gone, gone)
      lane.start()
      lookLater()
      return lane
    },
    active,
    close() {
      closed = true
      cancelLook?.()
      for (const lane of lanes.keys()) lane.close()
    },
  }
  return engine
}
