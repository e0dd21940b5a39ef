// A disk that is soon full: a tmpfs of a few MiB. What a killed story left mounted is unmounted by the next.

import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** First word of the mount table's line, with the process that made it. */
const NAME = 'doorpost-small-disk-'

export interface SmallDisk extends AsyncDisposable {
  /** Makes room, as somebody does who is told that the disk is full. */
  grow(mebibytes: number): Promise<void>
}

export async function mountSmallDisk(folder: string, mebibytes: number): Promise<SmallDisk> {
  await sweep()
  await mkdir(folder, { recursive: true })
  await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, `${NAME}${process.pid}`, folder])
  return {
    async grow(to) {
      await run('mount', ['-o', `remount,size=${to}m`, folder])
    },
    async [Symbol.asyncDispose]() {
      await run('umount', ['--lazy', folder])
    },
  }
}

async function sweep(): Promise<void> {
  for (const line of (await readFile('/proc/mounts', 'utf8')).split('\n')) {
    const [name = '', folder = ''] = line.split(' ')
    if (name.startsWith(NAME) && !isRunning(Number(name.slice(NAME.length)))) await run('umount', ['--lazy', folder])
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
