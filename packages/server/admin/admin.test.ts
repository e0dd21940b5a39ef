// The admin's rows as the table serves them to an admin, to users and to everybody else, over a server in memory.

import { createHash } from 'node:crypto'
import { DAY_MS, dayOf } from '@doorpost/protocol/day'
import type { AdminFigures, AdminInvitations, AdminLimits, AdminUsers } from '@doorpost/protocol/messages/admin'
import { DELIVERED_UNIT_BYTES } from '@doorpost/protocol/messages/delivered'
import { describe, expect, test } from 'vitest'
import {
  befriend,
  envelopeFor,
  type InMemoryServer,
  inMemoryServer,
  newPerson,
  type Person,
} from '../in-memory-server.ts'
import { table } from '../table.ts'
import { DAYS_KEPT } from './days.ts'
import { FORGET_EVERY_MS, REMOVED_KEPT_MS } from './standing.ts'

const hashOf = (token: Uint8Array) => createHash('sha256').update(token).digest('base64url')
const turns = async (count = 5) => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
}

async function world(): Promise<{ server: InMemoryServer; root: Person; alice: Person; bob: Person }> {
  const server = inMemoryServer({ admins: ['ruth'] })
  const root = await joinAsAdmin(server)
  return { server, root, alice: await server.join('alice'), bob: await server.join('bob') }
}

async function joinAsAdmin(server: InMemoryServer): Promise<Person> {
  const token = Buffer.alloc(16, 7)
  const invitation = { tokenHash: hashOf(token), inviter: null, expiresAtMs: server.clock.wallMs() + DAY_MS }
  await server.storage.invitations.add(invitation, 9, server.clock.wallMs())
  const person = newPerson(server, 'ruth')
  const body = { deviceList: person.list, invitation: token.toString('base64url') }
  expect((await server.ask({ method: 'SEND', target: '/accounts', body })).status).toBe(201)
  await person.logIn()
  return person
}

const users = async (root: Person, query = '') => (await root.ask('LIST', `/admin/users${query}`)).json as AdminUsers
const figures = async (root: Person) => (await root.ask('LIST', '/admin')).json as AdminFigures
const limits = async (root: Person) => ((await root.ask('LIST', '/admin/limits')).json as AdminLimits).limits
const stand = (root: Person, name: string, standing: string) => root.ask('SEND', '/admin/users', { name, standing })

describe('who may', () => {
  test('[ADM2] to all but admins every admin row answers as a target that does not exist, whatever the method', async () => {
    const { server, root, alice } = await world()
    const rows = table.filter(({ who }) => who === 'admin')
    expect(rows.length).toBeGreaterThan(5)
    const nowhere = await alice.ask('LIST', '/nowhere')
    for (const { method, target } of rows) {
      for (const asked of [method, 'QUIT', 'FINGER']) {
        const { status, headers, text } = await alice.ask(asked, target)
        expect([asked, target, status, headers, text]).toEqual([asked, target, 404, nowhere.headers, nowhere.text])
      }
      expect((await server.ask({ method, target })).status).toBe(401)
      expect((await root.ask(method, target, { name: 'nobody-here' })).status).not.toBe(404)
      expect((await root.ask('FINGER', target)).headers.allow).toContain(method)
    }
  })

  test('[ADM3] the name of an admin is registered with an invitation of the administrator alone', async () => {
    const server = inMemoryServer({ admins: ['ruth'] })
    const alice = await server.join('alice')
    const thief = newPerson(server, 'ruth')
    const register = (invitation?: string) =>
      server.ask({ method: 'SEND', target: '/accounts', body: { deviceList: thief.list, invitation } })
    expect((await register()).text).toContain('invitation-needed')
    const token = Buffer.alloc(16, 1)
    const expires = new Date(server.clock.wallMs() + DAY_MS).toISOString()
    expect((await alice.ask('SEND', '/invitations', { tokenHash: hashOf(token), expires })).status).toBe(201)
    expect((await register(token.toString('base64url'))).text).toContain('invitation-needed')
    expect(await server.storage.accounts.get(thief.address)).toBeUndefined()
    const ruth = await joinAsAdmin(server)
    expect((await ruth.ask('LIST', '/admin')).status).toBe(200)
  })

  test('[ADM14] the account of an admin can be neither closed nor removed', async () => {
    const { root } = await world()
    for (const standing of ['closed', 'removed']) {
      const { status, text } = await stand(root, 'ruth', standing)
      expect([status, text]).toEqual([403, expect.stringContaining('doorpost admin remove ruth')])
    }
    expect((await figures(root)).now.accounts).toBe(3)
  })
})

