// What a device remembers, in one SQLite file: a write is on stable storage when it resolves (WAL, synchronous=FULL).
// The file is its owner's alone; that one process opens it is home.ts's business.

import { chmodSync, closeSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'
import { Trouble } from '../operations.ts'
import { checkKey, fromKept, storeClosed, toKept } from '../store/entry.ts'
import type { Change, Store, StoreRoom } from '../store/store.ts'

/** Changes when the tables do. A file of a later program is left alone. */
const SCHEMA_VERSION = 1
/** Readable by its owner only: it holds the keys. */
const FILE_MODE = 0o600

interface Row {
  readonly key: string
  readonly value: string | Buffer
}

/** Opens or makes the store in this file. Throws Trouble `cannot-write` or `disk-full`. */
export async function openSqliteStore(file: string): Promise<Store> {
  const database = atTheEdge(() => openDatabase(file))
  const get = database.prepare<[string, string], Row>('SELECT key, value FROM entries WHERE room = ? AND key = ?')
  const from = database.prepare<[string, string], Row>(
    'SELECT key, value FROM entries WHERE room = ? AND key >= ? ORDER BY key',
  )
  const fromWithout = database.prepare<[string, string, string, string], Row>(
    'SELECT key, value FROM entries WHERE room = ? AND key >= ? AND NOT substr(key, 1, length(?)) = ? ORDER BY key',
  )
  const put = database.prepare('INSERT OR REPLACE INTO entries (room, key, value) VALUES (?, ?, ?)')
  const drop = database.prepare('DELETE FROM entries WHERE room = ? AND key = ?')

  // better-sqlite3 is synchronous: the order of calls is the order of commits.
  const apply = database.transaction((changes: readonly Change[]) => {
    for (const change of changes) {
      checkKey(change.key)
      if ('put' in change) put.run(change.put, change.key, toKept(change.put, change.value))
      else drop.run(change.drop, change.key)
    }
  })
  const whileOpen = <T>(work: () => T): T => {
    if (!database.open) throw storeClosed()
    return atTheEdge(work)
  }

  return {
    async get<T>(room: StoreRoom, key: string) {
      const row = whileOpen(() => get.get(room, key))
      return row && (fromKept(row.value) as T)
    },
    async all<T>(room: StoreRoom, prefix = '', without?: string) {
      return whileOpen(() => {
        const found: { key: string; value: T }[] = []
        const rows =
          without === undefined ? from.iterate(room, prefix) : fromWithout.iterate(room, prefix, without, without)
        for (const { key, value } of rows) {
          if (!key.startsWith(prefix)) break
          found.push({ key, value: fromKept(value) as T })
        }
        return found
      })
    },
    async write(changes: readonly Change[]) {
      whileOpen(() => apply.immediate(changes))
    },
    async [Symbol.asyncDispose]() {
      database.close()
    },
  }
}

function openDatabase(file: string): Database.Database {
  // Made before SQLite does, which would go by the umask; it gives its side files the same mode.
  closeSync(openSync(file, 'a', FILE_MODE))
  chmodSync(file, FILE_MODE)
  const database = new Database(file)
  try {
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    // What is dropped is overwritten: keys and tokens of used-up invitations do not stay in free pages.
    database.pragma('secure_delete = ON')
    const version = database.pragma('user_version', { simple: true }) as number
    if (version > SCHEMA_VERSION) {
      throw new Trouble('cannot-write', 'This home was made by a newer doorpost.', { todo: 'Update doorpost.' })
    }
    database.exec(
      'CREATE TABLE IF NOT EXISTS entries (room TEXT NOT NULL, key TEXT NOT NULL, value ANY NOT NULL, PRIMARY KEY (room, key)) STRICT',
    )
    database.pragma(`user_version = ${SCHEMA_VERSION}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** SQLite's own errors as this program's; programming errors stay what they are. */
function atTheEdge<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof Trouble || cause instanceof RangeError || cause instanceof TypeError) throw cause
    const code = (cause as { code?: unknown }).code
    if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
      throw new Trouble('disk-full', 'The disk of this home is full.', { cause })
    }
    throw new Trouble('cannot-write', `What this device remembers cannot be read or written (${String(code)}).`, {
      cause,
    })
  }
}
