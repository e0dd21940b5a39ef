// Grants of links in memory.

import type { GrantStore, KeptGrant } from './storage.ts'

export function memoryGrants(): GrantStore {
  const grants = new Map<string, KeptGrant>()
  return {
    async keep(grant, { grantsMax, lengthMax }, nowMs) {
      const known = grants.get(grant.slot)
      if (known) return isSame(known, grant) ? 'kept' : 'conflict'
      const theirs = [...grants.values()].filter(({ user, expiresAtMs }) => user === grant.user && expiresAtMs > nowMs)
      const length = theirs.reduce((sum, { sealed }) => sum + (sealed?.length ?? 0), grant.sealed.length)
      if (theirs.length >= grantsMax || length > lengthMax) return 'full'
      grants.set(grant.slot, grant)
      return 'kept'
    },
    async get(slot, nowMs) {
      const found = grants.get(slot)
      return found && found.expiresAtMs > nowMs ? found : undefined
    },
    async revoke(slot, user) {
      const known = grants.get(slot)
      if (known?.user === user) grants.set(slot, { ...known, sealed: null })
    },
    async move(slot, user, from) {
      const known = grants.get(slot)
      if (known?.user === user) grants.set(slot, { ...known, from })
    },
    async expire(nowMs, limit) {
      const over = [...grants.values()]
        .filter(({ expiresAtMs }) => expiresAtMs <= nowMs)
        .sort((a, b) => a.expiresAtMs - b.expiresAtMs || (a.slot < b.slot ? -1 : 1))
        .slice(0, limit)
      for (const { slot } of over) grants.delete(slot)
      return over.length
    },
  }
}

function isSame(one: KeptGrant, other: KeptGrant): boolean {
  return one.user === other.user && one.from === other.from && one.sealed === other.sealed
}
