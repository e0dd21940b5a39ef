import fc from 'fast-check'
import { expect, test } from 'vitest'
import { choosePictureFormat, sizeWithin } from './picture-format.ts'

const captured = { width: 640, height: 360, framesPerSecond: 30 }

test('[LVW2] pictures go in H.264 where it is encoded, with parameter sets for those who come later, and in layers', async () => {
  const format = await choosePictureFormat(captured, async () => true)
  expect(format).toMatchObject({ codec: 'avc1.42E01F', width: 640, height: 360, layers: 3 })
  expect(format?.config).toMatchObject({ avc: { format: 'annexb' }, latencyMode: 'realtime', scalabilityMode: 'L1T3' })
})

test('[LVW2] another codec is taken where H.264 is not encoded; none is said plainly', async () => {
  const other = await choosePictureFormat(captured, async ({ codec }) => codec === 'vp8')
  expect(other).toMatchObject({ codec: 'vp8', layers: 3 })
  expect(other?.config.avc).toBeUndefined()
  const flat = await choosePictureFormat(captured, async ({ scalabilityMode }) => scalabilityMode === undefined)
  expect(flat).toMatchObject({ codec: 'avc1.42E01F', layers: 1 })
  expect(await choosePictureFormat(captured, async () => false)).toBeUndefined()
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
