import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKeptTimes } from './kept-times.ts'

test('[LVP62] frames are kept as far apart as they were captured, however unevenly they come; sound from before the first picture is left out', () => {
  const times = createKeptTimes()
  const capturedUs = 1_700_000_000_000_000
  expect(times.at('sound', capturedUs - 20_000, 0)).toBe(undefined)
  expect(times.at('picture', capturedUs, 10)).toBe(0)
  expect(times.at('sound', capturedUs - 10_000, 12)).toBe(undefined)
  expect(times.at('sound', capturedUs + 10_000, 400)).toBe(10)
  expect(times.at('picture', capturedUs + 40_000, 401)).toBe(40)
  // Missing for 8 s, and then all at once.
  expect(times.at('picture', capturedUs + 8_040_000, 8_500)).toBe(8_040)
  expect(times.at('sound', capturedUs + 8_010_000, 8_500)).toBe(8_010)
})

test('[LVP62] a broadcaster who says impossible times makes no film longer than it took, and none whose times go back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.maxSafeNat(), fc.nat(1_000)), { maxLength: 100 }), (frames) => {
      const times = createKeptTimes()
      const last = { picture: -1, sound: -1 }
      let nowMs = 0
      for (const [isSound, capturedAtUs, passedMs] of frames) {
        const kind = isSound ? 'sound' : 'picture'
        nowMs += passedMs
        const atMs = times.at(kind, capturedAtUs, nowMs)
        if (atMs === undefined) continue
        expect(atMs).toBeGreaterThan(last[kind])
        expect(atMs).toBeLessThanOrEqual(nowMs + 10_000 + frames.length)
        last[kind] = atMs
      }
    }),
  )
})
