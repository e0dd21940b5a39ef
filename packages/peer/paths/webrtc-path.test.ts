// The webrtc path between ends that are made up, under a fake clock: what is said, to whom, and what is bounded. With real ends it is
// node/webrtc.test.ts.

import { describe, expect, test } from 'vitest'
import type { DeviceAddress } from '@doorpost/protocol/address'
import type { PathNote, PathSignal } from '@doorpost/protocol/path-signal'
import { type FakeClock, fakeClock, settle } from '../fake-clock.ts'
import { fakeRtc } from './fake-rtc.ts'
import type { Caller, Source } from './path.ts'
import { OPEN_MS } from './webrtc-attempt.ts'
import {
  CONNECTIONS_MAX,
  CONNECTIONS_PER_DEVICE,
  CONNECTIONS_PER_USER,
  createWebrtcPaths,
  type WebrtcPaths,
} from './webrtc-path.ts'

const alice = { address: 'alice@example.org/tower' as DeviceAddress, deviceKey: new Uint8Array(32).fill(1) }
const bob = { address: 'bob@example.org/laptop' as DeviceAddress, deviceKey: new Uint8Array(32).fill(2) }
const message = { from: alice.address, id: 'AAAAAAAAAAAAAAAAAAAAAA' }
const target = { ...alice, networkAddresses: [], message }
const { signal } = new AbortController()
const have = Uint8Array.of(0x80)

/** Bob's device, which asks, and alice's, which answers; notes wait in `said` until they are delivered. */
function street({ admits = async (_: Caller) => true, asksAdmits = async (_: Caller) => true } = {}) {
  const clock = fakeClock()
  const { connect, made } = fakeRtc()
  const said: { by: 'bob' | 'alice'; to: DeviceAddress; note: PathNote }[] = []
  const callers: Caller[] = []
  const source: Source = {
    list: async () => ({ state: 'refused' }),
    piece: async () => ({ state: 'refused' }),
    claim: async () => ({ state: 'refused' }),
    have: async (caller) => {
      callers.push(caller)
      return { state: 'here', have }
    },
  }
  const make = (clock: FakeClock): WebrtcPaths =>
    createWebrtcPaths({
      connect,
      iceServers: async () => ({ stun: [{ host: 'post.example', port: 8025 }], turn: [] }),
      serverOnLoopback: false,
      clock,
      random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    })
  const [asks, answers] = [make(clock), make(clock)]
  asks.begin({ say: (to, note) => said.push({ by: 'bob', to, note }), admits: asksAdmits, source })
  answers.begin({ say: (to, note) => said.push({ by: 'alice', to, note }), admits, source })
  const deliver = async () => {
    for (const { by, note } of said.splice(0)) {
      if (by === 'bob') answers.take(bob, note)
      else asks.take(alice, note)
    }
    await settle()
  }
  const stepsOf = () =>
    said.map(({ by, note }) => `${by} ${note.signal.step} ${(note.signal as PathSignal).candidates.length}`)
  return { clock, made, said, callers, asks, answers, deliver, stepsOf }
}

/** Opened as far as both have told each other one candidate. */
async function opened(on = street()) {
  const opening = on.asks.opener.open(target, signal)
  await settle()
  on.made[0]?.find({})
  on.made[0]?.gathered()
  await settle()
  await on.deliver()
  on.made[1]?.find({ address: '198.51.100.4' })
  on.made[1]?.gathered()
  await settle()
  await on.deliver()
  await on.clock.pass(300)
  return { ...on, path: await opening }
}

