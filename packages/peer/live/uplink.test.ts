import { expect, test } from 'vitest'
import { createUplink } from './uplink.ts'

test('[LVP24] a link that skips or queues takes less at once, and more again slowly; the bounds hold', () => {
  const uplink = createUplink(1_000_000)
  const link = { roundTripMs: 40, skipped: 0 }
  expect(uplink.look([link])).toBeUndefined()
  link.skipped = 3
  expect(uplink.look([link])).toBe(700_000)
  link.roundTripMs = 191
  expect(uplink.look([link])).toBe(490_000)
  link.roundTripMs = 60
  expect([uplink.look([link]), uplink.look([link])]).toEqual([undefined, undefined])
  expect(uplink.look([link])).toBe(529_200)
  for (let second = 0; second < 30; second++) uplink.look([link])
  // As much as was announced, and no more.
  link.skipped++
  expect(uplink.look([link])).toBe(700_000)
  for (let second = 0; second < 30; second++) {
    link.skipped++
    uplink.look([link])
  }
  expect(uplink.look([link])).toBeUndefined()
  for (let second = 0; second < 2; second++) uplink.look([link])
  expect(uplink.look([link])).toBe(116_640)
})

test('[LVP24] the tightest of several links counts; one that is new is not blamed for what it had before', () => {
  const uplink = createUplink(1_000_000)
  const [fast, slow] = [
    { roundTripMs: 5, skipped: 0 },
    { roundTripMs: 300, skipped: 50 },
  ]
  expect(uplink.look([fast])).toBeUndefined()
  expect(uplink.look([fast, slow])).toBeUndefined()
  slow.skipped++
  expect(uplink.look([fast, slow])).toBe(700_000)
})
