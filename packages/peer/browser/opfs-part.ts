// A partial file in the browser's own storage: `FOLDER/.ROOT/NAME` with its `.map` beside it. It never moves, since no person
// looks into that folder: finished, it only loses its map. Names that come from outside never begin with a dot.

import { toBase64url } from '@doorpost/protocol/bytes'
import type { Clock } from '../clock.ts'
import { hasBit, setBit } from '../receive/bitmap.ts'
import { checkWhole, placeOf, readBegun } from '../receive/part-begun.ts'
import { BOOT_ID_BYTES, listRecord, newPartMap, type PartMedia, syncedSlot } from '../receive/part-map.ts'
import { NoSpace, type OpenedPart, type Part } from '../receive/partial.ts'
import { holdFile, type OpfsTree, type SyncFile, writeAll } from './opfs-tree.ts'

/** What was not forced to the disk is fetched again after a reload: at most so many bytes, and so long, ms. */
const SYNC_EVERY_BYTES = 32 * 1024 * 1024
const SYNC_EVERY_MS = 1_000
/** A page cannot tell one start of the machine from another: only what was forced to the disk counts (receive/part-map.ts). */
const UNKNOWN_BOOT = new Uint8Array(BOOT_ID_BYTES)
const MAP = '.map'

export interface PartPlace {
  readonly folder: string
  /** One safe component. */
  readonly name: string
  readonly media: PartMedia
}

export interface OpfsPartsOptions {
  readonly tree: OpfsTree
  readonly storage: Pick<StorageManager, 'estimate'>
  /** Handles that are open now, by path: a file that is being written can be read through its own alone. */
  readonly writing: Map<string, SyncFile>
  readonly clock: Pick<Clock, 'after'>
}

export function partFolder({ folder, media }: Pick<PartPlace, 'folder' | 'media'>): string {
  return `${folder}/.${toBase64url(media.root)}`
}

/** The folder that a part or a kept copy was put into. */
export function keptIn(path: string): string {
  return path.replace(/\/\.[^/]+\/[^/]+$/, '')
}

/** Whether a fetch of this media has begun there and is not finished. */
export async function isBegun(place: Pick<PartPlace, 'folder' | 'media'>, tree: OpfsTree): Promise<boolean> {
  return (await tree.file(`${partFolder(place)}/${MAP}`)) !== undefined
}

/** Opens the part of this media in this folder, continuing what is there. */
export async function openOpfsPart(place: PartPlace, options: OpfsPartsOptions): Promise<OpenedPart> {
  const { tree, writing } = options
  const path = `${partFolder(place)}/${place.name}`
  if (writing.has(path)) return { state: 'busy' }
  let data: SyncFile | undefined
  let map: SyncFile | undefined
  const release = () => {
    if (data && writing.get(path) === data) writing.delete(path)
    data?.close()
    map?.close()
  }
  try {
    const folder = await tree.folder(partFolder(place), true)
    if (!folder) throw new Error('the folder cannot be made')
    const hold = async (name: string) => await holdFile(await folder.getFileHandle(name, { create: true }))
    // Each of these is a way to another process and back, and somebody may wait for a first picture.
    const asked = [hold(place.name), hold(MAP), options.storage.estimate()] as const
    const [heldData, heldMap, estimated] = await Promise.allSettled(asked)
    data = valueOf(heldData)
    map = valueOf(heldMap)
    for (const one of [heldData, heldMap, estimated]) if (one.status === 'rejected') throw one.reason
    if (!data || !map) {
      release()
      return { state: 'busy' }
    }
    // What a browser does not tell is found out while it is written.
    const { quota = Infinity, usage = 0 } = valueOf(estimated) ?? {}
    const missingBytes = Math.max(0, place.media.sizeBytes - data.getSize() - Math.max(0, quota - usage))
    if (missingBytes > 0) {
      release()
      return { state: 'no-space', missingBytes }
    }
    const mapBytes = new Uint8Array(map.getSize())
    await map.read(mapBytes, { at: 0 })
    // Two at once both came past the first look.
    if (writing.has(path)) throw new Error('it is being written already')
    writing.set(path, data)
    return { state: 'open', part: continuePart({ ...place, path }, { data, map, mapBytes, release, options }) }
  } catch (error) {
    release()
    const translated = translate(error, place.media.sizeBytes)
    if (translated instanceof NoSpace) return { state: 'no-space', missingBytes: translated.missingBytes }
    return { state: 'disk', cause: error instanceof Error ? error.message : String(error) }
  }
}

