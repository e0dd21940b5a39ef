// A passkey that gives a secret: WebAuthn Level 3 section 10.1.4, the PRF extension. The secret never leaves this page but to its own worker,
// and nobody asks the server about the passkey: it proves nothing to anyone, it only opens.

import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { Trouble } from '../operations.ts'
import type { LockFacts } from './page-messages.ts'

const SALT_BYTES = 32
const SECRET_BYTES = 32
/** For the user to find their finger, ms. */
const TIMEOUT_MS = 120_000

interface PrfResults {
  readonly prf?: { readonly enabled?: boolean; readonly results?: { readonly first?: BufferSource } }
}

export type Opened = LockFacts & { readonly secret: Uint8Array }

/** Whether this browser may have such passkeys; whether this user's does shows only when one is made. */
export async function canMakePasskeys(): Promise<boolean> {
  if (typeof PublicKeyCredential === 'undefined') return false
  const asked = PublicKeyCredential as typeof PublicKeyCredential & {
    getClientCapabilities?(): Promise<Record<string, boolean>>
  }
  const capabilities = await asked.getClientCapabilities?.().catch(() => undefined)
  return capabilities?.['extension:prf'] === true
}

/** Throws Trouble `not-available` where the passkey gives no secret, `cancelled` where the user does not want to. */
export async function makePasskey(name: string): Promise<Opened> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
  const made = (await wished(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { name: 'Doorpost' },
        user: { id: crypto.getRandomValues(new Uint8Array(16)), name, displayName: name },
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        // ES256 and RS256 (IANA COSE Algorithms): what every authenticator has one of. The signature is not used.
        pubKeyCredParams: [
          { type: 'public-key', alg: -7 },
          { type: 'public-key', alg: -257 },
        ],
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        timeout: TIMEOUT_MS,
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  )) as PublicKeyCredential | null
  const { prf } = (made?.getClientExtensionResults() ?? {}) as PrfResults
  if (!made || (prf?.enabled !== true && prf?.results?.first === undefined)) throw noSecret()
  const facts = { credential: toBase64url(new Uint8Array(made.rawId)), salt: toBase64url(salt) }
  const first = prf.results?.first
  // Some give it only when they are asked to open.
  return first === undefined ? await usePasskey(facts) : { ...facts, secret: secretOf(first) }
}

/** Throws as makePasskey does. */
export async function usePasskey(facts: LockFacts): Promise<Opened> {
  const first = fromBase64url(facts.salt) as Uint8Array<ArrayBuffer>
  const got = (await wished(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        allowCredentials: [{ type: 'public-key', id: fromBase64url(facts.credential) as Uint8Array<ArrayBuffer> }],
        userVerification: 'required',
        timeout: TIMEOUT_MS,
        extensions: { prf: { eval: { first } } },
      },
    }),
  )) as PublicKeyCredential | null
  const { prf } = (got?.getClientExtensionResults() ?? {}) as PrfResults
  return { ...facts, secret: secretOf(prf?.results?.first) }
}

function secretOf(first: BufferSource | undefined): Uint8Array {
  if (first === undefined) throw noSecret()
  const bytes =
    first instanceof ArrayBuffer
      ? new Uint8Array(first)
      : new Uint8Array(first.buffer, first.byteOffset, first.byteLength)
  if (bytes.length !== SECRET_BYTES) throw noSecret()
  return bytes.slice()
}

async function wished<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    // NotAllowedError: declined, or nobody answered; which of them no browser tells.
    throw new Trouble('cancelled', 'The passkey was not used.', { cause })
  }
}

function noSecret(): Trouble {
  return new Trouble('not-available', 'This passkey cannot lock the keys of this browser.', {
    todo: 'Nothing has changed. A newer browser, or another passkey, may be able to.',
  })
}
