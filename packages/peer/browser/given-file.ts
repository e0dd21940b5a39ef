// A File that the user chose, or a kept copy's, as media to send: read in slices where it lies. A File is bound to its state when it was
// chosen; a browser that finds another one there refuses to read. Never as a stream, which stands still now and then (docs/decisions/0045).

import { type FileStamp, type MediaFile, SourceAway, SourceChanged } from '../send/media-file.ts'

const NS_PER_MS = 1_000_000n

/** `path` is its identity: the same file under the same path. */
export function openGivenFile(path: string, file: File): MediaFile & Required<Pick<MediaFile, 'readOwn'>> {
  let isClosed = false
  const close = async () => {
    isClosed = true
  }
  async function readOwn(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (isClosed) throw new SourceAway(file.name, 'closed')
    if (length === 0 || offset >= file.size) return new Uint8Array(0)
    const bytes = await file
      .slice(offset, offset + length)
      .arrayBuffer()
      .catch((cause: unknown) => {
        throw unreadable(file.name, cause)
      })
    return new Uint8Array(bytes)
  }
  return {
    name: file.name,
    readOwn,
    async stamp(): Promise<FileStamp> {
      return { sizeBytes: file.size, changedAtNs: BigInt(file.lastModified) * NS_PER_MS, identity: path }
    },
    async read(offset, into) {
      const bytes = await readOwn(offset, into.length)
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
