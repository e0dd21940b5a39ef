import { expect, test } from 'vitest'
import { deliveredEnvelopeSchema, envelopeSchema, listedEnvelopeSchema, sealedKeyContentSchema } from './envelope.ts'
import { ADDRESS_LENGTH_MAX } from './address.ts'
import { alice, bob, filled, signedAt } from './sample-people.ts'

const common = {
  v: 1,
  id: filled(1, 16),
  class: 'message',
  from: alice.laptopAddress,
  to: [bob.address, alice.laptopAddress],
  date: signedAt,
  expires: '2026-12-21T12:00:00.000Z',
}
const head = { sequence: 1, hash: filled(2) }
const sent = {
  ...common,
  heads: [head, head],
  sealed: { keys: [{ device: bob.laptopAddress, key: 'AAAA' }], body: 'AAAA' },
}
const delivered = { ...common, acceptedAt: signedAt, sealed: { key: 'AAAA', body: 'AAAA' } }

test('[M8] an envelope has id, class, sender, recipients, dates, heads and sealed bytes, and nothing else', () => {
  expect(envelopeSchema.parse(sent)).toEqual(sent)
  expect(deliveredEnvelopeSchema.parse(delivered)).toEqual(delivered)
  expect(listedEnvelopeSchema.safeParse({ ...common, acceptedAt: signedAt, sizeBytes: 8 }).success).toBe(true)
  for (const key of Object.keys(sent)) {
    const { [key as keyof typeof sent]: _without, ...rest } = sent
    expect(envelopeSchema.safeParse(rest).success, key).toBe(false)
  }
  // Promise 1: a root, a key or a title has no place to stand.
  for (const extra of ['root', 'key', 'title', 'subject']) {
    expect(envelopeSchema.safeParse({ ...sent, [extra]: 'x' }).success).toBe(false)
    expect(deliveredEnvelopeSchema.safeParse({ ...delivered, [extra]: 'x' }).success).toBe(false)
  }
})

test('[M8] hostile envelopes are refused', () => {
  const many = <T>(count: number, value: T) => Array.from({ length: count }, () => value)
  const changes: object[] = [
    { v: 2 },
    { id: filled(1, 15) },
    { class: 'spam' },
    { from: alice.address },
    { from: 'Alice@example.org/laptop' },
    { to: [] },
    { to: ['bob'] },
    { to: [`${'b'.repeat(ADDRESS_LENGTH_MAX)}@example.org`] },
    { to: many(101, bob.address), heads: many(101, head) },
    { date: 'now' },
    { heads: [] },
    { heads: [{ sequence: 0, hash: filled(2) }] },
    { sealed: { keys: [], body: 'AAAA' } },
    { sealed: { keys: [{ device: bob.address, key: 'AAAA' }], body: 'AAAA' } },
    { sealed: { keys: [{ device: bob.laptopAddress, key: 'A' }], body: 'AAAA' } },
    { sealed: { keys: [{ device: bob.laptopAddress, key: 'A+/=' }], body: 'AAAA' } },
    { sealed: { keys: [{ device: bob.laptopAddress, key: 'A'.repeat(2732) }], body: 'AAAA' } },
    { sealed: { keys: many(513, { device: bob.laptopAddress, key: 'AAAA' }), body: 'AAAA' } },
    { sealed: { ...sent.sealed, body: '' } },
    { sealed: { ...sent.sealed, body: 'A'.repeat(1_398_104) } },
  ]
  for (const change of changes) {
    expect(envelopeSchema.safeParse({ ...sent, ...change }).success, JSON.stringify(change).slice(0, 80)).toBe(false)
  }
})

test("[M9] a sealed key holds the message id, the body's key and its hash", () => {
  const content = { id: common.id, bodyKey: filled(1), bodyHash: filled(2) }
  expect(sealedKeyContentSchema.parse(content)).toEqual(content)
  for (const change of [{ id: filled(1) }, { bodyKey: filled(1, 31) }, { bodyHash: '' }, { more: 1 }]) {
    expect(sealedKeyContentSchema.safeParse({ ...content, ...change }).success).toBe(false)
  }
})
