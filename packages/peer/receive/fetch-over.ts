// One lane of a fetch: an open path and the pieces in flight on it. Asks for the list, what is there and the first pieces in one breath,
// keeps a window of questions open, watches for silence, and hands what lands to the engine's one landing place. Which piece is
// asked for is schedule.ts's, and how many at once ask-ahead.ts's; opening, giving up and going on elsewhere is fetch.ts's.

import { HASH_BYTES, pieceCount, pieceLength, pieceRange } from '@doorpost/protocol/piece-list'
import type { Path, PathFault, PathKind, PieceAnswer, TakeBuffer } from '../paths/path.ts'
import type { Clock } from '../clock.ts'
import type { PieceBuffers } from '../send/piece-buffers.ts'
import type { PieceCrypto } from '../send/piece-crypto.ts'
import { createAskAhead } from './ask-ahead.ts'
import type { Part } from './partial.ts'
import type { Schedule } from './schedule.ts'
import { type FetchedMedia, verifyList, verifyPiece } from './verify.ts'

/** Silence after which a source that owes us bytes is left, ms. */
export const STALL_MS = 15_000
/** How often silence is looked for, ms. */
const STALL_LOOK_MS = 1_000
/** How long a lane that a better one replaces may take to give what it owes, ms; then it is closed and the rest asked of the other. */
export const RETIRE_MS = 5_000
/** How often a copy that is not whole is asked what it has, ms. */
export const HAVE_EVERY_MS = 1_000
/** How long after a claim came back empty another is sent, ms. */
const CLAIM_AGAIN_MS = 1_000

/** A path's fault, or what only verifying can tell: bad-list, the source sent a list that is not the one signed. */
export type FetchFault = PathFault | { state: 'bad-list' }

/** What the lanes of one fetch share. */
export interface LaneHost {
  readonly media: FetchedMedia
  readonly part: Part
  readonly schedule: Schedule
  readonly buffers: PieceBuffers
  readonly crypto: PieceCrypto
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The verified list, once known. */
  readonly list: Uint8Array | undefined
  readonly listKnown: Promise<Uint8Array>
  keepList(list: Uint8Array): Promise<void>
  /** Runs when everything that came before has landed. Never rejects. */
  land(task: () => Promise<void>): void
  landed(lane: FetchLane): void
  /** What is in the first piece. */
  onFirst?(bytes: Uint8Array): void
  /** A lane has room for what another lost or learnt. */
  fillAll(): void
  /** A copy came up with pieces that are missing here. */
  news(): void
  /** One lane, which may ask ahead as far as it likes. */
  readonly alone: boolean
  readonly paused: boolean
  readonly played: boolean
  claims(lane: number): boolean
  /** The last claim gave something, or none was sent. */
  claimsFlow(lane: number): boolean
  claimed(lane: number, pieces: number): void
}

export interface FetchLane {
  readonly path: Path
  /** Bytes a second, as measured; 0 before. */
  readonly rate: number
  readonly retired: boolean
  /** It is known what it has, and nothing of it is asked for. */
  readonly idle: boolean
  /** How long it has owed bytes and sent none, ms, as of the last look. */
  readonly silentMs: number
  /** How long it takes to give what it owes, by its rate, ms; 0 where that is not known. */
  readonly owedMs: number
  /** Pieces that landed from here. */
  readonly landed: number
  /** Begins: once, when whoever opened it knows it. */
  start(): void
  /** Asks for more where there is room. */
  fill(): void
  /** Asks for nothing more; ends when what it owes is here, or RETIRE_MS later. */
  retire(): void
  /** At every look while there are several lanes: measures the rate, asks again what is there, claims again. */
  look(): void
  close(): void
  /** Its fault, absent where it was retired or everything is here. The path is closed. Rejects what the part rejects, and nothing else. */
  readonly ended: Promise<FetchFault | undefined>
}

/** Nothing better will open. */
export function isBest(kind: PathKind): boolean {
  return kind === 'direct' || kind === 'memory'
}

/** Whether these bits, piece 0 the highest of the first byte, are all of them. */
function isWhole(have: Uint8Array, count: number): boolean {
  for (let index = 0; index < count; index++) {
    if ((((have[index >> 3] ?? 0) << (index & 7)) & 0x80) === 0) return false
  }
  return true
}

/**
 * `number`: its own in the schedule. `asks`: what the source has is asked (a copy), or taken for everything. `claims`: pieces are
 * asked for that it gives to us first, until it has no more of those.
 */