describe('users', () => {
  test('[ADM4] [ADM12] an admin is told names, days and sizes, and nothing else', async () => {
    const { server, root, alice, bob } = await world()
    await befriend(alice, bob)
    await bob.comeOnline(['192.0.2.7:4711'])
    await alice.ask('SEND', '/messages', envelopeFor(alice, [bob]))
    server.clock.turn(DAY_MS)
    await bob.logIn()
    await root.logIn()
    const { users: all } = await users(root)
    expect(all).toEqual([
      {
        name: 'alice',
        standing: 'open',
        createdAt: '2026-11-21T12:16:40.000Z',
        seen: '2026-11-21',
        devices: 1,
        messages: 0,
        bytes: 0,
        admin: false,
      },
      expect.objectContaining({ name: 'bob', seen: '2026-11-22', messages: 1, bytes: 6, admin: false }),
      expect.objectContaining({ name: 'ruth', admin: true }),
    ])
    expect(JSON.stringify(all)).not.toMatch(/192\.0|online|alice@|contacts|key/)
  })

  test('[ADM4] users come in pages, and by how their names begin', async () => {
    const { server, root } = await world()
    for (let number = 0; number < 120; number++) {
      const person = newPerson(server, `crew-${String(number).padStart(3, '0')}`)
      await server.ask({ method: 'SEND', target: '/accounts', body: { deviceList: person.list } })
    }
    const first = await users(root, '?begin=crew')
    expect([first.users.length, first.users[0]?.name, first.more]).toEqual([100, 'crew-000', true])
    const second = await users(root, `?begin=crew&after=${first.users.at(-1)?.name}`)
    expect([second.users.length, second.users.at(-1)?.name, second.more]).toEqual([20, 'crew-119', false])
    expect((await users(root, '?begin=zz')).users).toEqual([])
  })

  test('[ADM13] a closed account is logged out at once and told why, its mail waits, and nobody else can tell', async () => {
    const { server, root, alice, bob } = await world()
    const before = await alice.ask('FINGER', '/users/bob')
    const session = await bob.comeOnline()
    expect((await stand(root, 'bob', 'closed')).json).toMatchObject({ user: { name: 'bob', standing: 'closed' } })
    expect(session.closedWith?.code).toBe(1008)
    expect((await bob.ask('LIST', '/messages')).status).toBe(401)
    await expect(bob.logIn()).rejects.toThrow(/not-allowed.*closed this account/)
    expect((await alice.ask('FINGER', '/users/bob')).text).toBe(before.text)
    expect((await alice.ask('SEND', '/messages', envelopeFor(alice, [bob]))).status).toBe(202)
    // Whoever has no key of bob's learns nothing of it.
    const nonce = (await server.ask({ method: 'AUTHORIZATION', target: '/users/bob/laptop' })).json as { nonce: string }
    const forged = await server.ask({
      method: 'AUTHORIZATION',
      target: '/users/bob/laptop',
      body: alice.proofFor(nonce.nonce),
    })
    expect([forged.status, forged.text.includes('login-refused')]).toEqual([401, true])
    await stand(root, 'bob', 'open')
    await bob.logIn()
    expect((await bob.ask('LIST', '/messages')).json).toMatchObject({ messages: [{ from: alice.device }] })
  })

  test('[ADM10] a removed account is as if it had never been, comes back whole, and its name goes to nobody', async () => {
    const { server, root, alice, bob } = await world()
    await befriend(alice, bob)
    await bob.comeOnline()
    expect((await stand(root, 'bob', 'removed')).json).toMatchObject({
      user: { standing: 'removed', forgottenAt: new Date(server.clock.wallMs() + REMOVED_KEPT_MS).toISOString() },
    })
    const ghost = newPerson(server, 'ghost')
    const [gone, never] = [await alice.ask('FINGER', '/users/bob'), await alice.ask('FINGER', '/users/ghost')]
    expect([gone.status, gone.text]).toEqual([404, never.text.replaceAll('ghost', 'bob')])
    const [toBob, toGhost] = [
      await alice.ask('SEND', '/messages', envelopeFor(alice, [bob])),
      await alice.ask('SEND', '/messages', envelopeFor(alice, [ghost], { id: 'AQEBAQEBAQEBAQEBAQEBAQ' })),
    ]
    expect([toBob.status, toBob.text]).toEqual([462, toGhost.text.replaceAll('ghost', 'bob')])
    await expect(bob.logIn()).rejects.toThrow('login-refused')
    const again = newPerson(server, 'bob', 'fridge')
    expect((await server.ask({ method: 'SEND', target: '/accounts', body: { deviceList: again.list } })).status).toBe(
      409,
    )
    await stand(root, 'bob', 'open')
    await bob.logIn()
    expect((await bob.ask('LIST', '/contacts')).json).toMatchObject({
      contacts: [{ address: alice.address, mutual: true }],
    })
  })

  test('[ADM11] after a week a removed account is forgotten but for its name', async () => {
    const { server, root, alice, bob } = await world()
    await befriend(alice, bob)
    await alice.ask('SEND', '/messages', envelopeFor(alice, [bob]))
    const tokenHash = hashOf(Buffer.alloc(16, 3))
    await bob.ask('SEND', '/invitations', { tokenHash, expires: '2026-12-21T12:00:00.000Z' })
    await stand(root, 'bob', 'removed')
    // As if it had been so long ago that its week is over in an hour and a half.
    const sinceMs = server.clock.wallMs() - REMOVED_KEPT_MS + 1.5 * FORGET_EVERY_MS
    await server.storage.accounts.setStanding(bob.address, 'removed', sinceMs)
    server.clock.turn(FORGET_EVERY_MS)
    await turns(30)
    await root.logIn()
    expect((await users(root)).users.map(({ name }) => name)).toContain('bob')
    server.clock.turn(FORGET_EVERY_MS)
    await turns(30)
    await root.logIn()
    expect((await users(root)).users.map(({ name }) => name)).toEqual(['alice', 'ruth'])
    expect((await stand(root, 'bob', 'open')).status).toBe(462)
    const { storage, clock } = server
    expect(await storage.contacts.list(bob.address)).toEqual([])
    expect(await storage.invitations.find(tokenHash, clock.wallMs())).toBeUndefined()
    expect((await storage.mail.counts()).copies).toBe(0)
    expect((await server.ask({ method: 'SEND', target: '/accounts', body: { deviceList: bob.list } })).status).toBe(409)
  })
})

