// STUN Binding (RFC 8489), the little that a server of it must read and write. Strict: bytes in which anything is not as it should be are
// nobody's request. Whom to answer, and how often, is stun-server.ts's.

import { crc32 } from 'node:zlib'
import ipaddr from 'ipaddr.js'

export const MAGIC_COOKIE = 0x2112a442
export const HEADER_BYTES = 20
const TRANSACTION_AT = 8
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const XOR_MAPPED_ADDRESS = 0x0020
const FINGERPRINT = 0x8028
const FINGERPRINT_XOR = 0x5354554e
const FINGERPRINT_BYTES = 8
/** From here on attributes may be passed over (RFC 8489 section 14). */
const OPTIONAL_FROM = 0x8000
/**
 * Longest request read, bytes: one that a device of ours or a browser sends has under 100. How much longer than its request an answer can
 * be is ANSWER_MORE_BYTES_MAX, whatever was asked.
 */
export const REQUEST_BYTES_MAX = 548
/** XOR-MAPPED-ADDRESS of an IPv6 address with its header, bytes; FINGERPRINT stands in an answer only if it stood in the request. */
export const ANSWER_MORE_BYTES_MAX = 24

export interface BindingRequest {
  /** 12 bytes. */
  readonly transaction: Uint8Array
  /** The request ended with a FINGERPRINT, and so will the answer. */
  readonly fingerprint: boolean
}

/**
 * A Binding request that asks for nothing but the address; undefined for everything else: other methods and classes, RFC 3489 without
 * the cookie, a wrong FINGERPRINT, and attributes that must be understood (credentials, connectivity checks, "answer from elsewhere").
 * RFC 8489 section 6.3.1 has those answered with 420; here they are nobody's, so that no peer can be made to check against us.
 */
export function readBindingRequest(bytes: Uint8Array): BindingRequest | undefined {
  const { length } = bytes
  if (length < HEADER_BYTES || length > REQUEST_BYTES_MAX) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  if (view.getUint16(0) !== BINDING_REQUEST || view.getUint32(4) !== MAGIC_COOKIE) return undefined
  if (view.getUint16(2) !== length - HEADER_BYTES || length % 4 !== 0) return undefined
  let fingerprint = false
  for (let at = HEADER_BYTES; at < length; ) {
    // Nothing may follow a FINGERPRINT (RFC 8489 section 14.7).
    if (fingerprint || length - at < 4) return undefined
    const type = view.getUint16(at)
    const valueBytes = view.getUint16(at + 2)
    const next = at + 4 + Math.ceil(valueBytes / 4) * 4
    if (type < OPTIONAL_FROM || next > length) return undefined
    if (type === FINGERPRINT) {
      if (valueBytes !== 4 || view.getUint32(at + 4) !== fingerprintOf(bytes.subarray(0, at))) return undefined
      fingerprint = true
    }
    at = next
  }
  return { transaction: Uint8Array.from(bytes.subarray(TRANSACTION_AT, HEADER_BYTES)), fingerprint }
}

/** The success answer: the address and port the request came from, XORed with cookie and transaction (RFC 8489 section 14.2). */
export function bindingSuccess(
  { transaction, fingerprint }: BindingRequest,
  from: { readonly address: string; readonly port: number },
): Uint8Array {
  // A socket of both families sees IPv4 callers mapped into IPv6.
  const address = Uint8Array.from(ipaddr.process(from.address).toByteArray())
  const bodyBytes = 8 + address.length + (fingerprint ? FINGERPRINT_BYTES : 0)
  const bytes = new Uint8Array(HEADER_BYTES + bodyBytes)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, BINDING_SUCCESS)
  view.setUint16(2, bodyBytes)
  view.setUint32(4, MAGIC_COOKIE)
  bytes.set(transaction, TRANSACTION_AT)
  view.setUint16(HEADER_BYTES, XOR_MAPPED_ADDRESS)
  view.setUint16(HEADER_BYTES + 2, 4 + address.length)
  view.setUint8(HEADER_BYTES + 5, address.length === 4 ? 1 : 2)
  view.setUint16(HEADER_BYTES + 6, from.port ^ (MAGIC_COOKIE >>> 16))
  const pad = bytes.subarray(4, HEADER_BYTES)
  bytes.set(
    address.map((byte, at) => byte ^ (pad[at] as number)),
    HEADER_BYTES + 8,
  )
  if (fingerprint) {
    const at = bytes.length - FINGERPRINT_BYTES
    view.setUint16(at, FINGERPRINT)
    view.setUint16(at + 2, 4)
    view.setUint32(at + 4, fingerprintOf(bytes.subarray(0, at)))
  }
  return bytes
}

/** CRC-32 of all before it, XORed with "STUN" (RFC 8489 section 14.7); the header's length counts it already. */
function fingerprintOf(before: Uint8Array): number {
  return (crc32(before) ^ FINGERPRINT_XOR) >>> 0
}
