// Accounts in memory.

import type { UserAddress } from '@doorpost/protocol/address'
import type { MemoryInvitations } from './memory-invitations.ts'
import type { Account, AccountStore } from './storage.ts'

export function memoryAccounts(invitations: MemoryInvitations): AccountStore {
  const accounts = new Map<UserAddress, Account>()
  return {
    async create(account, invitation) {
      if (accounts.has(account.address)) return 'taken'
      if (invitation && !invitations.useForRegistration(invitation.tokenHash, invitation.nowMs)) {
        return 'invitation-void'
      }
      accounts.set(account.address, account)
      return 'created'
    },

    get: async (address) => accounts.get(address),

    head: async (address) => accounts.get(address)?.head,

    async replaceList(address, expected, deviceList, head) {
      const account = accounts.get(address)
      if (!account) return 'moved-on'
      if (account.head.sequence !== expected.sequence || account.head.hash !== expected.hash) return 'moved-on'
      accounts.set(address, { ...account, deviceList, head })
      return 'replaced'
    },

    async setShare(address, share) {
      const account = accounts.get(address)
      if (account) accounts.set(address, { ...account, share })
    },

    count: async () => accounts.size,

    list: async (after, limit) =>
      [...accounts.values()]
        .filter(({ address }) => address > after)
        .sort((a, b) => (a.address < b.address ? -1 : 1))
        .slice(0, limit),
  }
}
