import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bitmapOf, countBits, fitsCount, hasBit, joinBits, setBit } from './bitmap.ts'
import {
  ASKED_AT_ONCE_MAX,
  createSchedule,
  DEADLINE_PIECES,
  DOUBLES_MAX,
  PLAY_AHEAD,
  type PlayHead,
  SEQUENTIAL_AHEAD,
} from './schedule.ts'

/** A seeded random, 0 to 1. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
/** One bit a piece, piece 0 the highest of the first byte. */
function bitsOf(count: number, pieces: Iterable<number>): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8))
  for (const index of pieces) bits[index >> 3] = (bits[index >> 3] as number) | (0x80 >> (index & 7))
  return bits
}
const range = (count: number) => Array.from({ length: count }, (_, index) => index)

describe('scheduling', () => {
  test('[F5] whatever joins, has, lands, is lost or leaves: nothing that is here is asked for, nothing of those who have it not, all is asked', () => {
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom(
          'next',
          'next',
          'next',
          'land',
          'land',
          'lose',
          'join',
          'have',
          'retire',
          'rate',
          'grant',
          'use',
        ),
        who: fc.nat(5),
        which: fc.nat(),
        some: fc.array(fc.nat(39), { maxLength: 12 }),
      }),
      { maxLength: 250 },
    )
    fc.assert(
      fc.property(
        fc.nat(40),
        fc.array(fc.nat(39)),
        steps,
        fc.constantFrom('saving' as const, 'sequential' as const),
        (count, already, acts, order) => {
          const here = new Set(already.filter((index) => index < count))
          const schedule = createSchedule(count, (index) => here.has(index), { order, random: seeded(count) })
          const lanes = new Map<number, { has: Set<number>; flying: number[]; gone: boolean }>()
          let joined = 0
          const act = (what: string, who: number, which: number, some: readonly number[]) => {
            const numbers = [...lanes.keys()]
            const number = numbers[who % Math.max(1, numbers.length)]
            const lane = number === undefined ? undefined : lanes.get(number)
            if (what === 'join') {
              lanes.set(++joined, { has: new Set(which % 2 ? range(count) : []), flying: [], gone: false })
              schedule.join(joined)
              if (which % 2) schedule.have(joined, 'all')
            }
            if (!lane || number === undefined) return
            if (what === 'have') {
              lane.has = new Set([...lane.has, ...some.filter((index) => index < count)])
              schedule.have(number, bitsOf(count, lane.has))
            } else if (what === 'retire') {
              lane.gone = true
              schedule.retire(number)
            } else if (what === 'rate') schedule.rate(number, which % 100)
            else if (what === 'grant')
              schedule.grant(
                number,
                some.filter((index) => lane.has.has(index)),
              )
            else if (what === 'use')
              schedule.use(number, (['all', 'granted', 'granted-and-rare'] as const)[which % 3] ?? 'all')
            else if (what === 'next') {
              const index = schedule.next(number)
              if (index === undefined) return
              expect(lane.gone).toBe(false)
              expect(lane.has.has(index)).toBe(true)
              expect(here.has(index)).toBe(false)
              expect(lane.flying).not.toContain(index)
              lane.flying.push(index)
              const asked = [...lanes.values()].filter(({ flying }) => flying.includes(index)).length
              expect(asked).toBeLessThanOrEqual(ASKED_AT_ONCE_MAX)
            } else if (lane.flying.length > 0) {
              const [index] = lane.flying.splice(which % lane.flying.length, 1) as [number]
              if (what === 'land' && !here.has(index)) {
                here.add(index)
                schedule.landed(number, index)
              } else schedule.lost(number, index)
            }
            expect(schedule.inFlight(number)).toBe(lane.flying.length)
            expect(schedule.done).toBe(here.size === count)
            expect(schedule.missing).toBe(count - here.size)
          }
          for (const { what, who, which, some } of acts) act(what, who, which, some)
          // Whatever happened before: when all that is owed is lost and one has everything, going on ends with everything here.
          for (const number of lanes.keys()) {
            while ((lanes.get(number)?.flying.length ?? 0) > 0) {
              const lane = lanes.get(number)
              const [index] = (lane?.flying.splice(0, 1) ?? []) as [number]
              schedule.lost(number, index)
            }
            schedule.retire(number)
          }
          lanes.clear()
          act('join', 0, 1, [])
          for (let guard = 0; !schedule.done && guard < 200; guard++) {
            act('next', 0, 0, [])
            act('land', 0, 0, [])
          }
          expect(schedule.done).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('[F5] one whole source alone is asked in order; what was lost is asked for first, lowest first', () => {
    const schedule = createSchedule(6, () => false)
    schedule.join(1)
    expect(schedule.next(1)).toBeUndefined()
    schedule.have(1, 'all')
    for (let i = 0; i < 4; i++) expect(schedule.next(1)).toBe(i)
    for (const index of [3, 0, 2]) schedule.lost(1, index)
    expect(range(4).map(() => schedule.next(1))).toEqual([0, 2, 3, 4])
    expect(() => schedule.landed(1, 5)).toThrow('not in flight')
  })

  test('[F19] of several sources the rarest pieces are asked for first, those equally rare in random order', () => {
    const schedule = createSchedule(30, () => false, { random: seeded(7) })
    for (const lane of [1, 2, 3]) schedule.join(lane)
    schedule.have(1, 'all')
    schedule.have(2, bitsOf(30, range(20)))
    schedule.have(3, bitsOf(30, range(10)))
    const asked = range(30).map(() => schedule.next(1) as number)
    const rarity = (index: number) => (index < 10 ? 3 : index < 20 ? 2 : 1)
    expect(asked.map(rarity)).toEqual([...range(10).map(() => 1), ...range(10).map(() => 2), ...range(10).map(() => 3)])
    expect(asked.slice(0, 10)).not.toEqual(asked.slice(0, 10).toSorted((a, b) => a - b))
  })

  test('[F20] a lane that is asked only for what was granted gets nothing else; then what no other has; then anything', () => {
    const schedule = createSchedule(6, (index) => index === 5)
    for (const lane of [1, 2]) schedule.join(lane)
    schedule.have(1, 'all')
    schedule.have(2, bitsOf(6, [0, 1, 2]))
    schedule.use(1, 'granted')
    expect(schedule.next(1)).toBeUndefined()
    expect(schedule.grant(1, [1, 5, 1])).toBe(1)
    expect(schedule.granted(1)).toBe(1)
    expect([schedule.next(1), schedule.next(1)]).toEqual([1, undefined])
    schedule.use(1, 'granted-and-rare')
    expect(schedule.onlyHere(1)).toBe(2)
    expect([schedule.next(1), schedule.next(1)].toSorted((a, b) => Number(a) - Number(b))).toEqual([3, 4])
    expect(schedule.next(1)).toBeUndefined()
    schedule.use(1, 'all')
    expect([0, 2]).toContain(schedule.next(1))
  })

  test('[F21] playing: in order within a window, what is needed soonest of the fastest, also where a slow one owes it', () => {
    const here = new Set<number>()
    const schedule = createSchedule(100, (index) => here.has(index), { order: 'sequential' })
    for (const lane of [1, 2]) {
      schedule.join(lane)
      schedule.have(lane, 'all')
    }
    expect(schedule.next(2)).toBe(0)
    schedule.rate(1, 100)
    schedule.rate(2, 10)
    expect(schedule.next(2)).toBe(DEADLINE_PIECES)
    expect(schedule.next(1)).toBe(0)
    expect(schedule.next(1)).toBe(1)
    for (let i = 0; i < 100; i++) schedule.next(1)
    expect(schedule.inFlight(1) + schedule.inFlight(2)).toBe(SEQUENTIAL_AHEAD + 1)
    here.add(0)
    schedule.landed(1, 0)
    schedule.lost(2, 0)
    // The slow one owes a piece that is needed soon by now.
    expect([schedule.next(1), schedule.next(1)]).toEqual([DEADLINE_PIECES, SEQUENTIAL_AHEAD])
  })

  test('[F22] in the end what a slow lane owes is asked of a faster one too, a few at once; the first to land counts', () => {
    const here = new Set<number>()
    const schedule = createSchedule(20, (index) => here.has(index), { random: seeded(3) })
    for (const lane of [1, 2]) {
      schedule.join(lane)
      schedule.have(lane, 'all')
    }
    schedule.rate(1, 100)
    schedule.rate(2, 1)
    const slow = range(8).map(() => schedule.next(2) as number)
    const fast = range(12).map(() => schedule.next(1) as number)
    const doubled = range(DOUBLES_MAX + 1).map(() => schedule.next(1))
    expect(doubled.at(-1)).toBeUndefined()
    expect(doubled.slice(0, -1).every((index) => slow.includes(index as number))).toBe(true)
    expect(schedule.next(2)).toBeUndefined()
    for (const index of [...fast, ...doubled.slice(0, -1)] as number[]) {
      here.add(index)
      schedule.landed(1, index)
    }
    for (const index of slow) {
      if (here.has(index)) schedule.lost(2, index)
      else {
        here.add(index)
        schedule.landed(2, index)
      }
    }
    expect(schedule.done).toBe(true)
  })
})

describe('bitmaps', () => {
  test('[F5] hold exactly what was set', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.nat(299)),
        fc.array(fc.nat(299)),
        (count, some, others) => {
          const [one, two] = [some, others].map((list) => new Set(list.filter((index) => index < count))) as [
            Set<number>,
            Set<number>,
          ]
          const [a, b] = [bitmapOf(count), bitmapOf(count)]
          for (const index of one) setBit(a, index)
          for (const index of two) setBit(b, index)
          const both = joinBits(a, b)
          for (let index = 0; index < count; index++) {
            expect(hasBit(a, index)).toBe(one.has(index))
            expect(hasBit(both, index)).toBe(one.has(index) || two.has(index))
          }
          expect(countBits(a, count)).toBe(one.size)
          expect(fitsCount(both, count)).toBe(true)
          expect(fitsCount(both, count + 8)).toBe(false)
        },
      ),
    )
    const bits = bitmapOf(9)
    setBit(bits, 12)
    expect(fitsCount(bits, 9)).toBe(false)
    expect(() => setBit(bits, 16)).toThrow(RangeError)
  })
})

