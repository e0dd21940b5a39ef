// What users took through the tunnel in a day, in memory.

import type { TunnelDayStore } from './storage.ts'

export function memoryTunnelDays(): TunnelDayStore {
  const days = new Map<number, Record<string, number>>()
  return {
    async add(day, bytes) {
      const now = { ...days.get(day) }
      for (const [user, more] of Object.entries(bytes)) now[user] = (now[user] ?? 0) + more
      days.set(day, now)
      for (const old of days.keys()) if (old < day) days.delete(old)
    },
    of: async (day) => ({ ...days.get(day) }),
  }
}
