// Reads a device list that was opened and verified before it was stored: parsing it again is enough.

import { fromBase64url, fromUtf8 } from '@doorpost/protocol/bytes'
import { activeDevices, type Device, type DeviceList, type OpenedDeviceList } from '@doorpost/protocol/device-list'
import type { Account } from '../storage/storage.ts'

export function knownList(account: Account): OpenedDeviceList {
  const list = JSON.parse(fromUtf8(fromBase64url(account.deviceList.body))) as DeviceList
  return { list, head: account.head, signedBy: account.deviceList.key === list.accountKey ? 'account' : 'recovery' }
}

/** Devices of an account that may speak. */
export function devicesOf(account: Account): Device[] {
  return activeDevices(knownList(account).list)
}
