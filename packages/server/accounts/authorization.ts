// AUTHORIZATION /users/NAME/DEVICE: challenge and response (DESIGN section 4). Unknown users and devices are given nonces
// and refused by the same steps, in the same order, with the same words as a wrong signature.

import { randomBytes } from 'node:crypto'
import { type DeviceAddress, deviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { Refusal } from '@doorpost/protocol/errors'
import { loginBytes } from '@doorpost/protocol/login'
import { type Proof, proofSchema } from '@doorpost/protocol/messages/authorization'
import { generateSigningKey, verify } from '@doorpost/protocol/signature'
import { checkStanding } from '../admin/standing.ts'
import { json, parseJson, readBytes } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import { accessKeyOf, isHolder } from '../grants/holders.ts'
import { devicesOf } from './known-list.ts'

/** A proof, bytes: four fields of at most 300 characters, with room for white space. */
const PROOF_BYTES_MAX = 4096
/** Waited after too many logins within a minute, ms: the life of what has to be forgotten first, shortened. */
export const CROWDED_RETRY_MS = 5_000

/** Verified against when there is no such device, so that the work is the same. Nobody holds its secret. */
const nobodysKey = generateSigningKey((bytes) => randomBytes(bytes)).public

export async function authorize(rooms: Rooms, call: Call): Promise<Answer> {
  const { exchange } = call
  if (!exchange.secure)
    throw new Refusal('insecure', { detail: 'Logging in needs https, or the server on this machine.' })
  const user = `${call.part('NAME')}@${rooms.domain}` as UserAddress
  const device = deviceAddress(user, call.part('DEVICE'))
  const body = await readBytes(exchange, PROOF_BYTES_MAX)
  if (body.length === 0) return challenge(rooms, device)
  const proof = parseJson(body, proofSchema)
  if (!(await isProven(rooms, user, device, proof))) throw new Refusal('login-refused')
  const use = rooms.challenges.use(device, proof.serverNonce, proof.deviceNonce)
  if (use === 'replayed') throw new Refusal('login-refused')
  if (use === 'full') throw new Refusal('too-many', { retryAfterMs: CROWDED_RETRY_MS })
  return admit(rooms, call, device)
}

function challenge(rooms: Rooms, device: DeviceAddress): Answer {
  const { nonce, expiresAtMs } = rooms.challenges.issue(device)
  const answer = json(401, { nonce, expiresAt: new Date(expiresAtMs).toISOString() })
  return { ...answer, headers: { ...answer.headers, 'www-authenticate': 'Doorpost' } }
}

/** Every step is done whatever the one before found. */
async function isProven(rooms: Rooms, user: UserAddress, device: DeviceAddress, proof: Proof): Promise<boolean> {
  const known = isHolder({ user })
    ? await accessKeyOf(rooms.storage, device, rooms.domain, rooms.clock.wallMs())
    : await deviceKeyOf(rooms, user, device)
  const key = known === undefined ? nobodysKey : fromBase64url(known)
  const { origin, serverNonce, deviceNonce } = proof
  const signed = verify(
    'login',
    loginBytes({ origin, device, serverNonce, deviceNonce }),
    fromBase64url(proof.signature),
    key,
  )
  const open = rooms.challenges.isOpen(device, serverNonce)
  const ours = rooms.origins.includes(origin)
  return known !== undefined && signed && open && ours
}

/** base64url. */
async function deviceKeyOf(rooms: Rooms, user: UserAddress, device: DeviceAddress): Promise<string | undefined> {
  const account = await rooms.storage.accounts.get(user)
  return account && devicesOf(account).find(({ name }) => deviceAddress(user, name) === device)?.key
}

async function admit(rooms: Rooms, { exchange }: Call, device: DeviceAddress): Promise<Answer> {
  const { user } = splitDevice(device)
  await checkStanding(rooms, user)
  const { session } = exchange
  // A link holder is told nothing, so it has no use for a session.
  if (session && isHolder({ user })) throw new Refusal('not-allowed')
  const before = session && rooms.logins.ofSession(session)
  if (before && before.device !== device) {
    throw new Refusal('not-allowed', { detail: 'This session speaks for another device already.' })
  }
  const { login, token, expiresAtMs } = await rooms.logins.issue(device)
  if (session) rooms.logins.bind(session, login)
  rooms.metrics.logins.inc()
  if (!isHolder({ user })) await rooms.seen(user)
  return json(200, { token, expiresAt: new Date(expiresAtMs).toISOString() })
}
