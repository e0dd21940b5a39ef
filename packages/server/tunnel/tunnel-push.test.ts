// The tunnel towards devices with a session, and the ends of answers that are under way: logins, silence, draining, quotas.

import { Refusal } from '@doorpost/protocol/errors'
import { PIPE_HOLD_MS } from '@doorpost/protocol/limits'
import { pipePushSchema } from '@doorpost/protocol/messages/pipe'
import { describe, expect, test } from 'vitest'
import type { Login } from '../accounts/logins.ts'
import {
  befriend,
  envelopeFor,
  type InMemoryServer,
  inMemoryServer,
  MESSAGE_ID,
  type Person,
  type TriedSession,
} from '../in-memory-server.ts'
import type { PolicyFile } from '../policy/policy.ts'
import { TUNNEL_STALL_MS } from './relay.ts'

const settled = () => new Promise(setImmediate)

/** Alice sent a message to bob and carol, who is no contact of hers. */
async function parties(policy: PolicyFile = {}): Promise<{
  server: InMemoryServer
  alice: Person
  bob: Person
  carol: Person
}> {
  const server = inMemoryServer({ policy })
  const [alice, bob, carol] = [await server.join('alice'), await server.join('bob'), await server.join('carol')]
  await befriend(alice, bob)
  expect((await alice.ask('SEND', '/messages', envelopeFor(alice, [bob, carol]))).status).toBe(202)
  return { server, alice, bob, carol }
}

const HEADERS = { 'doorpost-message': `alice@localhost:8025/laptop ${MESSAGE_ID}` }

function pipe(server: InMemoryServer, who: Person, target: string) {
  const body = Buffer.from('what?')
  return server.ask({ method: 'PIPE', target: `/tunnels/${target}/laptop`, headers: HEADERS, body, token: who.token })
}

const pipesOf = ({ pushed }: TriedSession) =>
  pushed.filter((push) => (push as { kind: string }).kind === 'pipe').map((push) => pipePushSchema.parse(push))