export function openLane(
  path: Path,
  { number, asks, engine }: { readonly number: number; readonly asks: boolean; readonly engine: LaneHost },
): FetchLane {
  const { media, part, schedule, buffers, crypto, clock, signal } = engine
  const { sizeBytes, key } = media
  const fullLength = pieceLength(sizeBytes)
  const ahead = createAskAhead(path, { clock, fullLength })
  let ended: { fault?: FetchFault; error?: unknown } | undefined
  let retired = false
  let landed = 0
  /** Bytes owed to us cannot arrive while it is us who do not take them. */
  let busyHere = 0
  /** Questions other than for pieces. */
  let open = 0
  let whole = !asks
  let told = false
  let haveAtMs = Number.NEGATIVE_INFINITY
  let asking = false
  let claiming = false
  let claimedAtMs = Number.NEGATIVE_INFINITY
  let lastClaimed = 0
  const finished = Promise.withResolvers<void>()
  /** The first that is verified, of this lane or another; undefined when this one ended before. */
  let anyList: Promise<Uint8Array | undefined> = engine.listKnown

  const end = (how: { fault?: FetchFault; error?: unknown }) => {
    if (ended) return
    ended = how
    schedule.retire(number)
    path.close()
    if (schedule.inFlight(number) === 0) finished.resolve()
  }
  /** What a question other than for a piece is answered; a fault ends the lane. */
  const answered = <T extends { state: 'here' }>(answer: T | PathFault): answer is T => {
    open--
    if (ended) return false
    if (answer.state === 'here') return true
    end({ fault: answer })
    return false
  }

  const askList = async (): Promise<Uint8Array | undefined> => {
    open++
    const answer = await path.list(media, pieceCount(sizeBytes) * HASH_BYTES, signal)
    if (!answered(answer)) return undefined
    if (engine.list) return engine.list
    if (!verifyList(media, answer.list)) {
      end({ fault: { state: 'bad-list' } })
      return undefined
    }
    await engine.keepList(answer.list)
    return answer.list
  }
  const askHave = async () => {
    if (asking || whole || ended || retired) return
    asking = true
    open++
    haveAtMs = clock.nowMs()
    const answer = await path.have(media, signal)
    asking = false
    if (!answered(answer)) return
    told = true
    whole = isWhole(answer.have, pieceCount(sizeBytes))
    if (schedule.have(number, whole ? 'all' : answer.have) > 0) engine.news()
    // What is rare is another now, for every lane.
    engine.fillAll()
  }
  const askClaim = async () => {
    if (claiming || ended || retired) return
    claiming = true
    open++
    const answer = await path.claim(media, ahead.claim(), signal)
    claiming = false
    claimedAtMs = clock.nowMs()
    if (answer.state === 'here') lastClaimed = answer.pieces.length
    if (!answered(answer)) return
    schedule.grant(number, answer.pieces)
    engine.claimed(number, answer.pieces.length)
    fill()
  }

  const land = async (index: number, answer: PieceAnswer, list: Uint8Array | undefined): Promise<boolean> => {
    if (answer.state !== 'here') {
      end({ fault: answer })
      return false
    }
    // Another lane was faster.
    if (ended || !list || part.has(index)) return false
    const { offset, length } = pieceRange(sizeBytes, index)
    const { bytes } = answer
    if (bytes.length !== length || !(await verifyPiece(list, index, bytes, crypto))) {
      // Anybody on the network could have written to a line that proves nothing: ask again over one that does.
      if (answer.proven) end({ fault: { state: 'bad-piece', piece: index } })
      else path.distrust()
      return false
    }
    await crypto.cipher(key, offset, bytes)
    await part.write(index, bytes)
    // Before more is asked for: it may say what is needed next.
    if (index === 0) engine.onFirst?.(bytes)
    return true
  }

  const ask = (index: number) => {
    const { length } = pieceRange(sizeBytes, index)
    let buffer: Uint8Array | undefined
    let over = false
    const take: TakeBuffer = () => {
      const lent = buffers.take(fullLength)
      if (lent instanceof Uint8Array) {
        buffer = lent
        return lent
      }
      busyHere++
      return lent.then((late) => {
        busyHere--
        // The path ended while it waited: nobody will fill this one.
        if (over) buffers.give(late)
        else buffer = late
        return late
      })
    }
    const settle = (here: boolean) => {
      busyHere--
      if (buffer) buffers.give(buffer)
      if (here) {
        landed++
        schedule.landed(number, index)
        engine.landed(lane)
      } else {
        schedule.lost(number, index)
        engine.fillAll()
      }
      if (ended && schedule.inFlight(number) === 0) finished.resolve()
      else fill()
    }
    void path.piece(media, { index, length }, take, signal).then(async (answer) => {
      over = true
      busyHere++
      // A list that is slow to come holds up this lane and no other.
      const known = engine.list ?? (await anyList)
      // One at a time, in the order they came: disks and hashes like it, and memory stays where it is warm.
      engine.land(async () => {
        const here = await land(index, answer, known).catch((error: unknown) => {
          end({ error })
          return false
        })
        settle(here)
      })
    })
  }

  const windowNow = () => ahead.window({ played: engine.played, free: engine.alone && isBest(path.kind) })
  const fill = () => {
    const window = windowNow()
    const awaits = () => schedule.inFlight(number) < ahead.windowMax && schedule.isAwaited(number)
    // A handful of questions at once costs both ends one turn instead of one each.
    if (schedule.inFlight(number) > window / 2 && !awaits()) return
    while (!ended && !engine.paused && (schedule.inFlight(number) < window || awaits())) {
      const index = schedule.next(number)
      if (index !== undefined) ask(index)
      // The answer to a claim comes behind the pieces asked for before it: it is sent while there are some left to ask for.
      if (engine.claims(number) && schedule.granted(number) <= lastClaimed / 2 && mayClaim()) void askClaim()
      if (index === undefined) break
    }
    if (retired && schedule.inFlight(number) === 0) end({})
  }
  const mayClaim = () => engine.claimsFlow(number) || clock.nowMs() - claimedAtMs >= CLAIM_AGAIN_MS

  let arrived = path.bytesArrived
  let arrivedAtMs = clock.nowMs()
  let cancelLook = () => {}
  let cancelRetire = () => {}
  const watch = () => {
    if (ended) return
    const owed = open > 0 || schedule.inFlight(number) > 0
    if (path.bytesArrived !== arrived || busyHere > 0 || !owed) {
      arrived = path.bytesArrived
      arrivedAtMs = clock.nowMs()
    } else if (clock.nowMs() - arrivedAtMs >= STALL_MS) {
      return end({ fault: { state: 'line-broken', cause: 'the line went silent' } })
    }
    cancelLook = clock.after(STALL_LOOK_MS, watch)
  }
  const stop = () => end({ fault: { state: 'line-broken', cause: 'stopped' } })

  schedule.join(number)
  const lane: FetchLane = {
    path,
    start() {
      if (whole) schedule.have(number, 'all')
      const own = engine.list ? undefined : askList()
      own?.catch((error: unknown) => end({ error }))
      // Without a list there is nothing to look at when it comes: the lane ends, by the line above.
      anyList = Promise.race([own, engine.listKnown, finished.promise.then(() => undefined)]).catch(() => undefined)
      signal.addEventListener('abort', stop, { once: true })
      watch()
      if (signal.aborted) stop()
      // One that is asked for nothing would not notice.
      void path.closed.then(() => {
        if (open === 0 && schedule.inFlight(number) === 0) end({ fault: { state: 'line-broken', cause: 'it ended' } })
      })
      if (asks) void askHave()
      fill()
    },
    get rate() {
      return ahead.rate
    },
    get retired() {
      return retired
    },
    get idle() {
      return (whole || told) && schedule.inFlight(number) === 0
    },
    get silentMs() {
      const owes = path.bytesArrived === arrived && busyHere === 0 && schedule.inFlight(number) > 0
      return owes ? clock.nowMs() - arrivedAtMs : 0
    },
    get owedMs() {
      return ahead.rate > 0 ? (schedule.inFlight(number) * fullLength * 1000) / ahead.rate : 0
    },
    get landed() {
      return landed
    },
    fill,
    retire() {
      if (retired || ended) return
      retired = true
      schedule.retire(number)
      cancelRetire = clock.after(RETIRE_MS, () => end({}))
      fill()
    },
    look() {
      ahead.measure(schedule.inFlight(number) > 0)
      schedule.rate(number, ahead.rate)
      if (!whole && clock.nowMs() - haveAtMs >= HAVE_EVERY_MS && schedule.missing > 0) void askHave()
      fill()
    },
    close: () => end({}),
    ended: finished.promise.then(() => {
      cancelLook()
      cancelRetire()
      signal.removeEventListener('abort', stop)
      // What the device's own side threw goes on unchanged: it is no fault of a source.
      if (ended?.error instanceof Error) throw ended.error
      if (ended?.error !== undefined) throw new Error('The fetch ended without a reason.', { cause: ended.error })
      return ended?.fault
    }),
  }

  return lane
}
