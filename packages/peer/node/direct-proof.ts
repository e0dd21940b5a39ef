// What both ends of a direct path sign to prove themselves to each other, and the key of the plain lane. Everything hangs on the TLS
// exporter (RFC 8446 section 7.5), which differs for every connection: a proof shown to one listener is worth nothing to another.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { concat, utf8 } from '@doorpost/protocol/bytes'

const PROOF_LABEL = 'EXPORTER-doorpost-direct-v1'
const DIAL_LABEL = 'EXPORTER-doorpost-dial-v1'
const LANE_LABEL = 'EXPORTER-doorpost-lane-v1'
const EXPORTED_BYTES = 32

/** Signs `body` under `doorpost/<kind>/v1` with this device's key (protocol/signature.ts). */
export type Sign = (kind: ProofKind, body: Uint8Array) => Uint8Array | Promise<Uint8Array>
/** Whether it is that key's signature; never throws. */
export type Verify = (kind: ProofKind, body: Uint8Array, signature: Uint8Array, deviceKey: Uint8Array) => boolean
export type ProofKind = 'direct-caller' | 'direct-listener'

/** What a caller signs: this connection, and who it says it is. */
export function callerProof(socket: TLSSocket, callerAddress: string): Uint8Array {
  return concat(exported(socket, PROOF_LABEL), lengthed(callerAddress))
}

/** What a listener signs: this connection, who it is, and whom it speaks to. */
export function listenerProof(socket: TLSSocket, listenerAddress: string, callerAddress: string): Uint8Array {
  return concat(exported(socket, PROOF_LABEL), lengthed(listenerAddress), lengthed(callerAddress))
}

/** What a source signs that was asked to dial: this connection, the attempt it comes for, and who it says it is. */
export function dialProof(socket: TLSSocket, attempt: Uint8Array, sourceAddress: string): Uint8Array {
  return concat(exported(socket, DIAL_LABEL), attempt, lengthed(sourceAddress))
}

/** What the listener that asked it signs: the same, and who it is. */
export function dialledProof(
  socket: TLSSocket,
  attempt: Uint8Array,
  listenerAddress: string,
  sourceAddress: string,
): Uint8Array {
  return concat(exported(socket, DIAL_LABEL), attempt, lengthed(listenerAddress), lengthed(sourceAddress))
}

/** What opens lane `id` of this connection; both ends can make it, nobody else can. */
export function laneMac(socket: TLSSocket, id: Uint8Array): Uint8Array {
  return createHmac('sha256', exported(socket, LANE_LABEL)).update('doorpost/lane/v1\0').update(id).digest()
}

/** In a time that tells nothing of where they differ. */
export function sameMac(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

function exported(socket: TLSSocket, label: string): Uint8Array {
  // Node's types ask for a context that RFC 8446 makes optional; an empty one is the same in TLS 1.3.
  return socket.exportKeyingMaterial(EXPORTED_BYTES, label, Buffer.alloc(0))
}

function lengthed(text: string): Uint8Array {
  const bytes = utf8(text)
  return concat(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes)
}
