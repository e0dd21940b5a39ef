import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodedFormats, sizeWithin } from './picture-format.ts'

const captured = { width: 640, height: 360, framesPerSecond: 30 }

test('[LVW2] pictures go in H.264 where it is encoded, with parameter sets for those who come later, and in layers', async () => {
  const [format] = await encodedFormats(captured, async () => true)
  expect(format).toMatchObject({ codec: 'avc1.42E01F', width: 640, height: 360, layers: 3 })
  expect(format?.config).toMatchObject({ avc: { format: 'annexb' }, latencyMode: 'realtime', scalabilityMode: 'L1T3' })
})

test('[LVW2] [LVW30] whatever else is encoded is there to change to, the most widely shown first, each with the layers that it has', async () => {
  const all = await encodedFormats(captured, async ({ codec, scalabilityMode }) => codec !== 'vp8' || !scalabilityMode)
  expect(all.map(({ codec, layers }) => [codec, layers])).toEqual([
    ['avc1.42E01F', 3],
    ['vp8', 1],
    ['av01.0.04M.08', 3],
  ])
  expect(all.map(({ config }) => config.avc)).toEqual([{ format: 'annexb' }, undefined, undefined])
  const [other, ...none] = await encodedFormats(captured, async ({ codec }) => codec === 'vp8')
  expect([other?.codec, none]).toEqual(['vp8', []])
  expect(await encodedFormats(captured, async () => false)).toEqual([])
})

test('[LVW2] what is sent has even sides within the bound, in the shape that was captured', () => {
  fc.assert(
    fc.property(fc.integer({ min: 64, max: 8_192 }), fc.integer({ min: 64, max: 8_192 }), (width, height) => {
      const size = sizeWithin({ width, height }, 1_280)
      expect((size.width % 2) + (size.height % 2)).toBe(0)
      expect(Math.max(size.width, size.height)).toBeLessThanOrEqual(1_280)
      const scale = Math.min(1, 1_280 / Math.max(width, height))
      expect(Math.abs(size.width - width * scale)).toBeLessThanOrEqual(Math.max(1, 16 - width * scale))
    }),
  )
})
