// Sealed preferences in memory.

import type { UserAddress } from '@doorpost/protocol/address'
import type { PreferencesStore } from './storage.ts'

export function memoryPreferences(): PreferencesStore {
  const slots = new Map<UserAddress, { sequence: number; slot: string }>()
  return {
    get: async (user) => slots.get(user),
    async replace(user, expected, sequence, slot) {
      if ((slots.get(user)?.sequence ?? 0) !== expected) return 'moved-on'
      slots.set(user, { sequence, slot })
      return 'replaced'
    },
    async drop(user) {
      slots.delete(user)
    },
  }
}
