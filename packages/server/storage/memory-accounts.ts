// Accounts in memory. Removed ones are hidden from all but the administrator's operations.

import type { UserAddress } from '@doorpost/protocol/address'
import type { MemoryInvitations } from './memory-invitations.ts'
import type { Account, AccountStore, ListedAccount } from './storage.ts'

export function memoryAccounts(invitations: MemoryInvitations): AccountStore {
  const accounts = new Map<UserAddress, ListedAccount>()
  /** Names of accounts that are no more. */
  const forgotten = new Set<UserAddress>()

  const here = (address: UserAddress): Account | undefined => {
    const known = accounts.get(address)
    return known?.standing === 'removed' ? undefined : known?.account
  }
  const change = (address: UserAddress, changes: Partial<ListedAccount>): boolean => {
    const known = accounts.get(address)
    if (known) accounts.set(address, { ...known, ...changes })
    return known !== undefined
  }
  const inOrder = () => [...accounts.values()].sort((a, b) => (a.account.address < b.account.address ? -1 : 1))

  return {
    async create(account, invitation) {
      if (accounts.has(account.address) || forgotten.has(account.address)) return 'taken'
      if (invitation && !invitations.useForRegistration(invitation.tokenHash, invitation.nowMs)) {
        return 'invitation-void'
      }
      accounts.set(account.address, { account, standing: 'open', standingSinceMs: 0, seenDay: undefined })
      return 'created'
    },

    get: async (address) => here(address),

    head: async (address) => here(address)?.head,

    async replaceList(address, expected, deviceList, head) {
      const account = here(address)
      if (!account) return 'moved-on'
      if (account.head.sequence !== expected.sequence || account.head.hash !== expected.hash) return 'moved-on'
      change(address, { account: { ...account, deviceList, head } })
      return 'replaced'
    },

    async setShare(address, share) {
      const account = here(address)
      if (account) change(address, { account: { ...account, share } })
    },

    count: async () => [...accounts.keys()].filter((address) => here(address)).length,

    list: async (after, limit) =>
      inOrder()
        .filter(({ account: { address } }) => address > after)
        .slice(0, limit),

    standing: async (address) => accounts.get(address)?.standing,

    setStanding: async (address, standing, nowMs) => change(address, { standing, standingSinceMs: nowMs }),

    async seen(address, day) {
      change(address, { seenDay: Math.max(day, accounts.get(address)?.seenDay ?? day) })
    },

    removedBy: async (ms, limit) =>
      inOrder()
        .filter(({ standing, standingSinceMs }) => standing === 'removed' && standingSinceMs <= ms)
        .slice(0, limit)
        .map(({ account }) => account),

    async forget(address) {
      if (accounts.get(address)?.standing !== 'removed') return false
      forgotten.add(address)
      return accounts.delete(address)
    },
  }
}
