// Writes a file of the user's that must be whole or not there: private, synced, and never over another.

import { randomBytes } from 'node:crypto'
import { open, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Trouble } from '../operations.ts'
import { syncFolder, takeName } from './part-place.ts'

const FILE_MODE = 0o600

/** Throws Trouble `cannot-write` (also where there is a file of that name), `disk-full`. */
export async function saveFile(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path)
  const hidden = join(folder, `.${randomBytes(9).toString('base64url')}.part`)
  try {
    const handle = await open(hidden, 'wx', FILE_MODE)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (!(await takeName(hidden, path)))
      throw new Trouble('cannot-write', `There is a ${path} already.`, { todo: 'Choose another name.' })
    await syncFolder(folder)
  } catch (cause) {
    if (cause instanceof Trouble) throw cause
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new Trouble('disk-full', `There is no room for ${path}.`, { cause })
    throw new Trouble('cannot-write', `${path} cannot be written.`, { cause, todo: 'Choose another name.' })
  } finally {
    // It has its name by now, or is not there.
    await unlink(hidden).catch(() => {})
  }
}
