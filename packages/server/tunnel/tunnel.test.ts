// The tunnel: its state machine by properties, and PIPE as devices see it.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import { PIPE_BYTES_MAX, PIPE_HOLD_MS } from '@doorpost/protocol/limits'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Login } from '../accounts/logins.ts'
import {
  befriend,
  envelopeFor,
  type InMemoryServer,
  inMemoryServer,
  MESSAGE_ID,
  type Person,
  type Question,
  triedSession,
} from '../in-memory-server.ts'
import { turnedClock } from '../listen/turned-clock.ts'
import { policyOf } from '../policy/policy.ts'
import { openMeter } from './meter.ts'
import { openTunnel } from './tunnel.ts'
import {
  COLLECTORS_PER_DEVICE_MAX,
  EMPTY_TUNNEL,
  next,
  type OpenRequest,
  REQUESTS_PER_DEVICE_MAX,
  REQUESTS_PER_REQUESTER_MAX,
  type TunnelEvent,
} from './tunnel-state.ts'

const settled = () => new Promise(setImmediate)

/** Alice sent a message to bob and carol; dave has nothing to do with it. */
async function parties(): Promise<{ server: InMemoryServer; alice: Person; bob: Person; carol: Person; dave: Person }> {
  const server = inMemoryServer()
  const [alice, bob, carol, dave] = [
    await server.join('alice'),
    await server.join('bob'),
    await server.join('carol'),
    await server.join('dave'),
  ]
  const { status } = await alice.ask('SEND', '/messages', envelopeFor(alice, [bob, carol]))
  expect(status).toBe(202)
  return { server, alice, bob, carol, dave }
}

/** `who` asks a device of `target` about alice's message. */
function pipe(server: InMemoryServer, who: Person, target: string, more: Partial<Question> = {}) {
  const headers = { 'doorpost-message': `alice@localhost:8025/laptop ${MESSAGE_ID}` }
  const body = Buffer.from([0, 1, 2, 255])
  return server.ask({ method: 'PIPE', target: `/tunnels/${target}/laptop`, headers, body, token: who.token, ...more })
}