describe('invitations', () => {
  test('[ADM20] they are made, listed, used, revoked and put back', async () => {
    const { server, root, alice } = await world()
    server.follow({ registration: 'invitation' })
    const token = Buffer.alloc(16, 9)
    const invitation = { tokenHash: hashOf(token), expires: '2026-11-28T12:00:00.000Z' }
    const all = async () => ((await root.ask('LIST', '/admin/invitations')).json as AdminInvitations).invitations
    expect((await root.ask('SEND', '/admin/invitations', invitation)).status).toBe(201)
    const hers = { tokenHash: hashOf(Buffer.alloc(16, 8)), expires: '2026-11-29T12:00:00.000Z' }
    await alice.ask('SEND', '/invitations', hers)
    const mine = expect.objectContaining({ used: true }) as unknown
    expect(await all()).toEqual([mine, { ...invitation, used: false }, { ...hers, used: false, by: 'alice' }])
    const carol = newPerson(server, 'carol')
    const body = { deviceList: carol.list, invitation: token.toString('base64url') }
    expect((await root.ask('REMOVE', '/admin/invitations', { tokenHashes: [invitation.tokenHash] })).status).toBe(204)
    expect((await server.ask({ method: 'SEND', target: '/accounts', body })).status).toBe(466)
    await root.ask('SEND', '/admin/invitations', invitation)
    expect((await server.ask({ method: 'SEND', target: '/accounts', body })).status).toBe(201)
    expect(await all()).toContainEqual({ ...invitation, used: true })
    for (const expires of ['2020-01-01T00:00:00.000Z', '2027-11-21T12:00:00.000Z']) {
      expect((await root.ask('SEND', '/admin/invitations', { ...invitation, expires })).status).toBeGreaterThanOrEqual(
        400,
      )
    }
  })

  test('[ADM20] a thousand are listed at most, and that there are more is said', async () => {
    const { server, root } = await world()
    const nowMs = server.clock.wallMs()
    const list = async () => (await root.ask('LIST', '/admin/invitations')).json as AdminInvitations
    const before = (await list()).invitations.length
    for (let number = before; number < 1001; number++) {
      if (number === 1000) expect(await list()).toMatchObject({ more: false })
      const tokenHash = hashOf(Buffer.from(`invitation ${number}`))
      await server.storage.invitations.add({ tokenHash, inviter: null, expiresAtMs: nowMs + DAY_MS }, 2000, nowMs)
    }
    const { invitations, more } = await list()
    expect([invitations.length, more]).toEqual([1000, true])
  })
})

