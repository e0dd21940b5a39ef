// SEND /messages, through the whole handler table over memory storage.

import { type DeviceAddress, deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import type { Envelope } from '@doorpost/protocol/envelope'
import { LIFETIME_MAX_MS, SEND_BODY_BYTES_MAX } from '@doorpost/protocol/limits'
import { beforeEach, describe, expect, test } from 'vitest'
import { befriend, inMemoryServer, type InMemoryServer, newPerson, type Person } from '../in-memory-server.ts'
import { bodyOf, keyOf, letter, sealedFor } from './letters.ts'

let server: InMemoryServer
let alice: Person
let bob: Person
let carol: Person

beforeEach(async () => {
  server = inMemoryServer()
  alice = await server.join('alice')
  bob = await server.join('bob')
  carol = await server.join('carol')
})

const send = (envelope: Envelope, from = alice) => from.ask('SEND', '/messages', envelope)
const at = (ms: number) => new Date(ms).toISOString()

async function listed(person: Person, token?: string): Promise<string[]> {
  const reply = await person.ask('LIST', '/messages', undefined, token === undefined ? {} : { token })
  return (reply.json as { messages: { id: string }[] }).messages.map(({ id }) => id)
}

async function addDevice(person: Person, name: string): Promise<string> {
  const deviceList = person.signNext(({ devices }) => ({ devices: [...devices, person.newDevice(name)] }))
  expect((await person.ask('SEND', '/devices', { deviceList })).status).toBe(200)
  return person.logIn({ device: name })
}

describe('accepted', () => {
  test('[S1] a message is accepted once: the same bytes again are answered alike, other bytes are a conflict', async () => {
    const envelope = letter(alice, [bob])
    const first = await send(envelope)
    const acceptedAt = at(server.clock.wallMs())
    expect([first.status, first.json]).toEqual([202, { id: envelope.id, acceptedAt }])
    server.clock.turn(60_000)
    const again = await send(envelope)
    expect([again.status, again.json]).toEqual([200, { id: envelope.id, acceptedAt }])
    const other = await send({ ...envelope, class: 'note' })
    expect([other.status, other.json]).toMatchObject([
      409,
      { type: 'urn:doorpost:refusal:conflict', about: envelope.id },
    ])
    expect(await listed(bob)).toEqual([envelope.id])
    expect((await send({ ...letter(carol, [bob]), id: envelope.id }, carol)).status).toBe(202)
  })

  test('[S1] the same message written in another order of fields is the same message', async () => {
    const envelope = letter(alice, [bob])
    await send(envelope)
    const { sealed, ...rest } = envelope
    const reordered = { sealed: { body: sealed.body, keys: sealed.keys }, ...rest }
    expect((await alice.ask('SEND', '/messages', reordered)).status).toBe(200)
  })

  test('[S2] what was accepted stays so when the answer was lost and the world has moved on', async () => {
    const envelope = letter(alice, [bob])
    await send(envelope)
    await addDevice(bob, 'phone')
    expect((await send(envelope)).status).toBe(200)
    const resealed = await send(letter(alice, [bob]))
    expect([resealed.status, resealed.json]).toMatchObject([409, { type: 'urn:doorpost:refusal:conflict' }])
    server.follow({ send: [{ rule: 'deny', from: '*', to: '*' }] })
    expect((await send(envelope)).status).toBe(200)
    server.clock.turn(31 * 24 * 3600_000)
    const late = letter(alice, [bob], 2)
    expect((await send(late)).status).toBe(401)
  })

  test('[S7] every device of a recipient gets one copy, sealed for it; a device named alone is the only one', async () => {
    const phone = await addDevice(bob, 'phone')
    const toAll = letter(alice, [bob, carol], 1)
    const toPhone = letter(alice, [{ person: bob, device: 'phone' }], 2)
    const toBoth = letter(alice, [bob, { person: bob, device: 'phone' }], 3)
    for (const envelope of [toAll, toPhone, toBoth]) expect((await send(envelope)).status).toBe(202)
    expect(await listed(bob)).toEqual([toAll.id, toBoth.id])
    expect(await listed(bob, phone)).toEqual([toAll.id, toPhone.id, toBoth.id])
    expect(await listed(carol)).toEqual([toAll.id])
    const retrieved = await bob.ask('RETRIEVE', '/messages', { messages: [keyOf(toAll)] }, { token: phone })
    expect(retrieved.json).toMatchObject({
      messages: [{ envelope: { sealed: { key: sealedFor(deviceAddress(bob.address, 'phone')), body: bodyOf(1) } } }],
    })
  })

  test('[S7] keys for devices that are not addressed are kept for nobody', async () => {
    const stranger = { device: 'dora@localhost:8025/phone' as DeviceAddress, key: 'AAAA' }
    const envelope = letter(alice, [bob])
    const { keys, body } = envelope.sealed
    expect((await send({ ...envelope, sealed: { keys: [...keys, stranger], body } })).status).toBe(202)
    expect(await server.storage.mail.counts()).toEqual({ messages: 1, copies: 1 })
  })

  test('[S8] contact, not approved and blocked are one answer after the same steps', async () => {
    const seen = new Set<string>()
    for (const standing of ['contact', 'stranger', 'blocked', 'blocked after mutual']) {
      const here = inMemoryServer()
      const [sender, recipient] = [await here.join('alice'), await here.join('bob')]
      await recipient.comeOnline()
      if (standing === 'contact' || standing === 'blocked after mutual') await befriend(sender, recipient)
      if (standing.startsWith('blocked')) await recipient.ask('SEND', '/blocks', { address: sender.address })
      here.calls.length = 0
      const { status, headers, text } = await send(letter(sender, [recipient]), sender)
      seen.add(JSON.stringify([status, headers, text, here.calls]))
      const visible = standing.startsWith('blocked') ? 0 : 1
      expect(await listed(recipient)).toHaveLength(visible)
    }
    expect([...seen]).toHaveLength(1)
    expect([...seen][0]).toContain('mail.accept')
  })
})

describe('refused', () => {
  const refusals: [string, string, (envelope: Envelope) => unknown, number, object][] = [
    ['S3', 'another device of the same user', (e) => ({ ...e, from: deviceOf('alice', 'phone') }), 403, {}],
    ['S3', 'another user', (e) => ({ ...e, from: deviceOf('carol', 'laptop') }), 403, {}],
    ['S4', 'a field too many', (e) => ({ ...e, subject: 'hello' }), 400, {}],
    ['S4', 'no heads', (e) => ({ ...e, heads: [] }), 400, {}],
    ['S4', 'a head too many', (e) => ({ ...e, heads: [...e.heads, ...e.heads] }), 400, {}],
    ['S4', 'one recipient twice', (e) => ({ ...e, to: [...e.to, ...e.to], heads: [...e.heads, ...e.heads] }), 400, {}],
    [
      'S4',
      'one device twice',
      (e) => ({ ...e, sealed: { ...e.sealed, keys: [...e.sealed.keys, ...e.sealed.keys] } }),
      400,
      {},
    ],
    ['S4', 'a date in the future', (e) => ({ ...e, date: '2026-11-21T12:30:00.000Z' }), 400, {}],
    ['S4', 'an expiry before the date', (e) => ({ ...e, expires: e.date }), 400, {}],
    ['S4', 'too long a life', (e) => ({ ...e, expires: at(Date.parse(e.date) + LIFETIME_MAX_MS + 1) }), 400, {}],
    ['S4', 'an expiry that is past', (e) => ({ ...e, expires: '2026-11-21T12:10:01.000Z' }), 469, {}],
    ['S5', 'a user elsewhere', (e) => ({ ...e, to: ['bob@example.org'] }), 463, { about: 'bob@example.org' }],
    ['S5', 'a user nobody has', (e) => ({ ...e, to: [userOf('nobody')] }), 462, { about: userOf('nobody') }],
    [
      'S6',
      'an older list',
      (e) => ({ ...e, heads: e.heads.map((head) => ({ ...head, sequence: 9 })) }),
      409,
      { about: userOf('bob') },
    ],
    [
      'S6',
      'another list',
      (e) => ({ ...e, heads: e.heads.map((head) => ({ ...head, hash: sealedFor(e.from) })) }),
      409,
      { about: userOf('bob') },
    ],
    [
      'S6',
      'no key for an active device',
      (e) => ({ ...e, sealed: { ...e.sealed, keys: e.sealed.keys.map(({ key }) => ({ device: e.from, key })) } }),
      409,
      { about: userOf('bob') },
    ],
    [
      'S6',
      'a device there is not',
      (e) => ({ ...e, to: [deviceOf('bob', 'phone')] }),
      409,
      { about: deviceOf('bob', 'phone') },
    ],
  ]
  async function isRefused(...[_rule, _what, change, status, problem]: (typeof refusals)[number]): Promise<void> {
    const reply = await alice.ask('SEND', '/messages', change(letter(alice, [bob])))
    expect([reply.status, reply.json]).toMatchObject([status, problem])
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(await server.storage.mail.counts()).toEqual({ messages: 0, copies: 0 })
  }
  const under = (rule: string) => refusals.filter(([own]) => own === rule)
  test.each(under('S3'))('[S3] refused (%s): %s', isRefused)
  test.each(under('S4'))('[S4] refused (%s): %s', isRefused)
  test.each(under('S5'))('[S5] refused (%s): %s', isRefused)
  test.each(under('S6'))('[S6] refused (%s): %s', isRefused)

  test('[S5] of several recipients the first unknown one is named, and nobody gets anything', async () => {
    const envelope = letter(alice, [bob, newPerson(server, 'dora'), newPerson(server, 'erin')])
    const reply = await send(envelope)
    expect([reply.status, reply.json]).toMatchObject([462, { about: userOf('dora') }])
    expect(await listed(bob)).toEqual([])
  })

  test('[S6] a message sealed before a recipient revoked a device is refused, and none is kept for that device', async () => {
    await addDevice(bob, 'phone')
    const before = letter(alice, [bob], 1)
    const revokedAt = at(server.clock.wallMs())
    const deviceList = bob.signNext(({ devices }) => ({
      devices: devices.map((device) => (device.name === 'phone' ? { ...device, revokedAt } : device)),
    }))
    await bob.ask('SEND', '/devices', { deviceList })
    expect([(await send(before)).status, (await send(letter(alice, [bob], 2))).status]).toEqual([409, 202])
    const toRevoked = letter(alice, [{ person: bob, device: 'phone' }], 3)
    expect((await send(toRevoked)).status).toBe(409)
  })

  test('[S17] the policy says who may write to whom, how large and to how many', async () => {
    const large = letter(alice, [bob], 1, { sealed: { ...letter(alice, [bob]).sealed, body: 'A'.repeat(1400) } })
    server.follow({
      sizes: { messageBytes: 1024, recipients: 1 },
      send: [{ rule: 'deny', from: '*', to: userOf('carol') }],
    })
    const replies = [await send(large), await send(letter(alice, [bob, carol])), await send(letter(alice, [carol]))]
    expect(replies.map(({ status }) => status)).toEqual([413, 468, 468])
    expect(replies[2]?.json).toMatchObject({ about: userOf('carol') })
    expect((await send(letter(alice, [bob]))).status).toBe(202)
  })

  test('[S17] a full mailbox is named, and takes mail again when there is room', async () => {
    server.follow({ quotas: { messages: 1 } })
    await befriend(alice, bob)
    await send(letter(alice, [bob], 1))
    const full = await send(letter(alice, [carol, bob], 2))
    expect([full.status, full.json]).toMatchObject([464, { about: userOf('bob') }])
    expect(await listed(carol)).toEqual([])
    await bob.ask('REMOVE', '/messages', { messages: [keyOf(letter(alice, [bob], 1))] })
    expect((await send(letter(alice, [carol, bob], 2))).status).toBe(202)
  })

  test('[S4] a body that is too large or no JSON is refused as such', async () => {
    expect((await alice.ask('SEND', '/messages', Buffer.alloc(SEND_BODY_BYTES_MAX + 1, 32))).status).toBe(413)
    expect((await alice.ask('SEND', '/messages', Buffer.from('{'))).status).toBe(400)
  })
})

function userOf(name: string): UserAddress {
  return `${name}@localhost:8025` as UserAddress
}

function deviceOf(name: string, device: string): DeviceAddress {
  return deviceAddress(userOf(name), device)
}