describe('PIPE', () => {
  test('[V8] a request waits for the device, and its answer is relayed byte for byte', async () => {
    const { server, alice, bob } = await parties()
    const answer = pipe(server, bob, 'alice')
    await settled()
    const collected = await alice.ask('PIPE', '/tunnel')
    expect([collected.status, [...collected.bytes]]).toEqual([200, [0, 1, 2, 255]])
    expect(collected.headers['doorpost-requester']).toBe(bob.device)
    const id = collected.headers['doorpost-pipe']
    expect((await alice.ask('SEND', `/tunnel/${id}`, Buffer.from([9, 0, 9]))).status).toBe(204)
    const { status, bytes, headers } = await answer
    expect([status, [...bytes], headers['content-type']]).toEqual([200, [9, 0, 9], 'application/octet-stream'])
    expect((await server.rooms.metrics.text()).body).toContain('doorpost_tunnel_bytes_total 7')
  })

  test('[V8] a device that waits already gets the request at once', async () => {
    const { server, alice, bob } = await parties()
    const waiting = alice.ask('PIPE', '/tunnel')
    await settled()
    const answer = pipe(server, bob, 'alice')
    const { headers } = await waiting
    await alice.ask('SEND', `/tunnel/${headers['doorpost-pipe']}`, Buffer.alloc(PIPE_BYTES_MAX))
    expect((await answer).bytes.length).toBe(PIPE_BYTES_MAX)
  })

  test('[V9] only parties of the message may ask each other, and no device itself', async () => {
    const { server, alice, bob, carol, dave } = await parties()
    const statusOf = async (who: Person, target: string, more: Partial<Question> = {}) => {
      const reply = pipe(server, who, target, more)
      await settled()
      server.clock.turn(PIPE_HOLD_MS + 500)
      return (await reply).status
    }
    expect(await statusOf(bob, 'alice')).toBe(504)
    expect(await statusOf(carol, 'bob')).toBe(504)
    expect(await statusOf(alice, 'bob')).toBe(504)
    expect(await statusOf(dave, 'alice')).toBe(467)
    expect(await statusOf(bob, 'dave')).toBe(467)
    expect(await statusOf(alice, 'alice')).toBe(467)
    expect(await statusOf(bob, 'nemo')).toBe(467)
    const named = (message: string) => ({ headers: { 'doorpost-message': message } })
    expect(await statusOf(bob, 'alice', named('alice@localhost:8025/laptop BBBBBBBBBBBBBBBBBBBBBA'))).toBe(467)
    expect(await statusOf(bob, 'alice', named('alice@localhost:8025/phone AAAAAAAAAAAAAAAAAAAAAA'))).toBe(467)
    for (const wrong of ['', 'alice', `${alice.device}`, `${alice.device} x`, `${alice.device} ${MESSAGE_ID} x`]) {
      expect([wrong, await statusOf(bob, 'alice', named(wrong))]).toEqual([wrong, 400])
    }
  })

  test('[V10] what nobody collects or answers is a 504 after the hold time, and a 204 for the collector', async () => {
    const { server, alice, bob } = await parties()
    const never = pipe(server, bob, 'alice')
    await settled()
    server.clock.turn(PIPE_HOLD_MS - 1)
    await settled()
    expect(server.rooms.tunnel.counts()).toMatchObject({ requests: 1, collectors: 0 })
    server.clock.turn(1000)
    expect((await never).status).toBe(504)
    const idle = alice.ask('PIPE', '/tunnel')
    await settled()
    server.clock.turn(PIPE_HOLD_MS + 1000)
    const { status, text } = await idle
    expect([status, text]).toEqual([204, ''])
    const unanswered = pipe(server, bob, 'alice')
    expect((await alice.ask('PIPE', '/tunnel')).status).toBe(200)
    server.clock.turn(PIPE_HOLD_MS + 1000)
    expect((await unanswered).status).toBe(504)
    expect(server.rooms.tunnel.counts()).toMatchObject({ requests: 0, collectors: 0 })
  })

  test('[V11] QUIT of the requester or of the collector ends their PIPEs without waiting', async () => {
    const { server, alice, bob } = await parties()
    const asked = pipe(server, bob, 'alice')
    await settled()
    await bob.ask('QUIT', '/')
    expect((await asked).status).toBe(401)
    const waiting = alice.ask('PIPE', '/tunnel')
    await settled()
    await alice.ask('QUIT', '/')
    expect((await waiting).status).toBe(401)
    expect(server.rooms.tunnel.counts()).toMatchObject({ requests: 0, collectors: 0 })
  })

  test('[V11] a device that collected and then QUITs is a 504 at once for a contact, and after the hold time for others', async () => {
    for (const mutual of [true, false]) {
      const { server, alice, bob } = await parties()
      if (mutual) await befriend(alice, bob)
      const asked = pipe(server, bob, 'alice')
      await settled()
      await alice.ask('PIPE', '/tunnel')
      await alice.ask('QUIT', '/')
      await settled()
      expect(server.rooms.tunnel.counts().requests).toBe(mutual ? 0 : 1)
      server.clock.turn(PIPE_HOLD_MS + 1000)
      expect((await asked).status).toBe(504)
    }
  })

  test('[V11] a requester or collector that goes away leaves nothing behind', async () => {
    const { server, alice, bob } = await parties()
    const [gone, left] = [new AbortController(), new AbortController()]
    const asked = pipe(server, bob, 'alice', { signal: gone.signal })
    const waiting = server.ask({ method: 'PIPE', target: '/tunnel', token: bob.token, signal: left.signal })
    await settled()
    expect(server.rooms.tunnel.counts()).toMatchObject({ requests: 1, collectors: 1 })
    gone.abort()
    left.abort()
    await Promise.all([asked, waiting])
    expect(server.rooms.tunnel.counts()).toMatchObject({ requests: 0, collectors: 0 })
    // Nobody is handed the request of one who left.
    const next = alice.ask('PIPE', '/tunnel')
    await settled()
    server.clock.turn(PIPE_HOLD_MS + 1000)
    expect((await next).status).toBe(204)
  })

  test('[V12] one requester has 16 requests open at one device, all together 64; bodies are bounded', async () => {
    const { server, bob } = await parties()
    const statuses = new Map<number, number>()
    const open = Array.from({ length: REQUESTS_PER_REQUESTER_MAX + 3 }, async () => {
      const { status } = await pipe(server, bob, 'alice')
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    })
    await settled()
    expect([...statuses]).toEqual([[429, 3]])
    server.clock.turn(PIPE_HOLD_MS + 1000)
    await Promise.all(open)
    expect((await pipe(server, bob, 'alice', { body: Buffer.alloc(PIPE_BYTES_MAX + 1) })).status).toBe(413)
    expect((await pipe(server, bob, 'alice', { body: undefined })).status).toBe(400)
  })

  test('[V12] bytes held for all are bounded', async () => {
    const login: Login = {
      device: 'a@h/d' as DeviceAddress,
      user: 'a@h' as UserAddress,
      deviceName: 'd',
      tokenHash: 'hash',
    }
    const clock = turnedClock()
    const tunnel = openTunnel({
      logins: { onEnd: () => () => {} },
      clock,
      meter: openMeter(() => policyOf({}, true).tunnel, clock),
      sessions: { sessionsOf: () => [], onOnline: () => {} },
      countBytes: () => {},
      heldBytesMax: 10,
    })
    const alive = new AbortController().signal
    const ask = (to: string, bytes: number) =>
      tunnel.ask(login, to as DeviceAddress, { body: new Uint8Array(bytes), muted: false, mutual: true }, alive)
    const held = ask('b@h/1', 6)
    await expect(ask('b@h/2', 5)).rejects.toMatchObject({ code: 'no-room' })
    tunnel.close(new Refusal('draining'))
    await expect(held).rejects.toMatchObject({ code: 'draining' })
    const again = ask('b@h/2', 10)
    tunnel.close(new Refusal('draining'))
    await expect(again).rejects.toMatchObject({ code: 'draining' })
  })

  test('[V13] requests of the blocked, and of a sender to one who is no contact, are never handed over', async () => {
    const { server, alice, bob, carol } = await parties()
    await carol.ask('SEND', '/blocks', { address: bob.address })
    const blocked = pipe(server, bob, 'carol')
    const unasked = pipe(server, alice, 'carol')
    await settled()
    const waiting = carol.ask('PIPE', '/tunnel')
    await settled()
    expect(server.rooms.tunnel.counts()).toMatchObject({ requests: 2, collectors: 1 })
    server.clock.turn(PIPE_HOLD_MS + 1000)
    expect([(await waiting).status, (await blocked).status, (await unasked).status]).toEqual([204, 504, 504])
    await befriend(alice, carol)
    const asked = pipe(server, alice, 'carol')
    expect((await carol.ask('PIPE', '/tunnel')).status).toBe(200)
    server.clock.turn(PIPE_HOLD_MS + 1000)
    await asked
  })

  test('[V14] over sessions bytes travel as base64', async () => {
    const { server, alice, bob } = await parties()
    const [ofAlice, ofBob] = [triedSession(), triedSession()]
    await alice.logIn({ session: ofAlice })
    await bob.logIn({ session: ofBob })
    const answer = pipe(server, bob, 'alice', { token: undefined, session: ofBob, body: Buffer.from('"AAEC/w=="') })
    await settled()
    const collected = await server.ask({ method: 'PIPE', target: '/tunnel', session: ofAlice })
    expect([...collected.bytes]).toEqual([0, 1, 2, 255])
    const target = `/tunnel/${collected.headers['doorpost-pipe']}`
    const wrong = await server.ask({ method: 'SEND', target, session: ofAlice, body: Buffer.from('{"a":1}') })
    expect(wrong.status).toBe(400)
    expect((await server.ask({ method: 'SEND', target, session: ofAlice, body: Buffer.from('"CQAJ"') })).status).toBe(
      204,
    )
    expect([...(await answer).bytes]).toEqual([9, 0, 9])
  })

  test('[V15] only the device that collected can answer, and only once', async () => {
    const { server, alice, bob, carol } = await parties()
    const answer = pipe(server, bob, 'alice')
    await settled()
    const id = (await alice.ask('PIPE', '/tunnel')).headers['doorpost-pipe']
    const answerOf = async (who: Person, text: string) =>
      (await who.ask('SEND', `/tunnel/${id}`, Buffer.from(text))).status
    expect(await answerOf(carol, 'forged')).toBe(404)
    expect(await answerOf(alice, 'true')).toBe(204)
    expect(await answerOf(alice, 'again')).toBe(404)
    expect((await answer).text).toBe('true')
  })
})

