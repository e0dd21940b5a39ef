// Logging in and out: challenge and response, tokens, sessions.

import { toBase64url } from '@doorpost/protocol/bytes'
import { NONCE_LIFE_MS, TOKEN_LIFE_MS } from '@doorpost/protocol/limits'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DOMAIN, type InMemoryServer, inMemoryServer, NOON, newPerson, triedSession } from '../in-memory-server.ts'
import { turnedClock } from '../listen/turned-clock.ts'
import { openChallenges } from './challenge.ts'

const AT = '/users/alice/laptop'

async function challenge(server: InMemoryServer, target = AT): Promise<string> {
  const reply = await server.ask({ method: 'AUTHORIZATION', target })
  return (reply.json as { nonce: string }).nonce
}

describe('the challenge', () => {
  test('[A5] a proof logs in once', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const body = alice.proofFor(await challenge(server))
    expect((await server.ask({ method: 'AUTHORIZATION', target: AT, body })).status).toBe(200)
    const again = await server.ask({ method: 'AUTHORIZATION', target: AT, body })
    expect([again.status, again.json]).toEqual([
      401,
      expect.objectContaining({ type: 'urn:doorpost:refusal:login-refused' }),
    ])
  })

  test('[A5] a device nonce that was used is refused with another challenge', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const deviceNonce = toBase64url(new Uint8Array(32))
    const statuses = []
    for (const _ of ['first', 'second']) {
      const body = alice.proofFor(await challenge(server), { deviceNonce })
      statuses.push((await server.ask({ method: 'AUTHORIZATION', target: AT, body })).status)
    }
    expect(statuses).toEqual([200, 401])
  })

  test('[A5] a nonce is over after 60 s, and is for the device it was given to', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const late = alice.proofFor(await challenge(server))
    server.clock.turn(NONCE_LIFE_MS)
    expect((await server.ask({ method: 'AUTHORIZATION', target: AT, body: late })).status).toBe(401)
    const stray = alice.proofFor(await challenge(server, '/users/bob/laptop'))
    expect((await server.ask({ method: 'AUTHORIZATION', target: AT, body: stray })).status).toBe(401)
    const good = alice.proofFor(await challenge(server))
    server.clock.turn(NONCE_LIFE_MS - 1)
    expect((await server.ask({ method: 'AUTHORIZATION', target: AT, body: good })).status).toBe(200)
  })

  test('[A5] no nonce is open that was not given out, whatever its bytes', () => {
    const challenges = openChallenges(turnedClock())
    const { nonce } = challenges.issue('alice@h/laptop')
    expect(challenges.isOpen('alice@h/laptop', nonce)).toBe(true)
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.integer({ min: 0, max: 255 }), (bytes, flip) => {
        expect(challenges.isOpen('alice@h/laptop', toBase64url(bytes))).toBe(false)
        const altered = Buffer.from(nonce, 'base64url')
        altered[flip >> 3] = (altered[flip >> 3] as number) ^ (1 << (flip & 7))
        expect(challenges.isOpen('alice@h/laptop', toBase64url(altered))).toBe(false)
      }),
    )
  })

  test('[A5] what was used is remembered within a bound and forgotten in time', () => {
    const clock = turnedClock()
    const challenges = openChallenges(clock, 4)
    const use = (own: string) => challenges.use('a', challenges.issue('a').nonce, own)
    expect([use('1'), use('2'), use('3')]).toEqual(['used', 'used', 'full'])
    expect(challenges.use('a', challenges.issue('a').nonce, '1')).toBe('replayed')
    clock.turn(NONCE_LIFE_MS)
    expect(use('3')).toBe('used')
  })

  test('[A6] unknown users and devices, revoked devices and wrong signatures are refused alike, by the same steps', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const phone = { ...alice.newDevice('phone'), revokedAt: NOON }
    await alice.ask('SEND', '/devices', {
      deviceList: alice.signNext(({ devices }) => ({ devices: [...devices, phone] })),
    })
    const seen = []
    for (const [name, device] of [
      ['alice', 'laptop'],
      ['alice', 'phone'],
      ['alice', 'fridge'],
      ['nemo', 'laptop'],
    ] as const) {
      const target = `/users/${name}/${device}`
      server.calls.length = 0
      const asked = await server.ask({ method: 'AUTHORIZATION', target })
      const { nonce, ...rest } = asked.json as { nonce: string }
      const person = newPerson(server, name, device)
      const proof = person.proofFor(nonce, { device })
      // For alice's own laptop, a signature by another key.
      const body =
        device === 'laptop' && name === 'alice' ? { ...proof, signature: toBase64url(new Uint8Array(64)) } : proof
      const refused = await server.ask({ method: 'AUTHORIZATION', target, body })
      seen.push([
        asked.status,
        asked.headers,
        rest,
        refused.status,
        refused.headers,
        refused.text,
        server.calls.join(' '),
      ])
    }
    expect(seen[0]?.slice(3, 4)).toEqual([401])
    for (const other of seen) expect(other).toEqual(seen[0])
  })

  test('[A7] the origin must be one of ours, whatever the Host header says', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const body = alice.proofFor(await challenge(server), { origin: 'http://127.0.0.1:9999' })
    const headers = { host: '127.0.0.1:9999' }
    expect((await server.ask({ method: 'AUTHORIZATION', target: AT, body, headers })).status).toBe(401)
    const good = alice.proofFor(await challenge(server))
    expect((await server.ask({ method: 'AUTHORIZATION', target: AT, body: good, headers })).status).toBe(200)
  })

  test('[A10] a connection that is not secure can neither log in nor use a token', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    for (const [method, target] of [
      ['AUTHORIZATION', AT],
      ['LIST', '/contacts'],
      ['FINGER', '/users/alice'],
    ] as const) {
      const reply = await alice.ask(method, target, undefined, { secure: false })
      expect([reply.status, reply.json]).toEqual([
        403,
        expect.objectContaining({ type: 'urn:doorpost:refusal:insecure' }),
      ])
    }
  })
})

