import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { HASH_BYTES, keyCommitment, listMatchesRoot } from '@doorpost/protocol/piece-list'
import { nodePieceCrypto as crypto } from '../node/piece-crypto.ts'
import { SourceAway, SourceChanged } from './media-file.ts'
import { memoryMediaFile, testBytes } from './memory-media-file.ts'
import { offerMedia } from './offer.ts'

const MiB = 1024 * 1024
const { signal } = new AbortController()

describe('ciphertext', () => {
  test('[W3] AES-256-CTR with 8 zero bytes and the block number, in place; vectors/root.json', async () => {
    const url = new URL('../../protocol/vectors/root.json', import.meta.url)
    const { ciphers } = JSON.parse(readFileSync(url, 'utf8')) as {
      ciphers: { key: string; offset: number; plaintext: string; ciphertext: string }[]
    }
    for (const { key, offset, plaintext, ciphertext } of ciphers) {
      const bytes = fromBase64url(plaintext)
      await crypto.cipher(fromBase64url(key), offset, bytes)
      expect(toBase64url(bytes)).toBe(ciphertext)
      await crypto.cipher(fromBase64url(key), offset, bytes)
      expect(toBase64url(bytes)).toBe(plaintext)
    }
  })

  test('[W3] a byte range is a byte range: pieces ciphered apart are the media ciphered whole', async () => {
    const key = crypto.random(32)
    const whole = testBytes(3 * MiB + 5)
    const apart = whole.slice()
    await crypto.cipher(key, 0, whole)
    for (let at = 0; at < apart.length; at += MiB) await crypto.cipher(key, at, apart.subarray(at, at + MiB))
    expect(Buffer.compare(whole, apart)).toBe(0)
  })
})

describe('offering', () => {
  test.each([0, 1, MiB - 1, MiB, MiB + 1, 3 * MiB + 77])(
    '[W4] %i bytes: the list is of every encrypted piece',
    async (size) => {
      const plain = testBytes(size)
      const progress: number[] = []
      const offer = await offerMedia({
        file: memoryMediaFile(plain),
        crypto,
        signal,
        onProgress: (done) => progress.push(done),
      })
      const encrypted = plain.slice()
      await crypto.cipher(offer.key, 0, encrypted)
      const hashes: Uint8Array[] = []
      for (let at = 0; at < size; at += MiB) hashes.push(await crypto.hash(encrypted.subarray(at, at + MiB)))
      expect(Buffer.compare(offer.list, Buffer.concat(hashes))).toBe(0)
      const { sizeBytes, pieceLength, list, root, key } = offer
      expect(listMatchesRoot({ sizeBytes, pieceLength, keyCommitment: keyCommitment(key), list }, root)).toBe(true)
      expect(progress.at(-1) ?? 0).toBe(size)
      expect(progress).toHaveLength(list.length / HASH_BYTES)
    },
  )

  test('[W4] the same file offered twice has another key, another list and another root', async () => {
    const file = memoryMediaFile(testBytes(MiB + 3))
    const [one, other] = [await offerMedia({ file, crypto, signal }), await offerMedia({ file, crypto, signal })]
    for (const part of ['key', 'list', 'root'] as const) expect(Buffer.compare(one[part], other[part])).not.toBe(0)
  })

  test.each([
    ['its date', { changedAtNs: 2n }],
    ['its size', { sizeBytes: 9 }],
    ['another file under its name', { identity: '1:2' }],
  ])('[W5] a file that changed while it was read makes no offer: %s', async (_, change) => {
    const file = memoryMediaFile(testBytes(2 * MiB))
    file.beforeRead = (offset) => {
      if (offset > 0) file.stampNow = { ...file.stampNow, ...change }
    }
    await expect(offerMedia({ file, crypto, signal })).rejects.toThrow(SourceChanged)
  })

  test('[W5] a file cut short while it was read makes no offer', async () => {
    const file = memoryMediaFile(testBytes(2 * MiB))
    file.beforeRead = () => {
      file.bytes = file.bytes.subarray(0, MiB + 9)
    }
    await expect(offerMedia({ file, crypto, signal })).rejects.toThrow(SourceChanged)
  })

  test('[W5] a file that goes away is told apart from one that changed; a stop is a stop', async () => {
    const file = memoryMediaFile(testBytes(2 * MiB))
    file.away = true
    await expect(offerMedia({ file, crypto, signal })).rejects.toThrow(SourceAway)
    const stop = new AbortController()
    const other = memoryMediaFile(testBytes(3 * MiB))
    other.beforeRead = () => stop.abort(new Error('enough'))
    await expect(offerMedia({ file: other, crypto, signal: stop.signal })).rejects.toThrow('enough')
  })
})
