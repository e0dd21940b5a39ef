// Whom a device answers through the tunnel, in which order, and that it is silent to all others: two devices and a whole server.

import type { Caller, Path, Source } from '@doorpost/peer/paths/path'
import type { TunnelHttp } from '@doorpost/peer/paths/tunnel-http'
import { concat, fromBase64url, fromUtf8, toBase64url, utf8 } from '@doorpost/protocol/bytes'
import { encodeFrame } from '@doorpost/protocol/piece-wire'
import { encodeTunnelRequest, openTunnelRequest, tunnelRequestSchema } from '@doorpost/protocol/tunnel-request'
import { Refusal } from '@doorpost/protocol/errors'
import { fakeClock } from '@doorpost/peer/fake-clock'
import { answerThrough } from '@doorpost/peer/paths/tunnel-answer'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { befriend, MESSAGE_ID, openTunnelStage, type Tunneller, type TunnelStage } from './tunnel-stage.ts'

const root = new Uint8Array(32).fill(5)
const media = { messageId: MESSAGE_ID, root }
const { signal } = new AbortController()
const random = (bytes: number) => toBase64url(crypto.getRandomValues(new Uint8Array(bytes)))

/** Has every piece, 1000 bytes of its number, for whoever is in `permitted`. */
function sourceFor(permitted: Set<string>) {
  const asked: number[] = []
  const callers: Caller[] = []
  const source: Source = {
    async list(caller) {
      callers.push(caller)
      return permitted.has(caller.address) ? { state: 'here', list: new Uint8Array(32) } : { state: 'refused' }
    },
    async piece(_caller, _media, index) {
      asked.push(index)
      return { state: 'here', bytes: new Uint8Array(1000).fill(index), release: () => {} }
    },
    have: async () => ({ state: 'here', have: Uint8Array.of(0xff) }),
    claim: async () => ({ state: 'here', pieces: [] }),
  }
  return { source, asked, callers }
}

let stage: TunnelStage
let alice: Tunneller
let bob: Tunneller
let carol: Tunneller
const permitted = new Set<string>()
let served: ReturnType<typeof sourceFor>

beforeEach(async () => {
  stage = await openTunnelStage()
  alice = await stage.join('alice')
  bob = await stage.join('bob')
  carol = await stage.join('carol')
  await befriend(alice, bob)
  await stage.message(alice, [bob, carol])
  permitted.clear()
  permitted.add(bob.address)
  served = sourceFor(permitted)
})
afterEach(async () => await stage[Symbol.asyncDispose]())

const piece = (path: Path, index: number) =>
  path.piece(media, { index, length: 1000 }, ({ length }) => new Uint8Array(length), signal)

/** Resolves when it is answered, however long that takes. */
async function answered(who: Tunneller, request: Uint8Array): Promise<void> {
  const gone = new AbortController()
  await who.http.ask(stage.targetOf(alice), request, gone.signal)
  gone.abort()
}

/** Settles as `answered` or, once alice's device has certainly looked at it and let it be, as `silent`. */
async function fate(who: Tunneller, request: Uint8Array): Promise<'answered' | 'silent'> {
  const gone = new AbortController()
  const asked = who.http.ask(stage.targetOf(alice), request, gone.signal).then(
    () => 'answered' as const,
    () => 'silent' as const,
  )
  // Requests come in order over alice's session: when a later one is answered, the earlier has been looked at.
  const path = await bob.open(alice)
  const proof = await piece(path, 1)
  path.close()
  expect(proof.state).toBe('here')
  const first = await Promise.race([asked, new Promise<'silent'>((resolve) => setImmediate(() => resolve('silent')))])
  gone.abort()
  return first
}

