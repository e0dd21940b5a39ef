// Who is on-line, who is told, and which addresses are told to whom.

import type { DeviceAddress } from '@doorpost/protocol/address'
import { DEVICE_SILENCE_MS } from '@doorpost/protocol/limits'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  befriend,
  DOMAIN,
  type InMemoryServer,
  inMemoryServer,
  type Person,
  type TriedSession,
} from '../in-memory-server.ts'
import { keptAddresses, toldAddresses } from './addresses.ts'
import { openOnline, PRESENCE_SWEEP_MS } from './online.ts'

const BOB_PUSH = { kind: 'presence', address: `bob@${DOMAIN}`, device: 'laptop' }

/** Alice is on-line over a session and bob's mutual contact. */
async function aliceWatchesBob(): Promise<{
  server: InMemoryServer
  alice: Person
  bob: Person
  session: TriedSession
}> {
  const server = inMemoryServer()
  const [alice, bob] = [await server.join('alice'), await server.join('bob')]
  await befriend(alice, bob)
  const session = await alice.comeOnline()
  return { server, alice, bob, session }
}

const settled = () => new Promise(setImmediate)

async function bobSeenBy(alice: Person): Promise<unknown> {
  const reply = await alice.ask('FINGER', '/users/bob')
  return (reply.json as { presence?: { online: boolean }[] }).presence?.[0]
}

describe('coming and going', () => {
  test('[P1] a device is on-line while its session is, and says where it listens', async () => {
    const { alice, bob } = await aliceWatchesBob()
    expect(await bobSeenBy(alice)).toEqual({ device: 'laptop', online: false, addresses: [] })
    const session = await bob.comeOnline(['192.0.2.7:4711'])
    expect(await bobSeenBy(alice)).toEqual({ device: 'laptop', online: true, addresses: ['192.0.2.7:4711'] })
    session.breakOff()
    expect(await bobSeenBy(alice)).toEqual({ device: 'laptop', online: false, addresses: [] })
  })

  test('[P1] two sessions keep a device on-line until both have ended or it says it goes', async () => {
    const { server, alice, bob } = await aliceWatchesBob()
    const [first, second] = [await bob.comeOnline(), await bob.comeOnline()]
    first.breakOff()
    expect(await bobSeenBy(alice)).toMatchObject({ online: true })
    await server.ask({ method: 'SEND', target: '/presence', body: { online: false }, session: second })
    expect(await bobSeenBy(alice)).toMatchObject({ online: false })
  })

  test('[P1] QUIT takes a device that said so with that login off-line', async () => {
    const { alice, bob } = await aliceWatchesBob()
    await bob.ask('SEND', '/presence', { online: true })
    expect(await bobSeenBy(alice)).toMatchObject({ online: true })
    await bob.ask('QUIT', '/')
    expect(await bobSeenBy(alice)).toMatchObject({ online: false })
  })

  test('[P2] a device that is not heard again is gone, and told so, within 35 s', async () => {
    const { server, alice, bob, session } = await aliceWatchesBob()
    await bob.ask('SEND', '/presence', { online: true })
    for (let beats = 0; beats < 4; beats++) {
      server.clock.turn(15_000)
      expect(await bobSeenBy(alice)).toMatchObject({ online: true })
      await bob.ask('SEND', '/presence', { online: true })
    }
    await settled()
    session.pushed.length = 0
    server.clock.turn(DEVICE_SILENCE_MS - 2 * PRESENCE_SWEEP_MS)
    await settled()
    expect(session.pushed).toEqual([])
    expect(await bobSeenBy(alice)).toMatchObject({ online: true })
    server.clock.turn(2 * PRESENCE_SWEEP_MS)
    await settled()
    expect(session.pushed).toEqual([BOB_PUSH])
    expect(await bobSeenBy(alice)).toMatchObject({ online: false })
  })

  test('[P2] at any time, a device is on-line exactly when a session holds it or it spoke less than 35 s ago', () => {
    const device = 'a@h/d' as DeviceAddress
    const step = fc.oneof(
      fc.record({ do: fc.constantFrom('say', 'leave'), session: fc.constantFrom(undefined, 1, 2) }),
      fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 50_000 }) }),
      fc.record({ do: fc.constantFrom('sweep', 'leave all') }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const online = openOnline<number>()
        const sessions = new Set<number>()
        let [nowMs, saidMs] = [0, Number.NEGATIVE_INFINITY]
        for (const given of steps) {
          const session = 'session' in given ? given.session : undefined
          if (given.do === 'wait' && 'ms' in given) nowMs += given.ms
          else if (given.do === 'sweep') online.sweep(nowMs)
          else if (given.do === 'say') {
            online.say(device, [], session, nowMs)
            if (session === undefined) saidMs = nowMs
            else sessions.add(session)
          } else {
            online.leave(device, given.do === 'leave all' ? 'all' : session)
            if (given.do === 'leave all') sessions.clear()
            if (given.do === 'leave all' || session === undefined) saidMs = Number.NEGATIVE_INFINITY
            else sessions.delete(session)
          }
          const isHeld = sessions.size > 0 || nowMs - saidMs < DEVICE_SILENCE_MS - PRESENCE_SWEEP_MS
          expect(online.has(device, nowMs)).toBe(isHeld)
          if (given.do === 'sweep') expect(online.size).toBe(isHeld ? 1 : 0)
          expect(new Set(online.sessionsOf(device))).toEqual(sessions)
        }
      }),
    )
  })
})

