// A STUN client (RFC 8489), just enough to see oneself from outside: one Binding request, asked again while nothing comes, and
// the address the server saw. Sockets come in through the door; what the answers mean is udp-view.ts's.

import { concat } from '@doorpost/protocol/bytes'
import ipaddr from 'ipaddr.js'
import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'

/** RFC 8489 section 5. */
const MAGIC_COOKIE = 0x2112a442
const HEADER_BYTES = 20
const TRANSACTION_BYTES = 12
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
/** RFC 8489 section 14.2, and 14.1 for servers that know only that. */
const XOR_MAPPED_ADDRESS = 0x0020
const MAPPED_ADDRESS = 0x0001

/** First wait for an answer, ms (RFC 8489 section 6.2.1); each next is twice as long. */
const FIRST_WAIT_MS = 500
/** How often it is asked: with FIRST_WAIT_MS 3.5 s in all. RFC 8489 asks seven times in 39.5 s, which is longer than a person waits. */
const REQUESTS_MAX = 3

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** A bound UDP socket. Whoever opened it disposes it. */
export interface UdpSocket extends AsyncDisposable {
  readonly port: number
  /** Throws nothing: what cannot be sent is lost, as on any line. */
  send(bytes: Uint8Array, to: HostPort): void
  /** Every datagram; the returned function ends it. */
  onMessage(listener: (bytes: Uint8Array) => void): () => void
}

/** The address under which a STUN server sees this socket; undefined when it does not answer. Throws the signal's reason. */
export async function askStun(
  socket: UdpSocket,
  server: HostPort,
  { clock, random, signal }: { readonly clock: Clock; readonly random: Random; readonly signal: AbortSignal },
): Promise<HostPort | undefined> {
  signal.throwIfAborted()
  const transaction = random(TRANSACTION_BYTES)
  const { promise, resolve, reject } = Promise.withResolvers<HostPort | undefined>()
  const stopListening = socket.onMessage((bytes) => {
    const seen = readBindingSuccess(bytes, transaction)
    if (seen !== undefined) resolve(seen)
  })
  let stopWaiting = () => {}
  const ask = (round: number) => {
    if (round === REQUESTS_MAX) return resolve(undefined)
    socket.send(bindingRequest(transaction), server)
    stopWaiting = clock.after(FIRST_WAIT_MS * 2 ** round, () => ask(round + 1))
  }
  const giveUp = () => reject(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  ask(0)
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', giveUp)
    stopWaiting()
    stopListening()
  }
}

/** A Binding request without attributes. `transaction`: 12 random bytes. */
export function bindingRequest(transaction: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(HEADER_BYTES - TRANSACTION_BYTES))
  head.setUint16(0, BINDING_REQUEST)
  head.setUint16(2, 0)
  head.setUint32(4, MAGIC_COOKIE)
  return concat(new Uint8Array(head.buffer), transaction)
}

/** The address in a success answer to this very transaction; undefined for anything else, whatever the bytes are. */
export function readBindingSuccess(bytes: Uint8Array, transaction: Uint8Array): HostPort | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isOurs =
    view.getUint16(0) === BINDING_SUCCESS &&
    view.getUint16(2) === bytes.length - HEADER_BYTES &&
    view.getUint32(4) === MAGIC_COOKIE &&
    transaction.every((byte, at) => bytes[HEADER_BYTES - TRANSACTION_BYTES + at] === byte)
  if (!isOurs) return undefined
  let mapped: HostPort | undefined
  for (let at = HEADER_BYTES; at + 4 <= bytes.length; ) {
    const kind = view.getUint16(at)
    const length = view.getUint16(at + 2)
    const value = bytes.subarray(at + 4, at + 4 + length)
    if (value.length < length) return undefined
    if (kind === XOR_MAPPED_ADDRESS) return readAddress(value, bytes.subarray(4, HEADER_BYTES))
    if (kind === MAPPED_ADDRESS) mapped = readAddress(value, new Uint8Array(HEADER_BYTES - 4))
    // Attributes begin at multiples of four bytes.
    at += 4 + Math.ceil(length / 4) * 4
  }
  return mapped
}

/** Family, port and address, each combined with the cookie and the transaction where the attribute says so. */
function readAddress(value: Uint8Array, mask: Uint8Array): HostPort | undefined {
  const addressBytes = value[1] === 1 ? 4 : value[1] === 2 ? 16 : 0
  if (addressBytes === 0 || value.length !== 4 + addressBytes) return undefined
  const unmasked = (from: number, length: number) =>
    [...value.subarray(from, from + length)].map((byte, at) => byte ^ (mask[at] ?? 0))
  const [high = 0, low = 0] = unmasked(2, 2)
  return { host: ipaddr.fromByteArray(unmasked(4, addressBytes)).toString(), port: high * 256 + low }
}
