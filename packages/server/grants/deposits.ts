// Links for people without an account: their sealed grants, deposited by whoever made them and given to whoever proves the access
// key. What stands in a grant means nothing here. Who link holders are and what they may ask is holders.ts's.

import { Refusal } from '@doorpost/protocol/errors'
import { GRANT_BYTES_MAX, grantSlotSchema, slotOfHolder } from '@doorpost/protocol/grant'
import { CLOCK_SKEW_MS, LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import { depositGrantSchema, type RetrievedGrant } from '@doorpost/protocol/messages/grants'
import type { Login } from '../accounts/logins.ts'
import { json, nothing, readJson } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import type { GrantQuota } from '../storage/storage.ts'

/** A deposit in JSON, bytes: a full grant as base64url, and what is around it. */
const DEPOSIT_BODY_BYTES_MAX = Math.ceil((GRANT_BYTES_MAX * 4) / 3) + 1024
/** Of one user: 200 links that are open at once, and 16 MiB of them in base64url; a thousand users come to 16 GiB. */
const GRANT_QUOTA: GrantQuota = { grantsMax: 200, lengthMax: 16 * 1024 * 1024 }

export async function depositGrant(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const deposit = await readJson(exchange, depositGrantSchema, DEPOSIT_BODY_BYTES_MAX)
  const { slot, accessKey, messageId, expires, sealed } = deposit
  const nowMs = rooms.clock.wallMs()
  const expiresAtMs = Date.parse(expires)
  if (expiresAtMs <= nowMs) throw new Refusal('expired')
  if (expiresAtMs > nowMs + LIFETIME_MAX_MS + CLOCK_SKEW_MS) {
    throw new Refusal('malformed', { about: 'expires', detail: 'A link lives 90 days at most.' })
  }
  const grant = { slot, user: login.user, from: login.device, messageId, accessKey, expires, expiresAtMs, sealed }
  const outcome = await rooms.storage.grants.keep(grant, GRANT_QUOTA, nowMs)
  if (outcome === 'conflict') throw new Refusal('conflict')
  if (outcome === 'full') {
    throw new Refusal('mailbox-full', { detail: 'You have too many open links. Take some back first.' })
  }
  return nothing(201)
}

/** Taking back what is not there is as good as having taken it back: nobody learns by it whose slots there are. */
export async function revokeGrant(rooms: Rooms, call: Call, login: Login): Promise<Answer> {
  const slot = grantSlotSchema.safeParse(call.part('SLOT'))
  if (slot.success) await rooms.storage.grants.revoke(slot.data, login.user)
  return nothing(204)
}

/** From now on the device that asks gives it out in the place of the one that did. Told apart from what is not there by nobody. */
export async function takeGrant(rooms: Rooms, call: Call, login: Login): Promise<Answer> {
  const slot = grantSlotSchema.safeParse(call.part('SLOT'))
  if (slot.success) await rooms.storage.grants.move(slot.data, login.user, login.device)
  return nothing(204)
}

/** The one of whoever asks; the handler lets link holders alone come here. */
export async function retrieveGrant(rooms: Rooms, _call: Call, login: Login): Promise<Answer> {
  const grant = await rooms.storage.grants.get(slotOfHolder(login.user) ?? '', rooms.clock.wallMs())
  if (!grant) throw new Refusal('not-logged-in')
  const { expires, sealed, from } = grant
  return json(200, { expires, sealed, from } satisfies RetrievedGrant)
}
