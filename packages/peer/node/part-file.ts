// A partial file on a disk: `.NAME.ROOT.part` with its `.map` and `.lock` beside it, in the folder where the file will stand.
// Knows in which order things must reach the disk. What the map means is receive/part-map.ts's; asking for pieces is fetch.ts's.

import { write, writeSync, fdatasync } from 'node:fs'
import { type FileHandle, open, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pieceRange } from '@doorpost/protocol/piece-list'
import { hasBit, setBit } from '../receive/bitmap.ts'
import { checkWhole, placeOf, readBegun } from '../receive/part-begun.ts'
import {
  listRecord,
  newPartMap,
  type PartMedia,
  syncedSlot,
  writtenRecord,
  writtenRecords,
} from '../receive/part-map.ts'
import { NoSpace, type OpenedPart, type Part } from '../receive/partial.ts'
import { bootIdFor } from './boot-id.ts'
import { lockPart, type PartLock } from './part-lock.ts'
import { placeFile, syncFolder } from './part-place.ts'

/**
 * Bytes per write call. Larger ones make the page cache take memory in larger blocks, which a virtual machine may have given back to its
 * host and must fetch again: 1 MiB took four times as long, 128 KiB three times after other programs had written small.
 */
const WRITE_BYTES = 64 * 1024
/** The same where writes wait off the event loop anyway: fewer turns through it. */
const SLOW_WRITE_BYTES = 512 * 1024
/**
 * A single synchronous write call this long, ms, means that the disk holds writers back (the system does that for up to 200 ms at a
 * time): for SLOW_FOR_MS writes then wait off the event loop, so that everything else this process does goes on. Otherwise a call
 * into the page cache takes 0.03 ms, and writing synchronously is a fifth cheaper in all.
 */
const SLOW_CALL_MS = 100
const SLOW_FOR_MS = 2_000
/** Data is forced to the disk every so many bytes, so that a power cut costs little and the end is short. */
export const SYNC_EVERY_BYTES = 128 * 1024 * 1024
/** Bytes of a statfs/stat block count unit (POSIX st_blocks). */
const STAT_BLOCK_BYTES = 512

const syncData = promisify(fdatasync)
const writeAsync = promisify(write)

export type PartPlace = {
  folder: string
  /** One safe component. */
  name: string
  media: PartMedia
}

/** Opens the part of this media in this folder, continuing what is there; makes one, sparse, when there is none. */
export async function openPart(place: PartPlace): Promise<OpenedPart> {
  const base = partPath(place)
  let lock: PartLock | undefined
  let data: FileHandle | undefined
  let map: FileHandle | undefined
  try {
    lock = await lockPart(`${base}.lock`)
    if (!lock) return { state: 'busy' }
    data = await openOrCreate(base)
    map = await openOrCreate(`${base}.map`)
    const missingBytes = await missingSpace(place, data)
    if (missingBytes > 0) {
      await release(data, map, lock)
      return { state: 'no-space', missingBytes }
    }
    return { state: 'open', part: await continuePart(place, { base, data, map, lock }) }
  } catch (error) {
    await release(data, map, lock)
    if (error instanceof NoSpace) return { state: 'no-space', missingBytes: error.missingBytes }
    return { state: 'disk', cause: error instanceof Error ? error.message : String(error) }
  }
}

/** Where the part of this media lies while it is fetched: hidden, and apart from another media of the same name. */
export function partPath({ folder, name, media }: PartPlace): string {
  return join(folder, `.${name}.${Buffer.from(media.root.subarray(0, 8)).toString('hex')}.part`)
}

type Files = { base: string; data: FileHandle; map: FileHandle; lock: PartLock }

