// One answer on its way: the window, parts, the end of either side. No sockets, no server.

import { Refusal } from '@doorpost/protocol/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { turnedClock } from '../listen/turned-clock.ts'
import { createRelay, type Relay, TUNNEL_WINDOW_BYTES } from './relay.ts'

const settled = () => new Promise(setImmediate)
const CHUNK = 64 * 1024

interface Tried {
  readonly relay: Relay
  readonly clock: ReturnType<typeof turnedClock>
  readonly ends: (Refusal | undefined)[]
  starts: number
}

function tried(): Tried {
  const clock = turnedClock()
  const one: Tried = {
    clock,
    ends: [],
    starts: 0,
    relay: createRelay({
      nowMs: () => clock.monotonicMs(),
      pass: async () => {},
      onStart: () => one.starts++,
      onEnd: (reason) => one.ends.push(reason),
    }),
  }
  return one
}

/** A source that counts what was asked of it. */
function chunks(
  count: number,
  bytes = CHUNK,
): { readonly body: AsyncIterable<Uint8Array>; readonly drawn: () => number } {
  let drawn = 0
  async function* body() {
    while (drawn < count) yield new Uint8Array(bytes).fill(drawn++)
  }
  return { body: body(), drawn: () => drawn }
}

describe('the window', () => {
  test('[TUN2] a requester that does not read stops the source within a window', async () => {
    const { relay } = tried()
    const source = chunks(100)
    const given = relay.give({ number: 0, more: false }, source.body)
    for (let turn = 0; turn < 20; turn++) await settled()
    expect(relay.heldBytes).toBe(TUNNEL_WINDOW_BYTES)
    expect(source.drawn()).toBe(TUNNEL_WINDOW_BYTES / CHUNK + 1)
    let total = 0
    for await (const part of relay.answer) {
      expect(relay.heldBytes).toBeLessThanOrEqual(TUNNEL_WINDOW_BYTES)
      total += part.length
    }
    expect(total).toBe(100 * CHUNK)
    await given
  })

  test('[TUN2] bytes come out as they went in, however they were cut and whoever is slow', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(fc.array(sizes, { minLength: 1, maxLength: 4 }), fc.boolean(), async (parts, isSlow) => {
        const { relay, ends } = tried()
        let mark = 0
        const bytes = parts.map((part) => part.map((size) => new Uint8Array(size).map(() => mark++ % 251)))
        const gives: Promise<void>[] = []
        for (const [number, part] of bytes.entries()) {
          async function* body() {
            yield* part
          }
          // Two may be under way: the rest wait for their turn outside.
          const turn = gives[number - 2] ?? Promise.resolve()
          gives.push(turn.then(() => relay.give({ number, more: number < parts.length - 1 }, body())))
        }
        const out: Uint8Array[] = []
        for await (const part of relay.answer) {
          if (isSlow) await settled()
          out.push(part)
        }
        await Promise.all(gives)
        expect(Buffer.concat(out).equals(Buffer.concat(bytes.flat()))).toBe(true)
        expect(ends).toEqual([undefined])
      }),
      { numRuns: 30 },
    )
  })
})

describe('parts', () => {
  test('[TUN3] a part is answered when its bytes were taken, and the next waits unread for its turn', async () => {
    const { relay } = tried()
    const [first, second] = [chunks(1), chunks(1)]
    const told: number[] = []
    const gives = [
      relay.give({ number: 0, more: true }, first.body).then(() => told.push(0)),
      relay.give({ number: 1, more: false }, second.body).then(() => told.push(1)),
    ]
    const answer = relay.answer[Symbol.asyncIterator]()
    for (let turn = 0; turn < 5; turn++) await settled()
    expect([told, second.drawn()]).toEqual([[], 1])
    expect((await answer.next()).value).toHaveLength(CHUNK)
    await settled()
    expect(told).toEqual([])
    expect((await answer.next()).value).toHaveLength(CHUNK)
    await gives[0]
    expect((await answer.next()).done).toBe(true)
    await Promise.all(gives)
    expect(told).toEqual([0, 1])
  })

  test('[TUN3] a part out of turn is refused and changes nothing', async () => {
    const { relay, ends } = tried()
    const none = chunks(0)
    await expect(relay.give({ number: 2, more: true }, none.body)).rejects.toMatchObject({ code: 'malformed' })
    const first = relay.give({ number: 0, more: true }, chunks(1).body)
    await expect(relay.give({ number: 0, more: true }, none.body)).rejects.toMatchObject({ code: 'malformed' })
    await relay.answer[Symbol.asyncIterator]().next()
    await settled()
    await expect(relay.give({ number: 0, more: true }, none.body)).rejects.toMatchObject({ code: 'malformed' })
    expect(ends).toEqual([])
    relay.end(new Refusal('draining'))
    await expect(first).rejects.toMatchObject({ code: 'draining' })
  })
})

describe('ends', () => {
  test('[TUN7] a source that breaks off breaks the answer: nobody takes a half for the whole', async () => {
    const { relay, ends } = tried()
    async function* broken() {
      yield new Uint8Array(10)
      throw new Error('gone')
    }
    const given = relay.give({ number: 0, more: false }, broken())
    const answer = relay.answer[Symbol.asyncIterator]()
    await expect(given).rejects.toThrow('gone')
    await expect(answer.next()).rejects.toMatchObject({ code: 'nobody-answered' })
    expect(ends).toHaveLength(1)
  })

  test('[TUN7] a requester that goes ends what is being given, and lets the window go', async () => {
    const { relay, ends } = tried()
    const source = chunks(100)
    const given = relay.give({ number: 0, more: false }, source.body)
    const answer = relay.answer[Symbol.asyncIterator]()
    await answer.next()
    await answer.return?.()
    await expect(given).rejects.toMatchObject({ code: 'nobody-answered' })
    expect([relay.heldBytes, ends.length]).toEqual([0, 1])
  })

  test('[TUN8] it is told since when who is waited for; the other one’s slowness does not count', async () => {
    const { relay, clock } = tried()
    const begunMs = clock.monotonicMs()
    expect(relay.waitingSinceMs).toBe(begunMs)
    clock.turn(1000)
    const given = relay.give({ number: 0, more: true }, chunks(100).body).catch(() => {})
    for (let turn = 0; turn < 10; turn++) await settled()
    // The window is full: the requester is waited for.
    expect(relay.waitingSinceMs).toBe(begunMs + 1000)
    const answer = relay.answer[Symbol.asyncIterator]()
    clock.turn(1000)
    await answer.next()
    expect(relay.waitingSinceMs).toBe(begunMs + 2000)
    relay.end(new Refusal('draining'))
    await given
    expect(relay.waitingSinceMs).toBeUndefined()
  })

  test('[TUN1] an empty answer begins and ends', async () => {
    const one = tried()
    const given = one.relay.give({ number: 0, more: false }, chunks(0).body)
    await settled()
    expect(one.starts).toBe(1)
    expect(await one.relay.answer[Symbol.asyncIterator]().next()).toMatchObject({ done: true })
    await given
    expect(one.ends).toEqual([undefined])
  })
})
