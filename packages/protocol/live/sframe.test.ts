// SFrame against the vectors of RFC 9605, and what must not open.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeSframeHeader,
  deriveSframeKey,
  encodeSframeHeader,
  openSframe,
  sealSframe,
  SFRAME_OVERHEAD_BYTES_MAX,
  type SframeSuite,
} from './sframe.ts'

interface Vectors {
  headers: { keyId: number; counter: number; encoded: string }[]
  refused: string[]
  frames: (Record<'baseKey' | 'metadata' | 'plaintext' | 'key' | 'salt' | 'ciphertext', string> & {
    suite: SframeSuite
    keyId: number
    counter: number
  })[]
}
const vectors = JSON.parse(
  readFileSync(new URL('../vectors/sframe.json', import.meta.url), 'utf8'),
) as unknown as Vectors

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))

test('[LVP1] vectors/sframe.json: headers, both ways, in their shortest form alone', () => {
  for (const { keyId, counter, encoded } of vectors.headers) {
    expect(hex(encodeSframeHeader({ keyId, counter }))).toBe(encoded)
    expect(decodeSframeHeader(bytesOf(encoded)), encoded).toEqual({ keyId, counter, headerBytes: encoded.length / 2 })
  }
  for (const text of vectors.refused) expect(decodeSframeHeader(bytesOf(text)), text).toBeUndefined()
})

test('[LVP1] [LVP2] any two counts are read back from a header of at most 17 bytes', () => {
  const count = fc.maxSafeNat()
  fc.assert(
    fc.property(count, count, (keyId, counter) => {
      const header = encodeSframeHeader({ keyId, counter })
      expect(header.length).toBeLessThanOrEqual(17)
      expect(decodeSframeHeader(header)).toEqual({ keyId, counter, headerBytes: header.length })
    }),
  )
})

test('[LVP2] vectors/sframe.json: keys, salts and ciphertexts of both suites', () => {
  for (const vector of vectors.frames) {
    const key = deriveSframeKey(bytesOf(vector.baseKey), vector.keyId, vector.suite)
    expect(hex(key.key)).toBe(vector.key)
    expect(hex(key.salt)).toBe(vector.salt)
    const [metadata, frame] = [bytesOf(vector.metadata), bytesOf(vector.plaintext)]
    expect(hex(sealSframe(key, vector.counter, metadata, frame))).toBe(vector.ciphertext)
    const opened = openSframe((id) => (id === vector.keyId ? key : undefined), metadata, bytesOf(vector.ciphertext))
    expect(opened && hex(opened.frame)).toBe(vector.plaintext)
    expect(opened).toMatchObject({ keyId: vector.keyId, counter: vector.counter })
  }
})

test('[LVP3] one bit, another key id, another key or other metadata: nothing opens and nothing throws', () => {
  const key = deriveSframeKey(new Uint8Array(32).fill(7), 3)
  const other = deriveSframeKey(new Uint8Array(32).fill(8), 3)
  const metadata = Uint8Array.of(1, 2, 3)
  const sealed = sealSframe(key, 300, metadata, new Uint8Array(50).fill(9))
  expect(sealed.length - 50).toBeLessThanOrEqual(SFRAME_OVERHEAD_BYTES_MAX)
  const keyOf = (id: number) => (id === 3 ? key : undefined)
  expect(openSframe(keyOf, metadata, sealed)).toBeDefined()
  expect(openSframe(() => other, metadata, sealed)).toBeUndefined()
  expect(openSframe(() => undefined, metadata, sealed)).toBeUndefined()
  expect(openSframe(keyOf, Uint8Array.of(1, 2, 4), sealed)).toBeUndefined()
  fc.assert(
    fc.property(fc.nat({ max: sealed.length * 8 - 1 }), (bit) => {
      const changed = sealed.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(openSframe(keyOf, metadata, changed)).toBeUndefined()
    }),
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void openSframe(keyOf, metadata, bytes)))
})
