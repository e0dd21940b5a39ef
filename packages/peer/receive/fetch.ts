// A fetch: keeps paths open to every source there is, moves up to better ones, tries broken ones again after growing waits, drops
// those that lie, until the file is whole and in place. What is asked on open paths is the engine's; which sources there are, and when
// to look for new ones, is its caller's; what is remembered between two runs is the part's.

import { pieceCount, pieceLength } from '@doorpost/protocol/piece-list'
import type { Clock } from '../clock.ts'
import type { PathKind } from '../paths/path.ts'
import type { PathMemory } from '../paths/path-memory.ts'
import type { PieceCrypto } from '../send/piece-crypto.ts'
import { createEngine } from './fetch-engine.ts'
import type { LiveSources, SourceFault } from './fetch-source.ts'
import { createFetchSources } from './fetch-sources.ts'
import { NoSpace, type Part } from './partial.ts'
import { createSchedule, type PlayHead, SEQUENTIAL_AHEAD } from './schedule.ts'
import { type FetchedMedia, verifyList } from './verify.ts'

/** `source` and `path`: of several at once the fastest; `sources` is how many. */
export type FetchProgress = {
  verifiedBytes: number
  sizeBytes: number
  source: string
  path: PathKind
  sources: number
  /** Each that is asked now, the fastest first; bytes per second as measured lately. */
  serving: { source: string; path: PathKind; bytesPerSecond: number }[]
  /** Verified from the beginning without a gap. */
  headBytes: number
}

/** A file that is verified, synced and under its name. `list` is the verified piece list: with it this device can serve. */
export type StoredMedia = {
  path: string
  list: Uint8Array
  bytesFetched: number
  bytesResumed: number
  paths: PathKind[]
}

/** How a fetch ended. In all but the first everything verified is kept for the next. */
export type FetchOutcome =
  | ({ state: 'stored' } & StoredMedia)
  | { state: 'stopped' }
  | { state: 'no-source'; faults: SourceFault[] }
  | { state: 'no-space'; missingBytes: number }
  | { state: 'disk'; cause: string }

/** What is asked for ahead of its turn and may be held in memory, bytes, where pieces are long; never less than two pieces. */
const AHEAD_BYTES = 32 * 1024 * 1024

export type FetchOptions = {
  media: FetchedMedia
  /** Asked all at once; new ones join while it runs. */
  sources: LiveSources
  /** Opened by the caller; this closes it, whatever the outcome. */
  part: Part
  crypto: PieceCrypto
  clock: Clock
  /** 0 to 1, for spreading retries and choosing among equally rare pieces. */
  random?: () => number
  signal: AbortSignal
  /** `sequential`: from the first missing piece on, as a player needs them. */
  order?: 'saving' | 'sequential'
  /** Somebody plays what is being saved: where. */
  head?: () => PlayHead | undefined
  /** They wait for another piece, or play no more. The returned function ends it. */
  onHead?(listener: () => void): () => void
  /** Others fetch the same from the sender: it gives each piece once before any twice. */
  shared?: boolean
  /** This kind of path alone. */
  pinned?: PathKind
  pathMemory?: PathMemory
  /** While it says so nothing more is asked for; what is under way lands. */
  pause?: Pause
  /** The first piece, verified and in the clear; the bytes are the caller's no longer than this call. Before anything else is asked for. */
  onFirst?(bytes: Uint8Array): void
  onProgress?(progress: FetchProgress): void
  /** A source was left for good because of what it sent; the others go on. */
  onDropped?(fault: SourceFault): void
  /**
   * Write down here, for good, that the file is there: only afterwards is cleared away what would find it again after a crash.
   * What this throws comes out of fetchMedia.
   */
  onStored?(stored: StoredMedia): Promise<void>
  /** How long to go on without a single new piece, ms. Without it: until stopped, or until every source has failed for good. */
  patienceMs?: number
}

export interface Pause {
  readonly paused: boolean
  onChange(listener: () => void): () => void
}

