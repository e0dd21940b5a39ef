// Invitations in SQLite. Using one for a registration is part of making the account: sqlite-accounts.ts.

import type { UserAddress } from '@doorpost/protocol/address'
import type { Database } from 'better-sqlite3'
import type { Writes } from './group-commit.ts'
import type { InvitationStore, KeptInvitation } from './storage.ts'

export function sqliteInvitations(db: Database, writes: Writes): InvitationStore {
  const known = db.prepare<[string]>('select 1 from invitations where token_hash = ?')
  // What has expired is of no use to anybody, and this is where it would pile up.
  const forget = db.prepare<[string | null, number]>(
    'delete from invitations where inviter is ? and expires_at_ms <= ?',
  )
  const openOnes = db
    .prepare<[string | null], number>(
      'select count(*) from invitations where inviter is ? and met = 0 and not (inviter is null and registered = 1)',
    )
    .pluck()
  const insert = db.prepare<[string, string | null, number]>(
    'insert into invitations (token_hash, inviter, expires_at_ms) values (?, ?, ?)',
  )
  const use = db
    .prepare<[string, number], UserAddress>(
      `update invitations set met = 1
       where token_hash = ? and expires_at_ms > ? and met = 0 and inviter is not null
       returning inviter`,
    )
    .pluck()
  const find = db.prepare<[string, number], Row>('select * from invitations where token_hash = ? and expires_at_ms > ?')
  const all = db.prepare<[number, number], Row>(
    'select * from invitations where expires_at_ms > ? order by expires_at_ms, token_hash limit ?',
  )
  const ofInviter = db.prepare<[string | null, number, number], Row>(
    'select * from invitations where inviter is ? and expires_at_ms > ? order by expires_at_ms, token_hash limit ?',
  )
  const revoke = db.prepare<[string]>('delete from invitations where token_hash = ?')

  return {
    add: ({ tokenHash, inviter, expiresAtMs }, max, nowMs) =>
      writes.run(() => {
        forget.run(inviter, nowMs)
        if (known.get(tokenHash)) return 'added'
        if ((openOnes.get(inviter) ?? 0) >= max) return 'full'
        insert.run(tokenHash, inviter, expiresAtMs)
        return 'added'
      }),

    useForContact: (tokenHash, nowMs) =>
      writes.run(() => {
        const inviter = use.get(tokenHash, nowMs)
        return inviter === undefined ? undefined : { inviter }
      }),

    async find(tokenHash, nowMs) {
      const row = find.get(tokenHash, nowMs)
      return row && keptOf(row)
    },

    list: async (of, nowMs, limit) =>
      (of ? ofInviter.all(of.inviter, nowMs, limit) : all.all(nowMs, limit)).map(keptOf),

    revoke: (tokenHash) => writes.run(() => revoke.run(tokenHash).changes === 1),
  }
}

interface Row {
  token_hash: string
  inviter: UserAddress | null
  expires_at_ms: number
  registered: number
  met: number
}

function keptOf(row: Row): KeptInvitation {
  const { token_hash: tokenHash, inviter, expires_at_ms: expiresAtMs, registered, met } = row
  return { tokenHash, inviter, expiresAtMs, used: registered + met > 0 }
}
