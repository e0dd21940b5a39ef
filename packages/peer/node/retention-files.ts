// Moving and deleting sent copies (send/retention.ts) on Node. A file is taken away under a name of its own first and looked
// at there, so that nothing is removed that took its name in between. Nothing is overwritten.

import { constants } from 'node:fs'
import { copyFile, link, lstat, mkdir, open, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SourceAway, SourceChanged } from '../send/media-file.ts'
import { type RetentionFiles, sameFile } from '../send/retention.ts'
import { openMediaFile } from './media-file.ts'
import { placeFile, syncFolder } from './part-place.ts'

/** What link() answers where there can be no second name: another file system, or one without links. */
const NO_SECOND_NAME = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES'])

export const nodeRetentionFiles: RetentionFiles = {
  open: openMediaFile,
  async place({ from, stamp, folder, work, check }) {
    await mkdir(folder, { recursive: true })
    const hidden = hiddenName(folder, work)
    if (!(await isWhole(hidden, from, check))) {
      const there = await look(from)
      if (!there) throw new SourceAway(from)
      if (!sameFile(stamp, there)) throw new SourceChanged(from)
      await unlink(hidden).catch(ignoreMissing)
      await secondName(from, hidden, check)
    }
    const path = await placeFile(hidden, folder, basename(from))
    await syncFolder(folder)
    return path
  },
  async placed(folder, work) {
    await unlink(hiddenName(folder, work)).catch(ignoreMissing)
  },
  async remove(path, stamp, work) {
    const folder = dirname(path)
    const aside = join(folder, `.doorpost-${work}.gone`)
    const before = await look(aside)
    if (!before) {
      const there = await look(path)
      if (!there) return await goneOrAway(path, stamp)
      if (!sameFile(stamp, there)) return 'changed'
      await rename(path, aside)
    }
    const now = await look(aside)
    if (now && !sameFile(stamp, now)) {
      // Another file took the name in that moment: it gets it back, or the next free one.
      const back = await placeFile(aside, folder, basename(path))
      if (back !== aside) await unlink(aside).catch(ignoreMissing)
      await syncFolder(folder)
      return 'changed'
    }
    await unlink(aside).catch(ignoreMissing)
    await syncFolder(folder)
    return 'gone'
  },
}

/** A folder that is missing, or lies on another file system than the file did: its drive is unplugged. */
async function goneOrAway(path: string, stamp: { readonly identity: string }): Promise<'gone'> {
  const folder = await stat(dirname(path), { bigint: true }).catch(() => undefined)
  if (folder?.isDirectory() && stamp.identity.startsWith(`${folder.dev}:`)) return 'gone'
  throw new SourceAway(path)
}

function hiddenName(folder: string, work: string): string {
  return join(folder, `.doorpost-${work}.part`)
}

/** Whether an earlier life already made it. */
async function isWhole(
  hidden: string,
  from: string,
  check: Parameters<RetentionFiles['place']>[0]['check'],
): Promise<boolean> {
  const [mine, theirs] = await Promise.all([look(hidden), look(from)])
  if (!mine) return false
  if (mine.identity === theirs?.identity) return true
  try {
    await using copy = await openMediaFile(hidden)
    await check(copy)
    return true
  } catch {
    // Half a copy: it is made again.
    return false
  }
}

async function secondName(
  from: string,
  hidden: string,
  check: Parameters<RetentionFiles['place']>[0]['check'],
): Promise<void> {
  try {
    return await link(from, hidden)
  } catch (error) {
    if (!NO_SECOND_NAME.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
  try {
    await copyFile(from, hidden, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    const handle = await open(hidden, 'r+')
    await handle.sync().finally(() => handle.close())
    await using copy = await openMediaFile(hidden)
    await check(copy)
  } catch (error) {
    // A disk that is full is not kept full by half a copy.
    await unlink(hidden).catch(ignoreMissing)
    throw error
  }
}

/** As the file itself is: a link in its place is another file. */
async function look(path: string) {
  try {
    const stats = await lstat(path, { bigint: true })
    if (!stats.isFile()) return { sizeBytes: -1, changedAtNs: stats.mtimeNs, identity: `${stats.dev}:${stats.ino}` }
    return { sizeBytes: Number(stats.size), changedAtNs: stats.mtimeNs, identity: `${stats.dev}:${stats.ino}` }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new SourceAway(path, error)
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
