// Checks the code against vectors/*.json, which other implementations use too. What needs age or BIP 39 is checked in
// packages/peer/identity/vectors.test.ts, and root.json in piece-list.test.ts.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { formatAddress, parseAddress, recipientKind } from './address.ts'
import { fromBase64url, toBase64url } from './bytes.ts'
import { mayFollow, openDeviceList } from './device-list.ts'
import { deliveredEnvelopeSchema, envelopeSchema } from './envelope.ts'
import { collisionKey, numbered, safeComponent } from './file-name.ts'
import { formatHandleUrl, type HandleUrl, parseHandleUrl } from './handle.ts'
import { formatInvitation, type Invitation, invitationHash, parseInvitation } from './invitation-link.ts'
import { locationMessageSchema } from './location-message.ts'
import { type LoginProof, loginBytes } from './login.ts'
import { openReceipt } from './receipt.ts'
import {
  fingerprintOf,
  generateSigningKey,
  hashOfSigned,
  type Signed,
  type SignatureKind,
  sign,
  verify,
} from './signature.ts'
import { agreesWith, openMessage, openNote } from './signed-message.ts'

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), 'utf8')) as T
}

test('[N1] [N2] [N4] vectors/addresses.json', () => {
  const vectors = read<{
    valid: { text: string; canonical: string; user: string; domain?: string; device?: string }[]
    invalid: { text: string; fault: string }[]
    kinds: { doorpostDomains: string[]; of: { text: string; kind: string }[] }
  }>('addresses')
  for (const { text, canonical, ...value } of vectors.valid) {
    expect(parseAddress(text), text).toEqual({ ok: true, value })
    expect(formatAddress(value)).toBe(canonical)
  }
  for (const { text, fault } of vectors.invalid) expect(parseAddress(text), text).toEqual({ ok: false, fault })
  for (const { text, kind } of vectors.kinds.of)
    expect(recipientKind(text, vectors.kinds.doorpostDomains), text).toBe(kind)
})

test('[N10] [N11] [N13] vectors/file-names.json', () => {
  const vectors = read<{
    safe: { name: string; safe: string }[]
    numbered: { name: string; number: number; numbered: string }[]
    collide: [string, string][]
    differ: [string, string][]
  }>('file-names')
  for (const { name, safe } of vectors.safe) expect(safeComponent(name), name).toBe(safe)
  for (const each of vectors.numbered) expect(numbered(each.name, each.number)).toBe(each.numbered)
  for (const [a, b] of vectors.collide) expect(collisionKey(a)).toBe(collisionKey(b))
  for (const [a, b] of vectors.differ) expect(collisionKey(a)).not.toBe(collisionKey(b))
})

test('[K30] [K31] [K33] [M32] vectors/signatures.json', () => {
  const vectors = read<{
    secret: string
    public: string
    fingerprint: string
    good: { kind: SignatureKind; body: string; signature: string }[]
    bad: { why: string; kind: SignatureKind; body: string; key: string; signature: string }[]
    login: LoginProof & { bytes: string; signature: string }
  }>('signatures')
  const key = generateSigningKey(() => fromBase64url(vectors.secret))
  expect(toBase64url(key.public)).toBe(vectors.public)
  expect(fingerprintOf(vectors.public)).toBe(vectors.fingerprint)
  for (const { kind, body, signature } of vectors.good) {
    expect(toBase64url(sign(kind, fromBase64url(body), key.secret)), kind).toBe(signature)
    expect(verify(kind, fromBase64url(body), fromBase64url(signature), key.public), kind).toBe(true)
  }
  for (const { why, kind, body, key: signer, signature } of vectors.bad) {
    expect(verify(kind, fromBase64url(body), fromBase64url(signature), fromBase64url(signer)), why).toBe(false)
  }
  const { bytes, signature, ...proof } = vectors.login
  expect(toBase64url(loginBytes(proof))).toBe(bytes)
  expect(verify('login', fromBase64url(bytes), fromBase64url(signature), key.public)).toBe(true)
})

