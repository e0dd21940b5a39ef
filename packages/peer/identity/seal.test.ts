import { Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import type { DeliveredEnvelope } from '@doorpost/protocol/envelope'
import { generateSigningKey, type Signed, signJson } from '@doorpost/protocol/signature'
import { sealBody, sealMessage, unseal } from './seal.ts'

const id = toBase64url(new Uint8Array(16).fill(7))
const otherId = toBase64url(new Uint8Array(16).fill(8))
const bob = 'bob@example.org/laptop' as DeviceAddress
const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
const signed = signJson('message', { hello: 'Bob', film: 'x'.repeat(300) }, generateSigningKey(random))

let identity: string
let recipient: string
let envelope: DeliveredEnvelope

function delivered(sealed: { key: string; body: string }, messageId = id): DeliveredEnvelope {
  return {
    v: 1,
    id: messageId,
    class: 'message',
    from: 'alice@example.org/desk' as DeviceAddress,
    to: [bob],
    date: '2026-11-21T12:00:00.000Z',
    expires: '2026-12-21T12:00:00.000Z',
    acceptedAt: '2026-11-21T12:00:01.000Z',
    sealed,
  }
}

async function ageFile(text: string, ...recipients: string[]): Promise<string> {
  const encrypter = new Encrypter()
  for (const each of recipients) encrypter.addRecipient(each)
  return toBase64url(await encrypter.encrypt(text))
}

beforeAll(async () => {
  identity = await generateHybridIdentity()
  recipient = await identityToRecipient(identity)
  const { keys, body } = await sealMessage({ signed, id, devices: [{ device: bob, recipient }] })
  envelope = delivered({ key: keys[0]?.key ?? '', body })
})

test('[K10] what is sealed for a device opens there and nowhere else', async () => {
  expect(await unseal(envelope, identity)).toEqual({ kind: 'signed', signed })
  const stranger = await generateHybridIdentity()
  expect(await unseal(envelope, stranger)).toEqual({ kind: 'unreadable', fault: 'not-for-this-device' })
})

test('[K10] each device gets its own key and all share one body, in which nothing can be read', async () => {
  const second = await generateHybridIdentity()
  const devices = [
    { device: bob, recipient },
    { device: 'bob@example.org/phone' as DeviceAddress, recipient: await identityToRecipient(second) },
  ]
  const { keys, body } = await sealMessage({ signed, id, devices })
  expect(keys.map(({ device }) => device)).toEqual(devices.map(({ device }) => device))
  expect(await unseal(delivered({ key: keys[0]?.key ?? '', body }), identity)).toEqual({ kind: 'signed', signed })
  expect(await unseal(delivered({ key: keys[1]?.key ?? '', body }), second)).toEqual({ kind: 'signed', signed })
  const bytes = Buffer.from(fromBase64url(body))
  expect(bytes.includes('hello')).toBe(false)
  expect(bytes.length).toBe(32 + 64 + fromBase64url(signed.body).length + 16)
})

test('[K11] a body or key of another message, or one flipped bit anywhere, is noticed', async () => {
  const other = await sealMessage({ signed, id: otherId, devices: [{ device: bob, recipient }] })
  const otherKey = other.keys[0]?.key ?? ''
  const swaps: [DeliveredEnvelope, string][] = [
    [delivered({ key: envelope.sealed.key, body: other.body }), 'altered'],
    [delivered({ key: otherKey, body: envelope.sealed.body }), 'altered'],
    [delivered({ key: otherKey, body: other.body }), 'altered'],
    [delivered(envelope.sealed, otherId), 'altered'],
  ]
  for (const [swapped, fault] of swaps) expect(await unseal(swapped, identity)).toEqual({ kind: 'unreadable', fault })

  const flip = (text: string, at: number) => {
    const bytes = fromBase64url(text)
    bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << (at % 8))
    return toBase64url(bytes)
  }
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.constantFrom<'key' | 'body'>('key', 'body'), async (at, part) => {
      const hurt = delivered({ ...envelope.sealed, [part]: flip(envelope.sealed[part], at) })
      expect((await unseal(hurt, identity)).kind).toBe('unreadable')
    }),
    { numRuns: 60 },
  )
})

/** A sealed key made by somebody who holds the body's key: a co-recipient, or the sender. */
async function madeByHand(content: { id: string; bodyFor: string; hashOf?: Uint8Array }, body = signed) {
  const bodyKey = new Uint8Array(32).fill(3)
  const ciphertext = sealBody(body, content.bodyFor, bodyKey)
  const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(content.hashOf ?? ciphertext))
  const bodyHash = toBase64url(new Uint8Array(digest))
  const key = await ageFile(JSON.stringify({ id: content.id, bodyKey: toBase64url(bodyKey), bodyHash }), recipient)
  return { ciphertext, envelope: delivered({ key, body: toBase64url(ciphertext) }) }
}

