// Reading a media for a player, wherever it is: from a whole copy, from the verified pieces of one on its way, or by beginning
// to fetch it. Every read says where the player is; what it needs next is then asked for first. What has not been verified is never read.
//
//   kept:     the fetch is the one that `get` would have made: it goes on by itself, and ends with a copy and its receipt
//   not kept: the pieces lie in a folder of their own while somebody reads, and are cleared away afterwards; no receipt

import { splitDevice, type UserAddress } from '@doorpost/protocol/address'
import type { Handle } from '@doorpost/protocol/handle'
import { pieceLength } from '@doorpost/protocol/piece-list'
import { untilAborted } from '../aborted.ts'
import type { Clock } from '../clock.ts'
import type { DeviceFiles } from '../device-files.ts'
import { Trouble } from '../operations.ts'
import { SourceAway } from '../send/media-file.ts'
import { type CopyReader, createCopyReader } from './copy-reader.ts'
import { cannotFetch, type Fetches } from './fetches.ts'
import type { RunEnvironment, RunOutcome } from './fetch-run.ts'
import { INDEX_TOLD_BYTES, indexPiecesOf, isIndexed } from './film-index.ts'
import type { Inbox } from './inbox.ts'
import type { InboxRecord } from './inbox-record.ts'
import { playKey } from './play-heads.ts'
import { playOnly } from './play-only.ts'
import { placesOf } from './places.ts'

/** After the last read a player counts as gone, ms: somebody who looks at one picture for a while goes on where they were. */
const IDLE_MS = 60_000
/** Media read at once; a page shows a few. */
const READERS_MAX = 16

export interface MediaReadRange {
  readonly id: string
  readonly root: string
  /** Bytes. */
  readonly offset: number
  readonly length: number
  readonly keep: boolean
  /** Where it is kept: as for `get`. */
  readonly folder: string
}

export interface MediaReaderOptions {
  readonly inbox: Pick<Inbox, 'get'>
  readonly fetches: Pick<Fetches, 'ask' | 'fetch'>
  readonly files: Pick<DeviceFiles, 'open' | 'sizeOf' | 'dropPart'>
  readonly environment: RunEnvironment
  readonly clock: Clock
  /** Of whom nothing is fetched: they would notice. */
  isJunk(user: UserAddress): boolean
  /** Absolute; for what is not kept, cleared when a reader is gone. */
  readonly playFolder: string
  onFault(error: unknown): void
}

