// Writes a file of the user's that must be whole or not there: private, synced, and never over another.

import { randomBytes } from 'node:crypto'
import { link, open, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Trouble } from '../operations.ts'
import { syncFolder } from './part-place.ts'

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
    // Fails where the name is taken, which a rename would not.
    await link(hidden, path)
    await syncFolder(folder)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new Trouble('disk-full', `There is no room for ${path}.`, { cause })
    const why = code === 'EEXIST' ? `There is a ${path} already.` : `${path} cannot be written.`
    throw new Trouble('cannot-write', why, { cause, todo: 'Choose another name.' })
  } finally {
    await unlink(hidden).catch(() => {})
  }
}