describe('tokens and sessions', () => {
  test('[A8] a token is stored as its hash alone and lives 15 minutes', async () => {
    const server = inMemoryServer()
    const added: unknown[] = []
    const { logins } = server.storage
    const add = logins.add.bind(logins)
    logins.add = (...given) => {
      added.push(given)
      return add(...given)
    }
    const alice = await server.join('alice')
    expect(JSON.stringify(added)).not.toContain(alice.token)
    server.clock.turn(TOKEN_LIFE_MS - 1)
    expect((await alice.ask('LIST', '/contacts')).status).toBe(200)
    server.clock.turn(1)
    expect((await alice.ask('LIST', '/contacts')).status).toBe(401)
  })

  test('[A8] QUIT ends the token everywhere, the session bound to it, and no other login of the device', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const session = triedSession()
    const bound = await alice.logIn({ session })
    const other = await alice.logIn()
    const gone = await server.ask({ method: 'QUIT', target: '/', token: bound })
    expect([gone.status, gone.close]).toEqual([204, true])
    expect((await server.ask({ method: 'LIST', target: '/contacts', token: bound })).status).toBe(401)
    expect((await server.ask({ method: 'LIST', target: '/contacts', session })).status).toBe(401)
    expect(session.closedWith?.code).toBe(1008)
    expect((await server.ask({ method: 'LIST', target: '/contacts', token: other })).status).toBe(200)
  })

  test('[A8] QUIT over the session answers before it closes', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const session = triedSession()
    const token = await alice.logIn({ session })
    const gone = await server.ask({ method: 'QUIT', target: '/', session })
    expect([gone.status, gone.close, session.closedWith]).toEqual([204, true, undefined])
    expect((await server.ask({ method: 'LIST', target: '/contacts', token })).status).toBe(401)
    expect((await server.ask({ method: 'LIST', target: '/contacts', session })).status).toBe(401)
  })

  test('[A9] a session stays logged in after its token is over; an HTTP connection never is by itself', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const session = triedSession()
    await alice.logIn({ session })
    server.clock.turn(TOKEN_LIFE_MS * 4)
    expect((await server.ask({ method: 'LIST', target: '/contacts', session })).status).toBe(200)
    expect((await server.ask({ method: 'LIST', target: '/contacts' })).status).toBe(401)
    session.breakOff()
    expect(server.rooms.logins.sessionCount()).toBe(0)
  })

  test('[A9] a session speaks for one device and no other', async () => {
    const server = inMemoryServer()
    const [alice, bob] = [await server.join('alice'), await server.join('bob')]
    const session = triedSession()
    await alice.logIn({ session })
    await alice.logIn({ session })
    await expect(bob.logIn({ session })).rejects.toThrow('another device')
    expect(server.rooms.logins.ofSession(session)?.device).toBe(`alice@${DOMAIN}/laptop`)
  })

  test('[P9] the ninth session of one device ends the first', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const sessions = Array.from({ length: 9 }, () => triedSession())
    for (const session of sessions) await alice.logIn({ session })
    expect(sessions.map(({ closedWith }) => closedWith !== undefined)).toEqual(sessions.map((_, index) => index === 0))
  })
})
