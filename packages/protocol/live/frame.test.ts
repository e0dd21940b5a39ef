import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBase64url, toBase64url } from '../bytes.ts'
import { type BackMessage, decodeBack, encodeBack } from './acknowledgement.ts'
import { decodeHeader, encodeFrame, encodeHeader, FRAME_HEADER_BYTES, type FrameHeader, isAfter } from './frame.ts'
import { EPOCH_MAX, LIVE_FRAME_BYTES_MAX } from './limits.ts'

const u32 = fc.nat(0xffff_ffff)
const place = { epoch: fc.nat(EPOCH_MAX), sequence: u32, capturedAtUs: fc.maxSafeNat() }
const headers: fc.Arbitrary<FrameHeader> = fc.oneof(
  fc.record({ type: fc.constant('picture' as const), keyFrame: fc.constant(true), layer: fc.constant(0), ...place }),
  fc.record({ type: fc.constant('picture' as const), keyFrame: fc.constant(false), layer: fc.nat(3), ...place }),
  fc.record({ type: fc.constant('still' as const), keyFrame: fc.constant(true), layer: fc.constant(0), ...place }),
  fc.record({ type: fc.constant('audio' as const), keyFrame: fc.constant(false), layer: fc.constant(0), ...place }),
)
const backMessages: fc.Arbitrary<BackMessage> = fc.oneof(
  fc.record({ type: fc.constant('acknowledgement' as const), epoch: u32, sequence: u32, keyFrameWanted: fc.boolean() }),
  fc.record({ type: fc.constantFrom('probe' as const, 'echo' as const), number: u32 }),
)

test('[LVS1] a frame comes out of its bytes as it went in, wherever they lie in memory', () => {
  fc.assert(
    fc.property(headers, fc.uint8Array({ maxLength: 64 }), fc.nat(9), (header, payload, offset) => {
      const bytes = encodeFrame(header, payload)
      const within = new Uint8Array(offset + bytes.length)
      within.set(bytes, offset)
      expect(decodeHeader(within.subarray(offset))).toEqual(header)
      expect(bytes.subarray(FRAME_HEADER_BYTES)).toEqual(payload)
      expect(bytes.subarray(0, FRAME_HEADER_BYTES)).toEqual(encodeHeader(header))
    }),
  )
})

test('[LVS1] what is accepted as a frame is exactly what would be written', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: FRAME_HEADER_BYTES, maxLength: 24 }), fc.boolean(), (bytes, likely) => {
      if (likely) bytes.set([1, (bytes[1] as number) % 4, (bytes[2] as number) % 16, 0], 0)
      const header = decodeHeader(bytes)
      if (header) expect(encodeFrame(header, bytes.subarray(FRAME_HEADER_BYTES))).toEqual(bytes)
    }),
    { numRuns: 2_000 },
  )
})

test('[SEC1] an epoch that no broadcast reaches is no frame: its place among the others could not be counted', () => {
  const header = { type: 'picture', keyFrame: true, layer: 0, epoch: EPOCH_MAX, sequence: 0xffff_ffff, capturedAtUs: 1 }
  const bytes = encodeHeader(header as FrameHeader)
  expect(decodeHeader(bytes)).toEqual(header)
  for (const epoch of [EPOCH_MAX + 1, 2 ** 31, 2 ** 32 - 1]) {
    new DataView(bytes.buffer).setUint32(3, epoch)
    expect(decodeHeader(bytes)).toBeUndefined()
    expect(() => encodeHeader({ ...header, epoch } as FrameHeader)).toThrow(RangeError)
  }
})

test('[LVS1] what is too long or does not fit is neither written nor read', () => {
  const header = { type: 'picture', keyFrame: true, layer: 0, epoch: 1, sequence: 1, capturedAtUs: 1 } as const
  expect(decodeHeader(encodeFrame(header, new Uint8Array(LIVE_FRAME_BYTES_MAX - FRAME_HEADER_BYTES)))).toEqual(header)
  expect(() => encodeFrame(header, new Uint8Array(LIVE_FRAME_BYTES_MAX - FRAME_HEADER_BYTES + 1))).toThrow(RangeError)
  expect(decodeHeader(Buffer.concat([encodeHeader(header), new Uint8Array(LIVE_FRAME_BYTES_MAX)]))).toBeUndefined()
  expect(decodeHeader(encodeHeader(header).subarray(1))).toBeUndefined()
  for (const wrong of [
    { epoch: -1 },
    { sequence: 2 ** 32 },
    { sequence: 0.5 },
    { capturedAtUs: 2 ** 53 },
    { layer: 1 },
    { layer: 4, keyFrame: false },
    { type: 'audio' as const },
    { type: 'still' as const, keyFrame: false },
  ]) {
    expect(() => encodeHeader({ ...header, ...wrong }), JSON.stringify(wrong)).toThrow(RangeError)
  }
})

test('[LVS1] a later epoch comes after an earlier one, whatever their sequences', () => {
  expect(isAfter({ epoch: 2, sequence: 0 }, { epoch: 1, sequence: 900 })).toBe(true)
  expect(isAfter({ epoch: 1, sequence: 901 }, { epoch: 1, sequence: 900 })).toBe(true)
  expect(isAfter({ epoch: 1, sequence: 900 }, { epoch: 1, sequence: 900 })).toBe(false)
  expect(isAfter({ epoch: 1, sequence: 901 }, { epoch: 2, sequence: 900 })).toBe(false)
})

test('[LVS2] an acknowledgement, a probe and an echo come out as they went in, and are no frames', () => {
  fc.assert(
    fc.property(backMessages, (message) => {
      const bytes = encodeBack(message)
      expect(decodeBack(bytes)).toEqual(message)
      expect(decodeHeader(bytes)).toBeUndefined()
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      const message = decodeBack(bytes)
      if (message) expect(encodeBack(message)).toEqual(bytes)
    }),
  )
  expect(() => encodeBack({ type: 'probe', number: 2 ** 32 })).toThrow(RangeError)
})

test('[LVS1] [LVS2] vectors/live.json', () => {
  const vectors = JSON.parse(readFileSync(new URL('../vectors/live.json', import.meta.url), 'utf8')) as {
    frames: { header: FrameHeader; payload: string; bytes: string }[]
    back: { message: BackMessage; bytes: string }[]
    invalid: { why: string; bytes: string }[]
  }
  expect(vectors.frames.length + vectors.back.length).toBeGreaterThan(7)
  for (const { header, payload, bytes } of vectors.frames) {
    expect(toBase64url(encodeFrame(header, fromBase64url(payload)))).toBe(bytes)
    expect(decodeHeader(fromBase64url(bytes))).toEqual(header)
  }
  for (const { message, bytes } of vectors.back) {
    expect(toBase64url(encodeBack(message))).toBe(bytes)
    expect(decodeBack(fromBase64url(bytes))).toEqual(message)
  }
  for (const { why, bytes } of vectors.invalid) {
    expect(decodeHeader(fromBase64url(bytes)), why).toBeUndefined()
    expect(decodeBack(fromBase64url(bytes)), why).toBeUndefined()
  }
})
