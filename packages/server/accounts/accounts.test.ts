// Registering, device lists, contacts, blocks and invitations, as callers see them.

import type { Device } from '@doorpost/protocol/device-list'
import { describe, expect, test } from 'vitest'
import { befriend, DOMAIN, inMemoryServer, newPerson, NOON, type Person } from '../in-memory-server.ts'
import { hashOfInvitation } from './register.ts'

const registration = (server: ReturnType<typeof inMemoryServer>, name: string, domain = DOMAIN) =>
  server.ask({
    method: 'SEND',
    target: '/accounts',
    body: { deviceList: newPerson(server, name, 'laptop', domain).list },
  })

const codeOf = (reply: { json: unknown }) => (reply.json as { type: string }).type.replace('urn:doorpost:refusal:', '')

describe('registering', () => {
  test('[A1] a first list makes an account, and the same list again is answered the same', async () => {
    const server = inMemoryServer()
    for (const _ of ['once', 'again']) {
      const reply = await registration(server, 'alice')
      expect(reply.status).toBe(201)
      expect(reply.json).toEqual({ address: `alice@${DOMAIN}` })
    }
    expect(await server.storage.accounts.count()).toBe(1)
  })

  test('[A1] a list of another domain, a later list, and one with a foreign signature make none', async () => {
    const server = inMemoryServer()
    const elsewhere = await registration(server, 'alice', 'example.org')
    expect([elsewhere.status, codeOf(elsewhere)]).toEqual([463, 'other-domain'])
    const alice = newPerson(server, 'alice')
    const first = alice.list
    const second = alice.signNext(() => ({}))
    const later = await server.ask({ method: 'SEND', target: '/accounts', body: { deviceList: second } })
    expect([later.status, codeOf(later)]).toEqual([409, 'list-refused'])
    const forged = { ...first, signature: second.signature }
    const foreign = await server.ask({ method: 'SEND', target: '/accounts', body: { deviceList: forged } })
    expect([foreign.status, codeOf(foreign)]).toEqual([409, 'list-refused'])
    expect(await server.storage.accounts.count()).toBe(0)
  })

  test('[A2] a taken name is a 409, a name of the server itself a 468', async () => {
    const server = inMemoryServer()
    await registration(server, 'alice')
    const other = newPerson(server, 'alice', 'phone')
    const reply = await server.ask({ method: 'SEND', target: '/accounts', body: { deviceList: other.list } })
    expect([reply.status, codeOf(reply)]).toEqual([409, 'name-taken'])
    for (const name of ['postmaster', 'admin', 'root', 'policy', 'invitation', 'nobody']) {
      const reserved = await registration(server, name)
      expect([name, reserved.status, codeOf(reserved)]).toEqual([name, 468, 'not-permitted-by-policy'])
    }
  })

  test('[Y1] closed is a 465; by invitation it is a 466 without a token that is good', async () => {
    const closed = inMemoryServer({ policy: { registration: 'closed' } })
    expect((await registration(closed, 'alice')).status).toBe(465)
    const server = inMemoryServer({ policy: { registration: 'invitation' } })
    expect((await registration(server, 'alice')).status).toBe(466)
    const invitation = 'AAAAAAAAAAAAAAAAAAAAAA'
    const body = { deviceList: newPerson(server, 'alice').list, invitation }
    expect((await server.ask({ method: 'SEND', target: '/accounts', body })).status).toBe(466)
    const tokenHash = hashOfInvitation(invitation)
    const nowMs = server.clock.wallMs()
    await server.storage.invitations.add({ tokenHash, inviter: null, expiresAtMs: nowMs + 1000 }, 10, nowMs)
    expect((await server.ask({ method: 'SEND', target: '/accounts', body })).status).toBe(201)
    // The answer may have been lost on the way.
    expect((await server.ask({ method: 'SEND', target: '/accounts', body })).status).toBe(201)
    const second = { deviceList: newPerson(server, 'bob').list, invitation }
    expect((await server.ask({ method: 'SEND', target: '/accounts', body: second })).status).toBe(466)
  })

  test('[Y1] without a policy registration is open on loopback and by invitation elsewhere', async () => {
    expect((await registration(inMemoryServer({ onLoopback: true }), 'alice')).status).toBe(201)
    expect((await registration(inMemoryServer({ onLoopback: false }), 'alice')).status).toBe(466)
  })

  test('[Y2] a name outside allow or inside deny is a 468', async () => {
    const server = inMemoryServer({ policy: { names: { allow: ['crew-*', 'alice'], deny: ['*-bot'] } } })
    const outcomes: Record<string, number> = {}
    for (const name of ['alice', 'crew-1', 'bob', 'crew-1-bot'])
      outcomes[name] = (await registration(server, name)).status
    expect(outcomes).toEqual({ alice: 201, 'crew-1': 201, bob: 468, 'crew-1-bot': 468 })
  })

  test('[Y10] quotas.accounts refuses another newcomer', async () => {
    const server = inMemoryServer({ policy: { quotas: { accounts: 1 } } })
    expect([(await registration(server, 'alice')).status, (await registration(server, 'bob')).status]).toEqual([
      201, 507,
    ])
  })

  test('[V6] a body that is no JSON, of another schema, or too large is refused with the field or the bound', async () => {
    const server = inMemoryServer()
    const at = { method: 'SEND', target: '/accounts' }
    const noJson = await server.ask({ ...at, body: Buffer.from('{"deviceList":') })
    expect([noJson.status, codeOf(noJson)]).toEqual([400, 'malformed'])
    const wrong = await server.ask({ ...at, body: { deviceList: { ...newPerson(server, 'alice').list, key: 1 } } })
    expect([wrong.status, (wrong.json as { detail: string }).detail]).toEqual([
      400,
      expect.stringMatching(/^deviceList.key: /),
    ])
    const large = await server.ask({ ...at, body: Buffer.alloc(400_000, 0x20) })
    expect([large.status, codeOf(large)]).toEqual([413, 'too-large'])
    expect((large.json as { detail: string }).detail).toContain('81920 bytes')
  })
})