describe('figures', () => {
  test('[ADM30] a day holds what was carried, what was refused and why, and what is there now', async () => {
    const { server, root, alice, bob } = await world()
    await alice.ask('SEND', '/messages', envelopeFor(alice, [bob]))
    await alice.ask('LIST', '/nowhere')
    // An app that asks whether its user runs the server is not refused anything.
    await alice.ask('LIST', '/admin')
    server.rooms.metrics.tunnelBytes.inc(5000)
    const { days, now, domain } = await figures(root)
    expect([domain, now.accounts, now.messagesKept]).toEqual(['localhost:8025', 3, 1])
    expect(days).toEqual([
      {
        day: '2026-11-21',
        deliveredBytes: 0,
        tellingDevices: 0,
        tunnelBytes: 5000,
        messageBytes: expect.any(Number) as number,
        liveBytes: 0,
        webBytes: 0,
        refused: { 'not-found': 1 },
      },
    ])
    expect(days[0]?.messageBytes).toBeGreaterThan(100)
    expect(JSON.stringify(days)).not.toMatch(/alice|bob|ruth/)
  })

  test('[ADM30] what passes is said as bytes a second, and each day counts by itself, for 400 days', async () => {
    const { server, root } = await world()
    server.rooms.metrics.tunnelBytes.inc(1)
    server.clock.turn(5_000)
    await figures(root)
    server.rooms.metrics.tunnelBytes.inc(50_000)
    server.clock.turn(5_000)
    expect((await figures(root)).now.bytesPerSecond).toBe(10_000)
    server.clock.turn(DAY_MS)
    await turns()
    await root.logIn()
    server.rooms.metrics.tunnelBytes.inc(3)
    const days = (await figures(root)).days.map(({ day, tunnelBytes }) => [day, tunnelBytes])
    expect(days).toEqual([
      ['2026-11-21', 50_001],
      ['2026-11-22', 3],
    ])
    const today = dayOf(server.clock.wallMs())
    await server.storage.figures.add(today - DAYS_KEPT, { tunnel: 1 }, 0)
    await server.storage.figures.add(today - DAYS_KEPT + 1, { tunnel: 2 }, 0)
    expect((await figures(root)).days.map(({ tunnelBytes }) => tunnelBytes)).toEqual([2, 50_001, 3])
    server.rooms.metrics.tunnelBytes.inc(1)
    await figures(root)
    expect(await server.storage.figures.since(0)).toHaveLength(3)
  })

  test('[ADM31] what was counted is written every minute and when the server ends', async () => {
    const { server } = await world()
    const kept = async () => (await server.storage.figures.since(0)).map(({ figures: each }) => each['tunnel'])
    server.rooms.metrics.tunnelBytes.inc(10)
    server.clock.turn(60_000)
    await turns()
    expect(await kept()).toEqual([10])
    server.rooms.metrics.tunnelBytes.inc(5)
    await server.close()
    expect(await kept()).toEqual([15])
  })

  test('[ADM32] devices add to past days once each, within a week, and only sums are kept', async () => {
    const { server, root, alice, bob } = await world()
    const tell = async (person: Person, day: string, units: number) =>
      (await person.ask('SEND', '/delivered', { day, units })).status
    expect([await tell(alice, '2026-11-20', 3), await tell(alice, '2026-11-20', 9)]).toEqual([204, 204])
    expect([await tell(bob, '2026-11-20', 1), await tell(bob, '2026-11-14', 1)]).toEqual([204, 204])
    const refused = [
      await tell(bob, '2026-11-21', 1),
      await tell(bob, '2027-01-01', 1),
      await tell(bob, '2026-11-13', 1),
      await tell(bob, '2026-11-19', 0),
      await tell(bob, '2026-11-19', 1.5),
      await tell(bob, '2026-11-19', 2 ** 18 + 1),
    ]
    expect(refused).toEqual([400, 400, 469, 400, 400, 400])
    expect(
      (await server.ask({ method: 'SEND', target: '/delivered', body: { day: '2026-11-20', units: 1 } })).status,
    ).toBe(401)
    const days = (await figures(root)).days.filter(({ deliveredBytes }) => deliveredBytes > 0)
    expect(days.map(({ day, deliveredBytes, tellingDevices }) => [day, deliveredBytes, tellingDevices])).toEqual([
      ['2026-11-14', DELIVERED_UNIT_BYTES, 1],
      ['2026-11-20', 4 * DELIVERED_UNIT_BYTES, 2],
    ])
    expect(JSON.stringify(await server.storage.figures.since(0))).not.toMatch(/alice|bob|laptop/)
  })
})

