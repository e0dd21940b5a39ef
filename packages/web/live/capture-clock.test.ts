import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCaptureClock } from './capture-clock.ts'

test('[LVW1] frames of one moment carry the same time, whatever their tracks count from', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e12 }),
      fc.integer({ min: 0, max: 1e12 }),
      fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 50 }),
      (originA, originB, delaysUs) => {
        const [a, b] = [createCaptureClock(), createCaptureClock()]
        // The first of each comes as fast as any: later ones are late by what they are late.
        for (const [index, delayUs] of [0, ...delaysUs].entries()) {
          const momentUs = 1.7e15 + index * 50_000
          const seenUs = momentUs + delayUs
          expect(a.capturedAtUs(momentUs - originA, seenUs)).toBe(b.capturedAtUs(momentUs - originB, seenUs))
        }
      },
    ),
  )
})

test('[LVW1] the time of a capture never goes back and is never yet to come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 0, max: 200_000 })), { maxLength: 60 }),
      (steps) => {
        const clock = createCaptureClock()
        let timestampUs = 0
        let nowUs = 0
        let lastUs = 0
        for (const [stepUs, delayUs] of steps) {
          timestampUs += stepUs
          nowUs = Math.max(nowUs, 5e6 + timestampUs + delayUs)
          const at = clock.capturedAtUs(timestampUs, nowUs)
          expect(at).toBeGreaterThanOrEqual(lastUs)
          expect(at).toBeLessThanOrEqual(nowUs)
          lastUs = at
        }
      },
    ),
  )
})

test('[LVW1] a device whose clock is set anew is followed within ten seconds', () => {
  const clock = createCaptureClock()
  const frame = (atUs: number, setUs: number) => clock.capturedAtUs(atUs, atUs + setUs + 3_000)
  for (let atUs = 0; atUs < 20e6; atUs += 33_000) frame(atUs, 0)
  let captured = 0
  for (let atUs = 20e6; atUs < 30.5e6; atUs += 33_000) captured = frame(atUs, 60e6) - atUs
  expect(Math.abs(captured - 60e6)).toBeLessThan(10_000)
})