async function continuePart(place: PartPlace, { base, data, map, lock }: Files): Promise<Part> {
  const { media, folder, name } = place
  const { sizeBytes } = media
  const stats = await data.stat({ bigint: true })
  const bootId = await bootIdFor(`${stats.dev}:${stats.ino}`)
  const mapBytes = await map.readFile()
  const begun = readBegun(mapBytes, media, { bootId, fileBytes: Number(stats.size) })
  const { bits } = begun
  let { sequence, list, syncedBits, verifiedBytes } = begun
  if (begun.trusted) {
    for (const { at, bytes } of writtenRecords(media, bits, bootId)) writeSync(map.fd, bytes, 0, bytes.length, at)
  } else {
    await map.truncate(0)
    const fresh = newPartMap(media, bootId)
    writeSync(map.fd, fresh, 0, fresh.length, 0)
    await data.truncate(0)
  }

  let unsyncedBytes = 0
  let syncing: Promise<void> | undefined
  let syncFailure: unknown
  let slowUntilMs = 0
  let path: string | undefined
  let closed = false

  const translate = (error: unknown): unknown => {
    const code = (error as NodeJS.ErrnoException).code
    return code === 'ENOSPC' || code === 'EDQUOT' ? new NoSpace(sizeBytes - verifiedBytes) : error
  }
  const record = (index: number): { at: number; bytes: Uint8Array } => {
    setBit(bits, index)
    const { length } = pieceRange(sizeBytes, index)
    verifiedBytes += length
    unsyncedBytes += length
    return writtenRecord(media, bits, bootId, index)
  }
  /** Data first, and only then the claim that it is on the disk. */
  const sync = async (): Promise<void> => {
    const snapshot = bits.slice()
    unsyncedBytes = 0
    await syncData(data.fd)
    const slot = syncedSlot(media, snapshot, ++sequence)
    await writeAll(map.fd, slot.bytes, slot.at)
    syncedBits = snapshot
  }
  const syncInBackground = () => {
    if (syncing || unsyncedBytes < SYNC_EVERY_BYTES) return
    syncing = sync()
      .catch(async (error: unknown) => {
        // Met by the next write or at the end. Pages whose writing failed are gone from the cache as well, so nothing since the last
        // good sync may be believed, not even within this boot.
        syncFailure = error
        for (const { at, bytes } of writtenRecords(media, syncedBits, bootId)) await writeAll(map.fd, bytes, at)
      })
      // Of a map that cannot be written either, this process says so at the next write.
      .catch(() => undefined)
      .finally(() => {
        syncing = undefined
      })
  }
  const check = () => {
    if (closed) throw new Error('this part is closed')
    if (syncFailure !== undefined) throw translate(syncFailure)
  }
  const writeSlowly = async (index: number, plain: Uint8Array, offset: number): Promise<void> => {
    try {
      await writeAll(data.fd, plain, offset)
      const { at, bytes } = record(index)
      await writeAll(map.fd, bytes, at)
    } catch (error) {
      throw translate(error)
    }
    syncInBackground()
  }
  const close = async () => {
    if (closed) return
    closed = true
    await syncing
    try {
      if (unsyncedBytes > 0 && syncFailure === undefined) await sync()
    } finally {
      await release(data, map, lock)
    }
  }

  return {
    media,
    file: base,
    has: (index) => hasBit(bits, index),
    get verifiedBytes() {
      return verifiedBytes
    },
    get list() {
      return list
    },
    async keepList(verified) {
      const { at, bytes } = listRecord(media, verified)
      try {
        await writeAll(map.fd, bytes, at)
      } catch (error) {
        throw translate(error)
      }
      list = verified
    },
    write(index, plain) {
      check()
      const { offset, length } = placeOf({ bits, sizeBytes }, index, plain)
      if (performance.now() < slowUntilMs) return writeSlowly(index, plain, offset)
      try {
        for (let at = 0; at < length; ) {
          const startedMs = performance.now()
          at += writeSync(data.fd, plain, at, Math.min(WRITE_BYTES, length - at), offset + at)
          const endedMs = performance.now()
          if (endedMs - startedMs > SLOW_CALL_MS) slowUntilMs = endedMs + SLOW_FOR_MS
        }
        const { at, bytes } = record(index)
        writeSync(map.fd, bytes, 0, bytes.length, at)
      } catch (error) {
        throw translate(error)
      }
      syncInBackground()
    },
    async finish() {
      check()
      if (path !== undefined) return path
      checkWhole({ bits, sizeBytes })
      await syncing
      check()
      try {
        await sync()
        path = await placeFile(base, folder, name)
        await syncFolder(folder)
      } catch (error) {
        throw translate(error)
      }
      return path
    },
    async forget() {
      if (path === undefined) throw new Error('not in place yet')
      for (const one of [base, `${base}.map`]) await unlink(one).catch(ignoreMissing)
      await lock.remove()
      await close()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Opens for reading and writing without emptying it; private to its owner; never through a link. */
async function openOrCreate(path: string): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = (await import('node:fs')).constants
  return await open(path, O_RDWR | O_CREAT | (O_NOFOLLOW ?? 0), 0o600)
}

/** How many bytes the disk lacks for what this part still needs. */
async function missingSpace({ folder, media }: PartPlace, data: FileHandle): Promise<number> {
  const [disk, file] = await Promise.all([statfs(folder), data.stat()])
  // Windows reports no blocks: count what is to come as if nothing were there yet.
  const allocatedBytes = (file.blocks ?? 0) * STAT_BLOCK_BYTES
  return Math.max(0, media.sizeBytes - allocatedBytes - disk.bavail * disk.bsize)
}

async function writeAll(fd: number, bytes: Uint8Array, offset: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await writeAsync(fd, bytes, at, Math.min(SLOW_WRITE_BYTES, bytes.length - at), offset + at)
    at += bytesWritten
  }
}

async function release(data?: FileHandle, map?: FileHandle, lock?: PartLock): Promise<void> {
  try {
    await data?.close()
    await map?.close()
  } finally {
    lock?.release()
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