describe('device lists', () => {
  test('[A3] the next list takes the place of the one before; older, forked and foreign ones are 409', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const first = alice.list
    const second = alice.signNext(({ devices }) => ({ devices: [...devices, alice.newDevice('phone')] }))
    const taken = await alice.ask('SEND', '/devices', { deviceList: second })
    expect([taken.status, taken.json]).toEqual([200, { head: alice.head }])
    expect((await alice.ask('SEND', '/devices', { deviceList: second })).status).toBe(200)
    const why = async (deviceList: object) => {
      const reply = await alice.ask('SEND', '/devices', { deviceList })
      return [reply.status, (reply.json as { detail?: string }).detail]
    }
    expect(await why(first)).toEqual([409, 'A newer list is known here.'])
    const other = newPerson(server, 'alice')
    other.signNext(() => ({ signedAt: '2026-11-22T12:00:00.000Z' }))
    expect(await why(other.list)).toEqual([409, 'Another list with this number, or before this one, is known here.'])
    const mallory = newPerson(server, 'mallory')
    expect(await why(mallory.signNext(() => ({ sequence: 3 })))).toEqual([
      409,
      expect.stringContaining('not signed by'),
    ])
    expect((await server.storage.accounts.get(alice.address))?.head).toEqual(alice.head)
  })

  test('[A4] a revoked device loses logins, sessions, presence and mail before the answer', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    await alice.ask('SEND', '/devices', {
      deviceList: alice.signNext(({ devices }) => ({ devices: [...devices, alice.newDevice('phone')] })),
    })
    const token = await alice.logIn({ device: 'phone' })
    const session = await alice.comeOnline(['192.0.2.7:4711'], 'phone')
    const held = server.ask({ method: 'PIPE', target: '/tunnel', token })
    expect((await server.ask({ method: 'LIST', target: '/contacts', token })).status).toBe(200)
    server.calls.length = 0
    const revoked = alice.signNext(({ devices }) => ({
      devices: devices.map((device) => (device.name === 'phone' ? { ...device, revokedAt: NOON } : device)),
    }))
    expect((await alice.ask('SEND', '/devices', { deviceList: revoked })).status).toBe(200)
    expect((await server.ask({ method: 'LIST', target: '/contacts', token })).status).toBe(401)
    expect((await server.ask({ method: 'LIST', target: '/contacts', session })).status).toBe(401)
    expect(session.closedWith?.code).toBe(1008)
    expect((await held).status).toBe(401)
    expect(server.rooms.presence.count()).toBe(0)
    expect(server.calls).toContain('mail.removeDevice')
    await expect(alice.logIn({ device: 'phone' })).rejects.toThrow('Login Refused')
    expect((await alice.ask('LIST', '/contacts')).status).toBe(200)
  })

  test('[A4] so does a device that is left out, and one whose key changed, but not one that stays', async () => {
    const statusAfter = async (phones: (alice: Person) => Device[]) => {
      const server = inMemoryServer()
      const alice = await server.join('alice')
      const laptop = alice.newDevice('laptop')
      const publish = (devices: Device[]) =>
        alice.ask('SEND', '/devices', { deviceList: alice.signNext(() => ({ devices })) })
      await publish([laptop, alice.newDevice('phone')])
      const token = await alice.logIn({ device: 'phone' })
      expect((await publish([laptop, ...phones(alice)])).status).toBe(200)
      return (await server.ask({ method: 'LIST', target: '/contacts', token })).status
    }
    expect(await statusAfter((alice) => [alice.newDevice('phone')])).toBe(200)
    expect(await statusAfter(() => [])).toBe(401)
    expect(await statusAfter((alice) => [alice.newDevice('phone', 2)])).toBe(401)
  })
})

