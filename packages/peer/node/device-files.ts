// What a device needs of a file system (device-files.ts), on Node. Nothing below an output folder is reached through a link,
// and nothing that exists is overwritten.

import { constants } from 'node:fs'
import { copyFile, lstat, mkdir, open, stat, unlink } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { DeviceFiles, FoundFile } from '../device-files.ts'
import { Trouble } from '../operations.ts'
import type { MediaFile } from '../send/media-file.ts'
import { isRemoteAddress } from '../send/remote-address.ts'
import { openMediaFile } from './media-file.ts'
import { openPart, partPath } from './part-file.ts'
import { lockPart } from './part-lock.ts'
import { placeFile, syncFolder } from './part-place.ts'
import { openStreamSink } from './stream-sink.ts'
import { walk } from './walk.ts'

export const nodeDeviceFiles: DeviceFiles = {
  find: findMedia,
  open: openAnywhere,
  makeFolders,
  openPart,
  dropPart,
  sizeOf,
  hasFolderOf,
  copy,
  openSink: openStreamSink,
  liesIn: (file, folder) => dirname(file) === folder,
}

/** A path on a disk, or the address of media that lies elsewhere. */
async function openAnywhere(path: string): Promise<MediaFile> {
  if (!isRemoteAddress(path)) return await openMediaFile(path)
  return await (await import('./remote-file.ts')).openRemoteFile(path)
}

/** Files and folders as they were given, and among them what lies elsewhere. */
async function findMedia(given: readonly string[], options: Parameters<DeviceFiles['find']>[1]): Promise<FoundFile[]> {
  if (!given.some(isRemoteAddress)) return await walk(given, options)
  const { findRemote } = await import('./remote-file.ts')
  const found: FoundFile[] = []
  for (const one of given) {
    options.signal.throwIfAborted()
    const filesMax = options.filesMax - found.length
    found.push(...(isRemoteAddress(one) ? [await findRemote(one)] : await walk([one], { ...options, filesMax })))
  }
  return found
}

/** The output folder itself may be a link of the user's own making; what is below it comes from outside and may not. */
async function makeFolders(folder: string, below: readonly string[]): Promise<string> {
  let path = folder
  try {
    await mkdir(folder, { recursive: true })
    if (!(await stat(folder)).isDirectory()) throw new Trouble('cannot-write', `${folder} is no folder.`)
    for (const component of below) {
      path = join(path, component)
      await mkdir(path).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      })
      if (!(await lstat(path)).isDirectory()) {
        throw new Trouble('cannot-write', `${path} is in the way: a folder of that name is needed.`)
      }
    }
    return path
  } catch (cause) {
    if (cause instanceof Trouble) throw cause
    throw writeTrouble(path, cause)
  }
}

async function dropPart({ folder, below, name, media }: Parameters<DeviceFiles['dropPart']>[0]): Promise<void> {
  let inside = folder
  try {
    for (const component of below) {
      inside = join(inside, component)
      const stats = await lstat(inside).catch(() => undefined)
      if (!stats?.isDirectory()) return
    }
    const base = partPath({ folder: inside, name, media })
    if ((await sizeOf(`${base}.map`)) === undefined && (await sizeOf(base)) === undefined) return
    const lock = await lockPart(`${base}.lock`)
    // Somebody is at it: then it is wanted.
    if (!lock) return
    for (const path of [base, `${base}.map`]) {
      await unlink(path).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      })
    }
    await lock.remove()
  } catch (cause) {
    throw writeTrouble(join(inside, name), cause)
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const stats = await lstat(path)
    return stats.isFile() ? stats.size : undefined
  } catch {
    // Whatever the reason, there is no file to be had here.
    return undefined
  }
}

async function hasFolderOf(file: string): Promise<boolean> {
  const stats = await stat(dirname(file)).catch(() => undefined)
  return stats?.isDirectory() ?? false
}

async function copy(from: string, folder: string, name: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const hidden = join(folder, `.${randomBytes(9).toString('base64url')}.part`)
  try {
    // Shares the blocks where the file system can, which costs no time and no room.
    await copyFile(from, hidden, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    signal.throwIfAborted()
    const handle = await open(hidden, 'r')
    await handle.sync().finally(() => handle.close())
    const path = await placeFile(hidden, folder, name)
    await syncFolder(folder)
    return path
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    if (cause instanceof Trouble) throw cause
    throw writeTrouble(join(folder, name), cause)
  } finally {
    // It has its name by now, or is not there.
    await unlink(hidden).catch(() => {})
  }
}

function writeTrouble(path: string, cause: unknown): Trouble {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Trouble('disk-full', `There is no room for ${path}.`, { cause, todo: 'Make room, then fetch it again.' })
  }
  return new Trouble('cannot-write', `${path} cannot be written.`, { cause, todo: 'Choose another folder.' })
}
