// Looking at a folder that somebody else writes into (send/watch.ts), on Node: what lies there, that something changed, and who has
// a file open for writing, which Linux tells of processes of the same user.

import { watch } from 'node:fs'
import { lstat, opendir, readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { Trouble } from '../operations.ts'
import type { FolderEyes } from '../send/watch.ts'
import type { FoundNow } from '../send/watch-state.ts'

/** Access mode of an open file: read only is 0 (open(2), O_ACCMODE). */
const ACCESS_MODE = 0o3

export const nodeFolderEyes: FolderEyes = {
  async scan(folder, filesMax) {
    const found: FoundNow[] = []
    try {
      for await (const entry of await opendir(folder)) {
        if (!entry.isFile()) continue
        if (found.length >= filesMax) throw new Trouble('too-large', `${folder} holds more than ${filesMax} files.`)
        const path = join(folder, entry.name)
        const stats = await lstat(path, { bigint: true }).catch(() => undefined)
        // Gone or replaced since the folder was read: the next look tells.
        if (!stats?.isFile()) continue
        const stamp = {
          sizeBytes: Number(stats.size),
          changedAtNs: stats.mtimeNs,
          identity: `${stats.dev}:${stats.ino}`,
        }
        found.push({ name: entry.name, path, stamp, movedAtMs: Number(stats.ctimeMs) })
      }
    } catch (error) {
      if (error instanceof Trouble) throw error
      throw new Trouble('no-such-file', `${folder} cannot be looked into.`, { cause: error })
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1))
  },
  async busy(paths) {
    if (process.platform !== 'linux') return undefined
    // The kernel tells names without links in them.
    const real = new Map<string, string>()
    for (const path of paths) real.set(await realpath(path).catch(() => path), path)
    const busy = new Set<string>()
    for (const pid of await readdir('/proc').catch(() => [])) {
      if (!/^\d+$/.test(pid)) continue
      // Of other users' processes nothing is told; those end while they are looked at.
      for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
        const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
        const path = real.get(target)
        if (path !== undefined && (await writes(pid, fd))) busy.add(path)
      }
    }
    return busy
  },
  onChange(folder, listener) {
    try {
      const watcher = watch(folder, () => listener())
      // Where there is nothing to watch with, the next look is enough.
      watcher.on('error', () => watcher.close())
      return () => watcher.close()
    } catch {
      // As above.
      return () => {}
    }
  },
}

async function writes(pid: string, fd: string): Promise<boolean> {
  const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '')
  const flags = /^flags:\s*([0-7]+)/m.exec(info)?.[1]
  return flags !== undefined && (Number.parseInt(flags, 8) & ACCESS_MODE) !== 0
}
