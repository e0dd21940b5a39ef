import { expect, test } from 'vitest'
import { createSampleTimes } from './sample-times.ts'

test('[LVW1] a packet of sound carries the time at which its first sample was captured, also after samples were left out', () => {
  const times = createSampleTimes(48_000)
  // 10 ms each; then 300 ms of which nothing came.
  times.given(480, 1_000_000)
  times.given(480, 1_010_000)
  times.given(480, 1_320_000)
  times.given(480, 1_330_000)
  expect(times.taken(960)).toBe(1_000_000)
  expect(times.taken(960)).toBe(1_320_000)
  expect(times.taken(960)).toBeUndefined()
})

test('[LVW1] packets that begin inside of what was given are timed by the sample', () => {
  const times = createSampleTimes(48_000)
  times.given(1_440, 5_000_000)
  expect(times.taken(960)).toBe(5_000_000)
  expect(times.taken(960)).toBe(5_020_000)
})