describe('who is told', () => {
  test('[P3] mutual contacts are pushed to when a device comes, moves and goes; others are not', async () => {
    const { server, alice, bob, session } = await aliceWatchesBob()
    const carol = await server.join('carol')
    const dave = await server.join('dave')
    await carol.ask('SEND', '/contacts', { address: bob.address })
    await bob.ask('SEND', '/contacts', { address: dave.address })
    const unanswered = await dave.comeOnline()
    const strange = await carol.comeOnline()
    const changes: (() => Promise<unknown>)[] = [
      () => bob.ask('SEND', '/presence', { online: true }),
      () => bob.ask('SEND', '/presence', { online: true, addresses: ['192.0.2.7:1'] }),
      () => bob.ask('SEND', '/presence', { online: false }),
    ]
    for (const change of changes) {
      session.pushed.length = 0
      server.clock.turn(PRESENCE_SWEEP_MS)
      await change()
      await settled()
      expect(session.pushed).toEqual([BOB_PUSH])
    }
    expect([strange.pushed, unanswered.pushed]).toEqual([[], []])
    const list = await alice.ask('LIST', '/presence')
    expect(list.json).toEqual({
      contacts: [{ address: bob.address, presence: [{ device: 'laptop', online: false, addresses: [] }] }],
    })
    expect((await carol.ask('LIST', '/presence')).json).toEqual({ contacts: [] })
  })

  test('[P3] several changes within a second are one push at once and one at its end', async () => {
    const { server, bob, session } = await aliceWatchesBob()
    server.clock.turn(PRESENCE_SWEEP_MS)
    for (let port = 1; port <= 50; port++)
      await bob.ask('SEND', '/presence', { online: true, addresses: [`192.0.2.7:${port}`] })
    await settled()
    expect(session.pushed).toEqual([BOB_PUSH])
    server.clock.turn(PRESENCE_SWEEP_MS)
    await settled()
    expect(session.pushed).toEqual([BOB_PUSH, BOB_PUSH])
    server.clock.turn(10 * PRESENCE_SWEEP_MS)
    await settled()
    expect(session.pushed).toHaveLength(2)
  })

  test('[P4] sharing presence hides addresses; sharing nothing looks like no contact', async () => {
    const { alice, bob } = await aliceWatchesBob()
    const stranger = (await alice.ask('FINGER', '/users/bob', undefined, { token: undefined })).text
    await bob.ask('SEND', '/presence', { online: true, addresses: ['192.0.2.7:1'], share: 'presence' })
    expect(await bobSeenBy(alice)).toEqual({ device: 'laptop', online: true, addresses: [] })
    await bob.ask('SEND', '/presence', { online: true, addresses: ['192.0.2.7:1'], share: 'nothing' })
    expect((await alice.ask('FINGER', '/users/bob')).text).toBe(stranger)
    expect((await alice.ask('LIST', '/presence')).json).toEqual({ contacts: [] })
    await bob.ask('SEND', '/presence', { online: true, addresses: ['192.0.2.7:1'] })
    expect(await bobSeenBy(alice)).toBeUndefined()
    await bob.ask('SEND', '/presence', { online: true, addresses: ['192.0.2.7:1'], share: 'all' })
    expect(await bobSeenBy(alice)).toEqual({ device: 'laptop', online: true, addresses: ['192.0.2.7:1'] })
  })

  test('[P4] who shares nothing is not pushed about, but for the change itself', async () => {
    const { server, bob, session } = await aliceWatchesBob()
    await bob.ask('SEND', '/presence', { online: true, share: 'nothing' })
    server.clock.turn(2 * PRESENCE_SWEEP_MS)
    await settled()
    session.pushed.length = 0
    for (const body of [{ online: true, addresses: ['192.0.2.7:9'] }, { online: false }, { online: true }]) {
      await bob.ask('SEND', '/presence', body)
      server.clock.turn(2 * PRESENCE_SWEEP_MS)
      await settled()
    }
    expect(session.pushed).toEqual([])
  })

  test('[P9] a seventeenth device of one user is refused', async () => {
    const server = inMemoryServer()
    const bob = await server.join('bob')
    for (let i = 0; i < 16; i++) {
      expect(server.rooms.presence.say(`${bob.address}/d${i}` as DeviceAddress, [], undefined)).toBe('said')
    }
    const reply = await bob.ask('SEND', '/presence', { online: true })
    expect([reply.status, reply.headers['retry-after']]).toEqual([429, '35'])
  })

  test('[P10] both are told when they become mutual contacts', async () => {
    const server = inMemoryServer()
    const [alice, bob] = [await server.join('alice'), await server.join('bob')]
    const [ofAlice, ofBob] = [await alice.comeOnline(), await bob.comeOnline()]
    await befriend(alice, bob)
    await bob.ask('SEND', '/contacts', { address: alice.address })
    expect(ofAlice.pushed).toEqual([{ kind: 'contact', address: bob.address, mutual: true }])
    expect(ofBob.pushed).toEqual([{ kind: 'contact', address: alice.address, mutual: true }])
  })
})

