// Encoders that take their time, and a codec that changes meanwhile.

import type { EncodedFrame } from '@doorpost/peer/browser/live-contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createChangingEncoder } from './changing-encoder.ts'
import type { PictureEncoder } from './picture-encoder.ts'
import type { EncodedFormat } from './picture-format.ts'

const formatOf = (codec: string): EncodedFormat => {
  const size = { width: 64, height: 48 }
  return { ...size, config: { ...size, codec }, codec, framesPerSecond: 30, layers: 1 }
}

/** Encoders that give a picture out when the test says so. */
function stage() {
  const opened: { codec: string; under: number[]; step(): void; isClosed: boolean }[] = []
  const open = ({ codec }: EncodedFormat, onFrame: (frame: EncodedFrame) => void): PictureEncoder => {
    let isKey = true
    const drained = Promise.withResolvers<void>()
    let drains = false
    const one = {
      codec,
      under: [] as number[],
      isClosed: false,
      step() {
        const capturedAtUs = one.under.shift()
        if (capturedAtUs !== undefined) {
          onFrame({ kind: 'picture', isKey, layer: 0, capturedAtUs, bytes: new TextEncoder().encode(codec) })
          isKey = false
        }
        if (drains && one.under.length === 0) drained.resolve()
      },
    }
    opened.push(one)
    return {
      encode: (_frame, capturedAtUs) => void one.under.push(capturedAtUs),
      wantKeyFrame() {},
      aimFor() {},
      drain() {
        drains = true
        if (one.under.length === 0) drained.resolve()
        return drained.promise
      },
      close: () => void (one.isClosed = true),
    }
  }
  const given: string[] = []
  const encoder = createChangingEncoder(formatOf('a'), open, ({ isKey, capturedAtUs, bytes }) =>
    given.push(`${new TextDecoder().decode(bytes)}${isKey ? ' key' : ''} ${capturedAtUs}`),
  )
  return { encoder, opened, given }
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
const picture = {} as VideoFrame

test('[LVW30] over any changes of codec every picture comes once and in order, each codec beginning with a key frame', async () => {
  const step = fc.oneof(fc.constant('picture'), fc.constantFrom('a', 'b', 'c'), fc.nat({ max: 3 }))
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { encoder, opened, given } = stage()
      const expected: string[] = []
      let [made, codec, isNew] = [0, 'a', true]
      for (const one of steps) {
        if (one === 'picture') {
          expected.push(`${codec}${isNew ? ' key' : ''} ${made}`)
          encoder.encode(picture, made++)
          isNew = false
        } else if (typeof one === 'number') opened[one]?.step()
        else {
          isNew ||= one !== codec
          codec = one
          encoder.use(formatOf(one))
        }
        await settle()
      }
      // Whichever is done first, the later before the earlier.
      for (const one of opened.toReversed()) while (one.under.length > 0) one.step()
      await settle()
      expect(given).toEqual(expected)
      // None is left open but the last.
      for (const one of opened.slice(0, -1)) expect(one.isClosed).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('[LVW30] nothing is given out after the end', async () => {
  const { encoder, opened, given } = stage()
  encoder.encode(picture, 0)
  encoder.use(formatOf('b'))
  encoder.encode(picture, 1)
  encoder.close()
  for (const one of opened) one.step()
  await settle()
  expect(given).toEqual([])
})