test('[K40] [K41] [K43] vectors/device-list-chain.json', () => {
  const vectors = read<{
    lists: Record<string, { signed: Signed; head: unknown; signedBy: string }>
    steps: { known: string; next: string; step: string }[]
    bad: { why: string; signed: Signed }[]
  }>('device-list-chain')
  const openNamed = (name: string) => {
    const opened = openDeviceList(vectors.lists[name]?.signed ?? { body: '', key: '', signature: '' })
    if (!opened) throw new Error(`${name} does not open`)
    return opened
  }
  for (const [name, { head, signedBy }] of Object.entries(vectors.lists)) {
    expect(openNamed(name), name).toMatchObject({ head, signedBy })
  }
  for (const { known, next, step } of vectors.steps) {
    expect(mayFollow(openNamed(known), openNamed(next)), `${known}, then ${next}`).toBe(step)
  }
  expect(new Set(vectors.steps.map(({ step }) => step)).size).toBe(6)
  for (const { why, signed } of vectors.bad) expect(openDeviceList(signed), why).toBeUndefined()
})

test('[M10] [M11] vectors/handle-url.json', () => {
  const vectors = read<{ handles: (HandleUrl & { url: string })[]; invalid: string[] }>('handle-url')
  for (const { url, ...handle } of vectors.handles) {
    expect(formatHandleUrl(handle)).toBe(url)
    expect(parseHandleUrl(url)).toEqual(handle)
  }
  for (const url of vectors.invalid) expect(parseHandleUrl(url), url).toBeUndefined()
})

test('[N42] vectors/invitation-link.json', () => {
  const vectors = read<{ links: (Invitation & { link: string; tokenHash: string })[]; invalid: string[] }>(
    'invitation-link',
  )
  for (const { link, tokenHash, ...invitation } of vectors.links) {
    expect(formatInvitation(invitation)).toBe(link)
    expect(parseInvitation(link)).toEqual(invitation)
    expect(invitationHash(invitation.token)).toBe(tokenHash)
  }
  for (const link of vectors.invalid) expect(parseInvitation(link), link).toBeUndefined()
})

test('[M3] vectors/location-message.json', () => {
  const vectors = read<{ valid: unknown[]; invalid: { why: string; message: unknown }[] }>('location-message')
  for (const message of vectors.valid) expect(locationMessageSchema.parse(message)).toEqual(message)
  for (const { why, message } of vectors.invalid)
    expect(locationMessageSchema.safeParse(message).success, why).toBe(false)
})

test('[M4] [M5] [M7] [M8] vectors/envelope.json', () => {
  const vectors = read<{
    alice: { deviceList: Signed; deviceKey: string }
    bob: { deviceList: Signed; deviceKey: string }
    message: unknown
    signed: Signed
    sent: unknown
    delivered: unknown
    receipt: { messageHash: string }
    signedReceipt: Signed
    note: unknown
    signedNote: Signed
  }>('envelope')
  const message = openMessage(vectors.signed, vectors.alice.deviceKey)
  expect(message).toEqual(vectors.message)
  const delivered = deliveredEnvelopeSchema.parse(vectors.delivered)
  expect(envelopeSchema.parse(vectors.sent)).toEqual(vectors.sent)
  const bob = openDeviceList(vectors.bob.deviceList)
  const accountKey = fingerprintOf(bob?.list.accountKey ?? '')
  expect(message && agreesWith(message, delivered, { user: 'bob@example.org', device: 'laptop', accountKey })).toBe(
    true,
  )
  expect(openReceipt(vectors.signedReceipt, vectors.bob.deviceKey)).toEqual(vectors.receipt)
  expect(vectors.receipt.messageHash).toBe(hashOfSigned(vectors.signed))
  expect(openNote(vectors.signedNote, vectors.bob.deviceKey)).toEqual(vectors.note)
})