describe('who is answered', () => {
  const good = () => ({
    from: bob.address,
    to: alice.address,
    message: { from: alice.address, id: MESSAGE_ID },
    path: random(16),
    number: 0,
    time: new Date().toISOString(),
    ask: encodeFrame({ type: 'want-piece', seq: 0, piece: 3, lane: false, messageId: MESSAGE_ID, root }),
  })

  test('[TUN20] a request that is right is answered; once', async () => {
    await alice.serve(served.source)
    const request = encodeTunnelRequest(good(), bob.key.deviceKey)
    await expect(answered(bob, request)).resolves.toBeUndefined()
    // Whose key signed is for the source to judge: it stands in the asking user's device list, or not.
    expect(served.callers[0]).toEqual(bob.caller)
    expect(await fate(bob, request)).toBe('silent')
  })

  test('[TUN20] another’s, a stale, a torn or a forged one, and one about another message, is not', async () => {
    await alice.serve(served.source)
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
    const want = (messageId: string) =>
      encodeFrame({ type: 'want-piece', seq: 0, piece: 3, lane: false, messageId, root })
    const other = 'BBBBBBBBBBBBBBBBBBBBBA'
    const wrong: Record<string, Uint8Array> = {
      'to another device': encodeTunnelRequest({ ...good(), to: carol.address }, bob.key.deviceKey),
      'from another device': encodeTunnelRequest({ ...good(), from: carol.address }, bob.key.deviceKey),
      'seven minutes old': encodeTunnelRequest({ ...good(), time: minutesAgo(7) }, bob.key.deviceKey),
      'of seven minutes hence': encodeTunnelRequest({ ...good(), time: minutesAgo(-7) }, bob.key.deviceKey),
      'a path that does not begin': encodeTunnelRequest({ ...good(), number: 1 }, bob.key.deviceKey),
      'about another message': encodeTunnelRequest({ ...good(), ask: want(other) }, bob.key.deviceKey),
      'about two messages': encodeTunnelRequest(
        { ...good(), ask: concat(want(MESSAGE_ID), want(other)) },
        bob.key.deviceKey,
      ),
      'no questions': encodeTunnelRequest({ ...good(), ask: Uint8Array.of(0, 0, 0, 1, 200) }, bob.key.deviceKey),
      'no request': utf8('{}'),
      'no JSON': Uint8Array.of(1, 2, 3),
    }
    const forged = encodeTunnelRequest(good(), bob.key.deviceKey)
    const swapped = (text: string) => (text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`)
    const signed = JSON.parse(fromUtf8(forged)) as { signature: string }
    wrong['changed'] = utf8(JSON.stringify({ ...signed, signature: swapped(signed.signature) }))
    for (const [name, request] of Object.entries(wrong))
      expect([name, await fate(bob, request)]).toEqual([name, 'silent'])
    expect(served.asked).not.toContain(3)
  })

  test('[TUN20] a request reads back as it was written, and no bytes make reading throw', () => {
    const request = good()
    const opened = openTunnelRequest(encodeTunnelRequest(request, bob.key.deviceKey))
    expect(opened?.request).toEqual({ v: 1, ...request, ask: toBase64url(request.ask) })
    expect(opened?.signed.key).toBe(toBase64url(bob.key.deviceKey.public))
    expect(tunnelRequestSchema.safeParse({ ...opened?.request, more: 1 }).success).toBe(false)
    for (const text of ['', '{', 'null', '{"body":"","key":"","signature":""}', '\u0000']) {
      expect(openTunnelRequest(utf8(text))).toBeUndefined()
    }
    expect(openTunnelRequest(Uint8Array.of(0xff, 0xfe))).toBeUndefined()
  })

  test('[TUN21] to one who may not have it a device is silent, whoever they are; and answers when they may', async () => {
    await alice.serve(served.source)
    const asking = () => encodeTunnelRequest({ ...good(), from: carol.address }, carol.key.deviceKey)
    expect(await fate(carol, asking())).toBe('silent')
    expect(served.asked).not.toContain(3)
    permitted.add(carol.address)
    await expect(answered(carol, asking())).resolves.toBeUndefined()
  })

  test('[TUN26] a device without a session collects by PIPE', async () => {
    await alice.poll(served.source)
    const path = await bob.open(alice)
    expect(await piece(path, 7)).toMatchObject({ state: 'here', bytes: new Uint8Array(1000).fill(7) })
    path.close()
  })
})

describe('requests of a path', () => {
  /** The same, with every request and what came of it on record. */
  function watched(http: TunnelHttp, before: (nth: number) => Promise<void> = async () => {}) {
    const asks: { number: number; questions: number }[] = []
    let underWay = 0
    const most = { underWay: 0 }
    const over: TunnelHttp = {
      ...http,
      async ask(target, bytes, signal) {
        const request = openTunnelRequest(bytes)?.request
        asks.push({ number: request?.number ?? -1, questions: fromBase64url(request?.ask ?? '').length / 70 })
        most.underWay = Math.max(most.underWay, ++underWay)
        try {
          await before(asks.length)
          const answer = await http.ask(target, bytes, signal)
          return {
            async read() {
              const part = await answer.read()
              if (part === undefined) underWay--
              return part
            },
          }
        } catch (error) {
          underWay--
          throw error
        }
      },
    }
    return { over, asks, most }
  }

  test('[TUN22] what is asked in one turn leaves together, 16 at a time, the first alone, then three at once', async () => {
    await alice.serve(served.source)
    const gate = Promise.withResolvers<void>()
    const { over, asks, most } = watched(bob.http, (nth) => (nth === 1 ? gate.promise : Promise.resolve()))
    const path = await bob.open(alice, over)
    const pieces = Array.from({ length: 100 }, (_, index) => piece(path, index))
    await Promise.resolve()
    expect(asks.length).toBe(1)
    gate.resolve()
    for (const [index, answer] of (await Promise.all(pieces)).entries()) {
      expect(answer).toMatchObject({ state: 'here', bytes: new Uint8Array(1000).fill(index) })
    }
    expect(asks.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(asks.map(({ questions }) => questions)).toEqual([16, 16, 16, 16, 16, 16, 4])
    expect(most.underWay).toBe(3)
    expect(served.asked).toEqual(Array.from({ length: 100 }, (_, index) => index))
    path.close()
  })

  test('[TUN23] a request held too long while another is answered is asked again, and answered once', async () => {
    await alice.serve(served.source)
    let given = 0
    const { over, asks } = watched(bob.http, async (nth) => {
      // The server gave up holding the second and the third.
      if ((nth === 2 || nth === 3) && given++ < 2) throw new Refusal('nobody-answered')
    })
    const path = await bob.open(alice, over)
    const pieces = Array.from({ length: 48 }, (_, index) => piece(path, index))
    for (const answer of await Promise.all(pieces)) expect(answer.state).toBe('here')
    expect(asks.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual([0, 1, 1, 2, 2])
    expect(served.asked).toHaveLength(48)
    path.close()
  })

  test('[TUN28] one device’s paths are remembered in bounded number, and its answers that stand still keep no other waiting', async () => {
    permitted.add(carol.address)
    const gate = Promise.withResolvers<void>()
    const standing: number[] = []
    const { source } = served
    await alice.serve({
      ...source,
      async piece(caller, ref, index, until) {
        if (index === 200) {
          standing.push(index)
          await gate.promise
        }
        return await source.piece(caller, ref, index, until)
      },
    })
    for (let one = 0; one < 70; one++) {
      const path = await bob.open(alice)
      expect((await piece(path, one)).state).toBe('here')
      path.close()
    }
    const paths = await Promise.all(Array.from({ length: 10 }, () => bob.open(alice)))
    const pieces = paths.map((path) => piece(path, 200))
    while (standing.length < 8) await new Promise(setImmediate)
    const other = await carol.open(alice)
    expect((await piece(other, 1)).state).toBe('here')
    expect(standing).toHaveLength(8)
    gate.resolve()
    for (const answer of await Promise.all(pieces)) expect(answer.state).toBe('here')
    for (const path of [...paths, other]) path.close()
  })

  test('[TUN8] a device leaves an answer of which nobody takes a byte for a minute', async () => {
    const clock = fakeClock()
    const aborted = Promise.withResolvers<Error>()
    const upload = { write: () => {}, end: () => {}, abort: aborted.resolve, done: new Promise<void>(() => {}) }
    const ask = encodeFrame({ type: 'want-list', seq: 0, maxBytes: 32, messageId: MESSAGE_ID, root })
    const { source } = served
    const answer = answerThrough({ questions: 1, ask, caller: bob.caller, source, upload, clock })
    expect(await answer.written).toBe(true)
    await clock.pass(60_000)
    expect((await aborted.promise).message).toBe('nobody takes it')
  })

  test('[TUN25] a login that the server no longer takes is made again', async () => {
    await alice.serve(served.source)
    const path = await bob.open(alice)
    expect((await piece(path, 0)).state).toBe('here')
    // Ended behind its back.
    await bob.ask('QUIT', '/')
    expect((await piece(path, 1)).state).toBe('here')
    path.close()
  })
})
