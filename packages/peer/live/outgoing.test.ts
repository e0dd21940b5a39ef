// One path's window: what leaves, what is skipped, and what is there to be sent again.

import type { FrameHeader } from '@doorpost/protocol/live/frame'
import { ACK_WINDOW_MAX } from '@doorpost/protocol/live/limits'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOutgoing } from './outgoing.ts'
import type { SealedFrame } from './sealer.ts'

const sealed = (sequence: number, more: Partial<FrameHeader> = {}): SealedFrame => ({
  header: { type: 'picture', keyFrame: sequence % 10 === 0, layer: 0, epoch: 0, sequence, capturedAtUs: 0, ...more },
  bytes: new Uint8Array(1),
})
const numbers = (frames: readonly SealedFrame[]) => frames.map(({ header }) => header.sequence)
const ack = (sequence: number) => ({ epoch: 0, sequence })

test('[LVP8] window 1: the next picture leaves when the one before was acknowledged; a viewer that stops gets at most one more', () => {
  const outgoing = createOutgoing({ framesPerSecond: 30, ackWindow: 1 })
  expect(numbers(outgoing.offer(sealed(0), 0))).toEqual([0])
  for (let sequence = 1; sequence < 40; sequence++) expect(outgoing.offer(sealed(sequence), 0)).toEqual([])
  // The key frame that came last was parked.
  expect(numbers(outgoing.acknowledge(ack(0), 50))).toEqual([30])
  expect(outgoing.needsKeyFrame).toBe(false)
  expect(outgoing.acknowledge(ack(30), 60)).toEqual([])
  expect(outgoing.needsKeyFrame).toBe(true)
  expect(outgoing.offer(sealed(41), 60)).toEqual([])
  expect(numbers(outgoing.offer(sealed(50), 60))).toEqual([50])
  expect(outgoing.needsKeyFrame).toBe(false)
})

test('[LVP8] a key frame that was parked and had nothing behind it is gone on from', () => {
  const outgoing = createOutgoing({ framesPerSecond: 30, ackWindow: 1 })
  outgoing.offer(sealed(0), 0)
  // What was skipped before it does not matter any more.
  for (let sequence = 1; sequence <= 10; sequence++) outgoing.offer(sealed(sequence), 0)
  expect(numbers(outgoing.acknowledge(ack(0), 50))).toEqual([10])
  outgoing.acknowledge(ack(10), 60)
  expect(outgoing.needsKeyFrame).toBe(false)
  expect(numbers(outgoing.offer(sealed(11), 60))).toEqual([11])
})

test('[LVP8] the window is what is under way in a round trip, and one more', () => {
  const outgoing = createOutgoing({ framesPerSecond: 25 })
  for (let sequence = 0; sequence < 200; sequence++) {
    outgoing.offer(sealed(sequence), sequence * 40)
    outgoing.acknowledge(ack(sequence), sequence * 40 + 30)
  }
  expect(outgoing.roundTripMs).toBeCloseTo(30, 0)
  expect(outgoing.window).toBe(2)
  outgoing.offer(sealed(200), 8_000)
  outgoing.acknowledge(ack(200), 8_400)
  expect(outgoing.window).toBe(11)
  outgoing.offer(sealed(210), 9_000)
  outgoing.acknowledge(ack(210), 60_000)
  expect(outgoing.window).toBe(ACK_WINDOW_MAX)
})

test('[LVP8] a full window sheds the top layer first; the base goes on unharmed', () => {
  const layered = (sequence: number, layer: number) => sealed(sequence, { layer, keyFrame: sequence === 0 })
  const outgoing = createOutgoing({ framesPerSecond: 30, ackWindow: 2 })
  expect(outgoing.offer(layered(0, 0), 0)).toHaveLength(1)
  expect(outgoing.offer(layered(1, 2), 0)).toHaveLength(1)
  expect(outgoing.offer(layered(2, 1), 0)).toEqual([])
  // Needs what was shed, whatever room there is now.
  outgoing.acknowledge(ack(0), 1)
  expect(outgoing.offer(layered(3, 2), 1)).toEqual([])
  expect(outgoing.offer(layered(4, 1), 1)).toEqual([])
  expect(outgoing.offer(layered(5, 0), 1)).toHaveLength(1)
  expect(outgoing.needsKeyFrame).toBe(false)
  expect(outgoing.skipped).toBe(3)
})

test('[LVP8] whatever is acknowledged when: never more under way than the window, and nothing leaves that needs what did not', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('frame' as const), isKey: fc.boolean(), layer: fc.nat({ max: 2 }) }),
    fc.record({ kind: fc.constant('ack' as const), which: fc.nat({ max: 40 }) }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 120 }), (ackWindow, steps) => {
      const outgoing = createOutgoing({ framesPerSecond: 30, ackWindow })
      let sequence = 0
      /** Of each layer: the last that was made, and the last that left. */
      let base: { made: number; left: number } = { made: -1, left: -1 }
      const leave = (frames: readonly SealedFrame[]) => {
        for (const { header } of frames) {
          if (header.layer > 0) continue
          if (!header.keyFrame) expect(base.left).toBe(base.made)
          base = { made: Math.max(base.made, header.sequence), left: header.sequence }
        }
      }
      for (const one of steps) {
        if (one.kind === 'ack') {
          leave(outgoing.acknowledge(ack(numbers(outgoing.unacknowledged)[one.which] ?? 0), 0))
        } else {
          const layer = one.isKey ? 0 : one.layer
          const frame = sealed(sequence++, { keyFrame: one.isKey || sequence === 1, layer: sequence === 1 ? 0 : layer })
          const before = base
          const left = outgoing.offer(frame, 0)
          leave(left)
          if (frame.header.layer === 0)
            base = { made: frame.header.sequence, left: left.length > 0 ? base.left : before.left }
        }
        expect(outgoing.unacknowledged.length).toBeLessThanOrEqual(ackWindow)
      }
    }),
  )
})

test('[LVP8] of stills the newest leaves when there is room, and none makes good what was skipped of the pictures', () => {
  const outgoing = createOutgoing({ framesPerSecond: 30, ackWindow: 1 })
  const still = (sequence: number) => sealed(sequence, { type: 'still', keyFrame: true })
  outgoing.offer(sealed(0), 0)
  expect(outgoing.offer(sealed(1), 0)).toEqual([])
  for (const sequence of [2, 3]) expect(outgoing.offer(still(sequence), 0)).toEqual([])
  expect(numbers(outgoing.left)).toEqual([0, 3])
  expect(numbers(outgoing.acknowledge(ack(0), 50))).toEqual([3])
  expect(outgoing.acknowledge(ack(3), 60)).toEqual([])
  expect([outgoing.offer(sealed(4), 60), outgoing.missingFrom]).toEqual([[], 0])
})

test('[LVP9] sound never waits for an acknowledgement, and is dropped when it is older than 300 ms', () => {
  const outgoing = createOutgoing({ framesPerSecond: 30, ackWindow: 1 })
  outgoing.offer(sealed(0), 1_000)
  const sound = sealed(1, { type: 'audio', keyFrame: false, capturedAtUs: 1_000_000 })
  expect(outgoing.offer(sound, 1_300)).toEqual([sound])
  expect(outgoing.offer(sound, 1_301)).toEqual([])
  expect(numbers(outgoing.unacknowledged)).toEqual([0])
})