/** Fetches media into its part until it is stored or cannot go on. Aborting keeps all that was verified. */
export async function fetchMedia(options: FetchOptions): Promise<FetchOutcome> {
  try {
    return await fetchPieces(options)
  } catch (error) {
    if (error instanceof CallerFault) throw error.cause
    if (error instanceof NoSpace) return { state: 'no-space', missingBytes: error.missingBytes }
    if (options.signal.aborted) return { state: 'stopped' }
    return { state: 'disk', cause: error instanceof Error ? error.message : String(error) }
  } finally {
    // What was verified is on record already; a failure to sync it now is met by the next fetch, which then trusts less.
    await options.part.close().catch(() => undefined)
  }
}

async function fetchPieces(options: FetchOptions): Promise<FetchOutcome> {
  const { media, part, crypto, clock, pause, order = 'saving', head = () => undefined, onProgress } = options
  const random = options.random ?? Math.random
  const count = pieceCount(media.sizeBytes)
  const ahead = Math.max(2, Math.min(SEQUENTIAL_AHEAD, Math.floor(AHEAD_BYTES / pieceLength(media.sizeBytes))))
  const schedule = createSchedule(count, part.has, { order, random, ahead, head })
  const bytesResumed = part.verifiedBytes
  const paths = new Set<PathKind>()
  /** Pieces from the beginning without a gap. */
  let headPieces = 0
  // What is under way ends with the fetch, however it ends.
  const over = new AbortController()
  const signal = AbortSignal.any([options.signal, over.signal])

  const engine = createEngine({
    media,
    part,
    schedule,
    crypto,
    clock,
    signal,
    sharesSender: () => order === 'saving' && head() === undefined && (options.shared === true || sources.copies > 0),
    paused: () => pause?.paused ?? false,
    played: () => head() !== undefined,
    ...(options.onFirst && { onFirst: options.onFirst }),
    onPiece(lane, owner) {
      sources.progressed()
      paths.add(lane.path.kind)
      if (!onProgress) return
      const active = engine.active()
      // One that was not measured yet is what can be told of now.
      const others = lane.rate > 0 ? active : []
      const [fastest, itsOwner] = others.reduce((best, one) => (one[0].rate > best[0].rate ? one : best), [lane, owner])
      const { kind } = fastest.path
      while (headPieces < count && part.has(headPieces)) headPieces++
      const figures = {
        verifiedBytes: part.verifiedBytes,
        sizeBytes: media.sizeBytes,
        sources: active.length,
        serving: active
          .map(([{ path, rate }, { source }]) => ({ source, path: path.kind, bytesPerSecond: Math.round(rate) }))
          .toSorted((one, other) => other.bytesPerSecond - one.bytesPerSecond),
        headBytes: Math.min(headPieces * pieceLength(media.sizeBytes), media.sizeBytes),
      }
      onProgress({ ...figures, source: itsOwner.source, path: kind })
    },
    onDone: () => sources.wake(),
  })
  const sources = createFetchSources({ ...options, random, signal, engine })
  const endPause = pause?.onChange(() => {
    sources.progressed()
    engine.fillAll()
  })
  const endHead = options.onHead?.(() => {
    if (!schedule.isJump() || !sources.jumped()) engine.fillAll()
  })
  try {
    if (!engine.list && count === 0 && verifyList(media, new Uint8Array(0))) await engine.keepList(new Uint8Array(0))
    const faults = await sources.untilDone(() => engine.list !== undefined && schedule.done)
    if (faults) return { state: 'no-source', faults }
    engine.close()
    options.signal.throwIfAborted()
    const path = await part.finish()
    const bytesFetched = part.verifiedBytes - bytesResumed
    const stored = { path, list: engine.list as Uint8Array, bytesFetched, bytesResumed, paths: [...paths] }
    try {
      await options.onStored?.(stored)
    } catch (cause) {
      throw new CallerFault('onStored', { cause })
    }
    await part.forget()
    return { state: 'stored', ...stored }
  } finally {
    endPause?.()
    endHead?.()
    over.abort(new Error('the fetch is over'))
    await sources.close()
    engine.close()
  }
}

/** An exception of the caller's own hook on its way back to it. */
class CallerFault extends Error {}
