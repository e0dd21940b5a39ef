// A link to media for somebody without an account: what stands in its fragment, what is derived from that, and the grant that
// its sender signs. The server keeps the sealed grant and knows the access key's public half; the fragment it never sees.
// Who makes, keeps and enforces grants is peer/send's, who shows the link is the web app's.

import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { z } from 'zod'
import { type DeviceAddress, deviceAddress, type UserAddress } from './address.ts'
import { concat, fromBase64url, fromUtf8, toBase64url, utf8 } from './bytes.ts'
import { instantSchema } from './dates.ts'
import { headSchema } from './device-list.ts'
import { deviceAddressSchema, messageIdSchema } from './handle.ts'
import { isOrigin } from './invitation-link.ts'
import { locationMessageSchema } from './location-message.ts'
import { hashSchema, keySchema, openSigned, sign, type Signed, signedSchema, signJson, verify } from './signature.ts'

/** Bytes of a link's secret: 128 bits, as an invitation's token has. */
export const GRANT_SECRET_BYTES = 16
/** Life of a link when nothing is said, ms: a week. The longest is a message's. */
export const GRANT_LIFETIME_DEFAULT_MS = 7 * 24 * 3600_000
/** Largest sealed grant, bytes: some 600 handles of 400 bytes, or fewer with previews. */
export const GRANT_BYTES_MAX = 256 * 1024
/** The one device that every link holder is to the server; browsers are told apart by their own keys. */
const HOLDER_DEVICE = 'browser'

const SLOT_BYTES = 16
/** A link's key seals one grant and nothing else, so that its nonce is used once (RFC 8439 section 2.8). */
const NONCE = new Uint8Array(12)
const PIECE_TAG = utf8('doorpost/grant-piece/v1\0')
/** Longest link read, characters: the longest origin and the rest. */
const LINK_LENGTH_MAX = 1024

export interface GrantLink {
  /** Of the sender's server: https, or http on this very machine. */
  readonly origin: string
  readonly secret: Uint8Array
  /** SHA-256 of the sender's account key, base64url: who has the link cannot be shown another sender. */
  readonly fingerprint: string
}

/** `https://example.org/l#v1.SECRET.FINGERPRINT`. */
export function formatGrantLink({ origin, secret, fingerprint }: GrantLink): string {
  return `${origin}/l#v1.${toBase64url(secret)}.${fingerprint}`
}

