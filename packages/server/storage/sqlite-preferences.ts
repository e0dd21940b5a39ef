// Sealed preferences in SQLite.

import type { Database } from 'better-sqlite3'
import type { Writes } from './group-commit.ts'
import type { PreferencesStore } from './storage.ts'

export function sqlitePreferences(db: Database, writes: Writes): PreferencesStore {
  const one = db.prepare<[string], { sequence: number; slot: string }>(
    'select sequence, slot from preferences where user = ?',
  )
  const put = db.prepare<[string, number, string]>(
    'insert or replace into preferences (user, sequence, slot) values (?, ?, ?)',
  )
  const drop = db.prepare<[string]>('delete from preferences where user = ?')
  return {
    get: async (user) => one.get(user),
    replace: (user, expected, sequence, slot) =>
      writes.run(() => {
        if ((one.get(user)?.sequence ?? 0) !== expected) return 'moved-on'
        put.run(user, sequence, slot)
        return 'replaced'
      }),
    drop: (user) =>
      writes.run(() => {
        drop.run(user)
      }),
  }
}