describe('addresses', () => {
  const REMOTE = '192.0.2.9'

  test('[P5] the form kept is canonical, without repetitions', () => {
    const said = ['10.0.0.1:80', '[2001:db8:0:0::7]:4711', '[::ffff:10.0.0.1]:80', '[2001:db8::7]:4711']
    expect(keptAddresses(said, REMOTE)).toEqual(['10.0.0.1:80', '[2001:db8::7]:4711'])
  })

  test('[P5] what is no address and port, or leads nowhere, is refused', async () => {
    const wrong = [
      '10.0.0.256:80',
      '10.0.0.1:0',
      '10.0.0.1:65536',
      '[::g]:1',
      '0.0.0.0:80',
      '[::]:80',
      '224.0.0.1:80',
      '255.255.255.255:1',
      '[ff02::1]:80',
      '1.2.3.4',
    ]
    for (const address of wrong) expect(() => keptAddresses([address], REMOTE), address).toThrow(/address/)
    const server = inMemoryServer()
    const bob = await server.join('bob')
    const reply = await bob.ask('SEND', '/presence', { online: true, addresses: ['10.0.0.1:99999'] })
    expect([reply.status, (reply.json as { about: string }).about]).toEqual([400, '10.0.0.1:99999'])
    const many = Array.from({ length: 17 }, (_, i) => `10.0.0.1:${i + 1}`)
    expect((await bob.ask('SEND', '/presence', { online: true, addresses: many })).status).toBe(400)
  })

  test('[P5] link-local addresses of IPv6, which mean nothing elsewhere, are left out', () => {
    expect(keptAddresses(['[fe80::1]:80', '[fd00::1]:80', '169.254.1.1:80'], REMOTE)).toEqual([
      '[fd00::1]:80',
      '169.254.1.1:80',
    ])
  })

  test('[P6] loopback addresses in any writing are kept only from this machine and told only to it', () => {
    const loopback = ['127.0.0.1:80', '127.9.9.9:80', '[::1]:80', '[::ffff:127.0.0.1]:81']
    expect(keptAddresses([...loopback, '10.0.0.1:80'], REMOTE)).toEqual(['10.0.0.1:80'])
    for (const here of ['127.0.0.1', '::1']) {
      const kept = keptAddresses([...loopback, '10.0.0.1:80'], here)
      expect(kept).toHaveLength(5)
      expect(toldAddresses(kept, REMOTE)).toEqual(['10.0.0.1:80'])
      expect(toldAddresses(kept, here)).toEqual(kept)
    }
  })

  test('[P6] FINGER and LIST follow the rule by the connection of who asks', async () => {
    const { alice, bob } = await aliceWatchesBob()
    await bob.ask('SEND', '/presence', { online: true, addresses: ['127.0.0.1:80', '10.0.0.1:80'] })
    for (const [method, target] of [
      ['FINGER', '/users/bob'],
      ['LIST', '/presence'],
    ] as const) {
      expect((await alice.ask(method, target)).text).toContain('127.0.0.1:80')
      const far = await alice.ask(method, target, undefined, { remoteAddress: REMOTE })
      expect(far.text).not.toContain('127.0.0.1')
      expect(far.text).toContain('10.0.0.1:80')
    }
    await bob.ask('SEND', '/presence', { online: true, addresses: ['127.0.0.1:80'] }, { remoteAddress: REMOTE })
    expect((await alice.ask('FINGER', '/users/bob')).text).not.toContain('127.0.0.1')
  })
})
