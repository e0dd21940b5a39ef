// The engine of a fetch: keeps a window of pieces in flight on one path, verifies, decrypts and writes each as it lands, and goes on
// over the next source or the same one again until the file is whole and in place. Which sources there are, and when to look for new
// ones, is its caller's; how bytes travel is the path's; what is remembered between two runs is the part's.

import { pieceCount, pieceLength } from '@doorpost/protocol/piece-list'
import type { Clock } from '../clock.ts'
import type { Path, PathKind } from '../paths/path.ts'
import type { PieceCrypto } from '../send/piece-crypto.ts'
import { createPieceBuffers } from '../send/piece-buffers.ts'
import { fetchOver, type FetchFault } from './fetch-over.ts'
import { NoSpace, type Part } from './partial.ts'
import { createSchedule } from './schedule.ts'
import { type FetchedMedia, verifyList } from './verify.ts'

/** How long opening a path may take, ms: a direct path opens in one round trip or three, or hardly at all. */
export const OPEN_TIMEOUT_MS = 10_000
/** First wait before a source is tried again, ms, doubled up to the longest; half of each is random, so that many do not come at once. */
const AGAIN_FIRST_MS = 250
const AGAIN_MAX_MS = 30_000
/** Memory for pieces that arrive and are being written, bytes; never less than two pieces. */
const BUFFER_BYTES = 8 * 1024 * 1024

/** One device the media may come from. */
export interface FetchSource {
  readonly name: string
  /** Kinds of path that are permitted and can be now: one that needs an address nobody knows is left out. */
  readonly kinds: readonly PathKind[]
  /** The device that sent the message, or one that has a copy. */
  readonly role: 'sender' | 'copy'
  /** Called again after a broken line: it opens to where the device is then. Rejects with what stood in the way. */
  open(kind: PathKind, signal: AbortSignal): Promise<Path>
}

/** The sources of a media while it is fetched. One that stays the same keeps its name; the newest of a name is used from then on. */
export interface LiveSources {
  current(): readonly FetchSource[]
  /** Called when `current` answers otherwise than before. The returned function ends it. */
  onChange(listener: () => void): () => void
}

/** What came between us and a source, the last time. `forGood`: it is not asked again in this fetch. */
export type SourceFault = {
  source: string
  fault: FetchFault | { state: 'cannot-open'; cause: string }
  forGood: boolean
}

export type FetchProgress = { verifiedBytes: number; sizeBytes: number; source: string; path: PathKind }

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

export type FetchOptions = {
  media: FetchedMedia
  sources: readonly FetchSource[]
  /** Opened by the caller; this closes it, whatever the outcome. */
  part: Part
  crypto: PieceCrypto
  clock: Clock
  /** 0 to 1, for spreading retries. */
  random?: () => number
  signal: AbortSignal
  onProgress?(progress: FetchProgress): void
  /**
   * Write down here, for good, that the file is there: only afterwards is cleared away what would find it again after a crash.
   * What this throws comes out of fetchMedia.
   */
  onStored?(stored: StoredMedia): Promise<void>
  /** How long to go on without a single new piece, ms. Without it: until stopped, or until every source has failed for good. */
  patienceMs?: number
}

type Trying = { source: FetchSource; failures: number; readyAtMs: number; fault?: SourceFault }

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
  const { media, sources, part, crypto, clock, signal, onProgress } = options
  const random = options.random ?? Math.random
  const count = pieceCount(media.sizeBytes)
  const schedule = createSchedule(count, part.has)
  const buffers = createPieceBuffers(Math.max(BUFFER_BYTES, 2 * pieceLength(media.sizeBytes)))
  const bytesResumed = part.verifiedBytes
  const paths = new Set<PathKind>()
  const trying: Trying[] = sources.map((source) => ({ source, failures: 0, readyAtMs: 0 }))
  let list = part.list
  if (!list && count === 0 && verifyList(media, new Uint8Array(0))) list = new Uint8Array(0)
  let progressAtMs = clock.nowMs()

  while (!list || !schedule.done) {
    signal.throwIfAborted()
    const able = trying.filter(({ fault }) => !fault?.forGood)
    const next = able.reduce<Trying | undefined>(
      (best, one) => (best && best.readyAtMs <= one.readyAtMs ? best : one),
      undefined,
    )
    const waitMs = next ? Math.max(0, next.readyAtMs - clock.nowMs()) : 0
    const overMs = progressAtMs + (options.patienceMs ?? Number.POSITIVE_INFINITY)
    if (!next || (next.failures > 0 && clock.nowMs() + waitMs > overMs)) {
      return { state: 'no-source', faults: trying.flatMap(({ fault }) => fault ?? []) }
    }
    if (waitMs > 0) await pause(clock, waitMs, signal)
    const { source } = next
    const before = part.verifiedBytes
    const path = await openPath(source, clock, signal)
    let fault: SourceFault['fault'] | undefined
    if ('cause' in path) fault = path
    else {
      const outcome = await fetchOver(path, { media, list, part, schedule, buffers, crypto, clock, signal, onPiece })
      list = outcome.list ?? list
      fault = outcome.fault
      function onPiece() {
        progressAtMs = clock.nowMs()
        paths.add((path as Path).kind)
        onProgress?.({
          verifiedBytes: part.verifiedBytes,
          sizeBytes: media.sizeBytes,
          source: source.name,
          path: (path as Path).kind,
        })
      }
    }
    if (!fault) continue
    signal.throwIfAborted()
    next.failures = part.verifiedBytes > before ? 0 : next.failures + 1
    next.fault = { source: source.name, fault, forGood: isForGood(fault) }
    next.readyAtMs = clock.nowMs() + againMs(next.failures, random)
  }

  signal.throwIfAborted()
  const path = await part.finish()
  const stored = { path, list, bytesFetched: part.verifiedBytes - bytesResumed, bytesResumed, paths: [...paths] }
  try {
    await options.onStored?.(stored)
  } catch (cause) {
    throw new CallerFault('onStored', { cause })
  }
  await part.forget()
  return { state: 'stored', ...stored }
}

/** An exception of the caller's own hook on its way back to it. */
class CallerFault extends Error {}

async function openPath(
  source: FetchSource,
  clock: Clock,
  signal: AbortSignal,
): Promise<Path | { state: 'cannot-open'; cause: string }> {
  const late = new AbortController()
  const cancel = clock.after(OPEN_TIMEOUT_MS, () => late.abort(new Error('no answer in time')))
  try {
    const [kind] = source.kinds
    if (!kind) throw new Error('no path may be used')
    return await source.open(kind, AbortSignal.any([signal, late.signal]))
  } catch (error) {
    signal.throwIfAborted()
    return { state: 'cannot-open', cause: error instanceof Error ? error.message : String(error) }
  } finally {
    cancel()
  }
}

/** Waits at once for the first failure of a line that worked, then longer and longer. */
function againMs(failures: number, random: () => number): number {
  if (failures === 0) return 0
  return Math.min(AGAIN_MAX_MS, AGAIN_FIRST_MS * 2 ** (failures - 1)) * (0.5 + random() / 2)
}

function isForGood({ state }: SourceFault['fault']): boolean {
  return state === 'refused' || state === 'source-changed' || state === 'bad-piece' || state === 'bad-list'
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      cancel()
      reject(signal.reason as Error)
    }
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', stop)
      resolve()
    })
    signal.addEventListener('abort', stop, { once: true })
  })
}
