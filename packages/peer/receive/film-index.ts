// Where a film of the ISO base media format (ISO/IEC 14496-12: mp4, mov, m4a) keeps its index, told by its first bytes: a player
// reads that before anything else. Pure. Verified bytes of somebody else's file: whatever they say is a guess about what is asked for next.

import { pieceLength } from '@doorpost/protocol/piece-list'

/** Boxes looked at in a row: a file type, some free room, the media and the index are all there are in most. */
const BOXES_MAX = 16
/** Size and type of a box, and its size where that takes 64 bits, bytes. */
const HEADER_BYTES = 8
const LONG_HEADER_BYTES = 16
/** Bytes of a film's beginning that say it. */
export const INDEX_TOLD_BYTES = 4096
/** An index longer than this is not asked for ahead, bytes: a film of a day has one of some 20 MB. */
const INDEX_BYTES_MAX = 32 * 1024 * 1024

/** Media whose index lies at their end as often as in front. */
const INDEXED_TYPES = /^(video|audio)\/(mp4|quicktime|x-m4v|x-m4a|3gpp)$/

export function isIndexed(type: string): boolean {
  return INDEXED_TYPES.test(type)
}

/** The pieces that hold the index; undefined where these first bytes do not say it. */
export function indexPiecesOf(first: Uint8Array, sizeBytes: number): readonly number[] | undefined {
  const index = indexOf(first.subarray(0, INDEX_TOLD_BYTES), sizeBytes)
  if (!index) return undefined
  const fullLength = pieceLength(sizeBytes)
  const from = Math.floor(index.start / fullLength)
  return Array.from({ length: Math.ceil(index.end / fullLength) - from }, (_, at) => from + at)
}

/** Bytes `start` to `end - 1`. Undefined where these first bytes do not say it, or say what cannot be. */
export function indexOf(
  first: Uint8Array,
  sizeBytes: number,
): { readonly start: number; readonly end: number } | undefined {
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength)
  let at = 0
  for (let boxes = 0; boxes < BOXES_MAX && at + LONG_HEADER_BYTES <= first.length; boxes++) {
    const short = view.getUint32(at)
    const type = view.getUint32(at + 4)
    // 0: to the end of the file; 1: the size follows in 64 bits.
    const length = short === 0 ? sizeBytes - at : short === 1 ? Number(view.getBigUint64(at + HEADER_BYTES)) : short
    if (length < (short === 1 ? LONG_HEADER_BYTES : HEADER_BYTES) || at + length > sizeBytes) return undefined
    if (type === MOOV) return bounded(at, at + length)
    // Only what begins as such a film does is one.
    if (boxes === 0 && type !== FTYP) return undefined
    at += length
    // What stands behind the media is the index.
    if (type === MDAT) return at < sizeBytes ? bounded(at, sizeBytes) : undefined
  }
  return undefined
}

function bounded(start: number, end: number) {
  return end - start <= INDEX_BYTES_MAX ? { start, end } : undefined
}

const [FTYP, MOOV, MDAT] = [0x66747970, 0x6d6f6f76, 0x6d646174]
