// SEND /invitations: a user deposits the hash of a one-use token that stands in a link or QR code. The administrator
// makes invitations for registration alone: admin-invitations.ts.

import type { UserAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import { LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import { inviteSchema } from '@doorpost/protocol/messages/invitations'
import { nothing, readJson } from '../bodies.ts'
import type { Answer, Exchange } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import type { Login } from './logins.ts'

/** Open invitations of one user. */
const INVITATIONS_MAX = 100
/** A hash and a date in JSON, bytes. */
const INVITE_BYTES_MAX = 1024

export async function invite(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  if (rooms.policy().invite === 'admin') {
    throw new Refusal('not-permitted-by-policy', { detail: 'On this server the administrator invites.' })
  }
  return await deposit(rooms, exchange, login.user, INVITATIONS_MAX)
}

/** Takes the hash in a request's body as an invitation of this user or, with null, of whoever runs the server; `max` can be open at once. */
export async function deposit(
  rooms: Pick<Rooms, 'clock' | 'storage'>,
  exchange: Exchange,
  inviter: UserAddress | null,
  max: number,
): Promise<Answer> {
  const { tokenHash, expires } = await readJson(exchange, inviteSchema, INVITE_BYTES_MAX)
  const expiresAtMs = Date.parse(expires)
  const nowMs = rooms.clock.wallMs()
  if (expiresAtMs <= nowMs) throw new Refusal('expired')
  if (expiresAtMs > nowMs + LIFETIME_MAX_MS) {
    throw new Refusal('malformed', { about: 'expires', detail: 'An invitation lives at most 90 days.' })
  }
  const outcome = await rooms.storage.invitations.add({ tokenHash, inviter, expiresAtMs }, max, nowMs)
  if (outcome === 'full') {
    throw new Refusal('no-room', { detail: `At most ${max} invitations can be open at once.` })
  }
  return nothing(201)
}
