import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { indexOf } from './film-index.ts'

const MIB = 1024 * 1024
const SIZE = 2048 * MIB

/** Headers of boxes as they lie in a file, with nothing inside where `gap` is not said. */
function boxes(...all: readonly { type: string; size: number; long?: true; gap?: number }[]): Uint8Array {
  const parts = all.map(({ type, size, long, gap = size }) => {
    const bytes = new Uint8Array(Math.max(16, Math.min(gap, 64)))
    const view = new DataView(bytes.buffer)
    view.setUint32(0, long ? 1 : size)
    bytes.set(new TextEncoder().encode(type), 4)
    if (long) view.setBigUint64(8, BigInt(size))
    return bytes
  })
  return new Uint8Array(Buffer.concat(parts))
}
const FTYP = { type: 'ftyp', size: 32 }

describe('the first bytes of a film', () => {
  test('[PLY41] say where its index is: in front, behind the media, and behind media that take 64 bits to say how long they are', () => {
    expect(indexOf(boxes(FTYP, { type: 'moov', size: 1_300_000 }), SIZE)).toEqual({ start: 32, end: 1_300_032 })
    const media = SIZE - 1_400_000
    expect(indexOf(boxes(FTYP, { type: 'free', size: 16 }, { type: 'mdat', size: media }), SIZE)).toEqual({
      start: 48 + media,
      end: SIZE,
    })
    const huge = 80 * 1024 * MIB
    expect(indexOf(boxes(FTYP, { type: 'mdat', size: huge, long: true }), huge + 5_000_000)).toEqual({
      start: 32 + huge,
      end: huge + 5_000_000,
    })
  })

  test('[PLY41] what does not say it, or says what cannot be, is no index; one too long is not asked for ahead', () => {
    expect(indexOf(boxes(FTYP, { type: 'mdat', size: SIZE - 32 }), SIZE)).toBeUndefined()
    expect(indexOf(boxes(FTYP, { type: 'mdat', size: 0 }), SIZE)).toBeUndefined()
    expect(indexOf(boxes(FTYP, { type: 'moov', size: SIZE }), SIZE)).toBeUndefined()
    expect(indexOf(boxes(FTYP, { type: 'moov', size: 7 }), SIZE)).toBeUndefined()
    expect(indexOf(boxes({ type: 'moov', size: 1000 }, FTYP), SIZE)).toEqual({ start: 0, end: 1000 })
    expect(indexOf(boxes({ type: 'RIFF', size: 1000 }), SIZE)).toBeUndefined()
    expect(indexOf(boxes(FTYP, { type: 'moov', size: 100 * MIB }), SIZE)).toBeUndefined()
    expect(indexOf(new Uint8Array(0), SIZE)).toBeUndefined()
  })

  test('[PLY41] whatever they are, what is said lies within the film and is bounded', () => {
    const sign = fc.constantFrom('ftyp', 'moov', 'mdat', 'free', 'uuid')
    const size = fc.oneof(fc.constantFrom(0, 1, 8), fc.nat({ max: 0xffffffff }))
    const box = fc.record({ type: sign, size, gap: fc.nat({ max: 64 }) })
    const first = fc.oneof(
      fc.uint8Array({ maxLength: 4096 }),
      fc.array(box, { maxLength: 20 }).map((all) => boxes(FTYP, ...all)),
    )
    fc.assert(
      fc.property(first, fc.nat({ max: Number.MAX_SAFE_INTEGER }), (bytes, sizeBytes) => {
        const index = indexOf(bytes, sizeBytes)
        if (!index) return
        expect(index.start).toBeGreaterThanOrEqual(0)
        expect(index.end).toBeGreaterThan(index.start)
        expect(index.end).toBeLessThanOrEqual(sizeBytes)
        expect(index.end - index.start).toBeLessThanOrEqual(32 * MIB)
      }),
    )
  })
})
