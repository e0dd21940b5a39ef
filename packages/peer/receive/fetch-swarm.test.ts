// One fetch among several sources, under a fake clock: what each has, when it comes and goes, breaks, lies or falls silent is drawn anew
// each time.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import type { Path, PathKind } from '../paths/path.ts'
import { fetching, seeded, sourceFor } from './fake-fetch.ts'
import { sameBytes } from '@doorpost/protocol/bytes'
import { pieceHash } from '@doorpost/protocol/piece-list'
import { RETIRE_MS, STALL_MS } from './fetch-over.ts'
import { SEQUENTIAL_AHEAD } from './schedule.ts'
import { createStreamPart } from './stream-part.ts'
import { CLAIM_PATIENCE_MS } from './fetch-engine.ts'
import type { FetchSource, SourceFault } from './fetch-source.ts'
import { changingSources, type Copy, memoryPart, passing, pathTo, sourceOf, type World, worldOf } from './fake-world.ts'

const range = (count: number) => Array.from({ length: count }, (_, index) => index)
const all = () => true

describe('several sources', () => {
  const plan = fc.record({
    has: fc.array(fc.nat(23), { maxLength: 24 }),
    lies: fc.array(fc.nat(23), { maxLength: 1 }),
    role: fc.constantFrom('sender' as const, 'copy' as const),
    pieceMs: fc.nat(300),
    /** Breaks its path every so many pieces. */
    breaksAfter: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    /** Does not open so many times. */
    shut: fc.nat(2),
    comesMs: fc.nat(5_000),
    goesMs: fc.option(fc.nat(5_000), { nil: undefined }),
    silentAfter: fc.option(fc.nat(6), { nil: undefined }),
  })

  test('[F19] whatever holes, faults, delays and lies there are: it ends stored when honest ones have everything; nothing here is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(plan, { minLength: 1, maxLength: 5 }),
        fc.nat(23),
        fc.boolean(),
        fc.nat(),
        async (plans, split, shared, seed) => {
          const clock = fakeClock()
          const world = worldOf(24, clock)
          const part = memoryPart(world)
          const sources = changingSources()
          const dropped: SourceFault[] = []
          const add = (name: string, copy: Copy, more: Partial<(typeof plans)[number]> = {}) => {
            let shut = more.shut ?? 0
            let pieces = 0
            const open = async () => {
              if (shut-- > 0) throw new Error('no route')
              const source = sourceOf(world, {
                ...copy,
                onPiece: () => {
                  pieces++
                  if (more.breaksAfter !== undefined && pieces % more.breaksAfter === 0) path.close()
                },
              })
              const { piece } = source
              if (more.silentAfter !== undefined) {
                const { silentAfter } = more
                source.piece = (...args) => (pieces > silentAfter ? new Promise(() => {}) : piece(...args))
              }
              const path = pathTo(source, 'bob@example.org/laptop', (index) => expect(part.here.has(index)).toBe(false))
              return path
            }
            sources.add(sourceFor(name, open, more.role))
          }
          for (const [at, one] of plans.entries()) {
            const has = new Set(one.has)
            const lies = new Set(one.lies.filter((index) => has.has(index)))
            const copy: Copy = {
              has: one.role === 'sender' ? all : (index) => has.has(index),
              pieceMs: one.pieceMs,
              lies,
            }
            clock.after(one.comesMs, () => add(`source ${at}`, copy, one))
            if (one.goesMs !== undefined) clock.after(one.comesMs + one.goesMs, () => sources.remove(`source ${at}`))
          }
          // Two that are honest and stay have everything between them.
          add('low', { has: (index) => index <= split, pieceMs: 50 })
          add('high', { has: (index) => index >= split, pieceMs: 80 })
          const running = fetching(world, sources, {
            part,
            shared,
            random: seeded(seed),
            onDropped: (fault) => dropped.push(fault),
          })
          const outcome = await passing(clock, running, 10 * 60_000)
          expect(outcome.state).toBe('stored')
          expect(part.here.size).toBe(24)
          for (const { source } of dropped) expect(source).toMatch(/^source/)
        },
      ),
      { numRuns: 40 },
    )
  }, 60_000)

  test('[F2] one that sends a bad piece is dropped and told of, its path closed, what it owed asked of others; the others go on', async () => {
    const clock = fakeClock()
    const world = worldOf(20, clock)
    const part = memoryPart(world)
    const dropped: SourceFault[] = []
    const asked: string[] = []
    const lying = sourceOf(world, { has: all, pieceMs: 10, lies: new Set(range(20).filter((index) => index > 2)) })
    const honest = sourceOf(world, { has: all, pieceMs: 100 })
    let opened = 0
    const sources = changingSources([
      sourceFor('mallory', async () => {
        opened++
        return pathTo(lying, 'bob@example.org/laptop', () => asked.push('mallory'))
      }),
      sourceFor('ann', async () => pathTo(honest, 'bob@example.org/laptop')),
    ])
    const running = fetching(world, sources, { part, onDropped: (fault) => dropped.push(fault) })
    expect((await passing(clock, running, 60_000)).state).toBe('stored')
    expect(dropped).toMatchObject([{ source: 'mallory', fault: { state: 'bad-piece' }, forGood: true }])
    expect([opened, asked.length]).toEqual([1, asked.length])
    expect(part.here.size).toBe(20)
  })

  test('[F22] a silent source and a slow one hold up nobody: the others bring everything long before its silence is noticed', async () => {
    const clock = fakeClock()
    const world = worldOf(40, clock)
    const mute = sourceOf(world, { has: all, pieceMs: 0 })
    mute.piece = () => new Promise(() => {})
    const sources = changingSources([
      sourceFor('mute', async () => pathTo(mute, 'bob@example.org/laptop')),
      sourceFor('slow', async () => pathTo(sourceOf(world, { has: all, pieceMs: 4_000 }), 'bob@example.org/laptop')),
      sourceFor('ann', async () => pathTo(sourceOf(world, { has: all, pieceMs: 50 }), 'bob@example.org/laptop')),
    ])
    const beganMs = clock.nowMs()
    expect((await passing(clock, fetching(world, sources), STALL_MS)).state).toBe('stored')
    expect(clock.nowMs() - beganMs).toBeLessThan(STALL_MS / 2)
  })

  test('[F18] one that is fetching itself gives what it has so far; what it learns later is asked for within seconds', async () => {
    const clock = fakeClock()
    const world = worldOf(12, clock)
    const has = new Set([0, 1])
    const copy = sourceOf(world, { has: (index) => has.has(index), pieceMs: 10 })
    const part = memoryPart(world)
    const sources = changingSources([sourceFor('carol', async () => pathTo(copy, 'bob@example.org/laptop'))])
    const running = fetching(world, sources, { part, patienceMs: 10_000 })
    await clock.pass(500)
    expect(part.here.size).toBe(2)
    for (const index of range(12)) has.add(index)
    expect((await passing(clock, running, 5_000)).state).toBe('stored')
    const empty = sourceOf(world, { has: () => false, pieceMs: 10 })
    const none = changingSources([sourceFor('carol', async () => pathTo(empty, 'bob@example.org/laptop'))])
    expect(await passing(clock, fetching(world, none, { patienceMs: 10_000 }), 20_000)).toMatchObject({
      state: 'no-source',
      faults: [{ source: 'carol', fault: { state: 'has-nothing' } }],
    })
  })
})