describe('opening', () => {
  test('[RTC9] one note each way; the answering side knows the caller as the device that signed the offer', async () => {
    const on = street()
    const opening = on.asks.opener.open(target, signal)
    await settle()
    expect(on.made[0]?.servers.stun).toEqual([{ host: 'post.example', port: 8025 }])
    on.made[0]?.find({})
    on.made[0]?.gathered()
    await settle()
    expect(on.stepsOf()).toEqual(['bob offer 1'])
    expect(on.said[0]).toMatchObject({ to: alice.address, note: { note: 'path', message } })
    await on.deliver()
    on.made[1]?.find({ address: '198.51.100.4' })
    on.made[1]?.gathered()
    await settle()
    expect(on.stepsOf()).toEqual(['alice answer 1'])
    expect(on.said[0]?.to).toBe(bob.address)
    await on.deliver()
    // The one who asked begins; the one who answered lets it, for a while.
    expect([on.made[0]?.tried.length, on.made[1]?.tried.length]).toEqual([1, 0])
    await on.clock.pass(299)
    expect(on.made[1]?.tried.length).toBe(0)
    await on.clock.pass(1)
    expect(on.made[1]?.tried.length).toBe(1)
    const path = await opening
    expect(path.kind).toBe('webrtc')
    expect(await path.have({ messageId: message.id, root: new Uint8Array(32) }, signal)).toEqual({
      state: 'here',
      have,
    })
    expect(on.callers).toEqual([{ ...bob, via: 'webrtc' }])
  })

  test('[RTC9] what is found after 300 ms follows in a note of its own, put together', async () => {
    const on = street()
    const opening = on.asks.opener.open(target, signal)
    opening.catch(() => {})
    await settle()
    on.made[0]?.find({})
    await on.clock.pass(299)
    expect(on.stepsOf()).toEqual([])
    await on.clock.pass(1)
    expect(on.stepsOf()).toEqual(['bob offer 1'])
    on.made[0]?.find({ address: '203.0.113.9', kind: 'srflx' })
    on.made[0]?.find({ address: '203.0.113.10', kind: 'relay' })
    await on.clock.pass(100)
    expect(on.stepsOf()).toEqual(['bob offer 1', 'bob more 2'])
    await on.deliver()
    // The second was heard though it came while the answer was being made.
    await on.clock.pass(600)
    expect(on.made[1]?.tried.map(({ address }) => address)).toEqual(['192.0.2.7', '203.0.113.9', '203.0.113.10'])
    on.asks.close()
  })

  test('[RTC11] an address that may not be told is not in any note; one that may not be tried is not tried', async () => {
    const on = street()
    on.asks.opener.open(target, signal).catch(() => {})
    await settle()
    for (const address of ['127.0.0.1', '169.254.3.4', 'fe80::1', '192.0.2.7']) on.made[0]?.find({ address })
    on.made[0]?.gathered()
    await settle()
    on.made[0]?.find({ address: '::1' })
    await on.clock.pass(200)
    const told = on.said.flatMap(({ note }) => (note.signal as PathSignal).candidates.map(({ address }) => address))
    expect(told).toEqual(['192.0.2.7'])
    const offer = on.said[0]?.note.signal as PathSignal
    offer.candidates.push(
      ...['127.0.0.1', '224.0.0.251', 'fe80::1', '10.0.0.5'].map((address) => ({ ...candidate(5000), address })),
    )
    await on.deliver()
    await on.clock.pass(600)
    expect(on.made[1]?.tried.map(({ address }) => address)).toEqual(['192.0.2.7', '10.0.0.5'])
    on.asks.close()
    on.answers.close()
  })

  test('[RTC10] whoever is not admitted gets silence: nothing is made, gathered or said', async () => {
    const on = street({ admits: async () => false })
    const opening = on.asks.opener.open(target, signal)
    opening.catch(() => {})
    await settle()
    on.made[0]?.find({})
    on.made[0]?.gathered()
    await settle()
    await on.deliver()
    await on.clock.pass(OPEN_MS)
    expect(on.made.length).toBe(1)
    expect(on.stepsOf()).toEqual([])
    expect(on.answers.connections).toBe(0)
    await expect(opening).rejects.toThrow('did not open in time')
  })

  test('[RTC10] a permission that cannot be looked up is none', async () => {
    const on = street({ admits: () => Promise.reject(new Error('no store')) })
    on.asks.opener.open(target, signal).catch(() => {})
    await settle()
    on.made[0]?.gathered()
    await settle()
    await on.deliver()
    expect([on.made.length, on.answers.connections]).toEqual([1, 0])
  })

  test('[RTC10] nothing is offered to a device that may not see our addresses', async () => {
    const on = street({ asksAdmits: async () => false })
    await expect(on.asks.opener.open(target, signal)).rejects.toThrow('may not see')
    expect([on.made.length, on.said.length, on.asks.connections]).toEqual([0, 0, 0])
  })
})