describe('pushes', () => {
  test('[TUN5] a request is pushed to a device that said it is on-line, and answered without PIPE', async () => {
    const { server, alice, bob } = await parties()
    const session = await alice.comeOnline()
    const answer = pipe(server, bob, 'alice')
    await settled()
    const [push] = pipesOf(session)
    expect(push).toMatchObject({ requester: bob.device, request: Buffer.from('what?').toString('base64') })
    expect((await alice.ask('SEND', `/tunnel/${push?.id}`, Buffer.from('this'))).status).toBe(204)
    expect((await answer).text).toBe('this')
    server.clock.turn(1000)
    expect(pipesOf(session)).toHaveLength(1)
  })

  test('[TUN5] a session that did not say so gets nothing', async () => {
    const { server, alice, bob } = await parties()
    const session = await alice.comeOnline()
    await alice.ask('SEND', '/presence', { online: false }, { session })
    const answer = pipe(server, bob, 'alice')
    await settled()
    expect(pipesOf(session)).toEqual([])
    server.clock.turn(PIPE_HOLD_MS + 500)
    expect((await answer).status).toBe(504)
  })

  test('[TUN5] what was pushed waits on: it comes again over the next session, and PIPE collects it too', async () => {
    const { server, alice, bob } = await parties()
    const first = await alice.comeOnline()
    const answer = pipe(server, bob, 'alice')
    await settled()
    first.breakOff()
    const second = await alice.comeOnline()
    expect(pipesOf(second)).toEqual(pipesOf(first))
    const collected = await alice.ask('PIPE', '/tunnel')
    expect(collected.headers['doorpost-pipe']).toBe(pipesOf(first)[0]?.id)
    await alice.ask('SEND', `/tunnel/${pipesOf(first)[0]?.id}`, Buffer.from('this'))
    expect((await answer).text).toBe('this')
  })

  test('[TUN5] a request that came before its device is pushed when it comes; one that a session had no room for, a little later', async () => {
    const { server, alice, bob } = await parties()
    const early = pipe(server, bob, 'alice')
    await settled()
    const session = await alice.comeOnline()
    expect(pipesOf(session)).toHaveLength(1)
    const { push } = session
    session.push = () => false
    const late = pipe(server, bob, 'alice')
    await settled()
    session.push = push
    server.clock.turn(500)
    expect(pipesOf(session)).toHaveLength(2)
    for (const { id } of pipesOf(session)) await alice.ask('SEND', `/tunnel/${id}`, Buffer.from('this'))
    expect([(await early).text, (await late).text]).toEqual(['this', 'this'])
  })

  test('[TUN6] what was pushed to one device is answered by no other', async () => {
    const { server, alice, bob, carol } = await parties()
    const session = await alice.comeOnline()
    const answer = pipe(server, bob, 'alice')
    await settled()
    const target = `/tunnel/${pipesOf(session)[0]?.id}`
    for (const who of [bob, carol]) expect((await who.ask('SEND', target, Buffer.from('forged'))).status).toBe(404)
    await alice.ask('SEND', target, Buffer.from('true'))
    expect((await alice.ask('SEND', target, Buffer.from('again'))).status).toBe(404)
    expect((await answer).text).toBe('true')
  })

  test('[TUN3] a part that is no number is a 400', async () => {
    const { server, alice, bob } = await parties()
    const session = await alice.comeOnline()
    const answer = pipe(server, bob, 'alice')
    await settled()
    const target = `/tunnel/${pipesOf(session)[0]?.id}`
    for (const query of ['part=x', 'part=-1', 'part=01', 'part=0&more=2', 'part=1.5']) {
      expect([query, (await alice.ask('SEND', `${target}?${query}`, Buffer.from('this'))).status]).toEqual([query, 400])
    }
    const first = alice.ask('SEND', `${target}?part=0&more=1`, Buffer.from('this '))
    const second = alice.ask('SEND', `${target}?part=1`, Buffer.from('and that'))
    expect((await answer).text).toBe('this and that')
    expect([(await first).status, (await second).status]).toEqual([204, 204])
  })

  test('[TUN15] [AUD5] devices of one user ask each other about messages and links of theirs, and about no others', async () => {
    const { server, alice, bob, carol } = await parties()
    const list = alice.signNext(({ devices }) => ({ devices: [...devices, alice.newDevice('phone')] }))
    expect((await alice.ask('SEND', '/devices', { deviceList: list })).status).toBe(200)
    const token = await alice.logIn({ device: 'phone' })
    const session = await alice.comeOnline()
    const pipeFrom = (message: string) =>
      server.ask({
        method: 'PIPE',
        target: '/tunnels/alice/laptop',
        headers: { 'doorpost-message': message },
        body: Buffer.from('what?'),
        token,
      })
    const answer = pipeFrom(`${alice.device} ${MESSAGE_ID}`)
    await settled()
    const [push] = pipesOf(session)
    expect(push?.requester).toBe(`${alice.address}/phone`)
    await alice.ask('SEND', `/tunnel/${push?.id}`, Buffer.from('this'))
    expect((await answer).text).toBe('this')
    // Given out by a link, which names nobody.
    const linked = pipeFrom(`${alice.device} CCCCCCCCCCCCCCCCCCCCCA`)
    await settled()
    const [, second] = pipesOf(session)
    await alice.ask('SEND', `/tunnel/${second?.id}`, Buffer.from('that'))
    expect((await linked).text).toBe('that')
    const other = envelopeFor(bob, [carol], { id: 'BBBBBBBBBBBBBBBBBBBBBA' })
    expect((await bob.ask('SEND', '/messages', other)).status).toBe(202)
    expect((await pipeFrom(`${bob.device} ${other.id}`)).status).toBe(467)
  })

  test('[TUN9] requests of the blocked, and of a sender to one who is no contact, are pushed nowhere', async () => {
    const { server, alice, bob, carol } = await parties()
    await carol.ask('SEND', '/blocks', { address: bob.address })
    const session = await carol.comeOnline()
    const held = [pipe(server, bob, 'carol'), pipe(server, alice, 'carol')]
    await settled()
    server.clock.turn(PIPE_HOLD_MS + 500)
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([504, 504])
    expect(pipesOf(session)).toEqual([])
    // Away, or silent: the same answer to the last byte.
    const away = pipe(server, bob, 'alice')
    await settled()
    server.clock.turn(PIPE_HOLD_MS + 500)
    expect(await away).toEqual(await held[0])
  })
})

