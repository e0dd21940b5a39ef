import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromBase64url, fromUtf8, isBase64url, sameBytes, toBase64url, u64be, utf8 } from './bytes.ts'

const anyCharacter = fc.integer({ min: 0, max: 0x10_ffff }).map((point) => String.fromCodePoint(point))
const bytes = fc.uint8Array({ maxLength: 100 })

test('[M1] base64url reads back, and has one form for the same bytes', () => {
  fc.assert(
    fc.property(bytes, (some) => {
      const text = toBase64url(some)
      expect(text).toBe(Buffer.from(some).toString('base64url'))
      expect(fromBase64url(text)).toEqual(some)
      expect(isBase64url(text)).toBe(true)
    }),
  )
})

test('[M1] other forms are refused: padding, the other alphabet, white space, spare bits, odd lengths', () => {
  for (const text of ['AA==', 'AA=', 'A+8A', 'A/8A', ' AAA', 'AAA\n', 'AB', 'AAB', 'A', 'AAAAA', 'ÄAAA']) {
    expect(() => fromBase64url(text), text).toThrow(Error)
    expect(isBase64url(text), text).toBe(false)
  }
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom('A', 'B', 'C', 'E', 'Q', 'g', 'w', 'x', '0', '4', '8', '9', '-', '_'),
        maxLength: 9,
      }),
      (text) => {
        let isRead = true
        try {
          fromBase64url(text)
        } catch {
          isRead = false
        }
        expect(isBase64url(text)).toBe(isRead)
      },
    ),
  )
})

test('[M1] UTF-8 reads back, with a byte order mark too, and what is none is refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      expect(fromUtf8(utf8(`\ufeff${text}`))).toBe(`\ufeff${text.toWellFormed()}`)
    }),
  )
  for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    expect(() => fromUtf8(Uint8Array.from(bad))).toThrow(TypeError)
  }
})

test('[M1] counts are eight bytes, big-endian', () => {
  expect([...u64be(0)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  expect([...u64be(Number.MAX_SAFE_INTEGER)]).toEqual([0, 31, 255, 255, 255, 255, 255, 255])
  for (const bad of [-1, 1.5, 2 ** 53, Number.NaN]) expect(() => u64be(bad)).toThrow(RangeError)
})

test('[M1] bytes are joined and compared as they are', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(concat(a, b)).toEqual(Uint8Array.from([...a, ...b]))
      expect(sameBytes(a, a.slice())).toBe(true)
      expect(sameBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
    }),
  )
})
