// Accounts in SQLite.

import type { UserAddress } from '@doorpost/protocol/address'
import type { Signed } from '@doorpost/protocol/signature'
import type { Database } from 'better-sqlite3'
import type { Writes } from './group-commit.ts'
import type { Account, AccountStore } from './storage.ts'

interface Row {
  address: UserAddress
  head_sequence: number
  head_hash: string
  share: Account['share']
  created_at_ms: number
  device_list: string
}

export function sqliteAccounts(db: Database, writes: Writes): AccountStore {
  const one = db.prepare<[string], Row>('select * from accounts where address = ?')
  const head = db.prepare<[string], { sequence: number; hash: string }>(
    'select head_sequence as sequence, head_hash as hash from accounts where address = ?',
  )
  const page = db.prepare<[string, number], Row>('select * from accounts where address > ? order by address limit ?')
  const count = db.prepare<[], number>('select count(*) from accounts').pluck()
  const insert = db.prepare<Row>(
    `insert into accounts (address, head_sequence, head_hash, share, created_at_ms, device_list)
     values (@address, @head_sequence, @head_hash, @share, @created_at_ms, @device_list)`,
  )
  const register = db.prepare<[string, number]>(
    `update invitations set registered = 1
     where token_hash = ? and expires_at_ms > ? and registered = 0 and met = 0`,
  )
  const replace = db.prepare<[string, number, string, string, number, string]>(
    `update accounts set device_list = ?, head_sequence = ?, head_hash = ?
     where address = ? and head_sequence = ? and head_hash = ?`,
  )
  const share = db.prepare<[string, string]>('update accounts set share = ? where address = ?')

  return {
    create: (account, invitation) =>
      writes.run(() => {
        if (head.get(account.address)) return 'taken'
        if (invitation && register.run(invitation.tokenHash, invitation.nowMs).changes === 0) return 'invitation-void'
        insert.run(rowOf(account))
        return 'created'
      }),

    async get(address) {
      const row = one.get(address)
      return row && accountOf(row)
    },

    head: async (address) => head.get(address),

    replaceList: (address, expected, list, next) =>
      writes.run(() => {
        const { sequence, hash } = expected
        const { changes } = replace.run(JSON.stringify(list), next.sequence, next.hash, address, sequence, hash)
        return changes === 1 ? 'replaced' : 'moved-on'
      }),

    setShare: (address, value) =>
      writes.run(() => {
        share.run(value, address)
      }),

    count: async () => count.get() ?? 0,

    list: async (after, limit) => page.all(after, limit).map(accountOf),
  }
}

function rowOf({ address, head, share, createdAtMs, deviceList }: Account): Row {
  return {
    address,
    head_sequence: head.sequence,
    head_hash: head.hash,
    share,
    created_at_ms: createdAtMs,
    device_list: JSON.stringify(deviceList),
  }
}

function accountOf(row: Row): Account {
  return {
    address: row.address,
    deviceList: JSON.parse(row.device_list) as Signed,
    head: { sequence: row.head_sequence, hash: row.head_hash },
    share: row.share,
    createdAtMs: row.created_at_ms,
  }
}
