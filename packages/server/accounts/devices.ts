// SEND /devices: the next device list of a user. Devices that it revokes or leaves out lose their logins, sessions, open
// PIPEs, presence and waiting mail at once.

import { type DeviceAddress, deviceAddress } from '@doorpost/protocol/address'
import { activeDevices, type DeviceList, mayFollow, openDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { publishListSchema } from '@doorpost/protocol/messages/devices'
import { json, readJson } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import { knownList } from './known-list.ts'
import type { Login } from './logins.ts'
import { LIST_BODY_BYTES_MAX } from './register.ts'

const WHY_REFUSED = {
  older: 'A newer list is known here.',
  forked: 'Another list with this number, or before this one, is known here.',
  'other-account': 'This list is not signed by the account key or the recovery key of the list before it.',
} as const

export async function publishList(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const { deviceList } = await readJson(exchange, publishListSchema, LIST_BODY_BYTES_MAX)
  const next = openDeviceList(deviceList)
  if (!next) throw new Refusal('list-refused', { detail: 'The device list is not signed as it should be.' })
  const account = await rooms.storage.accounts.get(login.user)
  if (!account) throw new Refusal('not-logged-in')
  const known = knownList(account)
  const verdict = mayFollow(known, next)
  if (verdict === 'older' || verdict === 'forked' || verdict === 'other-account') {
    throw new Refusal('list-refused', { detail: WHY_REFUSED[verdict] })
  }
  const gone = devicesGone(known.list, next.list)
  // Before and after: a crash between must not leave a login of a revoked device, nor may it log in once more meanwhile.
  await end(rooms, gone)
  if (verdict !== 'same') {
    const outcome = await rooms.storage.accounts.replaceList(login.user, known.head, deviceList, next.head)
    if (outcome === 'moved-on') throw new Refusal('list-moved-on')
    await end(rooms, gone)
  }
  return json(200, { head: next.head })
}

/** Devices that could speak by the one list and cannot by the next: revoked, left out, or under another key. */
function devicesGone(before: DeviceList, after: DeviceList): DeviceAddress[] {
  const left = new Map(activeDevices(after).map(({ name, key }) => [name, key]))
  return activeDevices(before)
    .filter(({ name, key }) => left.get(name) !== key)
    .map(({ name }) => deviceAddress(before.user, name))
}

async function end(rooms: Rooms, devices: readonly DeviceAddress[]): Promise<void> {
  for (const device of devices) {
    await rooms.logins.endDevice(device)
    await rooms.storage.mail.removeDevice(device)
    rooms.presence.drop(device)
  }
}