describe('contacts', () => {
  test('[A11] two who approved each other are mutual', async () => {
    const server = inMemoryServer()
    const [alice, bob] = [await server.join('alice'), await server.join('bob')]
    const one = await alice.ask('SEND', '/contacts', { address: bob.address })
    expect([one.status, one.json]).toEqual([200, { address: bob.address, mutual: false }])
    const both = await bob.ask('SEND', '/contacts', { address: alice.address })
    expect(both.json).toEqual({ address: alice.address, mutual: true })
    expect((await alice.ask('LIST', '/contacts')).json).toEqual({ contacts: [{ address: bob.address, mutual: true }] })
    expect((await bob.ask('REMOVE', '/contacts', { addresses: [alice.address] })).status).toBe(204)
    expect((await alice.ask('LIST', '/contacts')).json).toEqual({ contacts: [{ address: bob.address, mutual: false }] })
  })

  test('[A11] oneself, other domains and names that nobody has are refused', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const statusFor = async (address: string) => (await alice.ask('SEND', '/contacts', { address })).status
    expect(await statusFor(alice.address)).toBe(400)
    expect(await statusFor('bob@example.org')).toBe(463)
    expect(await statusFor(`bob@${DOMAIN}`)).toBe(462)
  })

  test('[A11] an invitation makes two people mutual at once, once, until it expires, and for its own inviter', async () => {
    const server = inMemoryServer()
    const [alice, bob, carol] = [await server.join('alice'), await server.join('bob'), await server.join('carol')]
    const token = 'AQEBAQEBAQEBAQEBAQEBAQ'
    const expires = new Date(server.clock.wallMs() + 60_000).toISOString()
    const deposit = (text: string) => alice.ask('SEND', '/invitations', { tokenHash: hashOfInvitation(text), expires })
    expect((await deposit(token)).status).toBe(201)
    const used = await bob.ask('SEND', '/contacts', { address: alice.address, invitation: token })
    expect([used.status, used.json]).toEqual([200, { address: alice.address, mutual: true }])
    const again = await carol.ask('SEND', '/contacts', { address: alice.address, invitation: token })
    expect([again.status, codeOf(again)]).toEqual([469, 'expired'])
    const stray = 'AwMDAwMDAwMDAwMDAwMDAw'
    await deposit(stray)
    expect((await carol.ask('SEND', '/contacts', { address: bob.address, invitation: stray })).status).toBe(469)
    const late = 'AgICAgICAgICAgICAgICAg'
    await deposit(late)
    server.clock.turn(60_001)
    expect((await carol.ask('SEND', '/contacts', { address: alice.address, invitation: late })).status).toBe(469)
    expect((await carol.ask('LIST', '/contacts')).json).toEqual({ contacts: [] })
  })

  test('[A13] approvals, blocks and invitations are bounded', async () => {
    const server = inMemoryServer()
    const [alice, bob] = [await server.join('alice'), await server.join('bob')]
    for (let i = 0; i < 1000; i++) {
      await server.storage.contacts.approve(alice.address, `u${i}@${DOMAIN}` as typeof bob.address, 1000)
      await server.storage.contacts.block(alice.address, `u${i}@${DOMAIN}` as typeof bob.address, 1000)
    }
    expect((await alice.ask('SEND', '/contacts', { address: bob.address })).status).toBe(507)
    expect((await alice.ask('SEND', '/blocks', { address: bob.address })).status).toBe(507)
    const expires = new Date(server.clock.wallMs() + 60_000).toISOString()
    const statuses = new Set<number>()
    for (let i = 0; i <= 100; i++) {
      const tokenHash = hashOfInvitation(Buffer.alloc(16, i).toString('base64url'))
      statuses.add((await alice.ask('SEND', '/invitations', { tokenHash, expires })).status)
    }
    expect([...statuses]).toEqual([201, 507])
  })

  test('[A13] an invitation that is over, or lives longer than 90 days, is refused', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const tokenHash = hashOfInvitation('AQEBAQEBAQEBAQEBAQEBAQ')
    const inDays = (days: number) => new Date(server.clock.wallMs() + days * 86_400_000).toISOString()
    expect((await alice.ask('SEND', '/invitations', { tokenHash, expires: inDays(-1) })).status).toBe(469)
    expect((await alice.ask('SEND', '/invitations', { tokenHash, expires: inDays(91) })).status).toBe(400)
  })

  test('[Y3] invite: admin refuses a member', async () => {
    const server = inMemoryServer({ policy: { invite: 'admin' } })
    const alice = await server.join('alice')
    const body = { tokenHash: hashOfInvitation('AQEBAQEBAQEBAQEBAQEBAQ'), expires: NOON }
    expect((await alice.ask('SEND', '/invitations', body)).status).toBe(468)
  })
})

