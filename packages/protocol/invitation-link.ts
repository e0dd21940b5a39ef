// An invitation as a link or QR code: who invites, the fingerprint of their account key, and a one-use token, all in the
// fragment, which no server sees. `https://example.org/i#v1.alice@example.org.FINGERPRINT.TOKEN`.
// Depositing the token's hash and pinning the key are peer's business.

import { sha256 } from '@noble/hashes/sha2.js'
import { isUserAddress, type UserAddress } from './address.ts'
import { fromBase64url, toBase64url } from './bytes.ts'
import { base64urlOf, hashSchema } from './signature.ts'

export interface Invitation {
  /** Origin of the inviter's server: https, or http on this very machine. */
  readonly origin: string
  readonly from: UserAddress
  /** SHA-256 of the inviter's account key, base64url. */
  readonly fingerprint: string
  /** 128 random bits, base64url. */
  readonly token: string
}

/** Longest link read, characters: the longest origin and address, and the rest. */
const LINK_LENGTH_MAX = 1024

export const invitationTokenSchema = base64urlOf(16)

/** Brackets of an IPv6 address are written %5B and %5D: a fragment may not hold them (RFC 3986 section 3.5). */
export function formatInvitation({ origin, from, fingerprint, token }: Invitation): string {
  const address = from.replace('[', '%5B').replace(']', '%5D')
  return `${origin}/i#v1.${address}.${fingerprint}.${token}`
}

/** Undefined unless `formatInvitation` would write exactly this. */
export function parseInvitation(link: string): Invitation | undefined {
  if (link.length > LINK_LENGTH_MAX) return undefined
  const match = /^(https?:\/\/[^/?#@\\\s]+)\/i#v1\.([^#\s]+)\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{22})$/.exec(link)
  if (!match) return undefined
  const [, origin = '', written = '', fingerprint = '', token = ''] = match
  const from = written.replace('%5B', '[').replace('%5D', ']')
  if (!isUserAddress(from) || !isOrigin(origin)) return undefined
  if (!hashSchema.safeParse(fingerprint).success || !invitationTokenSchema.safeParse(token).success) return undefined
  const invitation = { origin, from, fingerprint, token }
  return formatInvitation(invitation) === link ? invitation : undefined
}

/** A link for one registration at a server's origin, as whoever runs it makes them. */
export function registrationLink(origin: string, token: string): string {
  return `${origin}/join#v1.${token}`
}

/** What an inviter deposits with the server: SHA-256 of the token's 16 bytes, base64url. */
export function invitationHash(token: string): string {
  return toBase64url(sha256(fromBase64url(token)))
}

/** https, or http on this very machine. */
export function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  if (url?.origin !== text) return false
  if (url.protocol === 'https:') return true
  // RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3.
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname)
}