test('[BRO19] what a player waits for goes first, then what follows it, and no more than a little at once', () => {
  const here = new Set<number>()
  let head: PlayHead | undefined
  const schedule = createSchedule(100, (index) => here.has(index), { head: () => head, random: () => 0 })
  schedule.join(1)
  schedule.have(1, 'all')
  expect(schedule.next(1)).toBe(0)
  head = { wanted: [99], from: 50 }
  expect(schedule.next(1)).toBe(99)
  const following = Array.from({ length: PLAY_AHEAD }, () => schedule.next(1))
  expect(following).toEqual([50, 51, 52, 53, 54, 55, 56, 57])
  expect(schedule.next(1)).toBeUndefined()
  here.add(50)
  schedule.landed(1, 50)
  expect(schedule.next(1)).toBe(58)
  // Nobody plays it any more: saving goes on, and forgets nothing.
  head = undefined
  const rest = new Set<number>()
  for (let index = schedule.next(1); index !== undefined; index = schedule.next(1)) rest.add(index)
  expect(rest.size).toBe(100 - 1 - 1 - PLAY_AHEAD - 1)
  schedule.lost(1, 99)
  expect(schedule.next(1)).toBe(99)
})

test('[SPD3] what will be waited for next is asked for after what is waited for, and before what follows', () => {
  const here = new Set<number>()
  const head: PlayHead = { wanted: [0], from: 0, soon: [99, 98] }
  const schedule = createSchedule(100, (index) => here.has(index), { head: () => head, random: () => 0 })
  schedule.join(1)
  expect(schedule.isAwaited(1)).toBe(false)
  schedule.have(1, 'all')
  expect(schedule.isAwaited(1)).toBe(true)
  expect([schedule.next(1), schedule.isAwaited(1)]).toEqual([0, true])
  expect(Array.from({ length: 3 }, () => schedule.next(1))).toEqual([99, 98, 1])
  expect(schedule.isAwaited(1)).toBe(false)
})
