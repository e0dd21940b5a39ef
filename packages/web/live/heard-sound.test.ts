import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AHEAD_MAX_S, LEAD_S, placeOf } from './heard-sound.ts'

const PACKET_S = 0.02

test('[LVW3] packets that come evenly follow each other without a gap, a lead behind the pictures', () => {
  let nextS = 0
  for (let packet = 0; packet < 500; packet++) {
    const nowS = 10 + packet * PACKET_S
    const startS = placeOf(nextS, nowS)
    expect(startS).toBeDefined()
    if (packet > 0) expect(startS).toBe(nextS)
    expect((startS ?? 0) - nowS).toBeLessThanOrEqual(LEAD_S + 1e-9)
    nextS = (startS ?? 0) + PACKET_S
  }
})

test('[LVW3] sound is never further behind the pictures than its bound, and never laid before what is heard, whatever comes when', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 0.3, noNaN: true }), { maxLength: 200 }), (pausesS) => {
      let nowS = 1
      let nextS = 0
      for (const pauseS of pausesS) {
        // Several packets at once after each pause, as a network gives them.
        nowS += pauseS
        for (let packet = 0; packet < 4; packet++) {
          const startS = placeOf(nextS, nowS)
          if (startS === undefined) continue
          expect(startS).toBeGreaterThanOrEqual(nowS)
          expect(startS).toBeGreaterThanOrEqual(nextS)
          expect(startS - nowS).toBeLessThanOrEqual(AHEAD_MAX_S)
          nextS = startS + PACKET_S
        }
      }
    }),
  )
})
