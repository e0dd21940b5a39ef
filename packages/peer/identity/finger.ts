// Asks the server for somebody's keys, and checks that what it shows is whole and about them. Whether the key is the pinned one
// is person.ts's business.

import type { UserAddress } from '@doorpost/protocol/address'
import { type OpenedDeviceList, openDeviceList } from '@doorpost/protocol/device-list'
import { type DevicePresence, fingerSchema } from '@doorpost/protocol/messages/finger'
import { fingerprintOf, type Signed } from '@doorpost/protocol/signature'
import { brokeProtocol } from '../session/answer.ts'
import type { Line } from '../session/line.ts'

/** A right device list of the one asked for. */
export interface Shown {
  readonly signed: Signed
  readonly opened: OpenedDeviceList
  /** Only of mutual contacts. */
  readonly presence: readonly DevicePresence[] | undefined
}

/** Throws what `line.call` throws, and Trouble `server-broke-protocol`. */
export async function finger(line: Line, address: UserAddress, signal?: AbortSignal): Promise<Shown> {
  const target = `/users/${encodeURIComponent(address.slice(0, address.indexOf('@')))}`
  const { body } = await line.call('FINGER', target, signal ? { signal } : {})
  const said = fingerSchema.safeParse(body)
  const opened = said.success ? openDeviceList(said.data.deviceList) : undefined
  if (!said.success || !opened) throw brokeProtocol(`The server showed no right device list of ${address}.`, said.error)
  const { accountKey, fingerprint } = said.data
  const isWhole =
    said.data.address === address &&
    opened.list.user === address &&
    opened.list.accountKey === accountKey &&
    fingerprintOf(accountKey) === fingerprint
  if (!isWhole) throw brokeProtocol(`The server showed something else than the keys of ${address}.`)
  return { signed: said.data.deviceList, opened, presence: said.data.presence }
}
