import { concat, utf8 } from '@doorpost/protocol/bytes'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBoundedPicture, pictureHeader, type PictureHeader } from './picture-header.ts'

/** The beginnings of pictures that ffmpeg made, base64. */
const MADE = {
  png: 'iVBORw0KGgoAAAANSUhEUgAAAUIAAAC2CAIAAAAjuxNwAAAACXBIWQ==',
  jpeg:
    '/9j/4AAQSkZJRgABAgAAAQABAAD//gAQTGF2YzU5LjM3LjEwMAD/2wBDAAgEBAQEBAUFBQUFBQYGBgYGBgYGBgYGBgYHBwcICAgHBwcGBgcHCAgICAkJCQgICAgJ' +
    'CQoKCgwMCwsODg4RERT/xABNAAEBAAAAAAAAAAAAAAAAAAAABgEBAQEAAAAAAAAAAAAAAAAAAAYHEAEAAAAAAAAAAAAAAAAAAAAAEQEAAAAAAAAAAAAAAAAAAAAA' +
    '/8AAEQgAtgFCAwEi',
  webp: 'UklGRtgAAABXRUJQVlA4IMwAAAAQEQCdASpCAbYAPpFIoU0lpCMiIA==',
  lossless: 'UklGRiQAAABXRUJQVlA4TBcAAAAvQUEtAAcQ9Y/+BwAU6f9/iuh/6g==',
}

test.each([
  ['image/png', MADE.png],
  ['image/jpeg', MADE.jpeg],
  ['image/webp', MADE.webp],
  ['image/webp', MADE.lossless],
])('[PLY6] %s is known by its bytes, with its size', (type, beginning) => {
  expect(pictureHeader(Uint8Array.from(atob(beginning), (sign) => sign.charCodeAt(0)))).toEqual({
    type,
    width: 322,
    height: 182,
  })
})

/** `ftyp`, what stands before `meta`, and `meta` with these sides. */
function avif(
  sides: readonly (readonly [number, number])[],
  before: readonly Uint8Array[] = [],
  brand = 'avif',
): Uint8Array {
  const ispe = sides.map(([width, height]) => box('ispe', u32(0), u32(width), u32(height)))
  return concat(
    box('ftyp', utf8(brand), u32(0), utf8('avifmif1')),
    ...before,
    box('meta', u32(0), ...ispe),
    box('mdat', u32(0)),
  )
}
const u32 = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
const box = (name: string, ...parts: Uint8Array[]) => {
  const inside = concat(...parts)
  return concat(u32(8 + inside.length), utf8(name), inside)
}
/** A screen, a palette of 256 colours, comments, and a first frame. */
function gif([width, height]: [number, number], [x, y, across, down]: [number, number, number, number], comments = 0) {
  const u16 = (value: number) => Uint8Array.of(value, value >>> 8)
  const comment = Uint8Array.of(0x21, 0xfe, 255, ...new Uint8Array(255).fill(0x2c), 0)
  const frame = concat(Uint8Array.of(0x2c), u16(x), u16(y), u16(across), u16(down), Uint8Array.of(0))
  const screen = concat(utf8('GIF89a'), u16(width), u16(height), Uint8Array.of(0xf7, 0, 0), new Uint8Array(768))
  return concat(screen, ...Array.from({ length: comments }, () => comment), frame)
}

test('[PLY6] gif is known by its bytes, with its size', () => {
  expect(pictureHeader(gif([322, 182], [0, 0, 322, 182], 3))).toEqual({ type: 'image/gif', width: 322, height: 182 })
})

test('[PLY6] avif is known by its bytes, and the largest picture in it counts', () => {
  const sides = [
    [100, 90],
    [4000, 3000],
  ] as const
  expect(pictureHeader(avif(sides))).toEqual({ type: 'image/avif', width: 4000, height: 3000 })
})

test('[SEC11] a gif whose first frame is larger than its screen is as large as that, for browsers draw it whole', () => {
  const bomb = pictureHeader(gif([1, 1], [0, 0, 20_000, 20_000]))
  expect(bomb).toEqual({ type: 'image/gif', width: 20_000, height: 20_000 })
  expect(isBoundedPicture(bomb as PictureHeader)).toBe(false)
  expect(pictureHeader(gif([1, 1], [0, 0, 20_000, 20_000], 100).subarray(0, 5_000))).toBeUndefined()
})

test('[SEC11] a jpeg cannot hide its frame behind a marker that some read with a length and others without', () => {
  const frame = (side: number) =>
    Uint8Array.of(0xff, 0xc0, 0, 17, 8, side >> 8, side, side >> 8, side, 3, ...new Uint8Array(9))
  for (const marker of [0x00, 0x01, 0xd0, 0xd7, 0xd8]) {
    // With a length, what follows is skipped up to the small frame; without, the large one comes first.
    const large = frame(20_000)
    const bytes = concat(
      Uint8Array.of(0xff, 0xd8, 0xff, marker),
      Uint8Array.of(0xff, 0xe0, 0, 2),
      large,
      new Uint8Array(0xffe0),
      frame(16),
    )
    const found = pictureHeader(bytes)
    expect([marker, found && !isBoundedPicture(found)]).toEqual([marker, undefined])
  }
})

test('[SEC11] an avif tells its size in the box that browsers go by, before all data, or is not shown', () => {
  const liar = box('mdat', box('ispe', u32(0), u32(16), u32(16)))
  expect(pictureHeader(avif([[20_000, 20_000]], [liar]))).toBeUndefined()
  expect(pictureHeader(avif([[20_000, 20_000]], [box('free', liar)]))).toMatchObject({ width: 20_000 })
  expect(pictureHeader(avif([[16, 16]], [], 'avis'))).toBeUndefined()
  expect(pictureHeader(avif([[16, 16]]).subarray(0, 40))).toBeUndefined()
})

test('[PLY6] what claims to be a picture and is none is not shown', () => {
  for (const text of ['<svg xmlns="http://www.w3.org/2000/svg"/>', '<html>', '', 'GIF8', '\u0089PNG'])
    expect(pictureHeader(new TextEncoder().encode(text))).toBeUndefined()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      pictureHeader(Uint8Array.of(0xff, 0xd8, 0xff, ...bytes))
    }),
    { numRuns: 200 },
  )
})

test('[PLY6] a picture of more pixels than a tab can hold is not decoded', () => {
  const picture = (width: number, height: number) => ({ type: 'image/png', width, height }) as const
  expect(isBoundedPicture(picture(8000, 8000))).toBe(true)
  expect(isBoundedPicture(picture(8001, 8000))).toBe(false)
  expect(isBoundedPicture(picture(60_000, 10))).toBe(false)
  expect(isBoundedPicture(picture(0, 10))).toBe(false)
})
