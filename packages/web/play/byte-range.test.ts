import { expect, test } from 'vitest'
import { parseRange } from './byte-range.ts'

test.each([
  ['bytes=0-', 0, 1000],
  ['bytes=0-0', 0, 1],
  ['bytes=200-299', 200, 300],
  ['bytes=999-', 999, 1000],
  ['bytes=900-5000', 900, 1000],
  ['bytes=-10', 990, 1000],
  ['bytes=-5000', 0, 1000],
  ['Bytes= 5-7 ', 5, 8],
])('[PLY1] %s of 1000 bytes is exactly that part', (header, start, end) => {
  expect(parseRange(header, 1000)).toEqual({ kind: 'part', start, end })
})

test.each([
  ['bytes=1000-', 1000],
  ['bytes=5000-6000', 1000],
  ['bytes=-0', 1000],
  ['bytes=0-', 0],
  ['bytes=-5', 0],
])('[PLY1] %s of %i bytes cannot be answered', (header, sizeBytes) => {
  expect(parseRange(header, sizeBytes)).toEqual({ kind: 'none' })
})

test.each([
  null,
  '',
  'bytes=',
  'bytes=-',
  'bytes=5-2',
  'bytes=0-1,5-6',
  'lines=0-5',
  'bytes=a-b',
  `bytes=${'9'.repeat(40)}-`,
])('[PLY1] %s is as if nothing had been asked', (header) => {
  expect(parseRange(header, 1000)).toEqual({ kind: 'whole' })
})
