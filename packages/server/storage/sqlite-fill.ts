// Counters of what copies occupy, kept in the same transaction as the copies themselves (mail-quota.ts says what counts).

import type { UserAddress } from '@doorpost/protocol/address'
import type { Database } from 'better-sqlite3'
import type { Fill, Pool } from './mail-quota.ts'

/** Stands for all senders of a pool; no user is called so. */
const WHOLE_POOL = ''
const NOTHING: Fill = { copies: 0, bytes: 0 }

export interface FillCounters {
  of(user: UserAddress, pool: Pool, sender: UserAddress): { readonly pool: Fill; readonly sender: Fill }
  add(user: UserAddress, pool: Pool, sender: UserAddress, change: Fill): void
  subtract(user: UserAddress, pool: Pool, sender: UserAddress, change: Fill): void
}

export function fillCounters(db: Database): FillCounters {
  const one = db.prepare<[string, string, string], Fill>(
    'select copies, bytes from fill where user = ? and pool = ? and sender = ?',
  )
  const add = db.prepare<[string, string, string, number, number]>(
    `insert into fill (user, pool, sender, copies, bytes) values (?, ?, ?, ?, ?)
     on conflict do update set copies = copies + excluded.copies, bytes = bytes + excluded.bytes`,
  )
  const subtract = db.prepare<[number, number, string, string, string]>(
    'update fill set copies = copies - ?, bytes = bytes - ? where user = ? and pool = ? and sender = ?',
  )
  const forget = db.prepare<[string, string, string]>(
    'delete from fill where user = ? and pool = ? and sender = ? and copies = 0',
  )

  return {
    of: (user, pool, sender) => ({
      pool: one.get(user, pool, WHOLE_POOL) ?? NOTHING,
      sender: one.get(user, pool, sender) ?? NOTHING,
    }),
    add(user, pool, sender, { copies, bytes }) {
      for (const whose of [WHOLE_POOL, sender]) add.run(user, pool, whose, copies, bytes)
    },
    subtract(user, pool, sender, { copies, bytes }) {
      for (const whose of [WHOLE_POOL, sender]) {
        subtract.run(copies, bytes, user, pool, whose)
        forget.run(user, pool, whose)
      }
    },
  }
}
