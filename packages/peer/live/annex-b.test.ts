// Frames cut out of streams that come in pieces of every size.

import { concat } from '@doorpost/protocol/bytes'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codecOf, cutAccessUnits, cutJpegs, type Cutter, FRAME_BYTES_MAX, isKeyUnit } from './annex-b.ts'

const nal = (type: number, ...payload: number[]) => Uint8Array.of(0, 0, 0, 1, type, ...payload)
const delimiter = nal(9, 0xf0)
const parameters = nal(0x67, 0x42, 0xc0, 0x1f, 0x10)

/** A payload as an encoder writes it: emulation prevention keeps 00 00 01 out, and the last byte is not zero. */
const payload = fc
  .array(fc.integer({ min: 2, max: 255 }), { minLength: 1, maxLength: 40 })
  .map((bytes) => bytes.flatMap((byte) => (byte === 7 ? [0, 0, 3, 1] : [byte])))
const unit = fc
  .record({ isKey: fc.boolean(), short: fc.boolean(), payload })
  .map(({ isKey, short, payload: bytes }) => {
    const slice = short ? nal(isKey ? 0x65 : 0x41, ...bytes).subarray(1) : nal(isKey ? 0x65 : 0x41, ...bytes)
    return concat(delimiter, ...(isKey ? [parameters] : []), slice)
  })

function cutIn(cutter: Cutter, stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const frames: Uint8Array[] = []
  for (let at = 0, index = 0; at < stream.length; index++) {
    const size = sizes[index % sizes.length] ?? 1
    frames.push(...cutter.push(stream.slice(at, at + size)))
    at += size
  }
  return [...frames, ...cutter.end()]
}

test('[LVP6] access units are cut at their delimiters, however the stream is cut into pieces', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(fc.array(unit, { minLength: 1, maxLength: 12 }), sizes, (units, pieces) => {
      expect(cutIn(cutAccessUnits(), concat(...units), pieces)).toEqual(units)
    }),
  )
})

test('[LVP6] a unit with a slice of an IDR picture is a key frame, and names its codec', () => {
  const key = concat(delimiter, parameters, nal(0x68, 1), nal(0x65, 9))
  expect(isKeyUnit(key)).toBe(true)
  expect(codecOf(key)).toBe('avc1.42c01f')
  const other = concat(delimiter, nal(0x06, 5), nal(0x41, 9))
  expect(isKeyUnit(other)).toBe(false)
  expect(codecOf(other)).toBeUndefined()
  expect(isKeyUnit(new Uint8Array(0))).toBe(false)
})

test('[LVP6] JPEGs are cut at their end markers', () => {
  const images = [1, 2, 3].map((name) => Uint8Array.of(0xff, 0xd8, name, 0xff, 0x00, 0xff, 0xd0, 5, 0xff, 0xd9))
  for (const size of [1, 2, 3, 7, 100]) expect(cutIn(cutJpegs(), concat(...images), [size])).toEqual(images)
})

test('[LVP6] a stream without an end to a frame is given up at 4 MiB', () => {
  const cutter = cutAccessUnits()
  cutter.push(delimiter)
  expect(() => cutter.push(new Uint8Array(FRAME_BYTES_MAX).fill(2))).toThrow(RangeError)
})
