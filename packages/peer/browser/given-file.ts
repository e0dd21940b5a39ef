// A File that the user chose, or a kept copy's, as media to send: read where it lies. A File is bound to its state when it was chosen; a
// browser that finds another one there refuses to read.

import { type FileStamp, type MediaFile, SourceAway, SourceChanged } from '../send/media-file.ts'

const NS_PER_MS = 1_000_000n

/** `path` is its identity: the same file under the same path. */
export function openGivenFile(path: string, file: File): MediaFile & Required<Pick<MediaFile, 'readOwn'>> {
  let isClosed = false
  /** Where the last read ended, bytes: whoever reads on from there reads the file through. */
  let endedAt: number | undefined
  let through: ReadThrough | undefined
  /** One after the other: what is read through has one place at a time. */
  let last: Promise<unknown> = Promise.resolve()

  const leave = () => {
    through?.close()
    through = undefined
  }
  const close = async () => {
    isClosed = true
    leave()
  }
  const checkOpen = () => {
    if (isClosed) throw new SourceAway(file.name, 'closed')
  }
  async function slice(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length === 0 || offset >= file.size) return new Uint8Array(0)
    return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer())
  }
  async function readInto(offset: number, into: Uint8Array): Promise<number> {
    checkOpen()
    const goesOn = offset === endedAt && offset < file.size
    endedAt = offset + into.length
    if (through?.at !== offset) leave()
    if (goesOn) through ??= readThrough(file, offset)
    if (through) return await through.read(into)
    const bytes = await slice(offset, into.length)
    into.set(bytes)
    return bytes.length
  }
  return {
    name: file.name,
    async readOwn(offset, length) {
      checkOpen()
      return await slice(offset, length).catch((cause: unknown) => {
        throw unreadable(file.name, cause)
      })
    },
    async stamp(): Promise<FileStamp> {
      return { sizeBytes: file.size, changedAtNs: BigInt(file.lastModified) * NS_PER_MS, identity: path }
    },
    read(offset, into) {
      const done = last.then(() => readInto(offset, into))
      last = done.catch(leave)
      return done.catch((cause: unknown) => {
        throw cause instanceof SourceAway ? cause : unreadable(file.name, cause)
      })
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

interface ReadThrough {
  /** The offset of what comes next, bytes. */
  readonly at: number
  read(into: Uint8Array): Promise<number>
  close(): void
}

/**
 * From there to the end, into the same memory again and again: in Chromium every slice is a blob of its own and its bytes are new memory,
 * which takes three times the processor. Undefined where streams of files fill no buffer of their reader's (Streams section 4.2.1).
 */
function readThrough(file: File, from: number): ReadThrough | undefined {
  let at = from
  let reader: ReadableStreamBYOBReader
  try {
    reader = file.slice(from).stream().getReader({ mode: 'byob' })
  } catch {
    return undefined
  }
  let scratch = new ArrayBuffer(0)
  return {
    get at() {
      return at
    },
    async read(into) {
      let got = 0
      while (got < into.length) {
        if (scratch.byteLength < into.length) scratch = new ArrayBuffer(into.length)
        const { done, value } = await reader.read(new Uint8Array(scratch, 0, into.length - got))
        if (value) {
          into.set(value, got)
          got += value.length
          scratch = value.buffer
        }
        if (done) break
      }
      at += got
      return got
    },
    close: () => void reader.cancel().catch(() => {}),
  }
}

/** File API section 6.1: NotReadableError when the file is not the one that was chosen any more, NotFoundError when it is gone. */
function unreadable(name: string, cause: unknown): Error {
  const changed = cause instanceof DOMException && cause.name === 'NotReadableError'
  return changed ? new SourceChanged(name) : new SourceAway(name, cause)
}
