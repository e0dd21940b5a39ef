// Lays a small file into a data folder for its server to find: whole or not at all, and owned by whoever owns the folder. Administrators
// are root where the server is somebody else, and a file that it cannot read would stop it.

import { chown, mkdir, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** `name`: its path in the folder; a folder on the way to it is made. */
export async function layFile(dataFolder: string, name: string, text: string): Promise<void> {
  const { uid, gid } = await stat(dataFolder)
  const file = join(dataFolder, name)
  // Root alone can give files away, and everybody else lays their own.
  const give = async (path: string) => (process.getuid?.() === 0 ? await chown(path, uid, gid) : undefined)
  const made = await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  if (made !== undefined) await give(made)
  await writeFile(`${file}.new`, text, { mode: 0o600 })
  await give(`${file}.new`)
  // Renamed into place, so that the server never reads half of it.
  await rename(`${file}.new`, file)
}
