// Tells from the first bytes of a connection what is spoken on it. Pure.

export type Spoken = 'tls' | 'h2' | 'http/1.1'

/** The client's connection preface (RFC 9113 section 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
/** A TLS record of type handshake (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16
/** What decides between TLS and the rest: record type and the two bytes of its version. */
const TLS_BYTES = 3

/** Undefined while more bytes are needed; at most 24 ever are. */
export function spokenBy(bytes: Uint8Array, hasTls: boolean): Spoken | undefined {
  if (bytes.length === 0) return undefined
  if (hasTls && bytes[0] === TLS_HANDSHAKE) {
    if (bytes.length < TLS_BYTES) return undefined
    return bytes[1] === 0x03 ? 'tls' : 'http/1.1'
  }
  const length = Math.min(bytes.length, PREFACE.length)
  if (!PREFACE.subarray(0, length).equals(bytes.subarray(0, length))) return 'http/1.1'
  return length === PREFACE.length ? 'h2' : undefined
}
