// The messages of the session and of single requests: what their schemas take and refuse.

import { expect, test } from 'vitest'
import type { z } from 'zod'
import { loginBytes } from '../login.ts'
import { fromUtf8 } from '../bytes.ts'
import { alice, bob, filled, signedAt } from '../sample-people.ts'
import { challengeSchema, loginSchema, proofSchema } from './authorization.ts'
import { addressesSchema, approveSchema, blocksSchema, contactPushSchema, contactsSchema } from './contacts.ts'
import { publishListSchema } from './devices.ts'
import { fingerSchema, networkAddressSchema } from './finger.ts'
import { inviteSchema } from './invitations.ts'
import { mailKeysSchema, retrievedSchema } from './mailbox.ts'
import { contactPresenceSchema, presenceSchema } from './presence.ts'
import { registerSchema } from './register.ts'
import { serverFactsSchema } from './server-facts.ts'
import { answerSchema, callSchema, pushSchema } from './session.ts'

const mailKey = { from: alice.laptopAddress, id: filled(1, 16) }
const proof = {
  origin: 'https://example.org',
  serverNonce: filled(1),
  deviceNonce: filled(2),
  signature: filled(3, 64),
}
const finger = {
  address: alice.address,
  accountKey: alice.first.accountKey,
  fingerprint: filled(1),
  deviceList: alice.deviceList,
}
const facts = { doorpost: 1, domain: 'example.org:8025', origins: ['https://example.org:8025'], registration: 'open' }

const table: [string, z.ZodType, unknown[], unknown[]][] = [
  [
    'challenge',
    challengeSchema,
    [{ nonce: filled(1), expiresAt: signedAt }],
    [{ nonce: filled(1, 16), expiresAt: signedAt }],
  ],
  [
    'proof',
    proofSchema,
    [proof],
    [
      { ...proof, origin: 'example' },
      { ...proof, serverNonce: '' },
      { ...proof, more: 1 },
    ],
  ],
  ['login', loginSchema, [{ token: filled(1), expiresAt: signedAt }], [{ token: 'abc', expiresAt: signedAt }]],
  [
    'approve',
    approveSchema,
    [{ address: bob.address }, { address: bob.address, invitation: filled(1, 16) }],
    [{ address: 'bob' }],
  ],
  ['contacts', contactsSchema, [{ contacts: [] }], [{ contacts: [{ address: bob.address }] }]],
  ['blocks', blocksSchema, [{ blocked: [bob.address] }], [{ blocked: ['bob'] }]],
  [
    'addresses',
    addressesSchema,
    [{ addresses: [bob.address] }],
    [{ addresses: [] }, { addresses: [bob.laptopAddress] }],
  ],
  [
    'publish',
    publishListSchema,
    [{ deviceList: alice.deviceList }],
    [{ deviceList: { ...alice.deviceList, body: 'A' } }],
  ],
  [
    'finger',
    fingerSchema,
    [finger, { ...finger, presence: [{ device: 'laptop', online: true, addresses: ['192.0.2.7:4711'] }] }],
    [
      { ...finger, presence: [{ device: 'laptop', online: true, addresses: ['example.org:1'] }] },
      { ...finger, online: true },
    ],
  ],
  [
    'invite',
    inviteSchema,
    [{ tokenHash: filled(1), expires: signedAt }],
    [{ tokenHash: filled(1, 16), expires: signedAt }],
  ],
  [
    'mail keys',
    mailKeysSchema,
    [{ messages: [mailKey] }],
    [{ messages: [] }, { messages: Array.from({ length: 501 }, () => mailKey) }],
  ],
  [
    'retrieved',
    retrievedSchema,
    [{ messages: [{ ...mailKey, status: 404 }] }],
    [{ messages: [{ ...mailKey, status: 200 }] }],
  ],
  [
    'presence',
    presenceSchema,
    [{ online: true }, { online: false, addresses: [], share: 'nothing' }],
    [
      {},
      { online: true, addresses: ['x'] },
      { online: true, share: 'some' },
      { online: true, addresses: Array.from({ length: 17 }, () => '192.0.2.7:1') },
    ],
  ],
  [
    'contact presence',
    contactPresenceSchema,
    [{ contacts: [{ address: bob.address, presence: [] }] }],
    [{ contacts: [{}] }],
  ],
  ['register', registerSchema, [{ deviceList: alice.deviceList }], [{ deviceList: alice.deviceList, name: 'alice' }]],
  [
    'server facts',
    serverFactsSchema,
    [facts],
    [
      { ...facts, domain: 'Example.org' },
      { ...facts, domain: 'x/y@z' },
      { ...facts, doorpost: 2 },
    ],
  ],
  [
    'call',
    callSchema,
    [
      { id: 0, method: 'LIST', target: '/messages' },
      { id: 2 ** 31, method: 'SEND', target: '/', headers: { a: 'b' }, body: null },
    ],
    [
      { id: -1, method: 'LIST', target: '/' },
      { id: 'x', method: 'LIST', target: '/' },
      { id: 1, method: 'L'.repeat(33), target: '/' },
    ],
  ],
  [
    'answer',
    answerSchema,
    [
      { id: 0, status: 204 },
      { id: 0, status: 200, body: 'AA==', encoding: 'base64' },
    ],
    [{ id: 0 }, { id: 0, status: 200, encoding: 'hex' }],
  ],
  [
    'push',
    pushSchema,
    [
      { push: { kind: 'presence', address: bob.address, device: 'laptop' } },
      { push: { kind: 'contact', address: bob.address, mutual: false } },
    ],
    [
      { push: { kind: 'advert' } },
      { push: { kind: 'message' } },
      { kind: 'presence', address: bob.address, device: 'laptop' },
    ],
  ],
  [
    'contact push',
    contactPushSchema,
    [{ kind: 'contact', address: bob.address, mutual: true }],
    [{ kind: 'contact', address: bob.address }],
  ],
]

test('[M30] every message takes what it should and refuses what it should not', () => {
  for (const [name, schema, right, wrong] of table) {
    for (const value of right) expect(schema.safeParse(value).success, `${name} ${JSON.stringify(value)}`).toBe(true)
    for (const value of [...wrong, null, [], 'x']) {
      expect(schema.safeParse(value).success, `${name} ${JSON.stringify(value)?.slice(0, 200)}`).toBe(false)
    }
  }
})

test('[M30] a presence without addresses has none', () => {
  expect(presenceSchema.parse({ online: true })).toEqual({ online: true, addresses: [] })
})

test('[M31] a network address is an IP address and a port, no name', () => {
  for (const text of ['192.0.2.7:4711', '[2001:db8::7]:4711', '[::1]:1']) {
    expect(networkAddressSchema.safeParse(text).success, text).toBe(true)
  }
  for (const text of [
    'example.org:1',
    '192.0.2.7',
    '2001:db8::7:4711',
    '[::1]',
    ':1',
    '192.0.2.7:',
    '192.0.2.7:471100',
    'http://192.0.2.7:1',
  ]) {
    expect(networkAddressSchema.safeParse(text).success, text).toBe(false)
  }
})

test('[M32] a login proof is over method, origin, device and both nonces, in this order', () => {
  const bytes = loginBytes({
    origin: 'https://example.org',
    device: alice.laptopAddress,
    serverNonce: 'S',
    deviceNonce: 'D',
  })
  expect(fromUtf8(bytes)).toBe(
    '{"method":"AUTHORIZATION","origin":"https://example.org","device":"alice@example.org/laptop","serverNonce":"S","deviceNonce":"D"}',
  )
})
