// Puts the next device list of a user in the place of the newest, however its bringer proved who they are. Devices that it
// revokes or leaves out lose their logins, sessions, open PIPEs, presence and waiting mail at once.

import { type DeviceAddress, deviceAddress } from '@doorpost/protocol/address'
import { activeDevices, type DeviceList, mayFollow, type OpenedDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import type { Signed } from '@doorpost/protocol/signature'
import type { Rooms } from '../rooms.ts'
import type { Account } from '../storage/storage.ts'
import { knownList } from './known-list.ts'

const WHY_REFUSED = {
  older: 'A newer list is known here.',
  forked: 'Another list with this number, or before this one, is known here.',
  'other-account': 'This list is not signed by the account key or the recovery key of the list before it.',
} as const

/** Throws Refusal `list-refused` and `list-moved-on`. The same list again is fine. */
export async function replaceList(
  rooms: Rooms,
  account: Account,
  deviceList: Signed,
  next: OpenedDeviceList,
): Promise<void> {
  const known = knownList(account)
  const verdict = mayFollow(known, next)
  if (verdict === 'older' || verdict === 'forked' || verdict === 'other-account') {
    throw new Refusal('list-refused', { detail: WHY_REFUSED[verdict] })
  }
  const gone = devicesGone(known.list, next.list)
  // Before and after: a crash between must not leave a login of a revoked device, nor may it log in once more meanwhile.
  await end(rooms, gone)
  if (verdict === 'same') return
  const outcome = await rooms.storage.accounts.replaceList(account.address, known.head, deviceList, next.head)
  if (outcome === 'moved-on') throw new Refusal('list-moved-on')
  await end(rooms, gone)
  rooms.presence.announceList(account.address, changedName(known.list, next.list))
}

/** Devices that could speak by the one list and cannot by the next: revoked, left out, or under another key. */
function devicesGone(before: DeviceList, after: DeviceList): DeviceAddress[] {
  const left = new Map(activeDevices(after).map(({ name, key }) => [name, key]))
  return activeDevices(before)
    .filter(({ name, key }) => left.get(name) !== key)
    .map(({ name }) => deviceAddress(before.user, name))
}

/** A device by which the two lists differ: whoever is told its name and knows it otherwise asks for the new list. */
function changedName(before: DeviceList, after: DeviceList): string {
  const entries = (list: DeviceList) => new Map(activeDevices(list).map(({ name, key }) => [name, key]))
  const [was, is] = [entries(before), entries(after)]
  const changed = [...is.keys(), ...was.keys()].find((name) => was.get(name) !== is.get(name))
  return changed ?? (after.devices[0]?.name as string)
}

async function end(rooms: Rooms, devices: readonly DeviceAddress[]): Promise<void> {
  for (const device of devices) {
    await rooms.logins.endDevice(device)
    await rooms.storage.mail.removeDevice(device)
    rooms.presence.drop(device)
  }
}
