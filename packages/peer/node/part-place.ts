// Puts a finished file under its name without ever overwriting anything, and makes the folder remember it.

import { link, open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { numbered } from '@doorpost/protocol/file-name'

/** Names tried before giving up: `name`, `name (2)`, ... Nobody has that many of one name by accident. */
const NAMES_MAX = 10_000
/** What file systems without hard links answer to link(). */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES'])

/**
 * Gives the file at `from` (in `folder`) the name `name`, or `name (2).ext` and so on where that is taken. Answers the path.
 * `from` stays as a second name where links exist, so that doing it again after a crash finds the place it already has.
 */
export async function placeFile(from: string, folder: string, name: string): Promise<string> {
  const mine = await identityOf(from)
  for (let number = 1; number <= NAMES_MAX; number++) {
    const path = join(folder, number === 1 ? name : numbered(name, number))
    if (await takeName(from, path)) return path
    if ((await identityOf(path)) === mine) return path
  }
  throw new Error(`no free name for ${name} in ${folder}`)
}

/** Forces the folder's entries to the disk. Windows has no such call and does it by itself. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Whether `path` was free and is now the file's name. */
export async function takeName(from: string, path: string): Promise<boolean> {
  try {
    await link(from, path)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code === 'EEXIST') return false
    if (!NO_LINKS.has(code)) throw error
  }
  try {
    // Without links: an empty file of our own keeps the name until the real one takes it.
    await (await open(path, 'wx', 0o600)).close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  await rename(from, path)
  return true
}

async function identityOf(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined)
  return stats && `${stats.dev}:${stats.ino}`
}
