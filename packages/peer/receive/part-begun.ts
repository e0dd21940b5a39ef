// What every place for a partial file asks of it, whatever keeps the bytes: how far what was found there can be believed, whether a piece
// may be written now, and whether any is missing. Pure. In which order bytes reach a disk is the place's business.

import { pieceCount, pieceRange } from '@doorpost/protocol/piece-list'
import { bitmapOf, hasBit } from './bitmap.ts'
import { type PartMedia, readPartList, readPartMap, type ReadMap } from './part-map.ts'

/** Where a fetch goes on. */
export interface Begun extends ReadMap {
  /** False: map and data are to be made anew, and the bits are empty. */
  readonly trusted: boolean
  /** The verified list, once it was kept. */
  readonly list: Uint8Array | undefined
  readonly verifiedBytes: number
}

/** `map`: what stands beside a data file of `fileBytes`. `bootId` as in readPartMap. */
export function readBegun(
  map: Uint8Array,
  media: PartMedia,
  { bootId, fileBytes }: { readonly bootId: Uint8Array; readonly fileBytes: number },
): Begun {
  const { sizeBytes } = media
  const found = readPartMap(map, media, bootId)
  if (!found || !reaches(found.bits, sizeBytes, fileBytes)) {
    const bits = bitmapOf(pieceCount(sizeBytes))
    return { trusted: false, bits, syncedBits: bits.slice(), sequence: 1, list: undefined, verifiedBytes: 0 }
  }
  let verifiedBytes = 0
  for (let index = 0; index < pieceCount(sizeBytes); index++) {
    if (hasBit(found.bits, index)) verifiedBytes += pieceRange(sizeBytes, index).length
  }
  // Bits are set as pieces come; what was forced to the disk stays what it was.
  const syncedBits = found.syncedBits.slice()
  return { ...found, syncedBits, trusted: true, list: readPartList(map, media), verifiedBytes }
}

/** Where piece `index` goes. Throws on one of another length, or that is here already. */
export function placeOf(
  { bits, sizeBytes }: { readonly bits: Uint8Array; readonly sizeBytes: number },
  index: number,
  plain: Uint8Array,
): { offset: number; length: number } {
  const { offset, length } = pieceRange(sizeBytes, index)
  if (plain.length !== length) throw new RangeError(`piece ${index} has ${length} bytes, not ${plain.length}`)
  if (hasBit(bits, index)) throw new Error(`piece ${index} is here already`)
  return { offset, length }
}

/** Throws where a piece is missing. */
export function checkWhole({ bits, sizeBytes }: { readonly bits: Uint8Array; readonly sizeBytes: number }): void {
  for (let index = 0; index < pieceCount(sizeBytes); index++) {
    if (!hasBit(bits, index)) throw new Error(`piece ${index} is missing`)
  }
}

/** Whether a data file this long can hold every piece the map claims. */
function reaches(bits: Uint8Array, sizeBytes: number, fileBytes: number): boolean {
  for (let index = pieceCount(sizeBytes) - 1; index >= 0; index--) {
    if (!hasBit(bits, index)) continue
    const { offset, length } = pieceRange(sizeBytes, index)
    return offset + length <= fileBytes
  }
  return true
}
