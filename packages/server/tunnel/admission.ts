// Who may send a request through the tunnel to whom: both must be parties of one message, named by the caller and known
// to this server (DESIGN section 6). What the request asks for is checked by the device itself.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import { deviceAddressSchema, messageIdSchema } from '@doorpost/protocol/handle'
import type { MailKey } from '@doorpost/protocol/messages/mailbox'
import { MESSAGE_HEADER } from '@doorpost/protocol/messages/pipe'
import type { Storage } from '../storage/storage.ts'

/** The message named in the header: `FROM ID`. */
export function messageNamed(headers: ReadonlyMap<string, string>): MailKey {
  const [from, id, ...rest] = (headers.get(MESSAGE_HEADER) ?? '').split(' ')
  const parsedFrom = deviceAddressSchema.safeParse(from)
  const parsedId = messageIdSchema.safeParse(id)
  if (!parsedFrom.success || !parsedId.success || rest.length > 0) {
    throw new Refusal('malformed', {
      about: MESSAGE_HEADER,
      detail: 'Name the message that gives the right to ask: its sender, a space, its id.',
    })
  }
  return { from: parsedFrom.data, id: parsedId.data }
}

/**
 * Throws Refusal `not-in-envelope` unless both users are parties of that message; the same when there is no such
 * message. Answers whether the target's user blocked the requester's: such a request is never handed over, and its
 * requester sees what it sees of a device that is away.
 */
export async function admit(
  storage: Storage,
  requester: DeviceAddress,
  target: DeviceAddress,
  message: MailKey,
  nowMs: number,
): Promise<{ readonly muted: boolean }> {
  const asking = splitDevice(requester).user
  const asked = splitDevice(target).user
  const parties = await storage.mail.parties(message, nowMs)
  const blocked = await storage.contacts.blocked(asked)
  const users = new Set<UserAddress>(parties ? [parties.from, ...parties.to].map(userOf) : [])
  if (requester === target || !users.has(asking) || !users.has(asked)) throw new Refusal('not-in-envelope')
  return { muted: blocked.includes(asking) }
}

function userOf(address: UserAddress | DeviceAddress): UserAddress {
  const slash = address.indexOf('/')
  return (slash < 0 ? address : address.slice(0, slash)) as UserAddress
}
