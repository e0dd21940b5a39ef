// How long each switch takes: the machine's times, with the round trip of the viewer it is about.

import { expect, test } from 'vitest'
import { openSteering, type Steering } from './steering.ts'

/** The first time, ms after `fromMs`, at which a sweep comes to something. */
function wokenAfterMs(steering: Steering, fromMs: number): number {
  for (let ms = 0; ms < 10_000; ms++) if (steering.sweep(fromMs + ms)) return ms
  return Number.POSITIVE_INFINITY
}

test('[LVS12] both ways are used for two round trips of the viewer, 100 ms at least and 1 s at most, and 300 ms where none was seen', () => {
  const cases = [
    { tripMs: undefined, overlapMs: 300 },
    { tripMs: 2, overlapMs: 100 },
    { tripMs: 180, overlapMs: 360 },
    { tripMs: 2_000, overlapMs: 1_000 },
  ]
  for (const { tripMs, overlapMs } of cases) {
    const steering = openSteering((watch) => (watch === 'bob' ? tripMs : 999))
    steering.step({ kind: 'ask', watch: 'bob' }, 0)
    steering.step({ kind: 'admit', watch: 'bob', relay: true }, 0)
    steering.step({ kind: 'up', watch: 'bob' }, 5_000)
    expect(steering.change(false)?.pictures).toBe('both')
    expect([tripMs, wokenAfterMs(steering, 5_000)]).toEqual([tripMs, overlapMs])
    expect(steering.change(false)?.pictures).toBe('peer')
  }
})

test('[LVS11] the one that remains of several is moved to its peer-to-peer connection after 1.5 s', () => {
  const steering = openSteering(() => 50)
  for (const watch of ['bob', 'carol']) {
    steering.step({ kind: 'ask', watch }, 0)
    steering.step({ kind: 'admit', watch, relay: true }, 0)
  }
  steering.step({ kind: 'up', watch: 'bob' }, 0)
  steering.step({ kind: 'leave', watch: 'carol' }, 7_000)
  expect(steering.change(false)?.pictures).toBe('server')
  expect(wokenAfterMs(steering, 7_000)).toBe(1_500)
  expect(steering.change(false)?.pictures).toBe('both')
})
