// A store whose room `identity` is sealed: keys and recovery words are AES-256-GCM under a key that only a passkey gives. The other rooms
// lie as they are; the lock says so (SECURITY.md). Nothing of the secret is kept.

import { gcm } from '@noble/ciphers/aes.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, fromBase64url, fromUtf8, toBase64url, utf8 } from '@doorpost/protocol/bytes'
import { Trouble } from '../operations.ts'
import type { Random } from '../random.ts'
import type { Change, Store } from '../store/store.ts'

/** NIST SP 800-38D section 8.2.2: random, and few enough are ever made under one key. */
const NONCE_BYTES = 12

interface Sealed {
  readonly sealed: string
}

/** `secret`: 32 bytes. Reading throws Trouble `wrong-secret` for what another secret sealed. */
export function lockedStore(store: Store, secret: Uint8Array, random: Random): Store {
  const key = hkdf(sha256, secret, undefined, utf8('doorpost/identity-lock/v1'), 32)
  /** Bound to its place: a record put under another key does not open. */
  const place = (name: string) => utf8(`identity/${name}`)
  const seal = (name: string, value: unknown): Sealed => {
    const nonce = random(NONCE_BYTES)
    return { sealed: toBase64url(concat(nonce, gcm(key, nonce, place(name)).encrypt(utf8(JSON.stringify(value))))) }
  }
  const open = <T>(name: string, value: Sealed): T => {
    try {
      const bytes = fromBase64url(value.sealed)
      const plain = gcm(key, bytes.subarray(0, NONCE_BYTES), place(name)).decrypt(bytes.subarray(NONCE_BYTES))
      return JSON.parse(fromUtf8(plain)) as T
    } catch (cause) {
      throw new Trouble('wrong-secret', 'This passkey does not open the keys of this browser.', { cause })
    }
  }
  return {
    async get<T>(room: Parameters<Store['get']>[0], name: string) {
      if (room !== 'identity') return await store.get<T>(room, name)
      const value = await store.get<Sealed>(room, name)
      return value === undefined ? undefined : open<T>(name, value)
    },
    async all<T>(room: Parameters<Store['all']>[0], prefix?: string, without?: string) {
      if (room !== 'identity') return await store.all<T>(room, prefix, without)
      const found = await store.all<Sealed>(room, prefix, without)
      return found.map(({ key: name, value }) => ({ key: name, value: open<T>(name, value) }))
    },
    write: (changes) =>
      store.write(
        changes.map((change): Change => {
          if (!('put' in change) || change.put !== 'identity') return change
          return { ...change, value: seal(change.key, change.value) }
        }),
      ),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

/** Every record of the room, written into the same place by another way of looking at it; with `also` in the same write. */
export async function rewriteIdentity(from: Store, to: Store, also: readonly Change[]): Promise<void> {
  const records = await from.all('identity')
  await to.write([...records.map(({ key, value }): Change => ({ put: 'identity', key, value })), ...also])
}
