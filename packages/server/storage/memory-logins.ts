// Logins in memory.

import type { DeviceAddress } from '@doorpost/protocol/address'
import type { LoginStore } from './storage.ts'

export function memoryLogins(): LoginStore {
  /** In the order they were added. */
  const logins = new Map<string, { device: DeviceAddress; expiresAtMs: number }>()
  const ofDevice = (device: DeviceAddress) => [...logins].filter(([, login]) => login.device === device)

  return {
    async add({ tokenHash, device, expiresAtMs }, max) {
      logins.delete(tokenHash)
      logins.set(tokenHash, { device, expiresAtMs })
      const all = ofDevice(device)
      for (const [hash] of all.slice(0, Math.max(0, all.length - max))) logins.delete(hash)
    },
    async get(tokenHash, nowMs) {
      const found = logins.get(tokenHash)
      return found && found.expiresAtMs > nowMs ? found : undefined
    },
    end: async (tokenHash) => logins.delete(tokenHash),
    async endDevice(device) {
      for (const [hash] of ofDevice(device)) logins.delete(hash)
    },
  }
}
