// The invitations this device gave out: one-use tokens, of which it keeps the hashes. Who shows one in a verified note is
// approved; the links themselves are protocol/invitation-link.ts's business.

import { formatInvitation, invitationHash } from '@doorpost/protocol/invitation-link'
import { toBase64url } from '@doorpost/protocol/bytes'
import type { Random } from '../random.ts'
import type { Line } from '../session/line.ts'
import type { Change, Store } from '../store/store.ts'
import type { Identity } from './identity-record.ts'

/** 128 bits: nobody guesses one. */
const TOKEN_BYTES = 16

interface GivenOut {
  readonly expires: string
}

/** Deposits a new token with the server, and answers the link. */
export async function giveOut({
  store,
  line,
  me,
  random,
  nowMs,
  lifetimeMs,
}: {
  readonly store: Store
  readonly line: Line
  readonly me: Identity
  readonly random: Random
  readonly nowMs: number
  readonly lifetimeMs: number
}): Promise<{ readonly link: string; readonly expires: string }> {
  const token = toBase64url(random(TOKEN_BYTES))
  const tokenHash = invitationHash(token)
  const expires = new Date(nowMs + lifetimeMs).toISOString()
  // Kept first: a link that the server knows and this device does not would approve nobody here.
  const now = new Date(nowMs).toISOString()
  const over = (await store.all<GivenOut>('invitations')).filter(({ value }) => value.expires <= now)
  await store.write([
    ...over.map(({ key }) => ({ drop: 'invitations', key }) as const),
    { put: 'invitations', key: tokenHash, value: { expires } satisfies GivenOut },
  ])
  await line.call('SEND', '/invitations', { body: { tokenHash, expires } })
  const link = formatInvitation({ origin: me.origin, from: me.user, fingerprint: me.fingerprint, token })
  return { link, expires }
}

/** The change that uses up a token of ours; undefined when it is none, was used, or its time is over. */
export async function useUp(store: Store, token: string, nowMs: number): Promise<Change | undefined> {
  const key = invitationHash(token)
  const given = await store.get<GivenOut>('invitations', key)
  if (!given || given.expires <= new Date(nowMs).toISOString()) return undefined
  return { drop: 'invitations', key }
}
