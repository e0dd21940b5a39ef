// The user's own file on a disk, opened for reading where it lies. Nothing is copied and nothing is locked.

import { type BigIntStats, close, constants, fstat, open, read } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { type FileStamp, type MediaFile, SourceAway, SourceChanged } from '../send/media-file.ts'

/** A pipe that took the name would otherwise be waited for; no system says anything else of it for files. */
const READ_FLAGS = constants.O_RDONLY | ((constants as { O_NONBLOCK?: number }).O_NONBLOCK ?? 0)

const openFile = promisify(open)
const lookAtOpen = promisify(fstat) as (fd: number, options: { bigint: true }) => Promise<BigIntStats>
const closeFile = promisify(close)

/**
 * Opens the file at `path`. Rejects SourceAway when it cannot be opened, or is no ordinary file. Its `stamp` rejects SourceChanged
 * when another file has its name by now.
 */
export async function openMediaFile(path: string): Promise<MediaFile> {
  const look = async () => {
    const stats = await stat(path, { bigint: true }).catch((cause: unknown) => {
      throw new SourceAway(path, cause)
    })
    if (!stats.isFile()) throw new SourceAway(path, 'not an ordinary file')
    return stats
  }
  await look()
  const fd = await openFile(path, READ_FLAGS).catch((cause: unknown) => {
    throw new SourceAway(path, cause)
  })
  const opened = await lookAtOpen(fd, { bigint: true })
  const stamp = async (): Promise<FileStamp> => {
    const { dev, ino, size, mtimeNs } = await look()
    // What is read is the file that was opened, whatever took its name since.
    if (opened.dev !== dev || opened.ino !== ino) throw new SourceChanged(path)
    return { sizeBytes: Number(size), changedAtNs: mtimeNs, identity: `${dev}:${ino}` }
  }
  let closed = false
  const closeOnce = async () => {
    if (closed) return
    closed = true
    await closeFile(fd)
  }
  if (!opened.isFile()) {
    await closeOnce()
    throw new SourceAway(path, 'not an ordinary file')
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
