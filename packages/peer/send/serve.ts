// Serves pieces. Every source (sender, recipient, any path) gives bytes out through servePiece and nothing else: read once, encrypt,
// hash the whole piece, compare with the list, lend that same buffer. There is no shortcut by date or size, because two editions
// under one key stream would reveal both. Who may have what is `find`'s to say; carrying it is the path's.

import {
  keyCommitment,
  listMatchesRoot,
  pieceCount,
  pieceHash,
  pieceLength,
  pieceRange,
} from '@doorpost/protocol/piece-list'
import { sameBytes, toBase64url } from '@doorpost/protocol/bytes'
import type { Clock } from '../clock.ts'
import type {
  Caller,
  ClaimAnswer,
  HaveAnswer,
  ListAnswer,
  MediaRef,
  PathFault,
  PieceLease,
  Source,
} from '../paths/path.ts'
import { createClaims, type Given } from './claims.ts'
import { type MediaFile, SourceAway, SourceChanged } from './media-file.ts'
import { createPieceBuffers, type PieceBuffers } from './piece-buffers.ts'
import type { Pace } from './pace.ts'
import type { PieceCrypto } from './piece-crypto.ts'

/** How long a found permission and an open file are used before they are asked for again, ms: withdrawn means gone within seconds. */
export const FIND_AGAIN_MS = 5_000
/** Media held open at once; beyond it the one found longest ago is closed. */
export const OPEN_MEDIA_MAX = 64

/** What a source knows of one media: as stored when it was offered, or when it was fetched. */
export type ServedMedia = {
  path: string
  sizeBytes: number
  key: Uint8Array
  list: Uint8Array
  root: Uint8Array
  /**
   * Of a copy that is still being fetched: which pieces are in it. Absent for a whole file. Asking for a piece that is not there
   * is answered `source-away`: callers ask `have` first, so it is a piece that has gone, and later is worth a try.
   */
  has?(index: number): boolean
}

export type SourceOptions = {
  /** The media, if this caller may have it. Undefined for unknown and for not permitted, in the same time. */
  find(caller: Caller, media: MediaRef): Promise<ServedMedia | undefined>
  open(path: string): Promise<MediaFile>
  crypto: PieceCrypto
  clock: Clock
  buffers?: PieceBuffers
  /** In front of every piece; without it nothing waits. */
  pace?: Pace
  /** Bytes of a piece are about to be lent to this caller. */
  onServed?(caller: Caller, media: MediaRef, bytes: number): void
  /** The owner should know: the file changed, or is away. Once per answer. */
  onTrouble?(caller: Caller, media: MediaRef, trouble: SourceChanged | SourceAway): void
}

/**
 * One piece, encrypted and equal to its hash in the list, in a buffer that is the caller's to release. Throws SourceChanged
 * (naming file and piece) when it is anything else, SourceAway when it cannot be read, RangeError for a piece that does not exist.
 */
export async function servePiece(
  media: Omit<ServedMedia, 'path'> & { file: MediaFile },
  index: number,
  { crypto, buffers }: { crypto: PieceCrypto; buffers: PieceBuffers },
): Promise<PieceLease> {
  const { offset, length } = pieceRange(media.sizeBytes, index)
  const expected = pieceHash(media.list, index)
  const buffer = await buffers.take(pieceLength(media.sizeBytes))
  const bytes = buffer.subarray(0, length)
  let released = false
  const release = () => {
    if (released) return
    released = true
    buffers.give(buffer)
  }
  try {
    if ((await media.file.read(offset, bytes)) < length) throw new SourceChanged(media.file.name, index)
    await crypto.cipher(media.key, offset, bytes)
    if (!sameBytes(await crypto.hash(bytes), expected)) throw new SourceChanged(media.file.name, index)
    return { state: 'here', bytes, release }
  } catch (error) {
    release()
    throw error
  }
}

