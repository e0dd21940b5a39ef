// The user's own file on a disk, opened for reading where it lies. Nothing is copied and nothing is locked.

import { close, open, read } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { type FileStamp, type MediaFile, SourceAway } from '../send/media-file.ts'

const openFile = promisify(open)
const closeFile = promisify(close)

/** Opens the file at `path`. Rejects SourceAway when it cannot be opened, or is no ordinary file. */
export async function openMediaFile(path: string): Promise<MediaFile> {
  const stamp = async (): Promise<FileStamp> => {
    const stats = await stat(path, { bigint: true }).catch((cause: unknown) => {
      throw new SourceAway(path, cause)
    })
    if (!stats.isFile()) throw new SourceAway(path, 'not an ordinary file')
    return { sizeBytes: Number(stats.size), changedAtNs: stats.mtimeNs, identity: `${stats.dev}:${stats.ino}` }
  }
  await stamp()
  const fd = await openFile(path, 'r').catch((cause: unknown) => {
    throw new SourceAway(path, cause)
  })
  let closed = false
  const closeOnce = async () => {
    if (closed) return
    closed = true
    await closeFile(fd)
  }
  return {
    name: path,
    stamp,
    read: (offset, into) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new SourceAway(path, 'closed'))
        let filled = 0
        // read() may give less than asked at any time; only 0 means the end of the file.
        const more = () =>
          read(fd, into, filled, into.length - filled, offset + filled, (error, bytes) => {
            if (error) return reject(new SourceAway(path, error))
            filled += bytes
            if (bytes === 0 || filled === into.length) resolve(filled)
            else more()
          })
        if (into.length === 0) resolve(0)
        else more()
      }),
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  }
}
