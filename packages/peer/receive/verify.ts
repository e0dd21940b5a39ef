// The two checks between the world and a recipient's file: a list against the root that the sender signed, and a piece against the
// list. Whatever has not passed here is written nowhere.

import { sameBytes } from '@doorpost/protocol/bytes'
import { keyCommitment, listMatchesRoot, pieceHash, pieceLength } from '@doorpost/protocol/piece-list'
import type { MediaRef } from '../paths/path.ts'
import type { PieceCrypto } from '../send/piece-crypto.ts'

/** What the handle says of the media being fetched. `key` is secret. */
export type FetchedMedia = MediaRef & { sizeBytes: number; key: Uint8Array }

/** Whether this list is the one behind the root: size, piece length, key and every hash in it. */
export function verifyList(media: FetchedMedia, list: Uint8Array): boolean {
  const { sizeBytes, key, root } = media
  return listMatchesRoot(
    { sizeBytes, pieceLength: pieceLength(sizeBytes), keyCommitment: keyCommitment(key), list },
    root,
  )
}

/** Whether these bytes, still encrypted, are piece `index` of a list that verifyList accepted. */
export async function verifyPiece(
  list: Uint8Array,
  index: number,
  encrypted: Uint8Array,
  crypto: PieceCrypto,
): Promise<boolean> {
  return sameBytes(await crypto.hash(encrypted), pieceHash(list, index))
}
