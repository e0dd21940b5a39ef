// SEND, LIST and REMOVE /contacts: whom a user approved. Two who approved each other are mutual, and only then does
// either see more of the other than a stranger does. An invitation's token makes two people mutual at once.

import type { UserAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import { IDS_MAX } from '@doorpost/protocol/limits'
import {
  addressesSchema,
  approveSchema,
  type Contact,
  type Contacts,
  type contactPushSchema,
} from '@doorpost/protocol/messages/contacts'
import type { z } from 'zod'
import { json, nothing, readJson } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import type { Login } from './logins.ts'
import { hashOfInvitation } from './register.ts'

/** People one user may have approved: a large address book. Bounds the fan-out of presence too. */
export const CONTACTS_MAX = 1000
/** An approval, bytes: an address and a token. */
const APPROVAL_BYTES_MAX = 4096
/** A list of addresses, bytes: each at most 391 characters, quotes and comma. */
export const ADDRESSES_BYTES_MAX = IDS_MAX * 400

export async function approve(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const { address, invitation } = await readJson(exchange, approveSchema, APPROVAL_BYTES_MAX)
  await checkOther(rooms, login, address)
  const { contacts } = rooms.storage
  const before = await contacts.list(login.user)
  if (before.length >= CONTACTS_MAX && !before.some((contact) => contact.address === address)) throw full()
  if (invitation !== undefined) await useInvitation(rooms, login, address, invitation)
  if ((await contacts.approve(login.user, address, CONTACTS_MAX)) === 'full') throw full()
  const mutual = await contacts.mutual(login.user, address)
  const wasMutual = before.some((contact) => contact.address === address && contact.mutual)
  if (mutual && !wasMutual) tellBoth(rooms, login.user, address, true)
  return json(200, { address, mutual } satisfies Contact)
}

export async function listContacts(rooms: Rooms, _call: Call, login: Login): Promise<Answer> {
  return json(200, { contacts: await rooms.storage.contacts.list(login.user) } satisfies Contacts)
}

export async function removeContacts(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const { addresses } = await readJson(exchange, addressesSchema, ADDRESSES_BYTES_MAX)
  for (const address of addresses) {
    await changing(rooms, login.user, address, () => rooms.storage.contacts.withdraw(login.user, address))
  }
  return nothing(204)
}

/** Runs a change between two users, and tells both when they began or ceased to be mutual contacts by it. */
export async function changing<T>(rooms: Rooms, a: UserAddress, b: UserAddress, change: () => Promise<T>): Promise<T> {
  const before = await rooms.storage.contacts.mutual(a, b)
  const outcome = await change()
  const after = await rooms.storage.contacts.mutual(a, b)
  if (before !== after) tellBoth(rooms, a, b, after)
  return outcome
}

/** Refuses oneself, other domains and names that nobody has. */
export async function checkOther(rooms: Rooms, login: Login, address: UserAddress): Promise<void> {
  if (address === login.user) throw new Refusal('malformed', { about: address, detail: 'This is your own address.' })
  if (!address.endsWith(`@${rooms.domain}`)) {
    throw new Refusal('other-domain', {
      about: address,
      detail: `This server reaches its own users only: NAME@${rooms.domain}.`,
    })
  }
  if (!(await rooms.storage.accounts.get(address))) throw new Refusal('no-such-user', { about: address })
}

function full(): Refusal {
  return new Refusal('no-room', { detail: `At most ${CONTACTS_MAX} people can be approved. Remove some first.` })
}

async function useInvitation(rooms: Rooms, login: Login, address: UserAddress, token: string): Promise<void> {
  const { contacts, invitations } = rooms.storage
  const used = await invitations.useForContact(hashOfInvitation(token), rooms.clock.wallMs())
  if (used?.inviter !== address) {
    throw new Refusal('expired', { detail: 'This invitation was used already, or its time is over.' })
  }
  if ((await contacts.approve(address, login.user, CONTACTS_MAX)) === 'full') throw full()
}

function tellBoth(rooms: Rooms, a: UserAddress, b: UserAddress, mutual: boolean): void {
  const push = (address: UserAddress): z.infer<typeof contactPushSchema> => ({ kind: 'contact', address, mutual })
  rooms.presence.tell(a, push(b))
  rooms.presence.tell(b, push(a))
}
