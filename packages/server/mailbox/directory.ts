// Who is a user here and which devices may be written to. Lists are opened once and remembered by the hash of the list;
// which one is current is asked of the storage every time, since other servers may share it.

import { type DeviceAddress, deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import type { Head } from '@doorpost/protocol/device-list'
import { devicesOf } from '../accounts/known-list.ts'
import type { AccountStore } from '../storage/storage.ts'

/** Opened lists remembered: 20,000 of some hundred bytes; beyond that the one that was added first goes. */
const REMEMBERED_MAX = 20_000

export interface DirectoryEntry {
  readonly head: Head
  /** Devices that are not revoked. */
  readonly devices: readonly DeviceAddress[]
}

export interface Directory {
  /** Undefined: no such user. */
  find(user: UserAddress): Promise<DirectoryEntry | undefined>
}

export function openDirectory(accounts: Pick<AccountStore, 'get' | 'head'>, rememberedMax = REMEMBERED_MAX): Directory {
  const remembered = new Map<UserAddress, DirectoryEntry>()

  async function open(user: UserAddress): Promise<DirectoryEntry | undefined> {
    const account = await accounts.get(user)
    if (!account) return undefined
    const devices = devicesOf(account).map(({ name }) => deviceAddress(user, name))
    const entry = { head: account.head, devices }
    remembered.delete(user)
    const [oldest] = remembered.keys()
    if (oldest !== undefined && remembered.size >= rememberedMax) remembered.delete(oldest)
    remembered.set(user, entry)
    return entry
  }

  return {
    async find(user) {
      const known = remembered.get(user)
      if (!known) return open(user)
      const head = await accounts.head(user)
      return head?.hash === known.head.hash && head.sequence === known.head.sequence ? known : open(user)
    },
  }
}
