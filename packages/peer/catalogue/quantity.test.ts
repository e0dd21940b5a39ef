// Sizes, times and shares as a person at a terminal reads them.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationText, percent, rateText, sizeText, timeLeftText } from './quantity.ts'

const plain = (text: string | undefined) => text?.replaceAll('\u00a0', ' ')

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [61_440_000, '61.4 MB'],
  [99_960_000, '100 MB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [80_000_000_000, '80.0 GB'],
  [4_398_046_511_104, '4.4 TB'],
])('[X12] %d bytes are shown as %s', (bytes, shown) => {
  expect(plain(sizeText(bytes))).toBe(shown)
})

test.each([
  [0, '0 s'],
  [89_000, '89 s'],
  [240_000, '4 min'],
  [7_800_000, '2 h 10 min'],
  [7_200_000, '2 h'],
  [3 * 86_400_000, '3 days'],
])('[X12] %d ms are shown as %s', (ms, shown) => {
  expect(plain(durationText(ms))).toBe(shown)
})

test('[X12] a hundred per cent is shown only when everything is there', () => {
  expect(percent(999_999_999, 1_000_000_000)).toBe(99)
  expect(percent(0, 0)).toBe(100)
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (done, more) => {
      const shown = percent(done, done + more)
      expect(shown).toBeGreaterThanOrEqual(0)
      expect(shown === 100).toBe(more === 0)
    }),
  )
})

test('[X12] no time is promised before there is a rate', () => {
  expect(timeLeftText(1000, 0)).toBeUndefined()
  expect(plain(timeLeftText(2_440_000, 10_000))).toBe('4 min left')
  expect(plain(rateText(61_400_000))).toBe('61.4 MB/s')
})
