// Two paths that overlap, in every order in which their frames can come.

import { EPOCH_MAX } from '@doorpost/protocol/live/limits'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createReorder, HELD_MAX, HOLD_MS, type LivePath, type Numbered, SOUND_HOLD_MS } from './reorder.ts'

const EPOCH = 50
/** Fifty to an epoch, so that a key may change in the middle of it all. */
const frame = (number: number, isSound = false): Numbered => ({
  epoch: Math.floor(number / EPOCH),
  sequence: number % EPOCH,
  isKey: isSound || number % EPOCH === 0,
  isSound,
})
const numbers = (frames: Numbered[]) => frames.map(({ epoch, sequence }) => EPOCH * epoch + sequence)

/** The frames of a broadcast that is switched between its paths, sent on both for a while at each switch. */
const switched = fc
  .record({
    turns: fc.array(fc.record({ length: fc.integer({ min: 1, max: 8 }), overlap: fc.nat({ max: 4 }) }), {
      minLength: 1,
      maxLength: 6,
    }),
    /** Which path the next arrival comes on, as long as both have something under way. */
    order: fc.array(fc.boolean(), { maxLength: 200 }),
  })
  .map(({ turns, order }) => {
    const queues: Record<LivePath, number[]> = { server: [], peer: [] }
    let sequence = 0
    turns.forEach(({ length, overlap }, turn) => {
      const [now, before]: LivePath[] = turn % 2 === 0 ? ['server', 'peer'] : ['peer', 'server']
      for (let index = 0; index < length + overlap; index++, sequence++) {
        queues[now as LivePath].push(sequence)
        if (turn > 0 && index < overlap) queues[before as LivePath].push(sequence)
      }
    })
    return { queues, order, count: sequence }
  })

test('[LVP4] over two paths that overlap every frame is shown once and in order', () => {
  fc.assert(
    fc.property(switched, ({ queues: { server, peer }, order, count }) => {
      const reorder = createReorder<Numbered>()
      const shown: number[] = []
      reorder.begin('peer', 0)
      // The first path brings the first frame: what comes before a viewer's first frame is nothing to wait for.
      shown.push(...numbers(reorder.take('server', frame(server.shift() as number), 0)))
      for (let index = 0; server.length + peer.length > 0; index++) {
        const path: LivePath = peer.length === 0 || (server.length > 0 && order[index]) ? 'server' : 'peer'
        const next = (path === 'server' ? server : peer).shift() as number
        // Frames of the other path that are behind this one are still under way: nothing is silent yet.
        shown.push(...numbers(reorder.take(path, frame(next), 1)))
      }
      shown.push(...numbers(reorder.due(HOLD_MS + 1)))
      expect(shown).toEqual(shown.toSorted((one, other) => one - other))
      expect(new Set(shown).size).toBe(shown.length)
      expect(shown.length).toBe(count)
      expect(reorder.counts).toMatchObject({ missing: 0, late: 0 })
    }),
  )
})

test('[LVP4] whatever comes in whatever order at whatever time: increasing, none twice, no more held than may be', () => {
  const arrival = fc.record({
    path: fc.constantFrom<LivePath>('server', 'peer'),
    number: fc.nat({ max: 300 }),
    afterMs: fc.nat({ max: 300 }),
  })
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 200 }), (arrivals) => {
      const reorder = createReorder<Numbered>()
      let nowMs = 0
      let taken = 0
      let last = -1
      for (const { path, number, afterMs } of arrivals) {
        nowMs += afterMs
        taken++
        for (const one of numbers(reorder.take(path, frame(number), nowMs))) {
          expect(one).toBeGreaterThan(last)
          last = one
        }
        const { shown, doubled, late } = reorder.counts
        expect(taken - shown - doubled - late).toBeLessThanOrEqual(HELD_MAX)
        if (reorder.dueMs !== undefined) expect(reorder.dueMs).toBeLessThanOrEqual(nowMs + HOLD_MS)
      }
      reorder.due(nowMs + HOLD_MS)
      const { shown, doubled, late } = reorder.counts
      expect(shown + doubled + late).toBe(taken)
      expect(reorder.dueMs).toBeUndefined()
    }),
  )
})