type Opened = {
  readonly data: SyncFile
  readonly map: SyncFile
  readonly mapBytes: Uint8Array
  release(): void
  readonly options: OpfsPartsOptions
}

function continuePart(
  place: PartPlace & { readonly path: string },
  { data, map, mapBytes, release, options }: Opened,
): Part {
  const { media, path } = place
  const { sizeBytes } = media
  const begun = readBegun(mapBytes, media, { bootId: UNKNOWN_BOOT, fileBytes: data.getSize() })
  const { bits } = begun
  let { sequence, list, verifiedBytes } = begun
  if (!begun.trusted) {
    map.truncate(0)
    writeAll(map, newPartMap(media, UNKNOWN_BOOT), 0)
    data.truncate(0)
  }
  let unsyncedBytes = 0
  /** Ends the wait for the next time that what was written is forced to the disk. */
  let endWait: (() => void) | undefined
  /** Why that failed while nobody called. */
  let failed: unknown
  let isFinished = false
  let isClosed = false

  const noSpaceOr = (error: unknown) => translate(error, sizeBytes - verifiedBytes)
  /** Data first, and only then the claim that it is on the disk. */
  const sync = () => {
    endWait?.()
    endWait = undefined
    data.flush()
    const slot = syncedSlot(media, bits, ++sequence)
    writeAll(map, slot.bytes, slot.at)
    unsyncedBytes = 0
  }
  /** Also where nothing more is written: a sender that falls asleep leaves what came before. */
  const syncSoon = () => {
    endWait ??= options.clock.after(SYNC_EVERY_MS, () => {
      try {
        sync()
      } catch (error) {
        failed = error
      }
    })
  }
  const close = async () => {
    if (isClosed) return
    isClosed = true
    try {
      if (unsyncedBytes > 0) sync()
      await data.settled?.()
    } finally {
      endWait?.()
      release()
    }
  }
  return {
    media,
    file: path,
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
        writeAll(map, bytes, at)
      } catch (error) {
        throw noSpaceOr(error)
      }
      list = verified
    },
    write(index, plain) {
      if (isClosed) throw new Error('this part is closed')
      const { offset, length } = placeOf({ bits, sizeBytes }, index, plain)
      try {
        if (failed !== undefined) throw failed as Error
        writeAll(data, plain, offset)
        setBit(bits, index)
        verifiedBytes += length
        unsyncedBytes += length
        if (unsyncedBytes < SYNC_EVERY_BYTES) return syncSoon()
        sync()
        // Or memory would hold all of them.
        return data.settled?.().catch((error: unknown) => {
          throw noSpaceOr(error)
        })
      } catch (error) {
        throw noSpaceOr(error)
      }
    },
    async finish() {
      if (isFinished) return path
      if (isClosed) throw new Error('this part is closed')
      checkWhole({ bits, sizeBytes })
      try {
        sync()
        await data.settled?.()
      } catch (error) {
        throw noSpaceOr(error)
      }
      isFinished = true
      return path
    },
    async forget() {
      if (!isFinished) throw new Error('not in place yet')
      await close()
      await options.tree.remove(`${partFolder(place)}/${MAP}`)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function valueOf<T>(settled: PromiseSettledResult<T>): T | undefined {
  return settled.status === 'fulfilled' ? settled.value : undefined
}

function translate(error: unknown, missingBytes: number): unknown {
  return error instanceof DOMException && error.name === 'QuotaExceededError' ? new NoSpace(missingBytes) : error
}
