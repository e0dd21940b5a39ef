// Linking another device of a user: the one-use code, what is derived from it, and the three parts that travel through a
// slot on the server. Each part is MACed under a key that only the code gives, so the server, which carries them, can
// neither exchange the new device's keys nor lead it into another account. Who asks whom, and when, is peer/identity's.

import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { base32crockford } from '@scure/base'
import { z } from 'zod'
import { concat, fromBase64url, fromUtf8, isBase64url, sameBytes, toBase64url, utf8 } from './bytes.ts'
import { instantSchema } from './dates.ts'
import { deviceNameSchema, headSchema, newDeviceSchema, userAddressSchema } from './device-list.ts'
import { base64urlOf, hashSchema, keySchema, signedSchema } from './signature.ts'

/** Life of a code and its slot, ms (DESIGN section 4): time to walk to the other device and type. */
export const LINK_LIFE_MS = 10 * 60_000
/** Bytes of a code: 128 bits (DESIGN section 4). */
export const LINK_CODE_BYTES = 16
/** Longest part, characters of base64url: an answer with a device list of 64 entries. */
export const LINK_PART_LENGTH_MAX = 512 * 1024
/** Characters of a code as written: 16 bytes and one to notice a slip, in base32. */
const WRITTEN_LENGTH = 28
const GROUP_LENGTH = 4

/** What the primary says first: which account. */
export const linkOfferSchema = z.strictObject({
  v: z.literal(1),
  user: userAddressSchema,
  accountKey: keySchema,
  /** The list as it was when the code was made. */
  head: headSchema,
  expiresAt: instantSchema,
})
export type LinkOffer = z.infer<typeof linkOfferSchema>

/** What the new device says: its name and keys, countersigned for that account. */
export const linkRequestSchema = z.strictObject({
  v: z.literal(1),
  /** SHA-256 of the offer's body. */
  offer: hashSchema,
  device: newDeviceSchema,
})
export type LinkRequest = z.infer<typeof linkRequestSchema>

/** What the primary says when its user said yes: the list that has the new device in it. Or that they said no. */
export const linkAnswerSchema = z.discriminatedUnion('said', [
  z.strictObject({
    v: z.literal(1),
    said: z.literal('yes'),
    /** SHA-256 of the request's body. */
    request: hashSchema,
    deviceList: signedSchema,
    /** Which device holds the account key. */
    primary: deviceNameSchema,
  }),
  z.strictObject({ v: z.literal(1), said: z.literal('no'), request: hashSchema }),
])
export type LinkAnswer = z.infer<typeof linkAnswerSchema>

/** One part as the server keeps it: exact bytes and their HMAC-SHA256, base64url. */
export const linkPartSchema = z.strictObject({
  body: z.string().min(1).max(LINK_PART_LENGTH_MAX).refine(isBase64url, 'must be base64url'),
  mac: base64urlOf(32),
})
export type LinkPart = z.infer<typeof linkPartSchema>

export type LinkRole = 'offer' | 'request' | 'answer'

/** Name of the slot and the keys of its parts; none of them leads back to the code. */
export type LinkKeys = Readonly<Record<LinkRole, Uint8Array>> & { readonly slot: string }

/** By HKDF-SHA-256 (RFC 5869), a label each. `code`: 16 bytes, else it throws. */
export function linkKeys(code: Uint8Array): LinkKeys {
  if (code.length !== LINK_CODE_BYTES) throw new RangeError('a link code has 16 bytes')
  const derived = (purpose: string) => hkdf(sha256, code, undefined, utf8(`doorpost/link/${purpose}/v1`), 32)
  return {
    slot: toBase64url(derived('slot')),
    offer: derived('offer'),
    request: derived('request'),
    answer: derived('answer'),
  }
}

/** HMAC-SHA-256 under the key of its role, over the very bytes that travel. */
export function macPart(role: LinkRole, value: LinkOffer | LinkRequest | LinkAnswer, keys: LinkKeys): LinkPart {
  const body = utf8(JSON.stringify(value))
  return { body: toBase64url(body), mac: toBase64url(hmac(sha256, keys[role], body)) }
}

/** The part, when whoever wrote it knew the code. Undefined otherwise; never throws. */
export function openPart<T>(role: LinkRole, part: LinkPart, schema: z.ZodType<T>, keys: LinkKeys): T | undefined {
  try {
    const body = fromBase64url(part.body)
    if (!sameBytes(hmac(sha256, keys[role], body), fromBase64url(part.mac))) return undefined
    const parsed = schema.safeParse(JSON.parse(fromUtf8(body)))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

/** What later parts name an earlier one by. */
export function hashOfPart({ body }: LinkPart): string {
  return toBase64url(sha256(fromBase64url(body)))
}

/** `7ZZK-…`: seven groups of four, in an alphabet without I, L, O and U (Crockford's base32). */
export function formatLinkCode(code: Uint8Array): string {
  const written = base32crockford.encode(concat(code, sha256(code).subarray(0, 1)))
  return written.match(new RegExp(`.{${GROUP_LENGTH}}`, 'g'))?.join('-') ?? written
}

/** Case, spaces and dashes do not count, O is 0 and I and L are 1. Undefined for what is no whole code, or has a slip in it. */
export function parseLinkCode(text: string): Uint8Array | undefined {
  const written = text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
  if (written.length !== WRITTEN_LENGTH) return undefined
  try {
    const bytes = base32crockford.decode(written)
    const code = bytes.subarray(0, LINK_CODE_BYTES)
    return bytes.length === LINK_CODE_BYTES + 1 && sha256(code)[0] === bytes[LINK_CODE_BYTES] ? code : undefined
  } catch {
    return undefined
  }
}

/** `https://example.org/link#v1.CODE`: in the fragment, which browsers keep from servers and their logs. */
const urlPattern = /^(https?:\/\/[^/?#@\\\s]+)\/link#v1\.([0-9A-Za-z-]{28,40})$/

/** What a QR code holds. `origin`: of the server, `https://example.org`. */
export function linkUrl(origin: string, code: Uint8Array): string {
  return `${origin}/link#v1.${formatLinkCode(code)}`
}

/** Undefined for anything else than such a URL with a code that reads. */
export function parseLinkUrl(text: string): { readonly origin: string; readonly code: Uint8Array } | undefined {
  const [, origin, written] = urlPattern.exec(text.trim()) ?? []
  const code = written === undefined ? undefined : parseLinkCode(written)
  return origin !== undefined && code ? { origin, code } : undefined
}