test('[LVP5] on one path nothing waits: what is missing there was shed', () => {
  const reorder = createReorder<Numbered>()
  expect([0, 1, 4, 59].flatMap((number) => numbers(reorder.take('server', frame(number), 0)))).toEqual([0, 1, 4, 59])
  // 2, 3, and of the next epoch 50 to 58; what the first one had besides nobody knows.
  expect(reorder.counts.missing).toBe(11)
})

test('[LVP5] sound between pictures is no gap: at a switch neither waits for the path that is left', () => {
  const reorder = createReorder<Numbered>()
  const isSound = (number: number) => number % 3 !== 0
  reorder.begin('peer', 0)
  for (let number = 0; number < 20; number++) reorder.take('server', frame(number, isSound(number)), number)
  const shown = []
  for (let number = 20; number < 40; number++) {
    shown.push(...numbers(reorder.take('peer', frame(number, isSound(number)), number)))
  }
  expect(shown).toEqual(Array.from({ length: 20 }, (_, index) => 20 + index))
  expect(reorder.counts).toMatchObject({ missing: 0, late: 0, doubled: 0 })
})

test('[LVP5] sound that overtakes pictures waits 60 ms at most', () => {
  const reorder = createReorder<Numbered>()
  reorder.begin('peer', 0)
  reorder.take('server', frame(0), 0)
  reorder.take('server', frame(1, true), 0)
  // Of picture 2 nothing is here yet.
  expect(reorder.take('server', frame(3, true), 1)).toEqual([])
  expect(numbers(reorder.due(SOUND_HOLD_MS))).toEqual([3])
  expect(numbers(reorder.take('server', frame(2), SOUND_HOLD_MS + 1))).toEqual([2])
  expect(reorder.counts).toMatchObject({ shown: 2, missing: 0 })
})

test('[LVP5] a viewer begins with a key frame; another waits for what the other path may bring', () => {
  const reorder = createReorder<Numbered>()
  reorder.begin('server', 0)
  reorder.begin('peer', 0)
  expect(reorder.take('peer', frame(51), 0)).toEqual([])
  expect(numbers(reorder.take('server', frame(50), 1))).toEqual([50, 51])
  const alone = createReorder<Numbered>()
  expect(numbers(alone.take('server', frame(6), 0))).toEqual([6])
})

test('[LVP5] a frame waits for one that may come on the path that is being left, until that got past it, ended, or was silent for 500 ms', () => {
  const begin = () => {
    const reorder = createReorder<Numbered>()
    reorder.take('server', frame(0), 0)
    expect(reorder.take('peer', frame(2), 10)).toEqual([])
    return reorder
  }
  expect(numbers(begin().take('server', frame(1), 20))).toEqual([1, 2])
  expect(numbers(begin().take('server', frame(3), 20))).toEqual([2, 3])
  expect(numbers(begin().end('server', 20))).toEqual([2])
  const silent = begin()
  expect(silent.dueMs).toBe(HOLD_MS)
  expect(silent.due(HOLD_MS - 1)).toEqual([])
  expect(numbers(silent.due(HOLD_MS))).toEqual([2])
  silent.take('server', frame(1), HOLD_MS + 1)
  expect(silent.counts).toEqual({ shown: 2, doubled: 0, late: 1, missing: 0 })
})

test('[SEC1] the highest places there are end in bounded time and order, as any others', () => {
  const reorder = createReorder<Numbered>()
  const at = (sequence: number): Numbered => ({ epoch: EPOCH_MAX, sequence, isKey: true, isSound: false })
  const shown = [0, 1_100, 2_900, 0xffff_ffff].flatMap((sequence) => reorder.take('server', at(sequence), 0))
  shown.push(...reorder.due(HOLD_MS + 1))
  expect(shown.map(({ sequence }) => sequence)).toEqual([0, 1_100, 2_900, 0xffff_ffff])
})
