import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pictureBytes } from './preview-bytes.ts'

/** Pictures of 64 by 36 px, made by programs that are not ours. */
function made(ending: string, codec: readonly string[]): Uint8Array | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'doorpost-picture-'))
  const file = join(folder, `picture.${ending}`)
  try {
    const source = ['-f', 'lavfi', '-i', 'testsrc=size=64x36:rate=1', '-frames:v', '1']
    execFileSync('ffmpeg', ['-loglevel', 'error', ...source, ...codec, file], { stdio: 'ignore' })
    return new Uint8Array(readFileSync(file))
  } catch {
    return undefined
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

for (const [type, ending, codec] of [
  ['image/png', 'png', []],
  ['image/jpeg', 'jpg', []],
  ['image/webp', 'webp', ['-c:v', 'libwebp']],
  ['image/avif', 'avif', ['-c:v', 'libaom-av1', '-still-picture', '1', '-cpu-used', '8']],
] as const) {
  test(`[CRD13] ${type} is known by its own bytes, with its sides`, ({ skip }) => {
    const bytes = made(ending, codec)
    if (!bytes) skip(`ffmpeg does not make ${ending} here`)
    const picture = bytes as Uint8Array
    const preview = { type, bytes: base64(picture), width: 64, height: 36 }
    expect(pictureBytes(preview)).toEqual(picture)
    // Another type or other sides than it says: it is not shown.
    expect(pictureBytes({ ...preview, type: type === 'image/png' ? 'image/jpeg' : 'image/png' })).toBeUndefined()
    expect(pictureBytes({ ...preview, width: 63 })).toBeUndefined()
    expect(pictureBytes({ ...preview, bytes: base64(picture.subarray(0, 11)) })).toBeUndefined()
  })
}

test('[CRD13] what is no picture is not shown, whatever it calls itself', () => {
  const preview = (words: string) => ({
    type: 'image/png' as const,
    bytes: base64(new TextEncoder().encode(words)),
    width: 1,
    height: 1,
  })
  expect(pictureBytes(preview('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'))).toBeUndefined()
  expect(pictureBytes(preview('GIF89a\u0001\u0000\u0001\u0000'))).toBeUndefined()
  expect(pictureBytes(preview('<!doctype html><script>alert(1)</script>'))).toBeUndefined()
})

test('[CRD13] a picture that moves, or is larger than it may be, is not shown', () => {
  const png = (width: number, chunk: string) =>
    new Uint8Array([
      ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13],
      ...new TextEncoder().encode('IHDR'),
      ...[0, 0, width >> 8, width & 255, 0, 0, 0, 9, 8, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8],
      ...new TextEncoder().encode(chunk),
      ...Array.from({ length: 12 }, () => 0),
    ])
  const preview = (width: number, chunk = 'IDAT') => ({
    type: 'image/png' as const,
    bytes: base64(png(width, chunk)),
    width,
    height: 9,
  })
  expect(pictureBytes(preview(16))).toBeDefined()
  expect(pictureBytes(preview(16, 'acTL'))).toBeUndefined()
  expect(pictureBytes(preview(641))).toBeUndefined()
})
