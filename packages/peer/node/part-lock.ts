// Keeps a partial file to one holder. The lock is SQLite's on an empty file beside it: taken by the system, on every platform, and
// gone with the process that held it, however it ended. A process id in a file would have to be guessed about after a crash.

import { stat, unlink } from 'node:fs/promises'
import Database from 'better-sqlite3'

export interface PartLock {
  /** Lets go and leaves the empty file. Idempotent. */
  release(): void
  /** Lets go and clears the file away. */
  remove(): Promise<void>
}

/** Tries taken when the lock file is cleared away by its last holder between our opening and our locking. */
const TRIES = 5

/** The lock at `path`, or undefined while somebody else, in this process or another, holds it. Rejects what the disk says. */
export async function lockPart(path: string): Promise<PartLock | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const database = new Database(path, { timeout: 0 })
    const opened = await inodeOf(path)
    try {
      database.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      database.close()
      if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return undefined
      throw error
    }
    // A lock on a file that its last holder has just unlinked keeps nobody else out.
    if (opened !== undefined && opened === (await inodeOf(path))) {
      return {
        release: () => database.close(),
        async remove() {
          await unlink(path).catch(ignoreMissing)
          database.close()
        },
      }
    }
    database.close()
  }
  return undefined
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  const stats = await stat(path, { bigint: true }).catch(ignoreMissing)
  return stats?.ino
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  return undefined
}
