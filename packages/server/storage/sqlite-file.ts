// Opens the database of a data folder: private, locked against a second server, checked after a crash, durable.

import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Sqlite, { type Database } from 'better-sqlite3'
import { migrate } from './schema.ts'

const FILE_NAME = 'doorpost.db'
/** Empty; what is held is the lock on it. */
const LOCK_NAME = 'doorpost.lock'

/**
 * Pages in the write-ahead log before they are moved into the file, 8 KiB each: 16 MiB, so that a page written by several
 * commits is moved once, and one move stays in the tens of milliseconds.
 */
const CHECKPOINT_PAGES = 2048
/** The log is cut back to this after it grew, bytes. */
const LOG_BYTES_MAX = 64 * 1024 * 1024
/** A sealed key (2.6 kB) and a small message fit several to a page; the default of 4 KiB leaves a third of each empty. */
const PAGE_BYTES = 8192
/** Page cache, KiB. */
const CACHE_KIB = 32 * 1024
/** Files up to this size are checked whole after a crash, bytes: takes under a second. Beyond it, the log alone is trusted. */
const CHECK_BYTES_MAX = 128 * 1024 * 1024

/** The data folder is in use by another server, or cannot be used. */
export class DataFolderError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'DataFolderError'
  }
}

export interface DataFile {
  readonly db: Database
  close(): void
}

/** For reading and writing; one at a time. Throws DataFolderError with a sentence for the administrator. */
export function openDataFile(folder: string): DataFile {
  const file = join(folder, FILE_NAME)
  makePrivate(folder, [file, join(folder, LOCK_NAME)])
  const lock = takeLock(folder)
  // Left behind only when the last server did not close it.
  const crashed = existsSync(`${file}-wal`)
  let db: Database | undefined
  try {
    db = new Sqlite(file)
    db.pragma(`page_size = ${PAGE_BYTES}`)
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    db.pragma(`journal_size_limit = ${LOG_BYTES_MAX}`)
    db.pragma(`cache_size = -${CACHE_KIB}`)
    db.pragma('trusted_schema = OFF')
    if (crashed && statSync(file).size <= CHECK_BYTES_MAX) check(db)
    migrate(db)
  } catch (error) {
    db?.close()
    lock.close()
    throw explained(error, folder)
  }
  const opened = db
  return {
    db: opened,
    close() {
      opened.close()
      lock.close()
    },
  }
}

/** For reading beside the one that writes: sees what was committed, and waits for nothing. */
export function openDataFileToRead(folder: string): Database {
  const db = new Sqlite(join(folder, FILE_NAME), { readonly: true, fileMustExist: true })
  db.pragma(`cache_size = -${CACHE_KIB}`)
  db.pragma('trusted_schema = OFF')
  return db
}

/** Held until closed, and let go by the kernel when the process dies: no second server, no stale lock. */
function takeLock(folder: string): Database {
  const lock = new Sqlite(join(folder, LOCK_NAME), { timeout: 0 })
  try {
    lock.pragma('journal_mode = MEMORY')
    lock.exec('begin exclusive')
    return lock
  } catch (error) {
    lock.close()
    throw explained(error, folder)
  }
}

function makePrivate(folder: string, files: readonly string[]): void {
  try {
    // Node's recursive mkdir never returns in a file system that refuses new folders as /proc does.
    if (!existsSync(folder)) mkdirSync(folder, { recursive: !existsSync(dirname(folder)), mode: 0o700 })
    chmodSync(folder, 0o700)
    for (const file of files) {
      // SQLite gives its log the mode of the file.
      closeSync(openSync(file, 'a', 0o600))
      chmodSync(file, 0o600)
    }
  } catch (error) {
    throw new DataFolderError(`The data folder ${folder} cannot be used: ${(error as Error).message}`, error)
  }
}

function check(db: Database): void {
  const found = db.pragma('quick_check(1)', { simple: true })
  if (found !== 'ok') throw new Error(`it is damaged (${String(found)}); restore it from a copy`)
}

function explained(error: unknown, folder: string): DataFolderError {
  if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
    return new DataFolderError(`The data folder ${folder} is in use by another server.`, error)
  }
  return new DataFolderError(`The data folder ${folder} cannot be used: ${(error as Error).message}`, error)
}
