// Who may send a request through the tunnel to whom: both must be parties of one message, named by the caller and known
// to this server (DESIGN section 6); devices of one user ask each other about whatever one of them sent. What the request asks for is checked by the device itself.

import { type DeviceAddress, splitDevice, type UserAddress, userOf } from '@doorpost/protocol/address'
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

/** What the device's user has said about the requester's, as far as it decides what becomes of a request. */
export interface Standing {
  /** Held like any other, and never handed over: its requester sees what it sees of a device that is away. */
  readonly muted: boolean
  /** Mutual contacts may notice that a device which held their request has gone. */
  readonly mutual: boolean
}

/**
 * Throws Refusal `not-in-envelope` unless both users are parties of that message, or one and the same and its sender; the same
 * when there is no such message. Muted are the blocked, and a sender who asks a recipient that is no mutual contact: whoever writes to a
 * stranger must not learn by it whether they are on-line (promise 6). Everybody takes the same steps.
 */
export async function admit(
  storage: Storage,
  requester: DeviceAddress,
  target: DeviceAddress,
  message: MailKey,
  nowMs: number,
): Promise<Standing> {
  const asking = splitDevice(requester).user
  const asked = splitDevice(target).user
  const parties = await storage.mail.parties(message, nowMs)
  const blocked = await storage.contacts.blocked(asked)
  const mutual = asking === asked || (await storage.contacts.mutual(asking, asked))
  const users = new Set<UserAddress>(parties ? [parties.from, ...parties.to].map(userOf) : [])
  // What a link gives out is no message with recipients: of those nothing is here that names this user.
  const isOwn = asking === asked && splitDevice(message.from).user === asking
  if (requester === target || !(isOwn || (users.has(asking) && users.has(asked)))) throw new Refusal('not-in-envelope')
  const unasked = parties !== undefined && userOf(parties.from) === asking && !mutual
  return { muted: unasked || blocked.includes(asking), mutual }
}
