import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AHEAD_MAX_S, createPlaces, LEAD_S, LOOK_S } from './heard-sound.ts'

const PACKET_S = 0.02

test('[LVW3] packets that come evenly follow each other without a gap, a lead behind the pictures', () => {
  const places = createPlaces()
  let endS = 0
  for (let packet = 0; packet < 500; packet++) {
    const nowS = 10 + packet * PACKET_S
    const startS = places.place(nowS, PACKET_S) ?? Number.NaN
    if (packet > 0) expect(startS).toBeCloseTo(endS, 9)
    expect(startS - nowS).toBeCloseTo(LEAD_S, 9)
    endS = startS + PACKET_S
  }
})

test('[LVW3] after a pause it goes on a lead of 40 ms behind the pictures, and lies at most 120 ms behind them', () => {
  const places = createPlaces()
  places.place(1, PACKET_S)
  expect((places.place(5, PACKET_S) ?? Number.NaN) - 5).toBeCloseTo(0.04, 9)
  let behindS = 0
  for (let packet = 0; packet < 20; packet++) behindS = Math.max(behindS, (places.place(5, PACKET_S) ?? 0) - 5)
  expect(behindS).toBeCloseTo(0.12, 9)
})

test('[LVW3] sound is never further behind the pictures than its bound, and never laid before what is heard, whatever comes when', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 0.3, noNaN: true }), { maxLength: 200 }), (pausesS) => {
      const places = createPlaces()
      let nowS = 1
      let endS = 0
      for (const pauseS of pausesS) {
        // Several packets at once after each pause, as a network gives them.
        nowS += pauseS
        for (let packet = 0; packet < 4; packet++) {
          const startS = places.place(nowS, PACKET_S)
          if (startS === undefined) continue
          expect(startS).toBeGreaterThanOrEqual(nowS)
          expect(startS).toBeGreaterThanOrEqual(endS)
          expect(startS - nowS).toBeLessThanOrEqual(AHEAD_MAX_S)
          endS = startS + PACKET_S
        }
      }
    }),
  )
})

test('[LVW3] what a burst left the sound behind is taken away again', () => {
  const places = createPlaces()
  for (let packet = 0; packet < 6; packet++) places.place(1, PACKET_S)
  let aheadS = Number.NaN
  for (let packet = 1; packet < 4 / PACKET_S; packet++) {
    const nowS = 1 + packet * PACKET_S
    const startS = places.place(nowS, PACKET_S)
    if (startS !== undefined) aheadS = startS - nowS
  }
  expect(aheadS).toBeLessThanOrEqual(LEAD_S + PACKET_S)
  expect(LOOK_S).toBeGreaterThan(10 * PACKET_S)
})