describe('blocks', () => {
  test('[A12] blocking ends being mutual until it is undone', async () => {
    const server = inMemoryServer()
    const [alice, bob] = [await server.join('alice'), await server.join('bob')]
    await befriend(alice, bob)
    expect((await bob.ask('SEND', '/blocks', { address: alice.address })).status).toBe(204)
    expect((await bob.ask('LIST', '/blocks')).json).toEqual({ blocked: [alice.address] })
    expect((await alice.ask('LIST', '/contacts')).json).toEqual({ contacts: [{ address: bob.address, mutual: false }] })
    expect((await bob.ask('REMOVE', '/blocks', { addresses: [alice.address] })).status).toBe(204)
    expect((await alice.ask('LIST', '/contacts')).json).toEqual({ contacts: [{ address: bob.address, mutual: true }] })
  })

  test('[A12] to the other it looks like an approval that was withdrawn', async () => {
    const seen: unknown[] = []
    for (const target of ['/blocks', '/contacts'] as const) {
      const server = inMemoryServer()
      const [alice, bob] = [await server.join('alice'), await server.join('bob')]
      await befriend(alice, bob)
      const session = await alice.comeOnline()
      if (target === '/blocks') await bob.ask('SEND', target, { address: alice.address })
      else await bob.ask('REMOVE', target, { addresses: [alice.address] })
      seen.push([
        session.pushed,
        (await alice.ask('LIST', '/contacts')).text,
        (await alice.ask('FINGER', '/users/bob')).text,
      ])
    }
    expect(seen[0]).toEqual(seen[1])
    expect((seen[0] as unknown[])[0]).toEqual([{ kind: 'contact', address: `bob@${DOMAIN}`, mutual: false }])
  })
})
