// Group commit: writes that arrive while one commit is due share it, so that one sync of the disk serves many callers.
// Each promise settles after the commit that holds its write; a write that throws takes nobody else's with it.

import Sqlite, { type Database } from 'better-sqlite3'
import { Refusal } from '@doorpost/protocol/errors'

/** Writes in one commit: beyond some hundreds a sync costs nothing per write, and reads should not wait longer. */
const GROUP_MAX = 256
/** Writes that may be due: forty full commits. A disk that is behind by more is told to callers. */
export const DUE_MAX = 10_000

/**
 * A commit that took this long, ms, was waiting for the disk. The next one then waits a little for those who were just
 * answered and come again: with half of all callers in each commit, twice as many syncs would be waited for.
 */
const SLOW_COMMIT_MS = 8
/** Part of such a commit's time for which company is waited for, and the longest wait, ms. */
const GATHERING_PART = 0.125
const GATHERING_MS_MAX = 10

export interface GroupCommitOptions {
  /** Told how many writes each commit held. */
  readonly onCommit?: ((writes: number) => void) | undefined
  /** Milliseconds that never run backwards. */
  readonly nowMs?: () => number
}

export interface Writes {
  /** Runs `write` inside the next commit; resolves when that is on stable storage. `write` must not be asynchronous. */
  run<T>(write: () => T): Promise<T>
  /** Commits what is due. Writes that come later are refused. */
  close(): void
}

interface Due {
  readonly write: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: Error) => void
}

export function groupCommit(db: Database, options: GroupCommitOptions = {}): Writes {
  const { onCommit, nowMs = () => performance.now() } = options
  const begin = db.prepare('begin immediate')
  const commit = db.prepare('commit')
  const rollback = db.prepare('rollback')
  let due: Due[] = []
  let scheduled = false
  let refusal: Error | undefined
  /** How long the last commit waited for the disk. */
  let commitMs = 0

  /** All of them in one transaction, or none. */
  function commitTogether(writes: readonly Due[]): unknown[] {
    begin.run()
    try {
      const results = writes.map(({ write }) => write())
      const startMs = nowMs()
      commit.run()
      commitMs = nowMs() - startMs
      onCommit?.(writes.length)
      return results
    } catch (error) {
      if (db.inTransaction) rollback.run()
      throw error
    }
  }

  function settle(writes: readonly Due[]): void {
    if (refusal) {
      for (const { reject } of writes) reject(refusal)
      return
    }
    try {
      const results = commitTogether(writes)
      for (const [index, { resolve }] of writes.entries()) resolve(results[index])
    } catch (error) {
      // A disk that failed to write or sync cannot be believed when it succeeds the next time.
      if (isBroken(error)) refusal = error
      if (writes.length > 1) {
        for (const write of writes) settle([write])
      } else {
        writes[0]?.reject(translated(error))
      }
    }
  }

  function commitDue(): void {
    scheduled = false
    const group = due.slice(0, GROUP_MAX)
    due = due.slice(GROUP_MAX)
    if (due.length > 0) schedule()
    if (group.length > 0) settle(group)
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    // After the input that is there already was read: its writes join.
    if (commitMs < SLOW_COMMIT_MS || due.length >= GROUP_MAX) setImmediate(commitDue)
    else setTimeout(commitDue, Math.min(commitMs * GATHERING_PART, GATHERING_MS_MAX))
  }

  return {
    run: <T>(write: () => T) =>
      new Promise<T>((resolve, reject) => {
        if (due.length >= DUE_MAX) return reject(crowded())
        due.push({ write, resolve: (value) => resolve(value as T), reject })
        schedule()
      }),
    close() {
      // A commit that is scheduled still comes, and finds nothing due.
      while (due.length > 0) commitDue()
      refusal ??= new Error('The storage is closed.')
    },
  }
}

function isBroken(error: unknown): error is Error {
  return error instanceof Sqlite.SqliteError && /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(error.code)
}

export function crowded(): Refusal {
  return new Refusal('no-room', { detail: 'More is being written than the disk takes.', retryAfterMs: 1000 })
}

function translated(error: unknown): Error {
  if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_FULL')) {
    return new Refusal('no-room', { detail: "The server's disk is full.", retryAfterMs: 60_000 }, error)
  }
  return error as Error
}
