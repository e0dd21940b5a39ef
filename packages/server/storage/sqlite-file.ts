// Opens the one file of a data folder: private, locked against a second server, checked after a crash, durable.

import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite, { type Database } from 'better-sqlite3'
import { migrate } from './schema.ts'

const FILE_NAME = 'doorpost.db'

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

/** Throws DataFolderError with a sentence for the administrator. */
export function openDataFile(folder: string): Database {
  const file = join(folder, FILE_NAME)
  makePrivate(folder, file)
  // Left behind only when the last server did not close it.
  const crashed = existsSync(`${file}-wal`)
  const db = new Sqlite(file, { timeout: 0 })
  try {
    db.pragma(`page_size = ${PAGE_BYTES}`)
    // Held until closed, and let go by the kernel when the process dies: no second server, no stale lock.
    db.pragma('locking_mode = EXCLUSIVE')
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    db.pragma(`journal_size_limit = ${LOG_BYTES_MAX}`)
    db.pragma(`cache_size = -${CACHE_KIB}`)
    db.pragma('trusted_schema = OFF')
    db.exec('begin immediate; commit')
    if (crashed && statSync(file).size <= CHECK_BYTES_MAX) check(db)
    migrate(db)
    return db
  } catch (error) {
    db.close()
    throw explained(error, folder)
  }
}

function makePrivate(folder: string, file: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
    // SQLite gives its log the mode of the file.
    closeSync(openSync(file, 'a', 0o600))
    chmodSync(file, 0o600)
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