describe('limits', () => {
  test('[ADM40] a limit holds at once, is kept, wins over the file, and is put back', async () => {
    const { server, root } = await world()
    const change = (changes: object) => root.ask('SEND', '/admin/limits', { changes })
    const join = async (name: string) => {
      const body = { deviceList: newPerson(server, name).list }
      return (await server.ask({ method: 'SEND', target: '/accounts', body })).status
    }
    expect((await change({ 'quotas.accounts': 3 })).status).toBe(200)
    expect(await join('carol')).toBe(507)
    expect(await server.storage.limits.all()).toEqual({ 'quotas.accounts': 3 })
    server.follow({ quotas: { accounts: 10 }, registration: 'closed' })
    expect((await limits(root)).find(({ name }) => name === 'quotas.accounts')).toEqual({
      name: 'quotas.accounts',
      unit: 'users',
      value: 3,
      unset: 10,
      isSet: true,
      min: 1,
      max: 10_000_000,
    })
    expect(await join('carol')).toBe(465)
    await change({ 'quotas.accounts': null, registration: 'open' })
    expect(await join('carol')).toBe(201)
    expect(server.rooms.policy().quotas.accounts).toBe(10)
  })

  test('[ADM41] what a policy file may not say is refused by name, and nothing of that request holds', async () => {
    const { server, root } = await world()
    const before = server.rooms.policy()
    const bad: [string, unknown][] = [
      ['quotas.accounts', 0],
      ['quotas.accounts', 'many'],
      ['registration', 'sometimes'],
      ['registration', 1],
      ['metrics', 'anybody'],
      ['constructor', 1],
      ['quotas', 1],
      ['rates.finger.perAddress', 0],
      ['nothing', null],
    ]
    for (const [name, value] of bad) {
      const body = JSON.stringify({ changes: { 'quotas.messages': 5, [name]: value } })
      const { status } = await root.ask('SEND', '/admin/limits', Buffer.from(body))
      expect([name, value, status]).toEqual([name, value, 400])
      expect(server.rooms.policy()).toEqual(before)
    }
  })

  test('[ADM40] a rate that is set counts requests in the time that the policy has', async () => {
    const { server, root } = await world()
    server.follow({ rates: { finger: { perAddress: { requests: 50, seconds: 7 } } } })
    await root.ask('SEND', '/admin/limits', { changes: { 'rates.finger.perAddress': 2 } })
    expect(server.rooms.policy().rates.finger.perAddress).toEqual({ requests: 2, seconds: 7 })
    const finger = async () => (await server.ask({ method: 'FINGER', target: '/' })).status
    expect([await finger(), await finger(), await finger()]).toEqual([200, 200, 429])
  })
})
