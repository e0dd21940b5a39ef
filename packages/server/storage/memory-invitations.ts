// Invitations in memory. One serves one registration and one contact.

import type { UserAddress } from '@doorpost/protocol/address'
import type { InvitationStore, KeptInvitation } from './storage.ts'

interface Invitation {
  readonly inviter: UserAddress | null
  readonly expiresAtMs: number
  registered: boolean
  met: boolean
}

export interface MemoryInvitations extends InvitationStore {
  /** Uses a token for a registration, once and not after it made a contact. */
  useForRegistration(tokenHash: string, nowMs: number): boolean
}

export function memoryInvitations(): MemoryInvitations {
  const invitations = new Map<string, Invitation>()

  const open = (tokenHash: string, nowMs: number) => {
    const found = invitations.get(tokenHash)
    return found && !found.met && found.expiresAtMs > nowMs ? found : undefined
  }

  return {
    async add({ tokenHash, inviter, expiresAtMs }, max, nowMs) {
      const ofInviter = [...invitations].filter(([, { inviter: whose }]) => whose === inviter)
      for (const [hash, { expiresAtMs: endMs }] of ofInviter) if (endMs <= nowMs) invitations.delete(hash)
      if (invitations.has(tokenHash)) return 'added'
      const openOnes = ofInviter.filter(
        ([hash, { registered }]) => open(hash, nowMs) && !(inviter === null && registered),
      )
      if (openOnes.length >= max) return 'full'
      invitations.set(tokenHash, { inviter, expiresAtMs, registered: false, met: false })
      return 'added'
    },

    async useForContact(tokenHash, nowMs) {
      const found = open(tokenHash, nowMs)
      if (!found || found.inviter === null) return undefined
      found.met = true
      return { inviter: found.inviter }
    },

    async find(tokenHash, nowMs) {
      const found = invitations.get(tokenHash)
      return found && found.expiresAtMs > nowMs ? keptOf(tokenHash, found) : undefined
    },

    list: async (of, nowMs, limit) =>
      [...invitations]
        .filter(([, { inviter, expiresAtMs }]) => expiresAtMs > nowMs && (!of || of.inviter === inviter))
        .map(([tokenHash, invitation]) => keptOf(tokenHash, invitation))
        .sort((a, b) => a.expiresAtMs - b.expiresAtMs || (a.tokenHash < b.tokenHash ? -1 : 1))
        .slice(0, limit),

    revoke: async (tokenHash) => invitations.delete(tokenHash),

    useForRegistration(tokenHash, nowMs) {
      const found = open(tokenHash, nowMs)
      if (!found || found.registered) return false
      found.registered = true
      return true
    },
  }
}

function keptOf(tokenHash: string, { inviter, expiresAtMs, registered, met }: Invitation): KeptInvitation {
  return { tokenHash, inviter, expiresAtMs, used: registered || met }
}