/** A source over all that `find` knows. */
export function createSource(options: SourceOptions): Source & { close(): Promise<void> } {
  const { find, open, crypto, clock, pace, onServed, onTrouble } = options
  const buffers = options.buffers ?? createPieceBuffers()
  const entries = new Map<string, Entry>()
  const claims = createClaims(clock)

  const forget = (id: string, entry: Entry) => {
    if (entries.get(id) === entry) entries.delete(id)
    entry.stop()
    entry.left = true
    closeUnused(entry)
  }

  const look = (caller: Caller, ref: MediaRef): Entry => {
    const id = [caller.address, caller.via, toBase64url(caller.deviceKey), ref.messageId, toBase64url(ref.root)].join(
      ' ',
    )
    const known = entries.get(id)
    if (known && clock.nowMs() - known.foundAtMs < FIND_AGAIN_MS) return known
    if (known) forget(id, known)
    const media = find(caller, ref).then(async (found) => {
      const opened = found && (await openedMedia(found, ref, open))
      const key = `${ref.messageId} ${toBase64url(ref.root)}`
      return opened && { ...opened, given: claims(key, pieceCount(opened.sizeBytes)) }
    })
    const entry: Entry = { foundAtMs: clock.nowMs(), media, users: 0, left: false, stop: () => undefined }
    entry.stop = clock.after(FIND_AGAIN_MS, () => forget(id, entry))
    entries.set(id, entry)
    const [oldest] = entries
    if (entries.size > OPEN_MEDIA_MAX && oldest) forget(...oldest)
    // What failed or was refused is asked anew the next time.
    void media.then(
      (one) => one || forget(id, entry),
      () => forget(id, entry),
    )
    return entry
  }

  /** Keeps the file open while `task` uses it, also when it is forgotten meanwhile. */
  const using = async <T>(entry: Entry, task: (media: GivenMedia) => Promise<T>): Promise<T | PathFault> => {
    entry.users++
    try {
      const media = await entry.media
      return media ? await task(media) : { state: 'refused' }
    } finally {
      entry.users--
      closeUnused(entry)
    }
  }

  const faultOf = (error: unknown, caller: Caller, ref: MediaRef, index: number): PathFault => {
    if (error instanceof RangeError) return { state: 'refused' }
    if (error instanceof SourceChanged) {
      onTrouble?.(caller, ref, error)
      return { state: 'source-changed', piece: error.piece ?? index }
    }
    onTrouble?.(caller, ref, error instanceof SourceAway ? error : new SourceAway('the media', error))
    return { state: 'source-away' }
  }

  const broken: PathFault = { state: 'line-broken', cause: 'aborted' }
  /** What one question comes to; whatever goes wrong is a fault, and nothing is thrown. `piece`: the one that is asked about. */
  const answering = async <T>(
    { caller, ref, signal, piece = 0 }: { caller: Caller; ref: MediaRef; signal: AbortSignal; piece?: number },
    task: (media: GivenMedia) => Promise<T>,
  ): Promise<T | PathFault> => {
    if (signal.aborted) return broken
    try {
      return await using(look(caller, ref), task)
    } catch (error) {
      return signal.aborted ? broken : faultOf(error, caller, ref, piece)
    }
  }

  return {
    list: (caller, ref, signal): Promise<ListAnswer> =>
      answering({ caller, ref, signal }, async ({ list }) => ({ state: 'here', list })),
    piece: (caller, ref, index, signal): Promise<PieceLease | PathFault> =>
      answering({ caller, ref, signal, piece: index }, async (media) => {
        if (media.has && !media.has(index)) return { state: 'source-away' }
        const turn = pace?.take(caller.address, pieceRange(media.sizeBytes, index).length, signal)
        if (turn && !(await turn)) return { state: 'source-away' }
        const lease = await servePiece(media, index, { crypto, buffers })
        media.given.gave(index)
        if (signal.aborted) {
          lease.release()
          return broken
        }
        onServed?.(caller, ref, lease.bytes.length)
        return lease
      }),
    have: (caller, ref, signal): Promise<HaveAnswer> =>
      answering({ caller, ref, signal }, async ({ sizeBytes, has }) => ({
        state: 'here',
        have: haveBits(pieceCount(sizeBytes), has),
      })),
    claim: (caller, ref, count, signal): Promise<ClaimAnswer> =>
      answering({ caller, ref, signal }, async ({ given, has }) => ({
        state: 'here',
        pieces: given.claim(caller.address, count, has),
      })),
    async close() {
      const all = [...entries.values()].map(({ media }) => media)
      for (const [id, entry] of [...entries]) forget(id, entry)
      await Promise.allSettled(all)
    },
  }
}

type OpenMedia = Omit<ServedMedia, 'path'> & { file: MediaFile }
type GivenMedia = OpenMedia & { given: Given }

/** One answer of `find` with its file, while it may be used. */
type Entry = {
  foundAtMs: number
  media: Promise<GivenMedia | undefined>
  users: number
  left: boolean
  stop: () => void
}

function closeUnused(entry: Entry): void {
  if (!entry.left || entry.users > 0) return
  void entry.media.then(
    (media) => media?.file.close(),
    () => undefined,
  )
}

/** One bit a piece, piece 0 the highest of the first byte, as a path carries it. */
function haveBits(pieces: number, has: ((index: number) => boolean) | undefined): Uint8Array {
  const bits = new Uint8Array(Math.ceil(pieces / 8))
  for (let index = 0; index < pieces; index++) {
    if (!has || has(index)) bits[index >> 3] = (bits[index >> 3] as number) | (0x80 >> (index & 7))
  }
  return bits
}

/** Opens the file behind what was found; a record whose key and list are not those of the root serves nobody. */
async function openedMedia(
  found: ServedMedia,
  ref: MediaRef,
  open: SourceOptions['open'],
): Promise<OpenMedia | undefined> {
  const { sizeBytes, key, list } = found
  const facts = { sizeBytes, pieceLength: pieceLength(sizeBytes), keyCommitment: keyCommitment(key), list }
  if (!listMatchesRoot(facts, ref.root)) return undefined
  return { ...found, file: await open(found.path) }
}