test("[K11] the id in the sealed key and the id bound to the body must both be the envelope's", async () => {
  const altered = { kind: 'unreadable', fault: 'altered' }
  expect(await unseal((await madeByHand({ id, bodyFor: id })).envelope, identity)).toEqual({ kind: 'signed', signed })
  expect(await unseal((await madeByHand({ id, bodyFor: otherId })).envelope, identity)).toEqual(altered)
  expect(await unseal((await madeByHand({ id: otherId, bodyFor: id })).envelope, identity)).toEqual(altered)
})

test('[K11] another body under the same key, as a co-recipient could make one, is not the one that was sealed', async () => {
  const { ciphertext } = await madeByHand({ id, bodyFor: id })
  const forged = signJson('message', { hello: 'Mallory' }, generateSigningKey(random))
  const { envelope: swapped } = await madeByHand({ id, bodyFor: id, hashOf: ciphertext }, forged)
  expect(await unseal(swapped, identity)).toEqual({ kind: 'unreadable', fault: 'altered' })
})

test('[K12] only hybrid recipients are sealed to, and a sealed key with other or more stanzas is refused unopened', async () => {
  const classic = await identityToRecipient(await generateX25519Identity())
  await expect(sealMessage({ signed, id, devices: [{ device: bob, recipient: classic }] })).rejects.toThrow('hybrid')
  await expect(unseal(envelope, await generateX25519Identity())).rejects.toThrow('hybrid')

  const text = JSON.stringify({ id, bodyKey: toBase64url(random(32)), bodyHash: toBase64url(random(32)) })
  const malformed = { kind: 'unreadable', fault: 'malformed' }
  expect(await unseal(delivered({ key: await ageFile(text, classic), body: 'AAAA' }), identity)).toEqual(malformed)
  const passphrase = new Encrypter()
  passphrase.setPassphrase('open sesame')
  passphrase.setScryptWorkFactor(10)
  const scrypt = toBase64url(await passphrase.encrypt(text))
  expect(await unseal(delivered({ key: scrypt, body: 'AAAA' }), identity)).toEqual(malformed)

  // Two stanzas, and a header of 4,000: neither reaches age.
  const good = Buffer.from(fromBase64url(envelope.sealed.key)).toString('latin1')
  const [version, stanza, stanzaBody, ...rest] = good.split('\n')
  const twice = [version, stanza, stanzaBody, stanza, stanzaBody, ...rest].join('\n')
  const grease = [version, '-> grease', '', stanza, stanzaBody, ...rest].join('\n')
  const many = [version, ...Array.from({ length: 4000 }, () => '-> x\n'), ...rest].join('\n')
  for (const hostile of [twice, grease, many]) {
    const key = toBase64url(Uint8Array.from(Buffer.from(hostile, 'latin1')))
    expect(await unseal(delivered({ key, body: envelope.sealed.body }), identity)).toEqual(malformed)
  }
})

test('[K12] whatever bytes arrive as key and body, the outcome is unreadable and never an error', async () => {
  const header = fromBase64url(envelope.sealed.key)
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat({ max: header.length }).map((length) => header.subarray(0, length)),
        fc.uint8Array({ maxLength: 300 }).map((tail) => Uint8Array.from([...header.subarray(0, 40), ...tail])),
      ),
      fc.string({ maxLength: 200 }),
      async (key, body) => {
        const outcome = await unseal(delivered({ key: toBase64url(key), body }), identity)
        expect(outcome.kind).toBe('unreadable')
      },
    ),
    { numRuns: 100 },
  )
})

test("[K12] a sealed key whose content is not the schema's is malformed", async () => {
  for (const text of ['', 'null', '{}', '{"id":1}', JSON.stringify({ id, bodyKey: 'A', bodyHash: 'B' }), '\ud800']) {
    const key = await ageFile(text, recipient)
    expect(await unseal(delivered({ key, body: envelope.sealed.body }), identity)).toEqual({
      kind: 'unreadable',
      fault: 'malformed',
    })
  }
})

test('[K10] a message too large for its body, or for too many devices, is refused before it is sealed', async () => {
  const large: Signed = { ...signed, body: toBase64url(new Uint8Array(1024 * 1024)) }
  await expect(sealMessage({ signed: large, id, devices: [] })).rejects.toMatchObject({ code: 'too-large' })
  const devices = Array.from({ length: 513 }, () => ({ device: bob, recipient }))
  await expect(sealMessage({ signed, id, devices })).rejects.toMatchObject({ code: 'too-large' })
})
