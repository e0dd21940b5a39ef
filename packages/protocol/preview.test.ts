import { expect, test } from 'vitest'
import { handleSchema } from './handle.ts'
import { PREVIEW_BYTES_MAX, PREVIEW_SIDE_MAX } from './limits.ts'
import { previewSchema } from './preview.ts'
import { alice, filled } from './sample-people.ts'

const preview = { type: 'image/webp', bytes: 'AAAA', width: 640, height: 360, durationSeconds: 61.5 }

test('[CRD1] a preview is a picture of an allowed type, within its bounds of bytes and sides', () => {
  expect(previewSchema.safeParse(preview).success).toBe(true)
  const whole = Buffer.alloc(PREVIEW_BYTES_MAX).toString('base64url')
  expect(previewSchema.safeParse({ ...preview, bytes: whole }).success).toBe(true)
  const over = Buffer.alloc(PREVIEW_BYTES_MAX + 1).toString('base64url')
  for (const wrong of [
    { type: 'image/svg+xml' },
    { type: 'text/html' },
    { bytes: over },
    { bytes: '' },
    { bytes: 'AA+/' },
    { width: PREVIEW_SIDE_MAX + 1 },
    { height: 0 },
    { height: 1.5 },
    { durationSeconds: -1 },
    { link: 'https://example.org/' },
  ]) {
    expect(previewSchema.safeParse({ ...preview, ...wrong }).success, JSON.stringify(wrong)).toBe(false)
  }
})

test('[CRD1] a handle may carry one, and need not', () => {
  const handle = {
    root: filled(1),
    sizeBytes: 10,
    pieceLength: 1024 * 1024,
    key: filled(2),
    name: 'film.mp4',
    type: 'video/mp4',
    sources: [alice.laptopAddress],
  }
  expect(handleSchema.safeParse(handle).success).toBe(true)
  expect(handleSchema.safeParse({ ...handle, preview }).success).toBe(true)
  expect(handleSchema.safeParse({ ...handle, preview: { ...preview, type: 'image/svg+xml' } }).success).toBe(false)
})