export interface MediaReader extends AsyncDisposable {
  /**
   * Between 1 byte and `length` from `offset`, at most to the end of their piece; none at the media's end. Waits until they are here. Throws
   * Trouble, or the signal's reason.
   */
  read(range: MediaReadRange, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>
}

/** A media of the inbox, as it stands. */
interface Found {
  readonly record: InboxRecord
  readonly handle: Handle
  readonly place: readonly string[]
  /** Where its copy was put. */
  readonly kept: string | undefined
}

interface Reader {
  readonly handle: Handle
  readonly place: readonly string[]
  readonly stop: AbortController
  /** Pieces waited for now, and the one that was asked for last. */
  readonly wanted: number[]
  from: number
  /** Pieces of the film's index, once its first bytes have said where that is. */
  index?: readonly number[]
  readonly copy: CopyReader
  /** The fetch that was begun for it, until it ends. */
  fetching?: Promise<void>
  trouble?: Trouble
  /** Where a whole copy lies that is not kept. */
  path?: string
  readonly wake: Set<() => void>
  cancelIdle: () => void
}

export function createMediaReader(options: MediaReaderOptions): MediaReader {
  const { inbox, fetches, files, environment, clock } = options
  const { heads, parts } = environment
  const readers = new Map<string, Reader>()
  const wakeAll = (reader: Reader) => {
    for (const wake of reader.wake) wake()
    reader.wake.clear()
  }
  const endHearing = heads.onLanded((key) => {
    const reader = readers.get(key)
    if (!reader) return
    wakeAll(reader)
    // A guess that is not made costs a way to the source and back, and nothing else.
    readIndex(key, reader).catch(() => {})
  })
  const endBeginning = heads.onBegan(({ key, bytes }) => {
    const reader = readers.get(key)
    if (reader && isToLearn(reader)) learnIndex(key, reader, bytes)
  })

  async function end(key: string, reader: Reader): Promise<void> {
    if (readers.get(key) === reader) readers.delete(key)
    const [id = '', root = ''] = key.split(' ')
    heads.set(id, root, undefined)
    reader.cancelIdle()
    reader.stop.abort(new Trouble('cancelled', 'Nobody reads it any more.'))
    wakeAll(reader)
    await reader.fetching
    await reader.copy.close()
  }
  function readerOf(key: string, handle: Handle, place: readonly string[]): Reader {
    const known = readers.get(key)
    if (known) return known
    for (const [old, reader] of readers) {
      if (readers.size < READERS_MAX) break
      if (reader.wanted.length === 0) void end(old, reader).catch(options.onFault)
    }
    if (readers.size >= READERS_MAX) throw new Trouble('not-available', 'Too much is being played at once.')
    const made: Reader = {
      handle,
      place,
      stop: new AbortController(),
      wanted: [],
      from: 0,
      copy: createCopyReader(files),
      wake: new Set(),
      cancelIdle: () => {},
    }
    readers.set(key, made)
    return made
  }

  /** Begins to fetch it, or joins. Its outcome is told to whoever waits. */
  function begin(record: InboxRecord, reader: Reader, range: MediaReadRange): Promise<void> {
    const { signal } = reader.stop
    const ended = (outcome: RunOutcome) => {
      if (outcome.kind === 'failed' || outcome.kind === 'changed') reader.trouble = outcome.trouble
      // By somebody else: whoever waits here must not begin it again behind their back.
      if (outcome.kind === 'stopped' && !signal.aborted) reader.trouble = new Trouble('cancelled', 'It was paused.')
    }
    const run = async () => {
      if (!range.keep) {
        const { handle, place } = reader
        const onStored = (path: string) => (reader.path = path)
        const how = { handle, place, folder: options.playFolder, files, environment, signal, onStored }
        return ended(await playOnly(record, how))
      }
      const want = { folder: range.folder, roots: [range.root] }
      await fetches.ask(record.id, want)
      ended(await fetches.fetch(record.id, want, { signal, noWait: false, onProgress() {} }))
    }
    return run()
      .catch(async (error: unknown) => {
        // It came by another's fetch while this one was begun.
        if (signal.aborted || (await isHere(record.id, reader))) return
        reader.trouble =
          error instanceof Trouble ? error : new Trouble('fault', 'Something went wrong here.', { cause: error })
        if (!(error instanceof Trouble)) options.onFault(error)
      })
      .finally(() => {
        delete reader.fetching
        wakeAll(reader)
      })
  }

  async function wholeCopy(path: string | undefined, sizeBytes: number): Promise<string | undefined> {
    return path !== undefined && (await files.sizeOf(path)) === sizeBytes ? path : undefined
  }
  async function isHere(id: string, { handle: { root, sizeBytes } }: Reader): Promise<boolean> {
    const { kept } = await lookUp(id, root).catch(() => ({ kept: undefined }))
    return (await wholeCopy(kept, sizeBytes)) !== undefined
  }
  /** The part that is being fetched, where it has this piece. */
  function partWith(id: string, root: string, piece: number): string | undefined {
    const part = parts.of(id, root)
    return part?.has?.(piece) ? part.path : undefined
  }
  /** Where else it can be read now. */
  async function placeOf(kept: string | undefined, reader: Reader): Promise<string | undefined> {
    const { sizeBytes } = reader.handle
    const { path } = reader.copy
    // What is open was looked at when it was opened.
    if (path !== undefined && (path === kept || path === reader.path)) return path
    return (await wholeCopy(reader.path, sizeBytes)) ?? (await wholeCopy(kept, sizeBytes))
  }
  /** `lost`: cleared away, or finished under our hands. */
  async function readFrom(
    path: string,
    { copy, handle }: Reader,
    offset: number,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer> | { readonly lost: unknown }> {
    try {
      const bytes = await copy.read(path, offset, length)
      if (bytes.length > 0) return bytes
      throw new SourceAway(handle.name, 'shorter than it was')
    } catch (error) {
      await copy.close()
      return { lost: error }
    }
  }

  async function lookUp(id: string, root: string): Promise<Found> {
    const found = await inbox.get(id)
    const at = found?.content.media.findIndex((handle) => handle.root === root) ?? -1
    const handle = found?.content.media[at]
    if (!found || !handle) throw new Trouble('no-such-message', 'There is no such message here.')
    const { record, content } = found
    const { state } = record.standing
    if (state === 'request' || state === 'refused' || state === 'expired') throw cannotFetch(state)
    const kept = record.media.find((one) => one.root === root)?.path
    return { record, handle, place: placesOf(content.media)[at] ?? ['unnamed'], kept }
  }
  function isToLearn({ handle, index }: Reader): boolean {
    return index === undefined && isIndexed(handle.type)
  }
  /** Of a part that had its first piece before anybody played it. */
  async function readIndex(key: string, reader: Reader): Promise<void> {
    const [id = ''] = key.split(' ')
    const { root, sizeBytes } = reader.handle
    const path = isToLearn(reader) ? partWith(id, root, 0) : undefined
    if (path === undefined) return
    reader.index = []
    learnIndex(key, reader, await reader.copy.read(path, 0, Math.min(INDEX_TOLD_BYTES, sizeBytes)))
  }
  /** Its first bytes may say where a player looks next. */
  function learnIndex(key: string, reader: Reader, first: Uint8Array): void {
    const pieces = indexPiecesOf(first, reader.handle.sizeBytes)
    reader.index = pieces ?? []
    const [id = ''] = key.split(' ')
    if (pieces && readers.get(key) === reader) tellHead(id, reader)
  }
  function failIfNotToFetch({ from, standing: { state } }: InboxRecord): void {
    if (state === 'gone' || state === 'changed') throw cannotFetch(state)
    if (options.isJunk(splitDevice(from).user)) {
      throw new Trouble('not-available', 'It is from one of your junk senders, who would notice that you fetch it.')
    }
  }
  function tellHead(id: string, { handle: { root }, wanted, from, index = [] }: Reader): void {
    heads.set(id, root, { wanted, from, soon: index })
  }

  return {
    async read(range, signal) {
      signal.throwIfAborted()
      const { id, root, offset } = range
      const key = playKey(id, root)
      // What its fetch takes in may be read as long as that runs: nothing has to be looked up for each read.
      const known = range.keep ? readers.get(key) : undefined
      let found = known?.fetching ? undefined : await lookUp(id, root)
      if (found && found.kept === undefined) for (const opener of environment.openers) opener.ready?.()
      const { handle, place } = found ?? (known as Reader)
      const { sizeBytes } = handle
      if (offset >= sizeBytes || range.length < 1) return new Uint8Array(0)
      const fullLength = pieceLength(sizeBytes)
      const piece = Math.floor(offset / fullLength)
      const length = Math.min(range.length, (piece + 1) * fullLength - offset, sizeBytes - offset)
      const reader = readerOf(key, handle, place)
      reader.cancelIdle()
      delete reader.trouble
      reader.wanted.push(piece)
      reader.from = piece
      tellHead(id, reader)
      try {
        for (let isLost = false; ; ) {
          signal.throwIfAborted()
          // Before looking: what lands meanwhile is noticed.
          const { promise: woken, resolve: wake } = Promise.withResolvers<void>()
          reader.wake.add(wake)
          let path = partWith(id, root, piece)
          if (path === undefined && !reader.fetching) {
            found ??= await lookUp(id, root)
            path = await placeOf(found.kept, reader)
          }
          if (path !== undefined) {
            // Nobody has to be woken: a film that is here is read to its end without anything landing.
            reader.wake.delete(wake)
            const read = await readFrom(path, reader, offset, length)
            if (read instanceof Uint8Array) return read
            if (isLost) throw new Trouble('no-such-file', 'The copy that was here is gone.', { cause: read.lost })
            // Looked for once more.
            found = undefined
            isLost = true
            continue
          }
          failIfEnded(reader)
          if (found) {
            failIfNotToFetch(found.record)
            reader.fetching ??= begin(found.record, reader, range)
          }
          await untilAborted(woken, signal)
          // It may stand otherwise now.
          found = undefined
        }
      } finally {
        reader.wanted.splice(reader.wanted.indexOf(piece), 1)
        if (reader.wanted.length === 0 && readers.get(key) === reader) {
          reader.cancelIdle = clock.after(IDLE_MS, () => void end(key, reader).catch(options.onFault))
        }
      }
    },
    async [Symbol.asyncDispose]() {
      endHearing()
      endBeginning()
      await Promise.all([...readers].map(([key, reader]) => end(key, reader)))
    },
  }
}

/** Its fetch ended, and will not go on by itself. */
function failIfEnded({ trouble }: Reader): void {
  if (trouble) throw trouble
}
