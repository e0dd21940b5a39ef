// Logins in SQLite.

import type { DeviceAddress } from '@doorpost/protocol/address'
import type { Database } from 'better-sqlite3'
import type { Writes } from './group-commit.ts'
import type { LoginStore } from './storage.ts'

export function sqliteLogins(db: Database, writes: Writes): LoginStore {
  const insert = db.prepare<[string, string, number]>(
    'insert or replace into logins (token_hash, device, expires_at_ms) values (?, ?, ?)',
  )
  const trim = db.prepare<{ device: string; max: number }>(
    `delete from logins where device = :device and number not in
       (select number from logins where device = :device order by number desc limit :max)`,
  )
  const one = db.prepare<[string, number], { device: DeviceAddress; expiresAtMs: number }>(
    'select device, expires_at_ms as expiresAtMs from logins where token_hash = ? and expires_at_ms > ?',
  )
  const end = db.prepare<[string]>('delete from logins where token_hash = ?')
  const endDevice = db.prepare<[string]>('delete from logins where device = ?')

  return {
    add: ({ tokenHash, device, expiresAtMs }, max) =>
      writes.run(() => {
        insert.run(tokenHash, device, expiresAtMs)
        trim.run({ device, max })
      }),
    get: async (tokenHash, nowMs) => one.get(tokenHash, nowMs),
    end: (tokenHash) => writes.run(() => end.run(tokenHash).changes > 0),
    endDevice: (device) =>
      writes.run(() => {
        endDevice.run(device)
      }),
  }
}
