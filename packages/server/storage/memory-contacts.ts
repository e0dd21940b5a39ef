// Approvals and blocks in memory.

import type { UserAddress } from '@doorpost/protocol/address'
import type { ContactStore } from './storage.ts'

type Relation = Map<UserAddress, Set<UserAddress>>

export interface MemoryContacts extends ContactStore {
  isMutual(a: UserAddress, b: UserAddress): boolean
  isBlocked(owner: UserAddress, other: UserAddress): boolean
}

export function memoryContacts(): MemoryContacts {
  const approvals: Relation = new Map()
  const blocks: Relation = new Map()

  const has = (relation: Relation, owner: UserAddress, other: UserAddress) => relation.get(owner)?.has(other) ?? false
  const sorted = (relation: Relation, owner: UserAddress) => [...(relation.get(owner) ?? [])].sort()

  function add(relation: Relation, owner: UserAddress, other: UserAddress, max: number): boolean {
    const set = relation.get(owner) ?? new Set()
    if (!set.has(other) && set.size >= max) return false
    relation.set(owner, set.add(other))
    return true
  }

  function isMutual(a: UserAddress, b: UserAddress): boolean {
    return has(approvals, a, b) && has(approvals, b, a) && !has(blocks, a, b) && !has(blocks, b, a)
  }

  return {
    async approve(owner, other, max) {
      return add(approvals, owner, other, max) ? 'approved' : 'full'
    },
    async withdraw(owner, other) {
      approvals.get(owner)?.delete(other)
    },
    async block(owner, other, max) {
      return add(blocks, owner, other, max) ? 'blocked' : 'full'
    },
    async unblock(owner, other) {
      blocks.get(owner)?.delete(other)
    },
    async drop(owner) {
      approvals.delete(owner)
      blocks.delete(owner)
    },
    list: async (owner) => sorted(approvals, owner).map((address) => ({ address, mutual: isMutual(owner, address) })),
    blocked: async (owner) => sorted(blocks, owner),
    mutual: async (a, b) => isMutual(a, b),
    isMutual,
    isBlocked: (owner, other) => has(blocks, owner, other),
  }
}
