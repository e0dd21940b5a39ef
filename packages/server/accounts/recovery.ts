// AUTHORIZATION /recoveries/NAME: whoever holds the recovery words puts a new account key in place of one that is lost. The
// recovery key signs the list and, over the server's nonce and origin, that it is handed in here and now. Unknown users get
// a nonce and the same refusal after the same steps as a wrong signature.

import { randomBytes } from 'node:crypto'
import type { UserAddress } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { openDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { recoverySchema } from '@doorpost/protocol/messages/recovery'
import { recoveryBytes } from '@doorpost/protocol/recovery'
import { generateSigningKey, verify } from '@doorpost/protocol/signature'
import { checkStanding } from '../admin/standing.ts'
import { json, parseJson, readBytes } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import { CROWDED_RETRY_MS } from './authorization.ts'
import { knownList } from './known-list.ts'
import { LIST_BODY_BYTES_MAX } from './register.ts'
import { replaceList } from './replace-list.ts'

/** Verified against when there is no such user. Nobody holds its secret. */
const nobodysKey = generateSigningKey((bytes) => randomBytes(bytes)).public

export async function recover(rooms: Rooms, call: Call): Promise<Answer> {
  const { exchange } = call
  if (!exchange.secure)
    throw new Refusal('insecure', { detail: 'Recovery needs https, or the server on this machine.' })
  const user = `${call.part('NAME').toLowerCase()}@${rooms.domain}` as UserAddress
  const purpose = `recovery ${user}`
  const body = await readBytes(exchange, LIST_BODY_BYTES_MAX)
  if (body.length === 0) {
    const { nonce, expiresAtMs } = rooms.challenges.issue(purpose)
    return json(200, { nonce, expiresAt: new Date(expiresAtMs).toISOString() })
  }
  const { deviceList, ...proof } = parseJson(body, recoverySchema)
  const next = openDeviceList(deviceList)
  if (!next) throw new Refusal('list-refused', { detail: 'The device list is not signed as it should be.' })
  const account = await rooms.storage.accounts.get(user)
  const key = account ? fromBase64url(knownList(account).list.recoveryKey) : nobodysKey
  const { origin, serverNonce, deviceNonce, signature } = proof
  const bytes = recoveryBytes({ origin, user, list: next.head.hash, serverNonce, deviceNonce })
  const signed = verify('recovery', bytes, fromBase64url(signature), key)
  const open = rooms.challenges.isOpen(purpose, serverNonce)
  if (!account || !signed || !open || !rooms.origins.includes(origin)) throw new Refusal('login-refused')
  const use = rooms.challenges.use(purpose, serverNonce, deviceNonce)
  if (use === 'replayed') throw new Refusal('login-refused')
  if (use === 'full') throw new Refusal('too-many', { retryAfterMs: CROWDED_RETRY_MS })
  await checkStanding(rooms, user)
  await replaceList(rooms, account, deviceList, next)
  rooms.log.info('an account was recovered')
  return json(200, { head: next.head })
}
