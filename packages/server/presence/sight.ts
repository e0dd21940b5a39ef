// What one user may see of another's devices: everything, presence without addresses, or nothing, as that user chose.
// Whether the two are mutual contacts is the caller's check.

import { deviceAddress } from '@doorpost/protocol/address'
import { activeDevices, type DeviceList } from '@doorpost/protocol/device-list'
import type { DevicePresence } from '@doorpost/protocol/messages/finger'
import type { Account } from '../storage/storage.ts'
import { toldAddresses } from './addresses.ts'
import type { Presence } from './presence.ts'

/** Undefined when the user shares nothing. `remoteAddress` is the asker's: see toldAddresses. */
export function sightOf(
  presence: Presence,
  list: DeviceList,
  share: Account['share'],
  remoteAddress: string,
): DevicePresence[] | undefined {
  const devices = activeDevices(list).map(({ name }) => {
    const device = deviceAddress(list.user, name)
    const online = presence.isOnline(device)
    const addresses = online && share === 'all' ? toldAddresses(presence.addressesOf(device), remoteAddress) : []
    return { device: name, online, addresses }
  })
  return share === 'nothing' ? undefined : devices
}
