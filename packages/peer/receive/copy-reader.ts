// The file that a media is being read from: one is open at a time, and another takes its place when the media lies elsewhere.

import type { DeviceFiles } from '../device-files.ts'
import type { MediaFile } from '../send/media-file.ts'

export interface CopyReader {
  /** Where the file lies that is open, or being opened. */
  readonly path: string | undefined
  /** At most `length` bytes of the file at `path`, in memory of their own; fewer where it ends. Rejects with what opening or reading throws. */
  read(path: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  /** The next read opens anew. */
  close(): Promise<void>
}

export function createCopyReader(files: Pick<DeviceFiles, 'open'>): CopyReader {
  let current: { readonly path: string; readonly media: Promise<MediaFile> } | undefined

  async function close(): Promise<void> {
    const closing = current
    current = undefined
    // One that could not be opened need not be closed.
    await (await closing?.media.catch(() => undefined))?.close()
  }

  return {
    get path() {
      return current?.path
    },
    async read(path, offset, length) {
      if (current?.path !== path) {
        const before = close()
        // Known at once: another read of it waits for this one, and opens nothing.
        current = { path, media: before.then(() => files.open(path)) }
      }
      const media = await current.media
      if (media.readOwn) return await media.readOwn(offset, length)
      const bytes = new Uint8Array(length)
      const read = await media.read(offset, bytes)
      return read === length ? bytes : bytes.slice(0, read)
    },
    close,
  }
}
