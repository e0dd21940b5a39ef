// SFrame (RFC 9605): one encoded frame, encrypted end to end, so that whoever relays it reads a key id and a counter and no picture.
// Bytes in, bytes out; which key is used when, and that a counter is never used twice under one, is peer's business.
//
//   ciphertext = header ‖ AES-GCM(frame) ‖ tag          header: config byte, key id, counter; each in as few bytes as it needs
//   nonce      = salt XOR counter                        associated data: header ‖ metadata

import { gcm } from '@noble/ciphers/aes.js'
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { concat, utf8 } from '../bytes.ts'

/** RFC 9605 section 4.5: the AEAD suites, by their number. `hash`: of HKDF; `keyBytes`: Nk. */
const suites = {
  4: { hash: sha256, keyBytes: 16 },
  5: { hash: sha512, keyBytes: 32 },
} as const
export type SframeSuite = keyof typeof suites

/** AES_256_GCM_SHA512_128: as long a key as media have. */
export const SFRAME_SUITE = 5 satisfies SframeSuite
/** Bytes of a base key here: as many as its suite's key has. A `live-key` note (note.ts) holds one. */
export const SFRAME_BASE_KEY_BYTES = suites[SFRAME_SUITE].keyBytes
/** Nn: what every suite here has, bytes. */
const NONCE_BYTES = 12
/** Nt, bytes. */
const TAG_BYTES = 16
/** Config byte, key id and counter, at most, bytes. */
const HEADER_BYTES_MAX = 17
/** What encrypting adds at most, bytes. */
export const SFRAME_OVERHEAD_BYTES_MAX = HEADER_BYTES_MAX + TAG_BYTES

/** What is derived of a base key for one key id (RFC 9605 section 4.4.2). Secret. */
export interface SframeKey {
  readonly keyId: number
  readonly key: Uint8Array
  readonly salt: Uint8Array
}

export interface SframeHeader {
  readonly keyId: number
  readonly counter: number
}

/** RFC 9605 section 4.4.2. `baseKey`: what a `live-key` note told, SFRAME_BASE_KEY_BYTES. */
export function deriveSframeKey(baseKey: Uint8Array, keyId: number, suite: SframeSuite = SFRAME_SUITE): SframeKey {
  const { hash, keyBytes } = suites[suite]
  const secret = extract(hash, baseKey, new Uint8Array(0))
  const suffix = new Uint8Array(10)
  const view = new DataView(suffix.buffer)
  view.setBigUint64(0, BigInt(keyId))
  view.setUint16(8, suite)
  const derive = (label: string, bytes: number) => expand(hash, secret, concat(utf8(label), suffix), bytes)
  return {
    keyId,
    key: derive('SFrame 1.0 Secret key ', keyBytes),
    salt: derive('SFrame 1.0 Secret salt ', NONCE_BYTES),
  }
}

/** A counter must not be used twice under one key. `metadata` is authenticated and not carried: both ends know it. */
export function sealSframe(key: SframeKey, counter: number, metadata: Uint8Array, frame: Uint8Array): Uint8Array {
  const header = encodeSframeHeader({ keyId: key.keyId, counter })
  return concat(header, gcm(key.key, nonceOf(key.salt, counter), concat(header, metadata)).encrypt(frame))
}

/** Undefined for whatever was not sealed under that key with that metadata; never throws. */
export function openSframe(
  keyOf: (keyId: number) => SframeKey | undefined,
  metadata: Uint8Array,
  bytes: Uint8Array,
): (SframeHeader & { readonly frame: Uint8Array }) | undefined {
  const read = decodeSframeHeader(bytes)
  if (!read || bytes.length < read.headerBytes + TAG_BYTES) return undefined
  const { keyId, counter, headerBytes } = read
  const key = keyOf(keyId)
  if (!key) return undefined
  const associated = concat(bytes.subarray(0, headerBytes), metadata)
  try {
    const frame = gcm(key.key, nonceOf(key.salt, counter), associated).decrypt(bytes.subarray(headerBytes))
    return { keyId, counter, frame }
  } catch {
    // A tag that does not fit: noble has no other way to say so.
    return undefined
  }
}

/** RFC 9605 section 4.3: X, K (3 bits), Y, C (3 bits), then key id and counter where three bits do not hold them. */
export function encodeSframeHeader({ keyId, counter }: SframeHeader): Uint8Array {
  const [k, keyIdBytes] = fieldOf(keyId)
  const [c, counterBytes] = fieldOf(counter)
  return concat(Uint8Array.of((k << 4) | c), keyIdBytes, counterBytes)
}

/** Undefined for a header that is cut off, longer than its numbers need, or beyond 2^53. */
export function decodeSframeHeader(bytes: Uint8Array): (SframeHeader & { readonly headerBytes: number }) | undefined {
  const [config] = bytes
  if (config === undefined) return undefined
  const keyId = numberAt(bytes, 1, config >> 4)
  const counter = keyId && numberAt(bytes, keyId.end, config & 0xf)
  if (!keyId || !counter) return undefined
  return { keyId: keyId.value, counter: counter.value, headerBytes: counter.end }
}

/** The four bits of the config byte, and the bytes that follow where the number is above 7. */
function fieldOf(value: number): [bits: number, bytes: Uint8Array] {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a count: ${value}`)
  if (value < 8) return [value, new Uint8Array(0)]
  const wide = new Uint8Array(8)
  new DataView(wide.buffer).setBigUint64(0, BigInt(value))
  const bytes = wide.subarray(wide.findIndex((byte) => byte !== 0))
  return [8 | (bytes.length - 1), bytes]
}

function numberAt(bytes: Uint8Array, start: number, bits: number): { value: number; end: number } | undefined {
  if (bits < 8) return { value: bits, end: start }
  const end = start + (bits & 7) + 1
  if (end > bytes.length) return undefined
  const value = bytes.subarray(start, end).reduce((sum, byte) => sum * 256 + byte, 0)
  // One spelling for a number (RFC 9605 section 4.3 asks for the shortest).
  const isShortest = value >= 8 && bytes[start] !== 0
  return isShortest && Number.isSafeInteger(value) ? { value, end } : undefined
}

function nonceOf(salt: Uint8Array, counter: number): Uint8Array {
  const nonce = salt.slice()
  const view = new DataView(nonce.buffer)
  view.setBigUint64(NONCE_BYTES - 8, view.getBigUint64(NONCE_BYTES - 8) ^ BigInt(counter))
  return nonce
}
