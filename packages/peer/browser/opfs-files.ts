// What a device needs of a disk (device-files.ts), in a browser: files that the user gave to the page for sending, sinks that the
// page opened, and the origin's own storage for everything that is kept.

import type { Clock } from '../clock.ts'
import type { DeviceFiles, FoundFile } from '../device-files.ts'
import { Trouble } from '../operations.ts'
import type { Sink } from '../receive/stream-part.ts'
import { type MediaFile, SourceAway } from '../send/media-file.ts'
import type { SentCopies } from '../send/sent-copies.ts'
import { openGivenFile } from './given-file.ts'
import { isBegun, keptIn, openOpfsPart, partFolder } from './opfs-part.ts'
import { originStorage } from './origin-storage.ts'
import { folderOf, nameOf, type OpfsTree, type SyncFile, syncFile, writeAll } from './opfs-tree.ts'

/** Bytes copied at once. */
const COPY_BYTES = 1024 * 1024
const SENT = '/sent'

export interface GivenFile {
  readonly file: File
  readonly folder: readonly string[]
}

export interface OpfsFilesOptions {
  readonly tree: OpfsTree
  readonly storage?: Pick<StorageManager, 'estimate'>
  readonly clock: Pick<Clock, 'after'>
}

export interface OpfsFiles extends DeviceFiles {
  /** Files and sinks of the page, by the paths it was told. */
  readonly given: Map<string, GivenFile>
  readonly sinks: Map<string, WritableStream<Uint8Array>>
  readonly sentCopies: SentCopies
}

export function createOpfsFiles({ tree, storage = originStorage(), clock }: OpfsFilesOptions): OpfsFiles {
  const given = new Map<string, GivenFile>()
  const sinks = new Map<string, WritableStream<Uint8Array>>()
  const writing = new Map<string, SyncFile>()

  /** Paths whose files could not be read when they were asked for. */
  const unreadable = new Set<string>()

  /**
   * By its path; or by its looks where it was chosen again, after the page was loaded anew or the file could not be read any more, and
   * then also where its date alone is another: each piece is compared with the list anyway.
   */
  function givenAt(path: string): GivenFile | undefined {
    const own = given.get(path)
    const looks = looksOf(path)
    if (looks === undefined || (own && !unreadable.has(path))) return own
    const newest = [...given].reverse().filter(([other]) => !unreadable.has(other))
    const alike =
      newest.find(([other]) => looksOf(other) === looks) ??
      newest.find(([other]) => undatedLooksOf(other) === undatedLooksOf(path))
    return alike?.[1] ?? own
  }
  /** Whoever opens it after it could not be read gets the one that was chosen again, if there is one. */
  function noting(path: string, file: ReturnType<typeof openGivenFile>): ReturnType<typeof openGivenFile> {
    let isClosed = false
    const close = () => {
      isClosed = true
      return file.close()
    }
    const noted = <T>(read: Promise<T>) =>
      read.then(
        (bytes) => {
          unreadable.delete(path)
          return bytes
        },
        (error: unknown) => {
          if (!isClosed) unreadable.add(path)
          throw error
        },
      )
    return {
      ...file,
      read: (offset, into) => noted(file.read(offset, into)),
      readOwn: (offset, length) => noted(file.readOwn(offset, length)),
      close,
      [Symbol.asyncDispose]: close,
    }
  }

  async function open(path: string): Promise<MediaFile> {
    const known = givenAt(path)
    if (known) return noting(path, openGivenFile(path, known.file))
    let still: { readonly bytes: number; readonly media: ReturnType<typeof openGivenFile> } | undefined
    /** Read while it grew, and finished since: what it was then has to be asked for anew. */
    async function upTo(endBytes: number) {
      if (still && endBytes <= still.bytes) return still.media
      const file = await (await tree.file(path))?.getFile()
      if (!file) throw new SourceAway(shownName(path), 'not here')
      still = { bytes: file.size, media: openGivenFile(path, file) }
      return still.media
    }
    // What is being written is read through its own handle, and need not be looked for.
    if (!writing.has(path)) await upTo(0)
    const close = async () => await still?.media.close()
    return {
      name: shownName(path),
      stamp: async () => await (await upTo(0)).stamp(),
      close,
      [Symbol.asyncDispose]: close,
      async read(offset, into) {
        const handle = writing.get(path)
        if (handle) return await handle.read(into, { at: offset })
        return await (await upTo(offset + into.length)).read(offset, into)
      },
      async readOwn(offset, length) {
        const handle = writing.get(path)
        if (!handle) return await (await upTo(offset + length)).readOwn(offset, length)
        const bytes = new Uint8Array(length)
        return bytes.subarray(0, await handle.read(bytes, { at: offset }))
      },
    }
  }

  async function sizeOf(path: string): Promise<number | undefined> {
    const known = givenAt(path)?.file.size ?? writing.get(path)?.getSize()
    return known ?? (await (await tree.file(path))?.getFile())?.size
  }

  async function copy(from: string, folder: string, name: string, signal: AbortSignal): Promise<string> {
    const inside = `${folder}/.${crypto.randomUUID()}`
    try {
      await using source = await open(from)
      const made = await (await tree.folder(inside, true))?.getFileHandle(name, { create: true })
      const handle = made && (await syncFile(made))
      if (!handle) throw new Error('the copy cannot be made')
      try {
        const buffer = new Uint8Array(COPY_BYTES)
        for (let at = 0; ; ) {
          signal.throwIfAborted()
          const read = await source.read(at, buffer)
          if (read === 0) break
          writeAll(handle, buffer.subarray(0, read), at)
          at += read
        }
        handle.flush()
        await handle.settled?.()
      } finally {
        handle.close()
      }
      return `${inside}/${name}`
    } catch (cause) {
      await tree.remove(inside)
      if (signal.aborted) throw signal.reason
      throw writeTrouble(name, cause)
    }
  }

  return {
    given,
    sinks,
    async find(paths, { filesMax, signal }) {
      signal.throwIfAborted()
      if (paths.length > filesMax) throw new Trouble('too-large', `More than ${filesMax} files cannot be one message.`)
      return paths.map((path): FoundFile => {
        const known = given.get(path)
        if (!known) throw new Trouble('no-such-file', 'A file was not chosen in this tab. Choose it again.')
        const { file, folder } = known
        return { given: path, path, name: file.name, folder: [...folder], sizeBytes: file.size }
      })
    },
    open,
    async makeFolders(folder, below) {
      const path = [folder, ...below].join('/')
      try {
        await tree.folder(path, true)
        return path
      } catch (cause) {
        throw writeTrouble(path, cause)
      }
    },
    openPart: (place) => openOpfsPart(place, { tree, storage, writing, clock }),
    async dropPart({ folder, below, name, media }) {
      const place = { folder: [folder, ...below].join('/'), media }
      try {
        // Somebody is at it: then it is wanted. Finished: then it is a copy, and no part.
        if (writing.has(`${partFolder(place)}/${name}`) || !(await isBegun(place, tree))) return
        await tree.remove(partFolder(place))
      } catch (cause) {
        throw writeTrouble(name, cause)
      }
    },
    sizeOf,
    async hasFolderOf(file) {
      return givenAt(file) !== undefined || (await tree.folder(folderOf(file))) !== undefined
    },
    copy,
    async openSink(path) {
      const stream = sinks.get(path)
      if (!stream) throw new Trouble('no-such-file', 'Nobody is there to take the bytes.')
      sinks.delete(path)
      return sinkOf(stream)
    },
    liesIn: (file, folder) => keptIn(file) === folder,
    sentCopies: {
      folder: (messageId) => `${SENT}/${messageId}`,
      make: (messageId, file, signal) => copy(file.path, `${SENT}/${messageId}`, file.name, signal),
      drop: (messageId) => tree.remove(`${SENT}/${messageId}`),
      async tidy(isSent) {
        const folder = await tree.folder(SENT)
        if (!folder) return
        for await (const name of folder.keys()) if (!(await isSent(name))) await tree.remove(`${SENT}/${name}`)
      },
    },
  }
}