describe('a device that moves', () => {
  test('[F26] told of its new address, a silent path is given up within seconds and a new one opened; one that works stays', async () => {
    const clock = fakeClock()
    const world = worldOf(60, clock)
    let home = 'old'
    const opened: string[] = []
    const mute = () => {
      const source = sourceOf(world, { has: all, pieceMs: 100 })
      const { piece } = source
      source.piece = (...args) => (home === 'old' ? piece(...args) : new Promise(() => {}))
      return source
    }
    const ann = (): FetchSource =>
      sourceFor(
        'ann',
        async () => {
          opened.push(home)
          return pathTo(home === 'old' ? mute() : sourceOf(world, { has: all, pieceMs: 50 }), 'bob@example.org/laptop')
        },
        'sender',
      )
    const sources = changingSources([ann()])
    const running = fetching(world, sources)
    await clock.pass(1_000)
    sources.add(ann())
    await clock.pass(1_000)
    expect(opened).toEqual(['old'])
    home = 'new'
    sources.add(ann())
    const movedMs = clock.nowMs()
    expect((await passing(clock, running, 14_000)).state).toBe('stored')
    expect(opened).toEqual(['old', 'new'])
    expect(clock.nowMs() - movedMs).toBeLessThan(STALL_MS / 2)
  })
})

describe('copies that refuse', () => {
  test('[F13] one that has nothing to give yet is asked again a second or two later', async () => {
    const clock = fakeClock()
    const world = worldOf(30, clock)
    const copy = sourceOf(world, { has: all, pieceMs: 10 })
    const { have } = copy
    let begun = false
    copy.have = (...args) => (begun ? have(...args) : Promise.resolve({ state: 'refused' }))
    clock.after(1_000, () => (begun = true))
    const sources = changingSources([sourceFor('carol', async () => pathTo(copy, 'bob@example.org/laptop'))])
    expect((await passing(clock, fetching(world, sources), 5_000)).state).toBe('stored')
  })
})

