// SEND /presence: a device says that it is on-line, or goes. LIST /presence: it asks for that of its user's contacts and of
// its user's own devices.

import { Refusal } from '@doorpost/protocol/errors'
import { NETWORK_ADDRESSES_MAX } from '@doorpost/protocol/limits'
import { type ContactPresence, presenceSchema } from '@doorpost/protocol/messages/presence'
import type { Login } from '../accounts/logins.ts'
import { knownList } from '../accounts/known-list.ts'
import { json, nothing, readJson } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import { keptAddresses } from './addresses.ts'
import { sightOf } from './sight.ts'

/** Body of SEND /presence, bytes: the addresses at 64 each, and the rest. */
const PRESENCE_BYTES_MAX = NETWORK_ADDRESSES_MAX * 64 + 1024
/** Waited by a device too many, ms: the time within which a device that left is noticed gone. */
const TOO_MANY_DEVICES_RETRY_MS = 35_000

export async function sayPresence(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const { online, addresses, share } = await readJson(exchange, presenceSchema, PRESENCE_BYTES_MAX)
  const kept = keptAddresses(addresses, exchange.remoteAddress)
  if (share !== undefined) await rooms.storage.accounts.setShare(login.user, share)
  if (!online) rooms.presence.leave(login.device, exchange.session)
  else if (rooms.presence.say(login.device, kept, exchange.session) === 'full') {
    throw new Refusal('too-many', {
      detail: 'Too many devices of yours are on-line.',
      retryAfterMs: TOO_MANY_DEVICES_RETRY_MS,
    })
  }
  if (share !== undefined) rooms.presence.announceChoice(login.device)
  return nothing(204)
}

export async function listPresence(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const contacts: ContactPresence['contacts'] = []
  const own = await rooms.storage.accounts.get(login.user)
  const siblings = own && sightOf(rooms.presence, knownList(own).list, 'all', exchange.remoteAddress)
  // What contacts may know does not bind one's own devices. Alone, there is nothing to tell.
  if (siblings && siblings.length > 1) contacts.push({ address: login.user, presence: siblings })
  for (const { address, mutual } of await rooms.storage.contacts.list(login.user)) {
    const account = mutual ? await rooms.storage.accounts.get(address) : undefined
    if (!account) continue
    const presence = sightOf(rooms.presence, knownList(account).list, account.share, exchange.remoteAddress)
    if (presence) contacts.push({ address, presence })
  }
  return json(200, { contacts } satisfies ContactPresence)
}
