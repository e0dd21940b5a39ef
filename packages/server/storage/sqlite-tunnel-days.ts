// What users took through the tunnel in a day, in SQLite.

import type { Database } from 'better-sqlite3'
import type { Writes } from './group-commit.ts'
import type { TunnelDayStore } from './storage.ts'

export function sqliteTunnelDays(db: Database, writes: Writes): TunnelDayStore {
  const add = db.prepare<[number, string, number]>(
    `insert into tunnel_days (day, user, bytes) values (?, ?, ?)
     on conflict do update set bytes = bytes + excluded.bytes`,
  )
  const forget = db.prepare<[number]>('delete from tunnel_days where day < ?')
  const of = db.prepare<[number], { user: string; bytes: number }>('select user, bytes from tunnel_days where day = ?')
  return {
    add: (day, bytes) =>
      writes.run(() => {
        for (const [user, more] of Object.entries(bytes)) add.run(day, user, more)
        forget.run(day)
      }),
    of: async (day) => Object.fromEntries(of.all(day).map(({ user, bytes }) => [user, bytes])),
  }
}
