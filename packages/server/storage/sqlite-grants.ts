// Grants of links in SQLite.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import type { Database } from 'better-sqlite3'
import type { Writes } from './group-commit.ts'
import type { GrantStore, KeptGrant } from './storage.ts'

interface Row {
  readonly slot: string
  readonly user: string
  readonly from_device: string
  readonly message_id: string
  readonly access_key: string
  readonly expires: string
  readonly expires_at_ms: number
  readonly sealed: string | null
}

export function sqliteGrants(db: Database, writes: Writes): GrantStore {
  const one = db.prepare<[string], Row>('select * from grants where slot = ?')
  const fill = db.prepare<[string, number], { count: number; length: number }>(
    `select count(*) as count, coalesce(sum(length(sealed)), 0) as length from grants
     where user = ? and expires_at_ms > ?`,
  )
  const put = db.prepare<[string, string, string, string, string, string, number, string]>(
    `insert into grants (slot, user, from_device, message_id, access_key, expires, expires_at_ms, sealed)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const empty = db.prepare<[string, string]>('update grants set sealed = null where slot = ? and user = ?')
  const move = db.prepare<[string, string, string]>('update grants set from_device = ? where slot = ? and user = ?')
  const drop = db.prepare<[number, number]>(
    `delete from grants where slot in
     (select slot from grants where expires_at_ms <= ? order by expires_at_ms, slot limit ?)`,
  )
  return {
    keep: (grant, { grantsMax, lengthMax }, nowMs) =>
      writes.run(() => {
        const { slot, user, from, messageId, accessKey, expires, expiresAtMs, sealed } = grant
        const known = one.get(slot)
        if (known) {
          const isSame = known.user === user && known.from_device === from && known.sealed === sealed
          return isSame ? 'kept' : 'conflict'
        }
        const { count, length } = fill.get(user, nowMs) ?? { count: 0, length: 0 }
        if (count >= grantsMax || length + sealed.length > lengthMax) return 'full'
        put.run(slot, user, from, messageId, accessKey, expires, expiresAtMs, sealed)
        return 'kept'
      }),
    async get(slot, nowMs) {
      const found = one.get(slot)
      return found && found.expires_at_ms > nowMs ? grantOf(found) : undefined
    },
    revoke: (slot, user) => writes.run(() => void empty.run(slot, user)),
    move: (slot, user, from) => writes.run(() => void move.run(from, slot, user)),
    expire: (nowMs, limit) => writes.run(() => drop.run(nowMs, limit).changes),
  }
}

function grantOf(row: Row): KeptGrant {
  return {
    slot: row.slot,
    user: row.user as UserAddress,
    from: row.from_device as DeviceAddress,
    messageId: row.message_id,
    accessKey: row.access_key,
    expires: row.expires,
    expiresAtMs: row.expires_at_ms,
    sealed: row.sealed,
  }
}