describe('reading while it comes', () => {
  test('[F24] pieces go on in order, verified, whatever order they come in; a reader that is slow holds back, and little is held in memory', async () => {
    const clock = fakeClock()
    const world = worldOf(80, clock)
    const read: number[] = []
    const part = createStreamPart(world.media, {
      async write(bytes) {
        read.push(range(world.count).find((index) => sameBytes(bytes.slice(0, 32), pieceHash(world.list, index))) ?? -1)
        expect(bytes).toHaveLength(1024 * 1024)
        await new Promise<void>((resolve) => void clock.after(20, resolve))
      },
    })
    const asked: number[] = []
    const from = (pieceMs: number, lies = new Set<number>()) =>
      pathTo(sourceOf(world, { has: all, pieceMs, lies }), 'bob@example.org/laptop', (index) => {
        expect(index).toBeLessThan(read.length + 1 + SEQUENTIAL_AHEAD)
        asked.push(index)
      })
    const sources = changingSources([
      sourceFor('ann', async () => from(30), 'sender'),
      sourceFor('carol', async () => from(170)),
      sourceFor('mallory', async () => from(10, new Set([20]))),
    ])
    const outcome = await passing(clock, fetching(world, sources, { part, order: 'sequential' }), 60_000)
    expect(outcome.state).toBe('stored')
    expect(read).toEqual(range(80))
    expect(asked).not.toEqual(asked.toSorted((a, b) => a - b))
  })
})

describe('moving up', () => {
  const opening = (world: World, kind: PathKind, afterMs: number, pieceMs: number) => {
    const state = { closed: false, asked: [] as number[] }
    const open = () =>
      new Promise<Path>((resolve) => {
        world.clock.after(afterMs, () => {
          const path = pathTo(
            sourceOf(world, { has: all, pieceMs }),
            'bob@example.org/laptop',
            (index) => state.asked.push(index),
            kind,
          )
          void path.closed.then(() => (state.closed = true))
          resolve(path)
        })
      })
    return { open, state }
  }

  test('[CHO7] it starts on what opens first and moves up: what is in flight lands, nothing is fetched twice, the old path is closed', async () => {
    const clock = fakeClock()
    const world = worldOf(150, clock)
    const [direct, tunnel] = [opening(world, 'direct', 2_500, 20), opening(world, 'tunnel', 100, 200)]
    const paths: PathKind[] = []
    const sources = changingSources([
      sourceFor('ann', (kind) => (kind === 'direct' ? direct.open() : tunnel.open()), 'sender', ['direct', 'tunnel']),
    ])
    const running = fetching(world, sources, { onProgress: ({ path }) => paths.push(path) })
    const outcome = await passing(clock, running, 60_000)
    expect(outcome).toMatchObject({ state: 'stored', paths: ['tunnel', 'direct'] })
    expect([...tunnel.state.asked, ...direct.state.asked].toSorted((a, b) => a - b)).toEqual(range(150))
    expect([direct.state.closed, tunnel.state.closed]).toEqual([true, true])
    expect(paths.at(-1)).toBe('direct')
  })

  test('[CHO7] what the old path does not give in time is asked of the new one', async () => {
    const clock = fakeClock()
    const world = worldOf(10, clock)
    const [direct, tunnel] = [opening(world, 'direct', 2_000, 10), opening(world, 'tunnel', 0, 60_000)]
    const sources = changingSources([
      sourceFor('ann', (kind) => (kind === 'direct' ? direct.open() : tunnel.open()), 'sender', ['direct', 'tunnel']),
    ])
    const outcome = await passing(clock, fetching(world, sources), 4_000 + RETIRE_MS + 2_000)
    expect(outcome.state).toBe('stored')
  })

  test('[CHO2] pinned, no other kind is opened, and it waits for that one alone', async () => {
    const clock = fakeClock()
    const world = worldOf(4, clock)
    const kinds: PathKind[] = []
    const open = async (kind: PathKind) => {
      kinds.push(kind)
      return pathTo(sourceOf(world, { has: all, pieceMs: 0 }), 'bob@example.org/laptop', undefined, kind)
    }
    const sources = changingSources([sourceFor('ann', open, 'sender', ['direct', 'webrtc', 'tunnel'])])
    expect((await passing(clock, fetching(world, sources, { pinned: 'webrtc' }), 5_000)).state).toBe('stored')
    expect(kinds).toEqual(['webrtc'])
    const without = changingSources([sourceFor('ann', open, 'sender', ['tunnel'])])
    const outcome = await passing(clock, fetching(world, without, { pinned: 'direct', patienceMs: 2_000 }), 30_000)
    expect(outcome.state).toBe('no-source')
    expect(kinds).toEqual(['webrtc'])
  })
})

