// A media file in memory, for tests: it can be edited, cut off, taken away, and made to answer when the test says so.

import { type FileStamp, type MediaFile, SourceAway } from './media-file.ts'

export interface MemoryMediaFile extends MediaFile {
  bytes: Uint8Array
  stampNow: FileStamp
  away: boolean
  closed: boolean
  reads: number
  /** Called before each read. */
  beforeRead: (offset: number) => void
}

export function memoryMediaFile(bytes: Uint8Array, name = 'film.mov'): MemoryMediaFile {
  const file: MemoryMediaFile = {
    name,
    bytes,
    stampNow: { sizeBytes: bytes.length, changedAtNs: 1n, identity: '1:1' },
    away: false,
    closed: false,
    reads: 0,
    beforeRead: () => undefined,
    stamp: () => (file.away ? Promise.reject(new SourceAway(name)) : Promise.resolve(file.stampNow)),
    read(offset, into) {
      file.reads++
      file.beforeRead(offset)
      if (file.away) return Promise.reject(new SourceAway(name))
      const part = file.bytes.subarray(offset, offset + into.length)
      into.set(part)
      return Promise.resolve(part.length)
    },
    close() {
      file.closed = true
      return Promise.resolve()
    },
    [Symbol.asyncDispose]: () => file.close(),
  }
  return file
}

/** Bytes that differ everywhere, the same for the same seed. */
export function testBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed * 2654435761 || 1
  for (let at = 0; at < length; at++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[at] = state
  }
  return bytes
}
