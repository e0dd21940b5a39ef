// Approvals and blocks in SQLite.

import type { UserAddress } from '@doorpost/protocol/address'
import type { Database } from 'better-sqlite3'
import type { Writes } from './group-commit.ts'
import type { ContactStore } from './storage.ts'

/** True when :a and :b approved each other and neither blocked the other. All four are looked up whatever they say. */
export const MUTUAL = `
  (select count(*) from approvals where owner = :a and other = :b)
    + (select count(*) from approvals where owner = :b and other = :a)
    - (select count(*) from blocks where owner = :a and other = :b)
    - (select count(*) from blocks where owner = :b and other = :a)
  = 2`

export function sqliteContacts(db: Database, writes: Writes): ContactStore {
  const approvals = relation(db, 'approvals')
  const blocks = relation(db, 'blocks')
  const mutual = db.prepare<{ a: string; b: string }, number>(`select ${MUTUAL}`).pluck()
  const isMutual = (a: UserAddress, b: UserAddress) => mutual.get({ a, b }) === 1

  return {
    approve: (owner, other, max) => writes.run(() => (approvals.add(owner, other, max) ? 'approved' : 'full')),
    withdraw: (owner, other) => writes.run(() => approvals.remove(owner, other)),
    block: (owner, other, max) => writes.run(() => (blocks.add(owner, other, max) ? 'blocked' : 'full')),
    unblock: (owner, other) => writes.run(() => blocks.remove(owner, other)),
    drop: (owner) =>
      writes.run(() => {
        approvals.drop(owner)
        blocks.drop(owner)
      }),
    list: async (owner) => approvals.of(owner).map((address) => ({ address, mutual: isMutual(owner, address) })),
    blocked: async (owner) => blocks.of(owner),
    mutual: async (a, b) => isMutual(a, b),
  }
}

function relation(db: Database, table: 'approvals' | 'blocks') {
  const has = db.prepare<[string, string]>(`select 1 from ${table} where owner = ? and other = ?`)
  const count = db.prepare<[string], number>(`select count(*) from ${table} where owner = ?`).pluck()
  const insert = db.prepare<[string, string]>(`insert into ${table} (owner, other) values (?, ?)`)
  const remove = db.prepare<[string, string]>(`delete from ${table} where owner = ? and other = ?`)
  const drop = db.prepare<[string]>(`delete from ${table} where owner = ?`)
  const all = db.prepare<[string], UserAddress>(`select other from ${table} where owner = ? order by other`).pluck()
  return {
    add(owner: UserAddress, other: UserAddress, max: number): boolean {
      if (has.get(owner, other)) return true
      if ((count.get(owner) ?? 0) >= max) return false
      insert.run(owner, other)
      return true
    },
    remove(owner: UserAddress, other: UserAddress): void {
      remove.run(owner, other)
    },
    drop(owner: UserAddress): void {
      drop.run(owner)
    },
    of: (owner: UserAddress) => all.all(owner),
  }
}
