import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from './address.ts'
import { formatHandleUrl, type Handle, handleSchema, messageIdSchema, parseHandleUrl } from './handle.ts'
import { MAX_MEDIA_BYTES, pieceLength } from './piece-list.ts'
import { alice, filled } from './sample-people.ts'

const film: Handle = {
  root: filled(1),
  sizeBytes: 80_000_000_000,
  pieceLength: 2 * 1024 * 1024,
  key: filled(2),
  name: 'The wedding & more #1 (100 %).mov',
  folder: ['Day 1', 'Câmera/B', '..'],
  type: 'video/quicktime',
  title: 'The wedding',
  date: '2026-11-21T12:00:00+02:00',
  sources: [alice.laptopAddress, 'alice@[2001:db8::1]:8025/desk' as DeviceAddress],
}
const from = 'alice@example.org' as UserAddress
const messageId = filled(3, 16)

test('[M10] a handle has a URL that reads back to the same handle, with the key in its fragment', () => {
  const url = formatHandleUrl({ from, messageId, handle: film })
  expect(parseHandleUrl(url)).toEqual({ from, messageId, handle: film })
  expect(url.indexOf(film.key)).toBe(url.indexOf('#') + 1)
  expect(new URL(url).hash).toBe(`#${film.key}`)
  expect(url).toMatch(/^[\x21-\x7e]+$/)
})

const text = fc.string({ unit: 'grapheme', maxLength: 30 })
const base64url = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((some) => Buffer.from(some).toString('base64url'))

test('[M10] every handle reads back from its URL', () => {
  const handles = fc
    .record(
      {
        root: base64url(32),
        key: base64url(32),
        sizeBytes: fc.nat({ max: MAX_MEDIA_BYTES }),
        name: text,
        folder: fc.array(text, { minLength: 1, maxLength: 4 }),
        type: fc.constantFrom('video/mp4', 'image/svg+xml', 'application/octet-stream'),
        title: text,
        date: fc.constantFrom('2026-11-21', '2026-11-21T12:00:00.5Z'),
        sources: fc.subarray([...film.sources]),
      },
      { requiredKeys: ['root', 'key', 'sizeBytes', 'name', 'type', 'sources'] },
    )
    .map((handle) => ({ ...handle, pieceLength: pieceLength(handle.sizeBytes) }))
  fc.assert(
    fc.property(handles, base64url(16), (handle, id) => {
      const parsed = handleSchema.parse(handle)
      expect(parseHandleUrl(formatHandleUrl({ from, messageId: id, handle: parsed }))).toEqual({
        from,
        messageId: id,
        handle: parsed,
      })
    }),
  )
})

test('[M11] what is no complete handle URL is none', () => {
  const url = formatHandleUrl({ from, messageId, handle: film })
  const broken = [
    '',
    url.slice(0, -1),
    `${url}A`,
    ` ${url}`,
    url.replace('doorpost:', 'https:'),
    url.replace(messageId, messageId.slice(1)),
    url.replace(/#.*/, ''),
    url.replace('size=80000000000', 'size=8e10'),
    url.replace('size=80000000000', 'size=-1'),
    url.replace('size=80000000000', 'size=9999999999999999'),
    url.replace('size=80000000000', ''),
    url.replace(/from=[^&]*/, 'from=alice'),
    url.replace(/from=[^&]*&/, ''),
    url.replace(/name=[^&]*&/, ''),
    url.replace(/type=[^&]*/, 'type=film'),
    url.replace(/date=[^&]*/, 'date=yesterday'),
    url.replace(/source=[^&]*/, 'source=10.0.0.1'),
    url.replace(/root|AQEB/, '*'),
    `${url.replace(/#.*/, '')}#${'A'.repeat(42)}B`,
  ]
  for (const each of broken) expect(parseHandleUrl(each), each).toBeUndefined()
  fc.assert(
    fc.property(fc.string(), (any) => {
      expect(parseHandleUrl(`doorpost:${any}`)).toBeUndefined()
    }),
  )
})

test("[M11] a handle with a piece length that is not its size's, or a size that cannot be, is refused and nothing throws", () => {
  expect(handleSchema.safeParse(film).success).toBe(true)
  for (const sizeBytes of [-1, 1.5, MAX_MEDIA_BYTES + 1, 2 ** 60, Number.NaN, '5', null]) {
    expect(handleSchema.safeParse({ ...film, sizeBytes }).success, String(sizeBytes)).toBe(false)
  }
  for (const length of [0, 1024 * 1024, 4 * 1024 * 1024, 2 ** 40]) {
    expect(handleSchema.safeParse({ ...film, pieceLength: length }).success).toBe(false)
  }
})

test('[M11] names, folders, titles and sources of a handle are bounded', () => {
  const tooMuch: Partial<Handle>[] = [
    { name: 'x'.repeat(4097) },
    { folder: Array.from({ length: 33 }, () => 'a') },
    { folder: ['x'.repeat(4097)] },
    { title: 'x'.repeat(1001) },
    { type: `video/${'x'.repeat(128)}` },
    { type: 'video/mp4; codecs=avc1' },
    { sources: Array.from({ length: 17 }, () => alice.laptopAddress) },
  ]
  for (const change of tooMuch) expect(handleSchema.safeParse({ ...film, ...change }).success).toBe(false)
  expect(messageIdSchema.safeParse(filled(1, 15)).success).toBe(false)
})