/** A stream of the page's as somebody who reads. */
function sinkOf(stream: WritableStream<Uint8Array>): Sink {
  const writer = stream.getWriter()
  const gone = new AbortController()
  let isEnded = false
  writer.closed.catch(() => gone.abort(new Error('the reader has gone')))
  return {
    gone: gone.signal,
    async write(bytes) {
      await writer.ready
      // The caller's buffer is its own again, and the stream may be in another thread.
      await writer.write(bytes.slice())
    },
    async end() {
      isEnded = true
      await writer.close()
    },
    async [Symbol.asyncDispose]() {
      // What is not whole is no file: the save picker's writer throws it away.
      if (!isEnded) await writer.abort('it ended before it was whole').catch(() => {})
    },
  }
}

/** `given:ID/SIZE/CHANGED/NAME` without its id; undefined for paths of the origin's own storage. */
function looksOf(path: string): string | undefined {
  return /^given:[^/]+\/(.+)$/.exec(path)?.[1]
}

/** The same without its date. */
function undatedLooksOf(path: string): string | undefined {
  return looksOf(path)?.replace(/^(\d+)\/\d+\//, '$1/')
}

function shownName(path: string): string {
  return looksOf(path) === undefined ? nameOf(path) : decodeURIComponent(nameOf(path))
}

function writeTrouble(what: string, cause: unknown): Trouble {
  if (cause instanceof Trouble) return cause
  if (cause instanceof DOMException && cause.name === 'QuotaExceededError') {
    const todo = 'Clear kept copies away, or save it to a disk.'
    return new Trouble('disk-full', `This browser has no room for ${nameOf(what)}.`, { cause, todo })
  }
  return new Trouble('cannot-write', `${nameOf(what)} cannot be written in this browser.`, { cause })
}
