// What this device has of media that it is fetching: given out to others who fetch the same (copies-given.ts says to whom). In memory
// only: after a start a part is given out again once its fetch goes on. Every piece is read, encrypted and hashed when it is given
// out, like any other.

import { toBase64url } from '@doorpost/protocol/bytes'
import type { ServedMedia } from '../send/serve.ts'
import type { Part } from './partial.ts'

/** Media of which a part is given out; beyond it the one begun longest ago is not. Each may hold a list of 2 MiB. */
const PARTS_MAX = 32

export interface PartsHere {
  /** Pieces go into this part from now on. It is given out until it is dropped, also between two rounds of its fetch. */
  add(messageId: string, part: Part): void
  /** It is whole, or its fetch has ended. */
  drop(messageId: string, root: string): void
  of(messageId: string, root: string): ServedMedia | undefined
}

export function createPartsHere(): PartsHere {
  const parts = new Map<string, Part>()
  const keyOf = (messageId: string, root: string) => `${messageId} ${root}`
  return {
    add(messageId, part) {
      const key = keyOf(messageId, toBase64url(part.media.root))
      parts.delete(key)
      const [oldest] = parts.keys()
      if (parts.size >= PARTS_MAX && oldest !== undefined) parts.delete(oldest)
      parts.set(key, part)
    },
    drop: (messageId, root) => void parts.delete(keyOf(messageId, root)),
    of(messageId, root) {
      const part = parts.get(keyOf(messageId, root))
      if (!part?.list) return undefined
      const { sizeBytes, key, root: bytes } = part.media
      return { path: part.file, sizeBytes, key, list: part.list, root: bytes, has: part.has }
    },
  }
}
