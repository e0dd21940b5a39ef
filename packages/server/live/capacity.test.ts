import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openCapacity } from './capacity.ts'

test('[LVS31] a picture is relayed only while less passes than the capacity: equal is too much, and 0 is peer to peer only', () => {
  let bytesPerSecond = 10_000
  const capacity = openCapacity(() => ({ bytesPerSecond, connections: 10 }))
  capacity.count(9_999, 1_000)
  expect(capacity.mayRoute(1_000)).toBe(true)
  capacity.count(1, 1_000)
  expect(capacity.mayRoute(1_000)).toBe(false)
  expect(capacity.figures(1_000)).toMatchObject({ bytesPerSecond: 10_000, bytesPerSecondMax: 10_000 })
  expect(capacity.mayRoute(2_000)).toBe(true)
  bytesPerSecond = 0
  expect(capacity.mayRoute(9_000)).toBe(false)
  expect(capacity.reserve({}, 0)).toBe(false)
})

test('[LVS32] what is reserved stays below the capacity whatever comes and goes, and nothing is left over at the end', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_000 }),
      fc.array(fc.record({ key: fc.nat(5), bytes: fc.option(fc.nat(600), { nil: undefined }) }), { maxLength: 60 }),
      (most, steps) => {
        const capacity = openCapacity(() => ({ bytesPerSecond: most, connections: 0 }))
        const keys = Array.from({ length: 6 }, () => ({}))
        const held = new Map<object, number>()
        for (const { key: at, bytes } of steps) {
          const key = keys[at] as object
          if (bytes === undefined) {
            capacity.release(key)
            held.delete(key)
          } else {
            const others = [...held].reduce((sum, [of, amount]) => sum + (of === key ? 0 : amount), 0)
            const fits = others + bytes < most
            expect(capacity.reserve(key, bytes)).toBe(fits)
            if (fits) held.set(key, bytes)
          }
          const total = [...held.values()].reduce((sum, amount) => sum + amount, 0)
          expect(capacity.figures(0).reservedBytesPerSecond).toBe(total)
          expect(total === 0 || total < most).toBe(true)
        }
        for (const key of keys) capacity.release(key)
        expect(capacity.figures(0).reservedBytesPerSecond).toBe(0)
      },
    ),
  )
})

test('[LVS32] connections for frames are counted in and out', () => {
  const capacity = openCapacity(() => ({ bytesPerSecond: 1, connections: 2 }))
  expect([capacity.connect(), capacity.connect(), capacity.connect()]).toEqual([true, true, false])
  capacity.disconnect()
  expect(capacity.connect()).toBe(true)
  expect(capacity.figures(0)).toMatchObject({ connections: 2, connectionsMax: 2 })
})
