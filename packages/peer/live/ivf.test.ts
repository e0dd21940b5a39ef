// Frames cut out of IVF that comes in pieces of every size, and what is no IVF.

import { concat } from '@doorpost/protocol/bytes'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FRAME_BYTES_MAX } from './annex-b.ts'
import { cutIvf } from './ivf.ts'

const header = Uint8Array.of(0x44, 0x4b, 0x49, 0x46, 0, 0, 32, 0, ...new Uint8Array(24).fill(7))
function framed(bytes: Uint8Array, length = bytes.length): Uint8Array {
  const before = new Uint8Array(12)
  new DataView(before.buffer).setUint32(0, length, true)
  return concat(before, bytes)
}

test('[LVP82] IVF is cut into the frames that were put into it, in whatever pieces it comes; what is not whole is none', () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 })
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (made, sizes) => {
      const stream = concat(
        header,
        ...made.map((frame) => framed(frame)),
        framed(Uint8Array.of(1, 2, 3)).subarray(0, 13),
      )
      const cutter = cutIvf()
      const got: Uint8Array[] = []
      for (let at = 0, index = 0; at < stream.length; index++) {
        const size = sizes[index % sizes.length] ?? 1
        const piece = stream.slice(at, at + size)
        got.push(...cutter.push(piece))
        // The caller's buffer may be used again.
        piece.fill(0xee)
        at += size
      }
      expect([...got, ...cutter.end()]).toEqual(made)
    }),
  )
})

test('[LVP82] what is no IVF, and a frame longer than any may be, is given up; no bytes do anything else', () => {
  expect(() => cutIvf().push(new Uint8Array(32))).toThrow(RangeError)
  const long = concat(header, framed(new Uint8Array(0), FRAME_BYTES_MAX + 1))
  expect(() => cutIvf().push(long)).toThrow(RangeError)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        cutIvf().push(concat(header, bytes))
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }),
  )
})
