// For tests: envelopes from one person of in-memory-server.ts to others, sealed in nothing.

import { createHash } from 'node:crypto'
import { type DeviceAddress, deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, fromUtf8 } from '@doorpost/protocol/bytes'
import { activeDevices, type DeviceList } from '@doorpost/protocol/device-list'
import type { Envelope } from '@doorpost/protocol/envelope'
import type { MailKey } from '@doorpost/protocol/messages/mailbox'
import type { Person } from '../in-memory-server.ts'

/** Wall time of a turned clock at its start is some minutes later: mail waited in an outbox. */
const DATE = '2026-11-21T12:10:00.000Z'
const EXPIRES = '2026-12-21T12:10:00.000Z'

/** `to`: people, or their devices by name. The id is the number's. */
export function letter(
  from: Person,
  to: readonly (Person | { person: Person; device: string })[],
  number = 1,
  change: Partial<Envelope> = {},
): Envelope {
  const recipients = to.map((one) => ('person' in one ? one : { person: one, device: undefined }))
  const devices = recipients.flatMap(({ person, device }) =>
    device === undefined ? devicesOf(person) : [deviceAddress(person.address, device)],
  )
  return {
    v: 1,
    id: createHash('sha256').update(`letter ${number}`).digest().subarray(0, 16).toString('base64url'),
    class: 'message',
    from: from.device,
    to: recipients.map(({ person, device }): UserAddress | DeviceAddress =>
      device === undefined ? person.address : deviceAddress(person.address, device),
    ),
    date: DATE,
    expires: EXPIRES,
    heads: recipients.map(({ person }) => person.head),
    sealed: {
      keys: [...new Set(devices)].map((device) => ({ device, key: sealedFor(device) })),
      body: bodyOf(number),
    },
    ...change,
  }
}

export function keyOf({ from, id }: { from: DeviceAddress; id: string }): MailKey {
  return { from, id }
}

export function bodyOf(number: number): string {
  return Buffer.from(`body ${number}`).toString('base64url')
}

export function sealedFor(device: DeviceAddress): string {
  return createHash('sha256').update(device).digest('base64url')
}

function devicesOf(person: Person): DeviceAddress[] {
  const list = JSON.parse(fromUtf8(fromBase64url(person.list.body))) as DeviceList
  return activeDevices(list).map(({ name }) => deviceAddress(person.address, name))
}
