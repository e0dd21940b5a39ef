import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BEHIND_MS, createInStep, HOLD_MAX_MS } from './in-step.ts'

test('[LVW10] pictures are drawn at once while sound is hardly behind, whatever the clocks of the two devices say', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), (apartMs) => {
      const step = createInStep()
      for (let ms = 0; ms < 2_000; ms += 20) step.heard(ms * 1_000, ms + apartMs + BEHIND_MS)
      expect(step.holdMs(2_000_000, 2_000 + apartMs)).toBeCloseTo(0, 3)
    }),
  )
})

test('[LVW10] pictures wait for sound that is late, so that it is never further behind them than its bound, as far as pictures may wait', () => {
  const step = createInStep()
  for (let ms = 0; ms < 2_000; ms += 20) step.heard(ms * 1_000, ms + 180)
  const holdMs = step.holdMs(2_000_000, 2_003)
  expect(180 - (3 + holdMs)).toBeLessThanOrEqual(BEHIND_MS + 1e-6)
  for (let ms = 2_000; ms < 6_000; ms += 20) step.heard(ms * 1_000, ms + 2_000)
  expect(step.holdMs(6_000_000, 6_003)).toBeLessThanOrEqual(HOLD_MAX_MS)
})

test('[LVW10] held pictures keep their order, and nothing is waited for once sound has stopped', () => {
  const step = createInStep()
  for (let ms = 0; ms < 2_000; ms += 20) step.heard(ms * 1_000, ms + 200)
  const first = 2_003 + step.holdMs(2_000_000, 2_003)
  for (let ms = 2_000; ms < 2_020; ms += 2) step.heard(ms * 1_000, ms + 20)
  const second = 2_036 + step.holdMs(2_033_000, 2_036)
  expect(second).toBeGreaterThanOrEqual(first)
  expect(step.holdMs(9_000_000, 9_003)).toBe(0)
})
