// Accounts in SQLite. Removed ones are hidden from all but the administrator's operations; of forgotten ones the name alone is left.

import type { UserAddress } from '@doorpost/protocol/address'
import type { Signed } from '@doorpost/protocol/signature'
import type { Database } from 'better-sqlite3'
import type { Writes } from './group-commit.ts'
import type { Account, AccountStore, ListedAccount, Standing } from './storage.ts'

interface Row {
  address: UserAddress
  head_sequence: number
  head_hash: string
  share: Account['share']
  created_at_ms: number
  device_list: string
}

interface ListedRow extends Row {
  standing: Standing
  standing_since_ms: number
  seen_day: number | null
}

const HERE = "standing <> 'removed'"
const KNOWN = "device_list <> ''"

export function sqliteAccounts(db: Database, writes: Writes): AccountStore {
  const one = db.prepare<[string], Row>(`select * from accounts where address = ? and ${HERE}`)
  const head = db.prepare<[string], { sequence: number; hash: string }>(
    `select head_sequence as sequence, head_hash as hash from accounts where address = ? and ${HERE}`,
  )
  const taken = db.prepare<[string]>('select 1 from accounts where address = ?')
  const page = db.prepare<[string, number], ListedRow>(
    `select * from accounts where address > ? and ${KNOWN} order by address limit ?`,
  )
  const count = db.prepare<[], number>(`select count(*) from accounts where ${HERE}`).pluck()
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
     where address = ? and head_sequence = ? and head_hash = ? and ${HERE}`,
  )
  const share = db.prepare<[string, string]>('update accounts set share = ? where address = ?')
  const standing = db
    .prepare<[string], Standing>(`select standing from accounts where address = ? and ${KNOWN}`)
    .pluck()
  const stand = db.prepare<[string, number, string]>(
    `update accounts set standing = ?, standing_since_ms = ? where address = ? and ${KNOWN}`,
  )
  const seen = db.prepare<{ address: string; day: number }>(
    'update accounts set seen_day = @day where address = @address and (seen_day is null or seen_day < @day)',
  )
  const removed = db.prepare<[number, number], Row>(
    `select * from accounts where standing = 'removed' and standing_since_ms <= ? and ${KNOWN} order by address limit ?`,
  )
  const forget = db.prepare<[string]>(
    `update accounts set device_list = '', head_hash = '', head_sequence = 0, seen_day = null, created_at_ms = 0
     where address = ? and standing = 'removed' and ${KNOWN}`,
  )

  return {
    create: (account, invitation) =>
      writes.run(() => {
        if (taken.get(account.address)) return 'taken'
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

    list: async (after, limit) => page.all(after, limit).map(listedOf),

    standing: async (address) => standing.get(address),

    setStanding: (address, value, nowMs) => writes.run(() => stand.run(value, nowMs, address).changes === 1),

    seen: (address, day) =>
      writes.run(() => {
        seen.run({ address, day })
      }),

    removedBy: async (ms, limit) => removed.all(ms, limit).map(accountOf),

    forget: (address) => writes.run(() => forget.run(address).changes === 1),
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

function listedOf(row: ListedRow): ListedAccount {
  const { standing, standing_since_ms: standingSinceMs, seen_day: day } = row
  return { account: accountOf(row), standing, standingSinceMs, seenDay: day ?? undefined }
}
