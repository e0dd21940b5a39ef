// Pieces, the piece list and the root: what binds a media file's encrypted bytes to one hash that a sender can sign.
// Pure arithmetic and hashing. Reading files, encrypting and fetching are peer's business.

import { sha256 } from '@noble/hashes/sha2.js'
import { concat, sameBytes, u64be, utf8 } from './bytes.ts'

/** Bytes of one SHA-256 hash: an entry of the piece list, a root, a key commitment. */
export const HASH_BYTES = 32
/** Bytes of a media key (AES-256). */
export const KEY_BYTES = 32
/** Shortest piece, bytes: small enough to verify often, large enough that a request and a hash call cost nothing beside it. */
export const MIN_PIECE_LENGTH = 1024 * 1024
/** Longest piece, bytes: a device holds two whole pieces in memory while it verifies, and must stay under 200 MiB. */
export const MAX_PIECE_LENGTH = 64 * MIN_PIECE_LENGTH
/** Most pieces in one list: 2 MiB of hashes, so that any list is fetched and checked in one breath. */
export const MAX_PIECES = 65_536
/** Largest media, bytes (4 TiB): the longest list of the longest pieces. */
export const MAX_MEDIA_BYTES = MAX_PIECE_LENGTH * MAX_PIECES

const KEY_TAG = utf8('doorpost/key/v1\0')
const ROOT_TAG = utf8('doorpost/root/v1\0')

/** What the root binds; `list` is the SHA-256 of every encrypted piece, in order, 32 bytes each. */
export type RootFacts = {
  sizeBytes: number
  pieceLength: number
  keyCommitment: Uint8Array
  list: Uint8Array
}

/** Where one piece lies in the media, bytes. */
export type PieceRange = { offset: number; length: number }

/**
 * The piece length for media of `sizeBytes`: 1 MiB up to 64 GiB, doubling beyond, at most 64 MiB.
 * Throws RangeError for a size that is not a whole number from 0 to MAX_MEDIA_BYTES.
 */
export function pieceLength(sizeBytes: number): number {
  if (!isMediaSize(sizeBytes)) throw new RangeError(`media of ${sizeBytes} bytes cannot be sent: at most 4 TiB`)
  let length = MIN_PIECE_LENGTH
  while (length * MAX_PIECES < sizeBytes) length *= 2
  return length
}

/** Whether media of this size can exist: a whole number of bytes from 0 to 4 TiB. */
export function isMediaSize(sizeBytes: number): boolean {
  return Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 && sizeBytes <= MAX_MEDIA_BYTES
}

/** How many pieces media of `sizeBytes` has; none when it is empty. Throws as pieceLength does. */
export function pieceCount(sizeBytes: number): number {
  return Math.ceil(sizeBytes / pieceLength(sizeBytes))
}

/** Where piece `index` lies; the last may be shorter. Throws RangeError for a piece that does not exist. */
export function pieceRange(sizeBytes: number, index: number): PieceRange {
  if (!Number.isSafeInteger(index) || index < 0 || index >= pieceCount(sizeBytes))
    throw new RangeError(`there is no piece ${index} in media of ${sizeBytes} bytes`)
  const length = pieceLength(sizeBytes)
  const offset = index * length
  return { offset, length: Math.min(length, sizeBytes - offset) }
}

/** The hash of piece `index` in `list`, as a view on it. Throws RangeError beyond its end. */
export function pieceHash(list: Uint8Array, index: number): Uint8Array {
  const at = index * HASH_BYTES
  if (!Number.isSafeInteger(at) || at < 0 || at + HASH_BYTES > list.length)
    throw new RangeError(`no hash of piece ${index}`)
  return list.subarray(at, at + HASH_BYTES)
}

/** Binds a root to its key without telling it: SHA-256("doorpost/key/v1\0" ‖ key). Throws on a key that is not 32 bytes. */
export function keyCommitment(key: Uint8Array): Uint8Array {
  if (key.length !== KEY_BYTES) throw new RangeError(`a media key has ${KEY_BYTES} bytes, not ${key.length}`)
  return sha256(concat(KEY_TAG, key))
}

/**
 * The root: SHA-256("doorpost/root/v1\0" ‖ u64be size ‖ u64be piece length ‖ key commitment ‖ list).
 * Throws RangeError when the parts do not fit each other (a list of another length, a piece length not of this size).
 */
export function mediaRoot(facts: RootFacts): Uint8Array {
  if (facts.pieceLength !== pieceLength(facts.sizeBytes))
    throw new RangeError('the piece length does not follow from the size')
  if (facts.keyCommitment.length !== HASH_BYTES) throw new RangeError('a key commitment has 32 bytes')
  if (facts.list.length !== pieceCount(facts.sizeBytes) * HASH_BYTES)
    throw new RangeError('the list does not fit the size')
  return sha256(concat(ROOT_TAG, u64be(facts.sizeBytes), u64be(facts.pieceLength), facts.keyCommitment, facts.list))
}

/** Whether a list fetched from anybody is the one a sender signed. False, never an exception, for whatever does not fit. */
export function listMatchesRoot(facts: RootFacts, root: Uint8Array): boolean {
  if (!isMediaSize(facts.sizeBytes) || root.length !== HASH_BYTES) return false
  if (facts.pieceLength !== pieceLength(facts.sizeBytes) || facts.keyCommitment.length !== HASH_BYTES) return false
  if (facts.list.length !== pieceCount(facts.sizeBytes) * HASH_BYTES) return false
  return sameBytes(mediaRoot(facts), root)
}