describe('ends', () => {
  test('[RTC12] whichever side closes, both are over and everything is freed', async () => {
    for (const who of ['path', 'answers', 'asks'] as const) {
      const on = await opened()
      expect([on.asks.connections, on.answers.connections]).toEqual([1, 1])
      if (who === 'path') on.path.close()
      else on[who].close()
      await on.path.closed
      await settle()
      expect([on.asks.connections, on.answers.connections]).toEqual([0, 0])
      expect(on.made.every(({ closedBy }) => closedBy !== undefined)).toBe(true)
      // Of the ends themselves nothing waits: no idle watch, no deadline.
      expect(on.clock.waiting).toBe(0)
    }
  })

  test('[RTC12] what does not open in 15 s is given up at both ends', async () => {
    const on = street()
    const opening = on.asks.opener.open(target, signal)
    opening.catch(() => {})
    await settle()
    on.made[0]?.gathered()
    await settle()
    await on.deliver()
    await on.clock.pass(OPEN_MS + 300)
    await expect(opening).rejects.toThrow('did not open in time')
    expect([on.asks.connections, on.answers.connections, on.clock.waiting]).toEqual([0, 0, 0])
    expect(on.made.map(({ closedBy }) => closedBy !== undefined)).toEqual([true, true])
  })

  test('[RTC12] opening ends when it is given up, and when the device closes', async () => {
    const on = street()
    const stop = new AbortController()
    const first = on.asks.opener.open(target, stop.signal)
    first.catch(() => {})
    await settle()
    stop.abort(new Error('left'))
    await expect(first).rejects.toThrow('left')
    const second = on.asks.opener.open(target, signal)
    second.catch(() => {})
    await settle()
    on.asks.close()
    await expect(second).rejects.toThrow('closing')
    await expect(on.asks.opener.open(target, signal)).rejects.toThrow('no webrtc paths now')
    expect(on.made.every(({ closedBy }) => closedBy !== undefined)).toBe(true)
    expect([on.asks.connections, on.clock.waiting]).toEqual([0, 0])
  })

  test('[RTC12] connections, those of one device and of one user, and candidates are bounded', async () => {
    const on = street()
    const offer = (attempt: number): PathNote => ({
      note: 'path',
      attempt: `${String(attempt).padStart(2, '0')}AAAAAAAAAAAAAAAAAAAA`,
      message,
      signal: {
        step: 'offer',
        description: {
          ufrag: 'ufrag',
          pwd: 'p'.repeat(22),
          fingerprint: Array.from({ length: 32 }, () => 'FF').join(':'),
          messageBytesMax: 65_536,
        },
        candidates: Array.from({ length: 20 }, (_, at) => candidate(5000 + at)),
      },
    })
    for (let at = 0; at < CONNECTIONS_PER_DEVICE + 3; at++) on.answers.take(bob, offer(at))
    await settle()
    expect(on.answers.connections).toBe(CONNECTIONS_PER_DEVICE)
    // The same offer again is no other.
    on.answers.take(bob, offer(0))
    const more: PathSignal = { step: 'more', candidates: [1, 2, 3, 4, 5, 6, 7, 8].map((at) => candidate(6000 + at)) }
    on.answers.take(bob, { ...offer(0), signal: more })
    await on.clock.pass(600)
    expect(on.made[0]?.tried.length).toBe(24)
    const ask = (address: string, at: number) => on.answers.take({ address, deviceKey: bob.deviceKey }, offer(at))
    for (let at = 0; at < CONNECTIONS_MAX; at++) ask(`carol@example.org/d${at}`, at)
    await settle()
    expect(on.answers.connections).toBe(CONNECTIONS_PER_DEVICE + CONNECTIONS_PER_USER)
    for (let at = 0; at < CONNECTIONS_MAX; at++) ask(`user${at}@example.org/tv`, at)
    await settle()
    expect(on.answers.connections).toBe(CONNECTIONS_MAX)
    await expect(on.answers.opener.open(target, signal)).rejects.toThrow('too many')
    on.answers.close()
    expect(on.answers.connections).toBe(0)
  })

  test('[RTC12] answers and candidates of nobody’s attempt, or of another device, are nothing', async () => {
    const on = street()
    const opening = on.asks.opener.open(target, signal)
    opening.catch(() => {})
    await settle()
    on.made[0]?.gathered()
    await settle()
    const note = on.said[0]?.note as PathNote
    const answer = { ...(note.signal as Extract<PathSignal, { step: 'offer' }>), step: 'answer' as const }
    on.asks.take(bob, { ...note, signal: answer })
    on.asks.take(alice, { ...note, attempt: 'BBBBBBBBBBBBBBBBBBBBBB', signal: answer })
    on.asks.take(bob, { ...note, signal: { step: 'more', candidates: [candidate(5000)] } })
    await settle()
    expect(on.made[0]?.tried).toEqual([])
    on.asks.close()
  })
})

function candidate(port: number) {
  return { foundation: '1', priority: 1, address: '192.0.2.7', port, kind: 'host' as const }
}
