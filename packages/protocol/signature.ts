// Signing exact bytes: Ed25519 over `doorpost/<kind>/v1`, a zero byte and the bytes. Verify, then parse.
// Which key may sign what is decided by those who call.

import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { z } from 'zod'
import { concat, fromBase64url, fromUtf8, isBase64url, toBase64url, utf8 } from './bytes.ts'

/** What a signature may be about. The kind keeps a signature for one purpose from being shown for another. */
export type SignatureKind =
  | 'device-list'
  | 'device'
  | 'message'
  | 'note'
  | 'receipt'
  | 'login'
  | 'preferences'
  | 'direct-caller'
  | 'direct-listener'
  | 'tunnel-request'
  | 'recovery'
  | 'grant'
  | 'grant-holder'
  | 'grant-path'

export const keySchema = base64urlOf(32)
export const signatureSchema = base64urlOf(64)
export const hashSchema = base64urlOf(32)

/** Longest signed body, characters of base64url: a message body of 1 MiB, with room. */
const SIGNED_LENGTH_MAX = 2_000_000

/** Signed JSON: `body` is the exact UTF-8 that was signed, base64url; `key` is the signer's Ed25519 public key. */
export const signedSchema = z.strictObject({
  body: z.string().min(1).max(SIGNED_LENGTH_MAX).refine(isBase64url, 'must be base64url'),
  key: keySchema,
  signature: signatureSchema,
})
export type Signed = z.infer<typeof signedSchema>

/** A base64url text of exactly `bytes` bytes in canonical form. */
export function base64urlOf(bytes: number) {
  const length = Math.ceil((bytes * 4) / 3)
  return z.string().refine((text) => text.length === length && isBase64url(text), `must be ${bytes} bytes as base64url`)
}

/** An Ed25519 pair (RFC 8032), 32 bytes each. `random`: from the system, or the secret of a pair that is known. */
export function generateSigningKey(random: (bytes: number) => Uint8Array): { secret: Uint8Array; public: Uint8Array } {
  const secret = random(32)
  return { secret, public: ed25519.getPublicKey(secret) }
}

/** 64-byte Ed25519 signature (RFC 8032) over the tagged bytes. */
export function sign(kind: SignatureKind, body: Uint8Array, secretKey: Uint8Array): Uint8Array {
  return ed25519.sign(tagged(kind, body), secretKey)
}

/** False for every malformed key or signature; never throws. Strict RFC 8032 verification, no small-order keys. */
export function verify(kind: SignatureKind, body: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, tagged(kind, body), publicKey, { zip215: false })
  } catch {
    return false
  }
}

/** Signs exactly the bytes that it carries: they are verified first and parsed after. base64url throughout. */
export function signJson(kind: SignatureKind, value: unknown, key: { secret: Uint8Array; public: Uint8Array }): Signed {
  const body = utf8(JSON.stringify(value))
  return {
    body: toBase64url(body),
    key: toBase64url(key.public),
    signature: toBase64url(sign(kind, body, key.secret)),
  }
}

/**
 * Verifies, then parses. Undefined when the signature is not that key's or the body is not of the schema, and for what is
 * no base64url at all; never throws. Whether `signed.key` is the key it should be is the caller's check.
 */
export function openSigned<T>(kind: SignatureKind, signed: Signed, schema: z.ZodType<T>): T | undefined {
  try {
    const body = fromBase64url(signed.body)
    if (!verify(kind, body, fromBase64url(signed.signature), fromBase64url(signed.key))) return undefined
    const parsed = schema.safeParse(JSON.parse(fromUtf8(body)))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

/** SHA-256 of the signed bytes, base64url: what chains, receipts and heads name. */
export function hashOfSigned(signed: Signed): string {
  return toBase64url(sha256(fromBase64url(signed.body)))
}

/** Fingerprint of an account key: SHA-256 of its 32 bytes, base64url. */
export function fingerprintOf(accountKey: string): string {
  return toBase64url(sha256(fromBase64url(accountKey)))
}

function tagged(kind: SignatureKind, body: Uint8Array): Uint8Array {
  return concat(utf8(`doorpost/${kind}/v1`), Uint8Array.of(0), body)
}
