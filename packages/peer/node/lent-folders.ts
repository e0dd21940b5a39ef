// Which files a device sends when another device of its user asks: those below the folders that were named when its agent was
// started. Links are followed before that is decided.

import { realpath } from 'node:fs/promises'
import { isAbsolute, sep } from 'node:path'

/** Answers the real path of what lies below one of the folders; undefined for everything else, missing files included. */
export function createLentFolders(folders: readonly string[]): (path: string) => Promise<string | undefined> {
  return async (path) => {
    if (!isAbsolute(path) || path.includes('\0')) return undefined
    const real = await realpath(path).catch(() => undefined)
    if (real === undefined) return undefined
    for (const folder of folders) {
      const below = await realpath(folder).catch(() => undefined)
      if (below !== undefined && (real === below || real.startsWith(below.endsWith(sep) ? below : below + sep)))
        return real
    }
    return undefined
  }
}
