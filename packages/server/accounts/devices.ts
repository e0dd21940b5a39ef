// SEND /devices: the next device list of a user, from a device of theirs. What it ends is replace-list.ts's.

import { openDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { publishListSchema } from '@doorpost/protocol/messages/devices'
import { json, readJson } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import type { Login } from './logins.ts'
import { LIST_BODY_BYTES_MAX } from './register.ts'
import { replaceList } from './replace-list.ts'

export async function publishList(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const { deviceList } = await readJson(exchange, publishListSchema, LIST_BODY_BYTES_MAX)
  const next = openDeviceList(deviceList)
  if (!next) throw new Refusal('list-refused', { detail: 'The device list is not signed as it should be.' })
  const account = await rooms.storage.accounts.get(login.user)
  if (!account) throw new Refusal('not-logged-in')
  await replaceList(rooms, account, deviceList, next)
  return json(200, { head: next.head })
}