/** Undefined unless `formatGrantLink` would write exactly this. */
export function parseGrantLink(link: string): GrantLink | undefined {
  if (link.length > LINK_LENGTH_MAX) return undefined
  const match = /^(https?:\/\/[^/?#@\\\s]+)\/l#v1\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/.exec(link)
  const [, origin = '', written = '', fingerprint = ''] = match ?? []
  if (!match || !isOrigin(origin)) return undefined
  if (!messageIdSchema.safeParse(written).success || !hashSchema.safeParse(fingerprint).success) return undefined
  return { origin, secret: fromBase64url(written), fingerprint }
}

/** What a link's secret gives; none of it leads back to the secret, nor one to another. */
export interface GrantKeys {
  /** Where the sealed grant waits at the server: 32 hexadecimal digits. */
  readonly slot: string
  readonly seal: Uint8Array
  /** Ed25519: whoever has the link proves it with this. */
  readonly access: { readonly secret: Uint8Array; readonly public: Uint8Array }
}

/** HKDF-SHA-256 (RFC 5869), one label a purpose; the sender's fingerprint is the salt. */
export function grantKeys({ secret, fingerprint }: Pick<GrantLink, 'secret' | 'fingerprint'>): GrantKeys {
  if (secret.length !== GRANT_SECRET_BYTES) throw new RangeError('the secret of a link has 16 bytes')
  const salt = fromBase64url(fingerprint)
  const derived = (purpose: string, bytes: number) =>
    hkdf(sha256, secret, salt, utf8(`doorpost/grant/${purpose}/v1`), bytes)
  const access = derived('access', 32)
  return {
    slot: bytesToHex(derived('slot', SLOT_BYTES)),
    seal: derived('seal', 32),
    access: { secret: access, public: ed25519.getPublicKey(access) },
  }
}

/** Seals what both ends of a link say while they look for a path (grant-path.ts). */
export function grantPathKey({ secret, fingerprint }: Pick<GrantLink, 'secret' | 'fingerprint'>): Uint8Array {
  return hkdf(sha256, secret, fromBase64url(fingerprint), utf8('doorpost/grant/path/v1'), 32)
}

export const grantSlotSchema = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits')

/** What a link holder is called where requests have an address: a name that nobody can register. */
export function holderAddress(slot: string, domain: string): DeviceAddress {
  return deviceAddress(`link.${slot}@${domain}` as UserAddress, HOLDER_DEVICE)
}

/** The slot in such a user name or address; undefined for those of people. */
export function slotOfHolder(address: string): string | undefined {
  return /^link\.([0-9a-f]{32})(?:@|$)/.exec(address)?.[1]
}

/** What the sender's device signs: whoever proves the access key may fetch these media until then. */
export const grantSchema = z.strictObject({
  v: z.literal(1),
  id: messageIdSchema,
  from: deviceAddressSchema,
  fromAccount: hashSchema,
  /** Ed25519 public key that the link's secret gives. */
  accessKey: keySchema,
  date: instantSchema,
  expires: instantSchema,
  /** The sender's own list when it signed. */
  head: headSchema,
  /** Whoever owns the link may see the network address of the device that gives it out, and fetches straight from it where they show theirs. */
  opens: z.literal(true).optional(),
  content: locationMessageSchema,
})
export type Grant = z.infer<typeof grantSchema>

/** Signed by the maker's device. Throws on what is no grant. */
export function signGrant(grant: Grant, key: { secret: Uint8Array; public: Uint8Array }): Signed {
  return signJson('grant', grantSchema.parse(grant), key)
}

/** Verified and parsed, whoever signed; whose key it is, is the caller's check. Undefined for everything else. */
export function openGrant(signed: Signed): Grant | undefined {
  return openSigned('grant', signed, grantSchema)
}

/** A grant with the device list that shows whose key signed it. */
const sealedContentSchema = z.strictObject({ grant: signedSchema, deviceList: signedSchema })
export type GrantContent = z.infer<typeof sealedContentSchema>

/** ChaCha20-Poly1305 under the link's key, bound to its slot; base64url. */
export function sealGrant({ slot, seal }: Pick<GrantKeys, 'slot' | 'seal'>, content: GrantContent): string {
  return toBase64url(chacha20poly1305(seal, NONCE, utf8(slot)).encrypt(utf8(JSON.stringify(content))))
}

/** Undefined for what was not sealed under this link, or altered since. Never throws. */
export function openSealedGrant(
  { slot, seal }: Pick<GrantKeys, 'slot' | 'seal'>,
  sealed: string,
): GrantContent | undefined {
  try {
    const plain = chacha20poly1305(seal, NONCE, utf8(slot)).decrypt(fromBase64url(sealed))
    const parsed = sealedContentSchema.safeParse(JSON.parse(fromUtf8(plain)))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

/** What the access key says of a browser: it may speak for the link of that message. base64url. */
export function vouchFor(
  browserKey: Uint8Array,
  message: { readonly from: DeviceAddress; readonly id: string },
  accessSecret: Uint8Array,
): string {
  return toBase64url(sign('grant-holder', vouchBytes(browserKey, message), accessSecret))
}

/** Never throws. */
export function isVouchedFor(
  browserKey: Uint8Array,
  message: { readonly from: DeviceAddress; readonly id: string },
  vouched: string,
  accessKey: string,
): boolean {
  return verify('grant-holder', vouchBytes(browserKey, message), fromBase64url(vouched), fromBase64url(accessKey))
}

function vouchBytes(browserKey: Uint8Array, { from, id }: { readonly from: DeviceAddress; readonly id: string }) {
  return utf8(JSON.stringify({ from, id, browser: toBase64url(browserKey) }))
}

/** What only a browser that has this encrypted piece can say, each its own: SHA-256(tag ‖ browser's key ‖ piece), base64url. */
export function pieceProof(browserKey: Uint8Array, piece: Uint8Array): string {
  return toBase64url(sha256(concat(PIECE_TAG, browserKey, piece)))
}
