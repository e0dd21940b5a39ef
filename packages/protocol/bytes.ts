// Bytes as text and as numbers: base64url, UTF-8, big-endian integers, concatenation, comparison.
// Only what every wire format here needs; hashing and signing are elsewhere.

import { base64urlnopad } from '@scure/base'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** base64url without padding (RFC 4648 section 5). */
export function toBase64url(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes)
}

/** Strict inverse of toBase64url: throws on padding, foreign characters and non-zero spare bits. */
export function fromBase64url(text: string): Uint8Array {
  return base64urlnopad.decode(text)
}

/** Whether this is base64url as toBase64url writes it: no padding, no length of 4n + 1, spare bits zero. */
export function isBase64url(text: string): boolean {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return false
  const rest = text.length % 4
  return rest === 0 || (rest === 2 && /[AQgw]$/.test(text)) || (rest === 3 && /[AEIMQUYcgkosw048]$/.test(text))
}

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Throws TypeError on bytes that are not UTF-8. A byte order mark is a character like any other. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** Eight bytes, big-endian; throws RangeError unless 0 <= value <= 2^53 - 1. */
export function u64be(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a 64-bit count: ${value}`)
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}

/** Comparison whose time depends on the lengths alone. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}
