import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBase64url, toBase64url } from './bytes.ts'
import {
  HASH_BYTES,
  keyCommitment,
  listMatchesRoot,
  MAX_MEDIA_BYTES,
  mediaRoot,
  pieceCount,
  pieceHash,
  pieceLength,
  pieceRange,
} from './piece-list.ts'

const MiB = 1024 * 1024
const GiB = 1024 * MiB
const vectors = JSON.parse(readFileSync(new URL('vectors/root.json', import.meta.url), 'utf8')) as {
  pieceLengths: { sizeBytes: number; pieceLength: number; pieces: number }[]
  roots: { sizeBytes: number; pieceLength: number; key: string; keyCommitment: string; list: string; root: string }[]
}
const sizes = fc.oneof(
  fc.integer({ min: 0, max: 40 * MiB }),
  fc.maxSafeNat().map((n) => n % (MAX_MEDIA_BYTES + 1)),
)

describe('piece length', () => {
  test('[W1] it is 1 MiB up to 64 GiB, then doubles, at most 64 MiB; vectors/root.json', () => {
    expect(pieceLength(64 * GiB)).toBe(MiB)
    expect(pieceLength(64 * GiB + 1)).toBe(2 * MiB)
    expect(pieceLength(MAX_MEDIA_BYTES)).toBe(64 * MiB)
    for (const { sizeBytes, pieceLength: length, pieces } of vectors.pieceLengths) {
      expect([pieceLength(sizeBytes), pieceCount(sizeBytes)]).toEqual([length, pieces])
    }
  })

  test('[W1] a size that cannot be is refused', () => {
    for (const size of [-1, 0.5, Number.NaN, MAX_MEDIA_BYTES + 1, 2 ** 60])
      expect(() => pieceLength(size)).toThrow(RangeError)
  })

  test('[W1] pieces cover the media without gap or overlap, and their list stays within 2 MiB', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const count = pieceCount(size)
        expect(count * HASH_BYTES).toBeLessThanOrEqual(2 * MiB)
        expect(count === 0).toBe(size === 0)
        for (const index of count === 0 ? [] : [0, Math.floor(count / 2), count - 1]) {
          const { offset, length } = pieceRange(size, index)
          expect(offset).toBe(index * pieceLength(size))
          expect(length).toBe(index === count - 1 ? size - offset : pieceLength(size))
          expect(length).toBeGreaterThan(0)
        }
        expect(() => pieceRange(size, count)).toThrow(RangeError)
      }),
    )
  })
})

describe('root', () => {
  test('[W2] it is SHA-256 over tag, size, piece length, key commitment and list; vectors/root.json', () => {
    for (const vector of vectors.roots) {
      const commitment = keyCommitment(fromBase64url(vector.key))
      expect(toBase64url(commitment)).toBe(vector.keyCommitment)
      const list = fromBase64url(vector.list)
      const { sizeBytes, pieceLength } = vector
      expect(toBase64url(mediaRoot({ sizeBytes, pieceLength, keyCommitment: commitment, list }))).toBe(vector.root)
    }
  })

  test('[W2] a list matches only with its own size, key and every bit as it was', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    const media = fc.integer({ min: 1, max: 5 * MiB }).chain((sizeBytes) =>
      fc.record({
        sizeBytes: fc.constant(sizeBytes),
        key: bytes(32),
        list: bytes(pieceCount(sizeBytes) * HASH_BYTES),
        bit: fc.nat(pieceCount(sizeBytes) * HASH_BYTES * 8 - 1),
      }),
    )
    fc.assert(
      fc.property(media, ({ sizeBytes, key, list, bit }) => {
        const facts = { sizeBytes, pieceLength: MiB, keyCommitment: keyCommitment(key), list }
        const root = mediaRoot(facts)
        const flipped = list.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        const otherKey = keyCommitment(key.map((byte) => byte ^ 1))
        expect(listMatchesRoot(facts, root)).toBe(true)
        expect(listMatchesRoot({ ...facts, list: flipped }, root)).toBe(false)
        expect(listMatchesRoot({ ...facts, list: list.subarray(1) }, root)).toBe(false)
        expect(listMatchesRoot({ ...facts, sizeBytes: sizeBytes + 1 }, root)).toBe(false)
        expect(listMatchesRoot({ ...facts, pieceLength: 2 * MiB }, root)).toBe(false)
        expect(listMatchesRoot({ ...facts, keyCommitment: otherKey }, root)).toBe(false)
        expect(listMatchesRoot(facts, root.subarray(1))).toBe(false)
      }),
    )
  })

  test('[W2] hashes are taken from the list by number; beyond its end is an error', () => {
    const list = Uint8Array.from({ length: 3 * HASH_BYTES }, (_, i) => Math.floor(i / HASH_BYTES))
    expect(pieceHash(list, 2)).toEqual(new Uint8Array(HASH_BYTES).fill(2))
    for (const index of [3, -1, 0.3]) expect(() => pieceHash(list, index)).toThrow(RangeError)
  })
})
