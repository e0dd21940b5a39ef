import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAskAhead, PLAY_WINDOW_MS } from './ask-ahead.ts'

const PIECE = 1024 * 1024
const saving = { played: false, free: false }

function lane() {
  let nowMs = 0
  const path = { bytesArrived: 0 }
  const ahead = createAskAhead(path, { clock: { nowMs: () => nowMs }, fullLength: PIECE })
  /** A second later, and so many pieces. */
  const second = (pieces: number, busy = true) => {
    nowMs += 1_000
    path.bytesArrived += pieces * PIECE
    ahead.measure(busy)
  }
  return { ahead, second }
}

test('[SPD3] a lane asks for a second of its rate ahead, all it may where nothing else is there, and little for a player', () => {
  const { ahead, second } = lane()
  expect([ahead.window(saving), ahead.window({ ...saving, free: true }), ahead.claim()]).toEqual([4, 32, 4])
  second(20)
  expect([ahead.window(saving), ahead.window({ ...saving, free: true }), ahead.claim()]).toEqual([20, 32, 10])
  expect(ahead.window({ played: true, free: true })).toBe((20 * PLAY_WINDOW_MS) / 1_000)
})

test('[SPD3] a lane that was asked for nothing is no slower for it; one that gives less is, within a few looks', () => {
  const { ahead, second } = lane()
  second(20)
  second(0, false)
  second(0)
  expect(ahead.rate).toBe(20 * PIECE)
  for (let looks = 0; looks < 5; looks++) second(5)
  expect(ahead.window(saving)).toBeLessThanOrEqual(7)
})

test('[SPD3] whatever its rate, a lane has two pieces under way and no more than its window', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5_000)), fc.boolean(), fc.boolean(), (seconds, played, free) => {
      const { ahead, second } = lane()
      for (const pieces of seconds) second(pieces)
      const window = ahead.window({ played, free })
      expect(window).toBeGreaterThanOrEqual(2)
      expect(window).toBeLessThanOrEqual(ahead.windowMax)
    }),
  )
})
