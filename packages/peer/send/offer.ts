// Offers a file: reads it once, encrypts every piece under a fresh key and keeps the hashes. Nothing is copied.
// Key and list belong together for good: whoever calls stores both in one step, and never derives a list for this key again.

import { HASH_BYTES, keyCommitment, KEY_BYTES, mediaRoot, pieceCount, pieceLength } from '@doorpost/protocol/piece-list'
import { type FileStamp, type MediaFile, SourceChanged } from './media-file.ts'
import { createPieceBuffers } from './piece-buffers.ts'
import type { PieceCrypto } from './piece-crypto.ts'

/** What a handle says of a file, and the list that its sources serve by. `key` is secret. */
export type Offer = {
  sizeBytes: number
  pieceLength: number
  key: Uint8Array
  list: Uint8Array
  root: Uint8Array
  stamp: FileStamp
}

export type OfferOptions = {
  file: MediaFile
  crypto: PieceCrypto
  /** Called after every piece. */
  onProgress?: (hashedBytes: number, sizeBytes: number) => void
  signal: AbortSignal
}

/**
 * Makes an offer of `file`. Rejects SourceChanged when the file changed meanwhile, SourceAway when it cannot be read,
 * RangeError when it is over 4 TiB, or the signal's reason. The file stays the caller's to close.
 */
export async function offerMedia({ file, crypto, onProgress, signal }: OfferOptions): Promise<Offer> {
  const stamp = await file.stamp()
  const { sizeBytes } = stamp
  const length = pieceLength(sizeBytes)
  const count = pieceCount(sizeBytes)
  const key = crypto.random(KEY_BYTES)
  const list = new Uint8Array(count * HASH_BYTES)
  // Two buffers: the next piece is read from the disk while this one is hashed.
  const buffers = createPieceBuffers()
  const read = async (index: number) => {
    const offset = index * length
    const buffer = await buffers.take(length)
    const piece = buffer.subarray(0, Math.min(length, sizeBytes - offset))
    if ((await file.read(offset, piece)) < piece.length) throw new SourceChanged(file.name)
    return piece
  }
  let coming = count > 0 ? read(0) : undefined
  for (let index = 0; coming; index++) {
    const piece = await coming
    signal.throwIfAborted()
    coming = index + 1 < count ? read(index + 1) : undefined
    // A failure of the piece ahead is met when its turn comes, or dropped with the offer.
    coming?.catch(() => undefined)
    await crypto.cipher(key, index * length, piece)
    list.set(await crypto.hash(piece), index * HASH_BYTES)
    buffers.give(piece)
    onProgress?.(index * length + piece.length, sizeBytes)
  }
  if (!sameStamp(stamp, await file.stamp())) throw new SourceChanged(file.name)
  const facts = { sizeBytes, pieceLength: length, keyCommitment: keyCommitment(key), list }
  return { sizeBytes, pieceLength: length, key, list, root: mediaRoot(facts), stamp }
}

function sameStamp(one: FileStamp, other: FileStamp): boolean {
  return one.sizeBytes === other.sizeBytes && one.changedAtNs === other.changedAtNs && one.identity === other.identity
}
