// Logging in: AUTHORIZATION asked twice, for the challenge and with its proof (DESIGN section 4). The same over a session and
// over HTTP; what is done with the token is theirs.

import { type DeviceAddress, splitDevice } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { Refusal } from '@doorpost/protocol/errors'
import { TOKEN_LIFE_MS } from '@doorpost/protocol/limits'
import { loginBytes } from '@doorpost/protocol/login'
import { challengeSchema, type Login, loginSchema, type Proof } from '@doorpost/protocol/messages/authorization'
import { sign } from '@doorpost/protocol/signature'
import type { Random } from '../random.ts'
import { brokeProtocol, errorOf, isSuccess, type RawAnswer } from './answer.ts'

/** Who logs in; an Identity is one. */
export interface LoginKey {
  readonly address: DeviceAddress
  readonly deviceKey: { readonly secret: Uint8Array; readonly public: Uint8Array }
}

export type Ask = (method: string, target: string, body?: unknown) => Promise<RawAnswer>

/** Bytes of a device's own nonce: as many as the server's. */
const NONCE_BYTES = 32
/** Part of a token's life after which a new one is fetched, so that none ends in mid-call. */
const RENEW_AFTER = 0.8
/** A token is used at least this long, ms, whatever the clocks of both sides say: a slow guard against a login loop. */
const RENEW_MIN_MS = 30_000

/** Throws Refusal `login-refused` and others, Trouble `server-broke-protocol`, and what `ask` throws. */
export async function logIn(
  ask: Ask,
  { origin, as, random }: { readonly origin: string; readonly as: LoginKey; readonly random: Random },
): Promise<Login> {
  const { user, device } = splitDevice(as.address)
  const target = `/users/${encodeURIComponent(user.slice(0, user.indexOf('@')))}/${encodeURIComponent(device)}`
  const asked = await ask('AUTHORIZATION', target)
  const challenge = challengeSchema.safeParse(asked.body)
  if (asked.status !== 401 || !challenge.success) {
    if (isSuccess(asked) || asked.status === 401) throw brokeProtocol('The server gave no challenge to log in with.')
    throw errorOf(asked)
  }
  const answer = await ask('AUTHORIZATION', target, prove(challenge.data.nonce, { origin, as, random }))
  if (!isSuccess(answer)) {
    const error = errorOf(answer)
    // A second challenge in place of a verdict, or a bare 401: refused all the same.
    if (error instanceof Refusal && error.code === 'not-logged-in') throw new Refusal('login-refused', {}, error)
    throw error
  }
  const login = loginSchema.safeParse(answer.body)
  if (!login.success) throw brokeProtocol('The server answered a login with no token.', login.error)
  return login.data
}

function prove(
  serverNonce: string,
  { origin, as, random }: { readonly origin: string; readonly as: LoginKey; readonly random: Random },
): Proof {
  const deviceNonce = toBase64url(random(NONCE_BYTES))
  const bytes = loginBytes({ origin, device: as.address, serverNonce, deviceNonce })
  return { origin, serverNonce, deviceNonce, signature: toBase64url(sign('login', bytes, as.deviceKey.secret)) }
}

/** How long from now to use a token, ms. The server's clock may be off: what it says counts within a token's usual life. */
export function renewAfterMs({ expiresAt }: Login, nowMs: number): number {
  const lifeMs = Date.parse(expiresAt) - nowMs
  const believedMs = lifeMs > 0 && lifeMs <= TOKEN_LIFE_MS ? lifeMs : TOKEN_LIFE_MS
  return Math.max(RENEW_MIN_MS, believedMs * RENEW_AFTER)
}