describe('a sender whom others relieve', () => {
  /** Receivers that all fetch from the sender and from each other. */
  async function swarm(receivers: number, pieces: number, pieceMs: number, learnMs = 0) {
    const clock = fakeClock()
    const world = worldOf(pieces, clock)
    const sender = sourceOf(world, { has: all, pieceMs })
    const parts = range(receivers).map(() => memoryPart(world))
    const copies = parts.map((part) => sourceOf(world, { has: part.has, pieceMs }))
    const running = parts.map((part, me) => {
      const caller = `device ${me}`
      const sources = changingSources([sourceFor('sender', async () => pathTo(sender, caller), 'sender')])
      clock.after(learnMs, () => {
        for (const [other, copy] of copies.entries()) {
          if (other !== me) sources.add(sourceFor(`device ${other}`, async () => pathTo(copy, caller)))
        }
      })
      return fetching(world, sources, { part, shared: true, random: seeded(me + 1) })
    })
    const beganMs = clock.nowMs()
    const outcomes = await passing(clock, Promise.all(running), 20 * 60_000)
    const given = sender.given.reduce((sum, times) => sum + times, 0) / pieces
    return { outcomes, copiesGiven: given, tookMs: clock.nowMs() - beganMs, aloneMs: pieces * pieceMs }
  }

  test('[F20] eight receivers, one sender: it gives at most 1.15 copies in all, and they have it in little more than the time of one', async () => {
    const { outcomes, copiesGiven, tookMs, aloneMs } = await swarm(8, 128, 100)
    expect(outcomes.every(({ state }) => state === 'stored')).toBe(true)
    expect(copiesGiven).toBeGreaterThanOrEqual(1)
    expect(copiesGiven).toBeLessThanOrEqual(1.15)
    expect(tookMs).toBeLessThan(2 * aloneMs)
  }, 60_000)

  test('[F20] they begin together and learn of each other a second later: the sender still gives hardly more than one copy', async () => {
    const { outcomes, copiesGiven } = await swarm(4, 32, 20, 1_500)
    expect(outcomes.every(({ state }) => state === 'stored')).toBe(true)
    expect(copiesGiven).toBeLessThanOrEqual(1.15)
  }, 60_000)

  test('[F20] who comes when everything was promised before, and finds nobody else, gets everything from the sender within a second or two', async () => {
    const clock = fakeClock()
    const world = worldOf(16, clock)
    const sender = sourceOf(world, { has: all, pieceMs: 10 })
    const from = (caller: string) =>
      changingSources([sourceFor('sender', async () => pathTo(sender, caller), 'sender')])
    expect((await passing(clock, fetching(world, from('one'), { shared: true }), 5_000)).state).toBe('stored')
    const beganMs = clock.nowMs()
    expect((await passing(clock, fetching(world, from('two'), { shared: true }), 5_000)).state).toBe('stored')
    expect(clock.nowMs() - beganMs).toBeLessThan(CLAIM_PATIENCE_MS)
  })

  test('[F20] what a receiver took away with it is asked of the sender after a patience', async () => {
    const clock = fakeClock()
    const world = worldOf(16, clock)
    const sender = sourceOf(world, { has: all, pieceMs: 10 })
    const part = memoryPart(world)
    expect(
      (
        await passing(
          clock,
          fetching(world, changingSources([sourceFor('sender', async () => pathTo(sender, 'gone'), 'sender')]), {
            shared: true,
          }),
          5_000,
        )
      ).state,
    ).toBe('stored')
    const carol = sourceOf(world, { has: (index) => index < 4, pieceMs: 10 })
    const sources = changingSources([
      sourceFor('sender', async () => pathTo(sender, 'bob'), 'sender'),
      sourceFor('carol', async () => pathTo(carol, 'bob')),
    ])
    const beganMs = clock.nowMs()
    expect((await passing(clock, fetching(world, sources, { part, shared: true }), 20_000)).state).toBe('stored')
    const tookMs = clock.nowMs() - beganMs
    expect(tookMs).toBeGreaterThanOrEqual(CLAIM_PATIENCE_MS)
    expect(tookMs).toBeLessThan(3 * CLAIM_PATIENCE_MS)
    // Four came from the other copy.
    expect(sender.given.reduce((sum, times) => sum + times, 0)).toBe(16 + 12)
  })
})
