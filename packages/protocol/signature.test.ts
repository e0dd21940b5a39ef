import { ed25519 } from '@noble/curves/ed25519.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { toBase64url, utf8 } from './bytes.ts'
import {
  base64urlOf,
  fingerprintOf,
  generateSigningKey,
  hashOfSigned,
  keySchema,
  openSigned,
  type SignatureKind,
  type Signed,
  sign,
  signedSchema,
  signJson,
  verify,
} from './signature.ts'

const kinds: SignatureKind[] = [
  'device-list',
  'device',
  'message',
  'note',
  'receipt',
  'login',
  'direct-caller',
  'direct-listener',
  'grant',
  'grant-holder',
]
const seeded = (byte: number) => generateSigningKey((length) => new Uint8Array(length).fill(byte))
const key = seeded(1)
const schema = z.strictObject({ hello: z.string() })

test('[K30] a signature is good for its kind, its bytes and its key, and nothing else', () => {
  const body = utf8('hello')
  for (const kind of kinds) {
    const signature = sign(kind, body, key.secret)
    for (const other of kinds) expect(verify(other, body, signature, key.public)).toBe(other === kind)
    expect(verify(kind, utf8('hello!'), signature, key.public)).toBe(false)
    expect(verify(kind, body, signature, seeded(2).public)).toBe(false)
  }
  // The zero byte: without it, a kind could run on into the bytes.
  const tagged = Uint8Array.from([...utf8('doorpost/device/v1'), 0, ...body])
  expect(ed25519.verify(sign('device', body, key.secret), tagged, key.public)).toBe(true)
})

test('[K31] one flipped bit anywhere makes it bad, and nothing makes verifying throw', () => {
  const body = utf8('hello')
  const signature = sign('note', body, key.secret)
  const flipped = (bytes: Uint8Array, bit: number) => {
    const copy = bytes.slice()
    const at = Math.floor(bit / 8) % copy.length
    copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8))
    return copy
  }
  fc.assert(
    fc.property(fc.nat({ max: 511 }), (bit) => {
      expect(verify('note', body, flipped(signature, bit), key.public)).toBe(false)
      expect(verify('note', flipped(body, bit), signature, key.public)).toBe(false)
      expect(verify('note', body, signature, flipped(key.public, bit))).toBe(false)
    }),
    { numRuns: 40 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 40 }), (any, anyKey) => {
      expect(verify('note', body, any, anyKey)).toBe(false)
    }),
    { numRuns: 40 },
  )
})

test('[K31] keys of small order, for which anything can be signed, are refused', () => {
  // The identity, and a point of order eight (RFC 8032 section 8.9 and its errata).
  const smallOrder = [
    '0100000000000000000000000000000000000000000000000000000000000000',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    '0000000000000000000000000000000000000000000000000000000000000000',
  ]
  for (const hex of smallOrder) {
    const point = Uint8Array.from(Buffer.from(hex, 'hex'))
    const signature = new Uint8Array(64)
    signature.set(point)
    for (let i = 0; i < 8; i++) expect(verify('note', utf8(String(i)), signature, point)).toBe(false)
  }
})

test('[K32] signed JSON opens to what was signed: verified first, parsed after', () => {
  const signed = signJson('note', { hello: 'you' }, key)
  expect(openSigned('note', signed, schema)).toEqual({ hello: 'you' })
  expect(openSigned('message', signed, schema)).toBeUndefined()
  expect(openSigned('note', signJson('note', { hello: 1 }, key), schema)).toBeUndefined()
  expect(openSigned('note', signJson('note', { hello: 'you', more: 1 }, key), schema)).toBeUndefined()
  expect(openSigned('note', { ...signed, key: toBase64url(seeded(2).public) }, schema)).toBeUndefined()
  const rawBody = (bytes: Uint8Array): Signed => ({
    body: toBase64url(bytes),
    key: signed.key,
    signature: toBase64url(sign('note', bytes, key.secret)),
  })
  expect(openSigned('note', rawBody(utf8('{"hello":"you"}')), schema)).toEqual({ hello: 'you' })
  for (const bytes of [utf8('no JSON'), utf8('\ufeff{"hello":"you"}'), Uint8Array.of(0x22, 0xff, 0x22), utf8('null')]) {
    expect(openSigned('note', rawBody(bytes), schema)).toBeUndefined()
  }
})

test('[K32] what is no base64url does not open, and is not of the schema', () => {
  const signed = signJson('note', { hello: 'you' }, key)
  for (const part of ['body', 'key', 'signature'] as const) {
    for (const text of ['A', '*', `${signed[part]}=`, ` ${signed[part]}`]) {
      const bad = { ...signed, [part]: text }
      expect(openSigned('note', bad, schema), `${part} ${text}`).toBeUndefined()
      expect(signedSchema.safeParse(bad).success, `${part} ${text}`).toBe(false)
    }
  }
  expect(signedSchema.safeParse(signed).success).toBe(true)
  expect(signedSchema.safeParse({ ...signed, body: 'A'.repeat(2_000_004) }).success).toBe(false)
})

test('[K33] hashes and fingerprints are of the exact bytes, not of their text', async () => {
  const signed = signJson('note', { hello: 'you' }, key)
  const sha256 = async (bytes: Uint8Array) =>
    toBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes))))
  expect(hashOfSigned(signed)).toBe(await sha256(utf8('{"hello":"you"}')))
  expect(fingerprintOf(signed.key)).toBe(await sha256(key.public))
})

test('[M1] a text of so many bytes has that length in its one form', () => {
  expect(keySchema.safeParse(toBase64url(key.public)).success).toBe(true)
  for (const text of ['', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}B`, `${'A'.repeat(42)}=`]) {
    expect(keySchema.safeParse(text).success, text).toBe(false)
  }
  expect(base64urlOf(16).safeParse(toBase64url(new Uint8Array(16))).success).toBe(true)
})
