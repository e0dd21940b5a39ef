import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBoundedPicture, pictureHeader } from './picture-header.ts'

/** The beginnings of pictures that ffmpeg made, base64. */
const MADE = {
  png: 'iVBORw0KGgoAAAANSUhEUgAAAUIAAAC2CAIAAAAjuxNwAAAACXBIWQ==',
  jpeg:
    '/9j/4AAQSkZJRgABAgAAAQABAAD//gAQTGF2YzU5LjM3LjEwMAD/2wBDAAgEBAQEBAUFBQUFBQYGBgYGBgYGBgYGBgYHBwcICAgHBwcGBgcHCAgICAkJCQgICAgJ' +
    'CQoKCgwMCwsODg4RERT/xABNAAEBAAAAAAAAAAAAAAAAAAAABgEBAQEAAAAAAAAAAAAAAAAAAAYHEAEAAAAAAAAAAAAAAAAAAAAAEQEAAAAAAAAAAAAAAAAAAAAA' +
    '/8AAEQgAtgFCAwEi',
  gif: 'R0lGODlhQgG2APcfMQAAACQAAEgAAGwAAJAAALQAANgAAPwAAAAkAA==',
  webp: 'UklGRtgAAABXRUJQVlA4IMwAAAAQEQCdASpCAbYAPpFIoU0lpCMiIA==',
  lossless: 'UklGRiQAAABXRUJQVlA4TBcAAAAvQUEtAAcQ9Y/+BwAU6f9/iuh/6g==',
}

test.each([
  ['image/png', MADE.png],
  ['image/jpeg', MADE.jpeg],
  ['image/gif', MADE.gif],
  ['image/webp', MADE.webp],
  ['image/webp', MADE.lossless],
])('[PLY6] %s is known by its bytes, with its size', (type, beginning) => {
  expect(pictureHeader(Uint8Array.from(atob(beginning), (sign) => sign.charCodeAt(0)))).toEqual({
    type,
    width: 322,
    height: 182,
  })
})

test('[PLY6] avif is known by its bytes, and the largest picture in it counts', () => {
  const bytes = new Uint8Array(120)
  const put = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 24)
  put(4, 'ftypavif')
  for (const [at, width, height] of [
    [40, 100, 90],
    [80, 4000, 3000],
  ] as const) {
    put(at, 'ispe')
    view.setUint32(at + 8, width)
    view.setUint32(at + 12, height)
  }
  expect(pictureHeader(bytes)).toEqual({ type: 'image/avif', width: 4000, height: 3000 })
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
