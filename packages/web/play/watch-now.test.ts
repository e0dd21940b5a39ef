import { expect, test } from 'vitest'
import { canWatchNow } from './watch-now.ts'

const film = { sizeBytes: 600e6, durationSeconds: 600 }

test('[PLY10] a film can be watched once what is left arrives before it is needed, with a fifth to spare', () => {
  expect(canWatchNow({ ...film, headBytes: 10e6, bytesPerSecond: 1.3e6 })).toBe(true)
  expect(canWatchNow({ ...film, headBytes: 10e6, bytesPerSecond: 1.1e6 })).toBe(false)
  expect(canWatchNow({ ...film, headBytes: 300e6, bytesPerSecond: 0.7e6 })).toBe(true)
})

test('[PLY10] nothing is promised before its first seconds are here, however fast it comes', () => {
  expect(canWatchNow({ ...film, headBytes: 3.9e6, bytesPerSecond: 60e6 })).toBe(false)
  expect(canWatchNow({ ...film, headBytes: 4.1e6, bytesPerSecond: 60e6 })).toBe(true)
})

test('[PLY10] a film that is here can be watched; one of unknown length is taken for a dense one', () => {
  expect(canWatchNow({ sizeBytes: 5, headBytes: 5, bytesPerSecond: 0 })).toBe(true)
  expect(canWatchNow({ sizeBytes: 250e6, headBytes: 11e6, bytesPerSecond: 3.2e6 })).toBe(true)
  expect(canWatchNow({ sizeBytes: 250e6, headBytes: 11e6, bytesPerSecond: 2.5e6 })).toBe(false)
})
