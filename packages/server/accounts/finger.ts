// FINGER / tells what this server is. FINGER /users/NAME tells a user's public keys to anybody, and presence to mutual
// contacts (promise 6). Strangers, those not approved and the blocked take one path here: every step is done for each,
// and only the last line looks at who asks.

import type { UserAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import type { Finger } from '@doorpost/protocol/messages/finger'
import type { ServerFacts } from '@doorpost/protocol/messages/server-facts'
import { fingerprintOf } from '@doorpost/protocol/signature'
import { json } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import { sightOf } from '../presence/sight.ts'
import type { Call, Rooms } from '../rooms.ts'
import { knownList } from './known-list.ts'

/** Stands for those who show no login: reserved, so it never is anybody's contact. */
const NOBODY = 'nobody'

export async function serverFacts(rooms: Rooms): Promise<Answer> {
  const { domain, origins } = rooms
  const { registration, tunnel } = rooms.policy()
  return json(200, {
    doorpost: 1,
    domain,
    origins: [...origins],
    registration,
    time: new Date(rooms.clock.wallMs()).toISOString(),
    tunnel: { bytesPerSecond: tunnel.userBytesPerSecond, bytesPerDay: tunnel.userBytesPerDay },
  } satisfies ServerFacts)
}

export async function finger(rooms: Rooms, call: Call): Promise<Answer> {
  const user = `${call.part('NAME').toLowerCase()}@${rooms.domain}` as UserAddress
  const viewer = call.login?.user ?? (`${NOBODY}@${rooms.domain}` as UserAddress)
  const account = await rooms.storage.accounts.get(user)
  const mutual = await rooms.storage.contacts.mutual(user, viewer)
  if (!account) {
    await rooms.rates.unknownName(call.exchange.remoteAddress)
    throw new Refusal('not-found', { about: user, detail: `There is no ${user}.` })
  }
  const { list } = knownList(account)
  const share = viewer === user ? 'all' : account.share
  const sight = sightOf(rooms.presence, list, share, call.exchange.remoteAddress)
  const document: Finger = {
    address: user,
    accountKey: list.accountKey,
    fingerprint: fingerprintOf(list.accountKey),
    deviceList: account.deviceList,
  }
  const seen = (mutual || viewer === user) && sight !== undefined
  return json(200, seen ? { ...document, presence: sight } : document)
}
