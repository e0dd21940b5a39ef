// Fetches what is missing over one open path, until all is here or the path has failed. Asks for the list and the first pieces in one
// breath; nothing is written before the list matched the root and the piece the list.

import { pieceCount, pieceLength, pieceRange, HASH_BYTES } from '@doorpost/protocol/piece-list'
import type { Clock } from '../clock.ts'
import type { Path, PathFault, PieceAnswer, TakeBuffer } from '../paths/path.ts'
import type { PieceBuffers } from '../send/piece-buffers.ts'
import type { PieceCrypto } from '../send/piece-crypto.ts'
import type { Part } from './partial.ts'
import type { Schedule } from './schedule.ts'
import { type FetchedMedia, verifyList, verifyPiece } from './verify.ts'

/** Pieces asked for ahead: 32 MiB, a gigabit line with a quarter second of round trip. Memory is taken only as they arrive. */
const WINDOW_BYTES = 32 * 1024 * 1024
const WINDOW_PIECES_MIN = 2
/** Silence after which a source that owes us bytes is left, ms. */
export const STALL_MS = 15_000
/** How often silence is looked for, ms. */
const STALL_LOOK_MS = 1_000

/** A path's fault, or what only verifying can tell: bad-list, the source sent a list that is not the one signed. */
export type FetchFault = PathFault | { state: 'bad-list' }

export type OverOptions = {
  media: FetchedMedia
  /** The verified list, once known. */
  list: Uint8Array | undefined
  part: Part
  schedule: Schedule
  buffers: PieceBuffers
  crypto: PieceCrypto
  clock: Clock
  signal: AbortSignal
  /** A piece was verified and written. */
  onPiece(): void
}

/** `fault` is absent when every piece is here. The path is closed in any case. Rejects what the part rejects, and nothing else. */
export async function fetchOver(
  path: Path,
  options: OverOptions,
): Promise<{ list: Uint8Array | undefined; fault?: FetchFault }> {
  const { media, part, schedule, buffers, crypto, clock, signal } = options
  const { sizeBytes, key } = media
  const fullLength = pieceLength(sizeBytes)
  const window = Math.max(WINDOW_PIECES_MIN, Math.floor(WINDOW_BYTES / fullLength))
  let ended: { fault?: FetchFault; error?: unknown } | undefined
  let landing = Promise.resolve()
  /** Bytes owed to us cannot arrive while it is us who do not take them. */
  let busyHere = 0
  const finished = Promise.withResolvers<void>()

  const end = (how: { fault?: FetchFault; error?: unknown }) => {
    if (ended) return
    ended = how
    path.close()
    if (schedule.inFlight === 0) finished.resolve()
  }

  const list: Promise<Uint8Array | undefined> = options.list
    ? Promise.resolve(options.list)
    : path.list(media, pieceCount(sizeBytes) * HASH_BYTES, signal).then(async (answer) => {
        if (answer.state !== 'here') {
          end({ fault: answer })
          return undefined
        }
        if (!verifyList(media, answer.list)) {
          end({ fault: { state: 'bad-list' } })
          return undefined
        }
        await part.keepList(answer.list)
        return answer.list
      })

  const land = async (index: number, answer: PieceAnswer): Promise<boolean> => {
    if (answer.state !== 'here') {
      end({ fault: answer })
      return false
    }
    const verified = await list
    if (!verified || ended) return false
    const { offset, length } = pieceRange(sizeBytes, index)
    const { bytes } = answer
    if (bytes.length !== length || !(await verifyPiece(verified, index, bytes, crypto))) {
      // Anybody on the network could have written to a line that proves nothing: ask again over one that does.
      if (answer.proven) end({ fault: { state: 'bad-piece', piece: index } })
      else path.distrust()
      return false
    }
    await crypto.cipher(key, offset, bytes)
    await part.write(index, bytes)
    return true
  }

  const ask = (index: number) => {
    const { length } = pieceRange(sizeBytes, index)
    let buffer: Uint8Array | undefined
    let answered = false
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
        if (answered) buffers.give(late)
        else buffer = late
        return late
      })
    }
    const settle = (landed: boolean) => {
      if (buffer) buffers.give(buffer)
      if (landed) {
        schedule.landed(index)
        options.onPiece()
      } else schedule.lost(index)
      if (ended && schedule.inFlight === 0) finished.resolve()
      else fill()
    }
    void path.piece(media, { index, length }, take, signal).then((answer) => {
      answered = true
      busyHere++
      // One at a time, in the order they came: disks and hashes like it, and memory stays where it is warm.
      landing = landing
        .then(() => land(index, answer))
        .catch((error: unknown) => {
          end({ error })
          return false
        })
        .then((landed) => {
          busyHere--
          settle(landed)
        })
    })
  }

  const fill = () => {
    // A handful of questions at once costs both ends one turn instead of one each.
    if (schedule.inFlight > window / 2) return
    while (!ended && schedule.inFlight < window) {
      const index = schedule.next()
      if (index === undefined) break
      ask(index)
    }
    // All pieces may be here and the list still under way, when there is none to ask for.
    if (!ended && schedule.done) void list.then((known) => known && end({}))
  }

  let arrived = path.bytesArrived
  let arrivedAtMs = clock.nowMs()
  let cancelLook = () => {}
  const look = () => {
    if (ended) return
    if (path.bytesArrived !== arrived || busyHere > 0) {
      arrived = path.bytesArrived
      arrivedAtMs = clock.nowMs()
    } else if (clock.nowMs() - arrivedAtMs >= STALL_MS) {
      return end({ fault: { state: 'line-broken', cause: 'the line went silent' } })
    }
    cancelLook = clock.after(STALL_LOOK_MS, look)
  }
  const stop = () => end({ fault: { state: 'line-broken', cause: 'stopped' } })

  signal.addEventListener('abort', stop, { once: true })
  list.catch((error: unknown) => end({ error }))
  look()
  if (signal.aborted) stop()
  fill()
  await finished.promise
  cancelLook()
  signal.removeEventListener('abort', stop)
  // What the device's own side threw goes on unchanged: it is no fault of a source.
  if (ended?.error instanceof Error) throw ended.error
  if (ended?.error !== undefined) throw new Error('The fetch ended without a reason.', { cause: ended.error })
  const known = await list.catch(() => undefined)
  return { list: known, ...(ended?.fault && { fault: ended.fault }) }
}
