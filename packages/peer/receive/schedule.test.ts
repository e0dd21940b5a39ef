import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bitmapOf, countBits, fitsCount, hasBit, joinBits, setBit } from './bitmap.ts'
import { createSchedule } from './schedule.ts'

describe('scheduling', () => {
  test('[F5] whatever lands or is lost, in any order: nothing is asked twice at once, nothing that is here is asked, all is asked', () => {
    const steps = fc.array(fc.record({ what: fc.constantFrom('next', 'land', 'lose'), which: fc.nat() }), {
      maxLength: 200,
    })
    fc.assert(
      fc.property(fc.nat(40), fc.array(fc.nat(39)), steps, (count, already, acts) => {
        const here = new Set(already.filter((index) => index < count))
        const flying: number[] = []
        const schedule = createSchedule(count, (index) => here.has(index))
        const act = (what: string, which: number) => {
          if (what === 'next') {
            const index = schedule.next()
            if (index === undefined) return expect(here.size + flying.length).toBe(count)
            expect(here.has(index)).toBe(false)
            expect(flying).not.toContain(index)
            flying.push(index)
          } else if (flying.length > 0) {
            const [index] = flying.splice(which % flying.length, 1) as [number]
            if (what === 'land') {
              here.add(index)
              schedule.landed(index)
            } else schedule.lost(index)
          }
          expect(schedule.inFlight).toBe(flying.length)
          expect(schedule.done).toBe(here.size === count)
        }
        for (const { what, which } of acts) act(what, which)
        // Whatever happened before, going on ends with everything here.
        for (let guard = 0; !schedule.done && guard < 200; guard++) {
          act('next', 0)
          act('land', 0)
        }
        expect(schedule.done).toBe(true)
      }),
    )
  })

  test('[F5] what was lost is asked for first, lowest first', () => {
    const schedule = createSchedule(6, () => false)
    for (let i = 0; i < 4; i++) schedule.next()
    for (const index of [3, 0, 2]) schedule.lost(index)
    expect([schedule.next(), schedule.next(), schedule.next(), schedule.next()]).toEqual([0, 2, 3, 4])
    expect(() => schedule.landed(5)).toThrow('not in flight')
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
