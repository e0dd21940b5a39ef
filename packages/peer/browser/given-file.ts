// A File that the user chose, or a kept copy's, as media to send: read in slices where it lies, in long ones for whoever reads on and on. A
// File is bound to its state when it was chosen; a browser that finds another one there refuses to read. Never as a stream, which stands
// still now and then (docs/decisions/0045).

import { type FileStamp, type MediaFile, SourceAway, SourceChanged } from '../send/media-file.ts'

const NS_PER_MS = 1_000_000n
/**
 * Read at once for whoever reads on, bytes: every slice is a way to the browser's own process and back. A MiB takes 5.2 ms of processor in
 * slices of 1 MiB, 2.8 in slices of 4 (docs/decisions/0045); more would weigh with many readers.
 */
const LONG_SLICE_BYTES = 4 * 1024 * 1024
/** Reads in a row, after which more of the same is expected: the first ones, for which somebody may wait, take what they ask for. */
const READS_IN_A_ROW = 2

/** A long slice: where it begins and ends, and its bytes. */
interface Slice {
  readonly from: number
  readonly to: number
  readonly bytes: Promise<Uint8Array<ArrayBuffer>>
}

/** `path` is its identity: the same file under the same path. */
export function openGivenFile(path: string, file: File): MediaFile & Required<Pick<MediaFile, 'readOwn'>> {
  let isClosed = false
  let long: Slice | undefined
  /** Where somebody who reads on would read next, and how many have. */
  let nextFrom = 0
  let inARow = 0
  const close = async () => {
    isClosed = true
    long = undefined
  }
  const slice = async (from: number, to: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await file
      .slice(from, to)
      .arrayBuffer()
      .catch((cause: unknown) => {
        // What could not be read is tried anew the next time.
        long = undefined
        throw unreadable(file.name, cause)
      })
    return new Uint8Array(bytes)
  }
  /** The long slice that these lie in, begun here where they go on from the reads before. */
  const longSlice = (from: number, to: number): Slice | undefined => {
    inARow = from === nextFrom ? inARow + 1 : 1
    nextFrom = to
    if (long && from >= long.from && to <= long.to) return long
    const end = Math.min(from + LONG_SLICE_BYTES, file.size)
    long = inARow > READS_IN_A_ROW && end > to ? { from, to: end, bytes: slice(from, end) } : undefined
    return long
  }
  /** In memory that may be of a longer slice. */
  async function view(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (isClosed) throw new SourceAway(file.name, 'closed')
    if (length === 0 || offset >= file.size) return new Uint8Array(0)
    const to = Math.min(offset + length, file.size)
    const within = longSlice(offset, to)
    if (!within) return await slice(offset, to)
    // Read to its end, it is nobody's any more.
    if (to === within.to) long = undefined
    return (await within.bytes).subarray(offset - within.from, to - within.from)
  }
  return {
    name: file.name,
    async readOwn(offset, length) {
      const bytes = await view(offset, length)
      return bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice()
    },
    async stamp(): Promise<FileStamp> {
      return { sizeBytes: file.size, changedAtNs: BigInt(file.lastModified) * NS_PER_MS, identity: path }
    },
    async read(offset, into) {
      const bytes = await view(offset, into.length)
      into.set(bytes)
      return bytes.length
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** File API section 6.1: NotReadableError when the file is not the one that was chosen any more, NotFoundError when it is gone. */
function unreadable(name: string, cause: unknown): Error {
  const changed = cause instanceof DOMException && cause.name === 'NotReadableError'
  return changed ? new SourceChanged(name) : new SourceAway(name, cause)
}