describe('the state machine', () => {
  test('[V12] whatever happens, bounds hold, and nobody stands who could be served', () => {
    const id = fc.integer({ min: 0, max: 80 }).map(String)
    const event: fc.Arbitrary<TunnelEvent> = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('ask'),
          id,
          requester: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
          muted: fc.boolean(),
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('collect'), collector: id }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('answer'), id }) },
      fc.record({ kind: fc.constant('offer'), again: fc.boolean() }),
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave'), id }) },
      fc.record({ kind: fc.constant('stop'), collector: id }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 400, size: 'max' }), (events) => {
        let state = EMPTY_TUNNEL
        const asked = new Set<string>()
        for (const given of events) {
          // Ids are random bits: never given twice.
          if (given.kind === 'ask' && asked.has(given.id)) continue
          if (given.kind === 'collect' && state.collectors.includes(given.collector)) continue
          if (given.kind === 'ask') asked.add(given.id)
          const before = state
          const [after, effects] = next(state, given)
          state = after
          const { requests, collectors } = state
          expect(requests.length).toBeLessThanOrEqual(REQUESTS_PER_DEVICE_MAX)
          for (const requester of 'abcdef') {
            const count = requests.filter((request) => request.requester === requester).length
            expect(count).toBeLessThanOrEqual(REQUESTS_PER_REQUESTER_MAX)
          }
          expect(collectors.length).toBeLessThanOrEqual(COLLECTORS_PER_DEVICE_MAX)
          const isWaiting = requests.some(({ at, muted }) => at === 'waiting' && !muted)
          expect(isWaiting && collectors.length > 0).toBe(false)
          for (const effect of effects) {
            if (effect.kind === 'hand')
              expect(requests.find((request) => request.id === effect.id)).toMatchObject({
                at: 'collected',
                muted: false,
              })
            if (effect.kind === 'relay')
              expect(before.requests.find((request) => request.id === effect.id)).toSatisfy(
                ({ at, offered }: OpenRequest) => at === 'collected' || (at === 'waiting' && offered),
              )
            if (effect.kind === 'push') {
              expect(requests.find((request) => request.id === effect.id)).toMatchObject({
                at: 'waiting',
                muted: false,
              })
              // Some sessions take what is pushed, some do not.
              if (Number(effect.id) % 2 === 0) state = next(state, { kind: 'offered', id: effect.id })[0]
            }
            if (effect.kind === 'unknown' || effect.kind === 'full') expect(state).toBe(before)
          }
        }
      }),
    )
  })
})