describe('an answer under way', () => {
  /** Alice's device has sent the first ten bytes of an answer to bob, and holds the rest. */
  async function begun(policy: PolicyFile = {}) {
    const { server, alice, bob } = await parties(policy)
    const { tunnel, logins } = server.rooms
    const loginOf = async (who: Person) => (await logins.ofToken(who.token)) as Login
    const gone = new AbortController()
    const session = await alice.comeOnline()
    const request = { body: Buffer.from('what?'), muted: false, mutual: true }
    const asking = tunnel.ask(await loginOf(bob), alice.device, request, gone.signal)
    const more = Promise.withResolvers<void>()
    async function* body() {
      yield new Uint8Array(10)
      await more.promise
      yield new Uint8Array(10)
    }
    const id = pipesOf(session)[0]?.id ?? ''
    const giving = tunnel.answer(await loginOf(alice), id, { number: 0, more: false }, body())
    giving.catch(() => {})
    const answer = (await asking)[Symbol.asyncIterator]()
    expect((await answer.next()).value).toHaveLength(10)
    return { server, alice, bob, gone, answer, giving, more: more.resolve, id }
  }

  test('[TUN7] QUIT of either ends it at both ends', async () => {
    for (const who of ['alice', 'bob'] as const) {
      const one = await begun()
      await one[who].ask('QUIT', '/')
      await expect(one.answer.next()).rejects.toBeInstanceOf(Refusal)
      one.more()
      await expect(one.giving).rejects.toMatchObject({ code: 'not-found' })
      expect(one.server.rooms.tunnel.counts().requests).toBe(0)
    }
  })

  test('[TUN7] a device that is revoked, a requester that goes, and draining end it', async () => {
    const ends: ((one: Awaited<ReturnType<typeof begun>>) => Promise<unknown> | void)[] = [
      ({ alice }) =>
        alice.ask('SEND', '/devices', { deviceList: alice.signNext(() => ({ devices: [alice.newDevice('other')] })) }),
      ({ gone }) => gone.abort(),
      ({ server }) => server.drain(),
    ]
    for (const end of ends) {
      const one = await begun()
      await end(one)
      await expect(one.answer.next()).rejects.toBeInstanceOf(Refusal)
      one.more()
      await expect(one.giving).rejects.toMatchObject({ code: 'not-found' })
      expect(one.server.rooms.tunnel.counts().requests).toBe(0)
    }
  })

  test('[TUN8] a source that falls silent is left after 30 s, and not before', async () => {
    const { server, answer } = await begun()
    const next = answer.next()
    let isOver = false
    next.catch(() => (isOver = true))
    server.clock.turn(TUNNEL_STALL_MS - 500)
    await settled()
    expect(isOver).toBe(false)
    server.clock.turn(500)
    await expect(next).rejects.toMatchObject({ code: 'nobody-answered' })
  })

  test('[TUN8] a requester that takes nothing is left after 30 s', async () => {
    const { server, more, giving } = await begun()
    more()
    await settled()
    server.clock.turn(TUNNEL_STALL_MS + 500)
    await expect(giving).rejects.toMatchObject({ code: 'not-found' })
  })

  test('[TUN11] a quota that is used up ends it, says so to the source, and refuses the next with Retry-After', async () => {
    const { server, bob, answer, more, giving } = await begun({ tunnel: { userBytesPerDay: 10 } })
    more()
    await expect(answer.next()).rejects.toMatchObject({ code: 'too-many' })
    await expect(giving).rejects.toMatchObject({ code: 'too-many' })
    const { status, headers, text } = await pipe(server, bob, 'alice')
    expect(status).toBe(429)
    expect(Number(headers['retry-after'])).toBeGreaterThan(60)
    expect(text).toContain('in a day are used up')
  })

  test('[TUN12] tunnels beyond the bound are a 429, whether anybody would answer or not', async () => {
    const { server, bob } = await begun({ tunnel: { userTunnels: 1 } })
    const answer = await pipe(server, bob, 'alice')
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '2'])
    expect((await server.rooms.metrics.text()).body).toContain('doorpost_tunnels_open 1')
  })
})
