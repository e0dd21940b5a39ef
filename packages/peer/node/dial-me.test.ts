// Both ends of a path that the source dialled because it was asked to, over loopback; and who comes without being asked.

import { once } from 'node:events'
import { createServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import type { PathNote } from '@doorpost/protocol/path-signal'
import { DIRECT_VERSION, encodeFrame } from '@doorpost/protocol/piece-wire'
import { generateSigningKey, sign, verify } from '@doorpost/protocol/signature'
import { systemClock } from '../clock.ts'
import { fakeClock, settle } from '../fake-clock.ts'
import { pathContract } from '../paths/path.contract.ts'
import type { Caller, Source } from '../paths/path.ts'
import { systemRandom as random } from '../random.ts'
import { createDialMe, DIALLED_WITHIN_MS } from './dial-me.ts'
import { createDialOut } from './dial-out.ts'
import { createDirectOpener, DIAL_FIRST_MS } from './direct-door.ts'
import { listenDirect, type RefusedWhy } from './direct-listener.ts'
import { callerProof, dialProof } from './direct-proof.ts'
import { type Knock, knock as knockAt } from './knock.ts'

function deviceOf(address: string) {
  const key = generateSigningKey(random)
  const signAs = (kind: Parameters<typeof sign>[0], body: Uint8Array) => sign(kind, body, key.secret)
  return { address: address as DeviceAddress, deviceKey: key.public, sign: signAs, verify }
}
/** Fetches, and listens in the open. */
const bob = deviceOf('bob@example.org/laptop')
/** Has it, and cannot be dialled. */
const alice = deviceOf('alice@example.org/tower')
const mallory = deviceOf('mallory@example.org/box')
const message = { from: alice.address, id: 'AAAAAAAAAAAAAAAAAAAAAA' }
const media = { messageId: message.id, root: new Uint8Array(32).fill(5) }
const refusing: Source = {
  list: async () => ({ state: 'refused' }),
  piece: async () => ({ state: 'refused' }),
  have: async () => ({ state: 'refused' }),
  claim: async () => ({ state: 'refused' }),
}
const yes = async () => true
const never = new AbortController().signal
/** What comes over loopback comes within it, also on a busy machine; what does not fails here and leaves nothing running. */
const WITHIN = { timeout: 20_000, interval: 5 }
const target = { address: alice.address, deviceKey: alice.deviceKey, networkAddresses: [], message }

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

interface Given {
  readonly source?: Source
  readonly clock?: ReturnType<typeof fakeClock>
  /** Whether bob lets alice near, and alice bob. */
  readonly bobAdmits?: (caller: Caller) => Promise<boolean>
  readonly aliceAdmits?: (caller: Caller) => Promise<boolean>
  /** False: notes lie about. */
  readonly deliver?: boolean
}

async function pair({ source = refusing, clock, bobAdmits = yes, aliceAdmits = yes, deliver = true }: Given = {}) {
  const said: { to: string; note: PathNote }[] = []
  const refused: RefusedWhy[] = []
  let addresses: readonly string[] = []
  const dialMe = createDialMe({ addresses: () => addresses, clock: clock ?? systemClock, random })
  const listener = await listenDirect({
    ...bob,
    host: '127.0.0.1',
    port: 0,
    permit: bobAdmits,
    source: refusing,
    redeem: dialMe.redeem,
    limits: { refuseAfterMs: 20 },
    onRefused: (_, why) => refused.push(why),
  })
  closing.push(() => listener.close())
  addresses = [`127.0.0.1:${listener.port}`]
  const dialOut = createDialOut({ ...alice, mayDial: () => true })
  closing.push(() => dialOut[Symbol.dispose]())
  dialOut.begin({
    admits: aliceAdmits,
    source,
    say(to, note) {
      said.push({ to, note })
      dialMe.take({ address: alice.address, deviceKey: alice.deviceKey }, note)
    },
  })
  dialMe.begin({
    admits: yes,
    say(to, note) {
      said.push({ to, note })
      if (deliver) dialOut.take({ address: bob.address, deviceKey: bob.deviceKey }, note)
    },
  })
  const opener = createDirectOpener(bob, { ...dialMe, clock: clock ?? systemClock, isInTheOpen: () => true })
  return { said, refused, dialMe, dialOut, listener, opener }
}

/** What somebody says on a TLS connection of their own, and everything that comes back until it is closed. */
async function knock(port: number, helloOn: (socket: TLSSocket) => Uint8Array): Promise<Knock> {
  const knocking = await knockAt(port)
  closing.push(() => knocking.socket.destroy())
  knocking.socket.write(helloOn(knocking.socket))
  return knocking
}
const sourceHello =
  (who: typeof alice, attempt: Uint8Array, as: string = who.address) =>
  (socket: TLSSocket) =>
    encodeFrame({
      type: 'source-hello',
      version: DIRECT_VERSION,
      address: as,
      deviceKey: who.deviceKey,
      attempt,
      signature: who.sign('direct-caller', dialProof(socket, attempt, as)),
    })
/** Whether it was closed without a byte; false at the first byte. */
async function silence({ socket, bytes }: Knock) {
  await vi.waitFor(() => expect(socket.destroyed || bytes() > 0).toBe(true), WITHIN)
  return bytes() === 0
}

describe('a path that the source dialled', () => {
  pathContract('direct', async (source) => {
    // The contract knows its caller by that name.
    const { opener, listener, dialOut } = await pair({ source })
    const path = await opener.open(target, never)
    return {
      path,
      breakLine: () => void listener.close(),
      close: async () => {
        path.close()
        dialOut[Symbol.dispose]()
        await listener.close()
      },
    }
  })

  test('[D12] one note asks for it; the source knows who asks, and both ends free everything when it is closed', async () => {
    const asked: Caller[] = []
    const source: Source = {
      ...refusing,
      list: async (caller) => {
        asked.push(caller)
        return { state: 'here', list: new Uint8Array(32) }
      },
    }
    const { opener, said, dialOut, listener } = await pair({ source })
    const path = await opener.open(target, never)
    expect(path.kind).toBe('direct')
    expect((await path.list(media, 1024, never)).state).toBe('here')
    expect(asked).toEqual([{ address: bob.address, deviceKey: bob.deviceKey, via: 'direct' }])
    expect(said).toMatchObject([{ to: alice.address, note: { message, signal: { step: 'dial' } } }])
    path.close()
    await vi.waitFor(() => expect([dialOut.connections, listener.counts().connections]).toEqual([0, 0]), WITHIN)
  })

  test('[D12] a source that can be dialled is dialled, and nobody is asked before it had its time', async () => {
    const clock = fakeClock()
    const { opener, said } = await pair({ clock, deliver: false })
    const aliceListens = await listenDirect({ ...alice, host: '127.0.0.1', port: 0, permit: yes, source: refusing })
    closing.push(() => aliceListens.close())
    const networkAddresses = [`127.0.0.1:${aliceListens.port}`]
    const path = await opener.open({ ...target, networkAddresses }, never)
    expect(said).toEqual([])
    path.close()
    // One that does not answer is given its time.
    const over = new AbortController()
    const mute = createServer((socket) => socket.on('error', () => {}))
    mute.listen(0, '127.0.0.1')
    await once(mute, 'listening')
    closing.push(() => mute.close())
    const silent = [`127.0.0.1:${(mute.address() as { port: number }).port}`]
    const opening = opener.open({ ...target, networkAddresses: silent }, over.signal)
    opening.catch(() => {})
    await clock.pass(DIAL_FIRST_MS - 1)
    expect(said).toEqual([])
    await clock.pass(1)
    expect(said).toHaveLength(1)
    over.abort(new Error('left'))
    await expect(opening).rejects.toThrow('left')
  })
})

test('[D12] a source that cannot dial says so, and is not waited for; nobody else can say it', async () => {
  const clock = fakeClock()
  const { opener, dialMe, listener, said } = await pair({ clock, deliver: false })
  const opening = opener.open(target, never)
  opening.catch(() => {})
  await vi.waitFor(() => expect(said).toHaveLength(1), WITHIN)
  const asked = said[0]?.note as PathNote
  const failed: PathNote = { ...asked, signal: { step: 'not-dialled' } }
  dialMe.take({ address: mallory.address, deviceKey: mallory.deviceKey }, failed)
  dialMe.take({ address: alice.address, deviceKey: mallory.deviceKey }, failed)
  await settle()
  // Alice finds the port closed.
  await listener.close()
  const told: PathNote[] = []
  const dialOut = createDialOut({ ...alice, mayDial: () => true })
  closing.push(() => dialOut[Symbol.dispose]())
  dialOut.begin({ admits: yes, source: refusing, say: (_, note) => told.push(note) })
  dialOut.take({ address: bob.address, deviceKey: bob.deviceKey }, asked)
  await vi.waitFor(() => expect(told).toEqual([failed]), WITHIN)
  dialMe.take({ address: alice.address, deviceKey: alice.deviceKey }, failed)
  // The clock stands still: nothing was waited for.
  await expect(opening).rejects.toThrow('it listens nowhere')
})

describe('who comes without being asked', () => {
  /** Bob waits for alice: what she would say. */
  async function waiting(given: Given = {}) {
    const on = await pair({ ...given, deliver: false })
    const opening = on.opener.open(target, never)
    opening.catch(() => {})
    await vi.waitFor(() => expect(on.said).toHaveLength(1), WITHIN)
    return { ...on, opening, attempt: fromBase64url(on.said[0]?.note.attempt ?? '') }
  }

  test.each([
    ['an attempt that nobody made', (_: Uint8Array) => sourceHello(alice, new Uint8Array(16).fill(1)), 'not-permitted'],
    ['another device', (attempt: Uint8Array) => sourceHello(mallory, attempt), 'not-permitted'],
    [
      'another key under that name',
      (attempt: Uint8Array) => sourceHello(mallory, attempt, alice.address),
      'not-permitted',
    ],
    [
      'the proof of a caller',
      (attempt: Uint8Array) => (socket: TLSSocket) => {
        const signature = alice.sign('direct-caller', callerProof(socket, alice.address))
        const { address, deviceKey } = alice
        return encodeFrame({ type: 'source-hello', version: DIRECT_VERSION, address, deviceKey, attempt, signature })
      },
      'not-proved',
    ],
    [
      'the proof for another attempt',
      (attempt: Uint8Array) => (socket: TLSSocket) => {
        const signature = alice.sign('direct-caller', dialProof(socket, new Uint8Array(16), alice.address))
        const { address, deviceKey } = alice
        return encodeFrame({ type: 'source-hello', version: DIRECT_VERSION, address, deviceKey, attempt, signature })
      },
      'not-proved',
    ],
  ] as const)('[D13] %s: closed without a byte, and who was asked can still come', async (_, hello, why) => {
    const { listener, refused, attempt, opening } = await waiting()
    expect(await silence(await knock(listener.port, hello(attempt)))).toBe(true)
    expect(refused).toEqual([why])
    const { socket, heard } = await knock(listener.port, sourceHello(alice, attempt))
    await vi.waitFor(() => expect(heard.length > 0 || socket.destroyed).toBe(true), WITHIN)
    expect(heard[0]?.type).toBe('listener-hello')
    ;(await opening).close()
  })

  test('[D13] an attempt is good once, for as long as it is waited for', async () => {
    const { listener, attempt, opening } = await waiting()
    const first = await knock(listener.port, sourceHello(alice, attempt))
    using path = await opening
    expect(path.kind).toBe('direct')
    expect(await silence(await knock(listener.port, sourceHello(alice, attempt)))).toBe(true)
    expect(first.socket.destroyed).toBe(false)
    const clock = fakeClock()
    const late = await waiting({ clock })
    await clock.pass(DIALLED_WITHIN_MS)
    await expect(late.opening).rejects.toThrow('it listens nowhere')
    expect(await silence(await knock(late.listener.port, sourceHello(alice, late.attempt)))).toBe(true)
  })

  test('[D13] who is not permitted any more is not let in, asked or not', async () => {
    const { listener, attempt, refused } = await waiting({ bobAdmits: async () => false })
    expect(await silence(await knock(listener.port, sourceHello(alice, attempt)))).toBe(true)
    expect(refused).toEqual(['not-permitted'])
  })

  test('[D12] a source that is there and refuses is not asked to dial', async () => {
    const clock = fakeClock()
    const { opener, said } = await pair({ clock, deliver: false })
    const aliceListens = await listenDirect({
      ...alice,
      host: '127.0.0.1',
      port: 0,
      permit: async () => false,
      source: refusing,
      limits: { refuseAfterMs: 0 },
    })
    closing.push(() => aliceListens.close())
    const networkAddresses = [`127.0.0.1:${aliceListens.port}`]
    await expect(opener.open({ ...target, networkAddresses }, never)).rejects.toMatchObject({ name: 'DirectRefused' })
    expect(said).toEqual([])
  })

  test('[D12] who asks is told nothing by a source that does not admit it: nobody is dialled', async () => {
    const asked: Caller[] = []
    const { dialOut, dialMe, listener, said } = await pair({
      aliceAdmits: async (caller) => asked.push(caller) === 0,
    })
    const over = new AbortController()
    const opening = dialMe.ask(target, over.signal)
    opening.catch(() => {})
    await vi.waitFor(() => expect(asked).toHaveLength(1), WITHIN)
    await settle()
    expect(said).toHaveLength(1)
    expect(asked).toMatchObject([{ address: bob.address, via: 'direct' }])
    expect([dialOut.connections, listener.counts().connections]).toEqual([0, 0])
    over.abort(new Error('left'))
    await expect(opening).rejects.toThrow('left')
  })

  test('[D14] one device has four connections dialled at once, and no address that may not be', async () => {
    const dialOut = createDialOut({ ...alice, mayDial: (address) => address !== '127.0.0.1:9' })
    closing.push(() => dialOut[Symbol.dispose]())
    dialOut.begin({ admits: () => new Promise(() => {}), source: refusing, say: () => {} })
    const ask = (attempt: string, address: string) =>
      dialOut.take(bob, { note: 'path', attempt, message, signal: { step: 'dial', addresses: [address] } })
    ask('z'.repeat(22), '127.0.0.1:9')
    expect(dialOut.connections).toBe(0)
    for (const letter of 'abcdef') ask(letter.repeat(22), '127.0.0.1:1')
    expect(dialOut.connections).toBe(4)
  })
})
