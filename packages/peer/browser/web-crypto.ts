// AES-256-CTR and SHA-256 by WebCrypto. Answers come in new memory, which is copied into the caller's buffer and left to the
// collector: detached it would count as given back before it is, and Chromium would take twice the media's size before it looked.

import type { PieceCrypto } from '../send/piece-crypto.ts'

const BLOCK_BYTES = 16
/** Bits of the counter block that count (W3C Web Cryptography section 27.3): the lower half, as Node's carry never leaves it. */
const COUNTER_BITS = 64
/**
 * Enciphered by one call, bytes; a piece takes several at once. Chromium maps memory of a megabyte anew for each call, and every page of it
 * costs: in parts of this size the same takes less than half the processor (a GiB: 1.1 s instead of 2.8).
 */
const CALL_BYTES = 256 * 1024
/** crypto.getRandomValues gives no more at once (W3C Web Cryptography section 10.1.1). */
const RANDOM_BYTES_MAX = 65_536
/** Imported keys kept: of the media that are under way. */
const KEYS_MAX = 64

export function createWebPieceCrypto({ subtle }: Pick<Crypto, 'subtle'> = crypto): PieceCrypto {
  /** By the key's bytes, so that one media is imported once. */
  const imported = new Map<string, Promise<CryptoKey>>()
  const keyOf = (key: Uint8Array): Promise<CryptoKey> => {
    const name = String.fromCharCode(...key)
    const known = imported.get(name)
    if (known) return known
    const made = subtle.importKey('raw', key.slice(), 'AES-CTR', false, ['encrypt'])
    const [oldest] = imported.keys()
    if (imported.size >= KEYS_MAX && oldest !== undefined) imported.delete(oldest)
    imported.set(name, made)
    made.catch(() => imported.delete(name))
    return made
  }
  return {
    async cipher(key, offset, bytes) {
      const known = await keyOf(key)
      const parts: Promise<void>[] = []
      for (let at = 0; at < bytes.length; at += CALL_BYTES) {
        const part = bytes.subarray(at, at + CALL_BYTES)
        const counter = new Uint8Array(BLOCK_BYTES)
        new DataView(counter.buffer).setBigUint64(8, BigInt((offset + at) / BLOCK_BYTES))
        const algorithm = { name: 'AES-CTR', counter, length: COUNTER_BITS }
        parts.push(subtle.encrypt(algorithm, known, plainView(part)).then((made) => part.set(new Uint8Array(made))))
      }
      await Promise.all(parts)
    },
    hash: async (bytes) => new Uint8Array(await subtle.digest('SHA-256', plainView(bytes))),
    random(length) {
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; at += RANDOM_BYTES_MAX)
        crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES_MAX))
      return bytes
    },
  }
}

/** WebCrypto takes no shared memory; nothing here is shared. */
function plainView(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes.buffer instanceof ArrayBuffer) return bytes as Uint8Array<ArrayBuffer>
  return bytes.slice()
}
