// Seals a signed message for devices, and opens what was sealed for this one. The body is encrypted once, under a key that
// is used once; that key goes to each device in an age file of its own, so that a server can hand each device its part.
// What the body says is verified by those who open it: here it is only shown to be whole.

import { Decrypter, Encrypter } from 'age-encryption'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { concat, fromBase64url, fromUtf8, sameBytes, toBase64url, utf8 } from '@doorpost/protocol/bytes'
import {
  type DeliveredEnvelope,
  type Envelope,
  type SealedKeyContent,
  sealedKeyContentSchema,
} from '@doorpost/protocol/envelope'
import { Refusal } from '@doorpost/protocol/errors'
import { MESSAGE_BODY_BYTES_MAX, SEALED_KEY_BYTES_MAX, SEALED_KEYS_MAX } from '@doorpost/protocol/limits'
import type { Signed } from '@doorpost/protocol/signature'

export interface SealFor {
  readonly device: DeviceAddress
  /** Its hybrid age recipient. */
  readonly recipient: string
}

/** What can be wrong with a sealed message; whoever made it, it is not shown. */
export type SealFault = 'not-for-this-device' | 'malformed' | 'altered'

export type Unsealed =
  | { readonly kind: 'signed'; readonly signed: Signed }
  | { readonly kind: 'unreadable'; readonly fault: SealFault }

const BODY_KEY_BYTES = 32
const SIGNER_BYTES = 32
const SIGNATURE_BYTES = 64
/** Each body has a key of its own, so one nonce is never used twice with a key (RFC 8439 section 4). */
const NONCE = new Uint8Array(12)
const HYBRID_RECIPIENT = /^age1pq1[02-9ac-hj-np-z]+$/
const HYBRID_IDENTITY = /^AGE-SECRET-KEY-PQ-1/
/** The only kind of stanza a sealed key may have: X25519 with ML-KEM-768. */
const STANZA = '-> mlkem768x25519 '
/** An age header line in our use: the longest is the stanza's, 1,512 bytes. */
const HEADER_LINE = /^[\x20-\x7e]*$/

/** Seals one signed message for all these devices. Throws Refusal `too-large`, RangeError for a recipient that is not hybrid. */
export async function sealMessage({
  signed,
  id,
  devices,
  random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
}: {
  readonly signed: Signed
  readonly id: string
  readonly devices: readonly SealFor[]
  readonly random?: (bytes: number) => Uint8Array
}): Promise<Envelope['sealed']> {
  if (devices.length > SEALED_KEYS_MAX) {
    throw new Refusal('too-large', { detail: `A message goes to at most ${SEALED_KEYS_MAX} devices.` })
  }
  const bodyKey = random(BODY_KEY_BYTES)
  const body = sealBody(signed, id, bodyKey)
  if (body.length > MESSAGE_BODY_BYTES_MAX) {
    throw new Refusal('too-large', {
      detail: `A message has at most ${MESSAGE_BODY_BYTES_MAX} bytes besides its media.`,
    })
  }
  const content = JSON.stringify({ id, bodyKey: toBase64url(bodyKey), bodyHash: toBase64url(sha256(body)) })
  const keys: Envelope['sealed']['keys'] = []
  // One after the other: each takes 4 ms of this core whether or not they overlap.
  for (const { device, recipient } of devices) {
    if (!HYBRID_RECIPIENT.test(recipient)) throw new RangeError(`${device} has no hybrid recipient`)
    const encrypter = new Encrypter()
    encrypter.addRecipient(recipient)
    keys.push({ device, key: toBase64url(await encrypter.encrypt(content)) })
  }
  return { keys, body: toBase64url(body) }
}

/** ChaCha20-Poly1305 of signer, signature and signed bytes, with the message id as associated data. */
export function sealBody(signed: Signed, id: string, bodyKey: Uint8Array): Uint8Array {
  const plain = concat(fromBase64url(signed.key), fromBase64url(signed.signature), fromBase64url(signed.body))
  return chacha20poly1305(bodyKey, NONCE, utf8(id)).encrypt(plain)
}

/** Opens what was sealed for this device. Nothing in it is verified yet but that it is whole. Never throws for what is in it. */
export async function unseal(
  envelope: Pick<DeliveredEnvelope, 'id' | 'sealed'>,
  ageIdentity: string,
): Promise<Unsealed> {
  if (!HYBRID_IDENTITY.test(ageIdentity)) throw new RangeError('not a hybrid identity')
  const key = bytesOf(envelope.sealed.key)
  const body = bytesOf(envelope.sealed.body)
  if (!key || !body || key.length > SEALED_KEY_BYTES_MAX || !hasOneHybridStanza(key)) return unreadable('malformed')
  const opened = await openKey(key, ageIdentity)
  if (typeof opened === 'string') return unreadable(opened)
  if (opened.id !== envelope.id) return unreadable('altered')
  if (!sameBytes(fromBase64url(opened.bodyHash), sha256(body))) return unreadable('altered')
  const signed = openBody(body, envelope.id, fromBase64url(opened.bodyKey))
  return signed ? { kind: 'signed', signed } : unreadable('altered')
}

function openBody(body: Uint8Array, id: string, bodyKey: Uint8Array): Signed | undefined {
  let plain: Uint8Array
  try {
    plain = chacha20poly1305(bodyKey, NONCE, utf8(id)).decrypt(body)
  } catch {
    // The tag does not fit: not what was sealed under this key and id.
    return undefined
  }
  const bytes = plain.subarray(SIGNER_BYTES + SIGNATURE_BYTES)
  if (bytes.length === 0) return undefined
  return {
    body: toBase64url(bytes),
    key: toBase64url(plain.subarray(0, SIGNER_BYTES)),
    signature: toBase64url(plain.subarray(SIGNER_BYTES, SIGNER_BYTES + SIGNATURE_BYTES)),
  }
}

async function openKey(key: Uint8Array, ageIdentity: string): Promise<SealedKeyContent | SealFault> {
  const decrypter = new Decrypter()
  decrypter.addIdentity(ageIdentity)
  let plain: Uint8Array
  try {
    plain = await decrypter.decrypt(key)
  } catch {
    // age does not tell a file for another device from a broken one by anything but its sentences.
    return 'not-for-this-device'
  }
  try {
    const parsed = sealedKeyContentSchema.safeParse(JSON.parse(fromUtf8(plain)))
    return parsed.success ? parsed.data : 'malformed'
  } catch {
    return 'malformed'
  }
}

/**
 * Looks at an age header before age does, which would try every stanza in it (4,000 cost 2.4 s): the version line, one
 * hybrid stanza with its body, and the MAC line, nothing else (C2SP age, "The header").
 */
function hasOneHybridStanza(file: Uint8Array): boolean {
  const lines: string[] = []
  for (let start = 0; lines.length < 4; ) {
    const end = file.indexOf(10, start)
    if (end < 0) return false
    const line = String.fromCharCode(...file.subarray(start, end))
    if (!HEADER_LINE.test(line)) return false
    lines.push(line)
    start = end + 1
  }
  const [version = '', stanza = '', stanzaBody = '', mac = ''] = lines
  return (
    version === 'age-encryption.org/v1' &&
    stanza.startsWith(STANZA) &&
    /^[A-Za-z0-9+/]{43}$/.test(stanzaBody) &&
    /^--- [A-Za-z0-9+/]{43}$/.test(mac)
  )
}

function bytesOf(text: string): Uint8Array | undefined {
  try {
    return fromBase64url(text)
  } catch {
    return undefined
  }
}

function unreadable(fault: SealFault): Unsealed {
  return { kind: 'unreadable', fault }
}
