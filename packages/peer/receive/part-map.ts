// The map beside a .part file: which pieces are in it. Two records of that, because they survive different things:
// `written` is updated after every piece and outlives kill -9, as the page cache does; `synced` is updated after the data was forced to
// the disk and outlives a power cut. Bytes in, bytes out; node/part-file.ts does the writing, in this order: data, then map.
//
//   block 0           header: magic ‖ version ‖ size ‖ root ‖ key commitment ‖ checksum
//   blocks 1..w       written: the machine's boot id ‖ 464 bytes of bits ‖ checksum     (one block is one write of one disk sector)
//   blocks w+1..      synced, slot A, then slot B: u64 sequence ‖ bits ‖ checksum; written in turn, so that one is always whole
//   after them        the piece list once it is known; it proves itself against the root

import { sha256 } from '@noble/hashes/sha2.js'
import { concat, sameBytes, u64be, utf8 } from '@doorpost/protocol/bytes'
import { HASH_BYTES, keyCommitment, listMatchesRoot, pieceCount, pieceLength } from '@doorpost/protocol/piece-list'
import { bitmapOf, fitsCount, joinBits } from './bitmap.ts'

/** One disk sector, bytes: what a disk writes whole or not at all. */
export const MAP_BLOCK_BYTES = 512
export const BOOT_ID_BYTES = 16
/** Bytes of bits in one `written` block. */
const WRITTEN_BITS_BYTES = MAP_BLOCK_BYTES - BOOT_ID_BYTES - HASH_BYTES
const MAGIC = utf8('doorpost-part-1\n')

/** The media a map is for. */
export type PartMedia = { root: Uint8Array; sizeBytes: number; key: Uint8Array }

/** A write to the map file. */
export type MapWrite = { at: number; bytes: Uint8Array }

/** Where things lie in the map of media with `count` pieces. */
function layout(count: number) {
  const bitsBytes = Math.ceil(count / 8)
  const writtenBlocks = Math.ceil(bitsBytes / WRITTEN_BITS_BYTES)
  const slotBytes = Math.ceil((8 + bitsBytes + HASH_BYTES) / MAP_BLOCK_BYTES) * MAP_BLOCK_BYTES
  const slotsAt = (1 + writtenBlocks) * MAP_BLOCK_BYTES
  return { bitsBytes, writtenBlocks, slotBytes, slotsAt, totalBytes: slotsAt + 2 * slotBytes }
}

/** The whole map of a part that starts: nothing written, nothing synced. */
export function newPartMap(media: PartMedia, bootId: Uint8Array): Uint8Array {
  const count = pieceCount(media.sizeBytes)
  const { writtenBlocks, totalBytes } = layout(count)
  const map = new Uint8Array(totalBytes)
  map.set(headerOf(media))
  for (let block = 0; block < writtenBlocks; block++) {
    const write = writtenBlock(media, bitmapOf(count), bootId, block)
    map.set(write.bytes, write.at)
  }
  for (const sequence of [0, 1]) {
    const write = syncedSlot(media, bitmapOf(count), sequence)
    map.set(write.bytes, write.at)
  }
  return map
}

/** The write that records in `written` what `bits` says around piece `index`. */
export function writtenRecord(media: PartMedia, bits: Uint8Array, bootId: Uint8Array, index: number): MapWrite {
  return writtenBlock(media, bits, bootId, Math.floor((index >> 3) / WRITTEN_BITS_BYTES))
}

/** All writes that record `written` anew, for a map that is continued after the machine started again. */
export function writtenRecords(media: PartMedia, bits: Uint8Array, bootId: Uint8Array): MapWrite[] {
  const { writtenBlocks } = layout(pieceCount(media.sizeBytes))
  return Array.from({ length: writtenBlocks }, (_, block) => writtenBlock(media, bits, bootId, block))
}

/** The write that records `bits` in `synced`; `sequence` grows by one each time. */
export function syncedSlot(media: PartMedia, bits: Uint8Array, sequence: number): MapWrite {
  const { slotBytes, slotsAt } = layout(pieceCount(media.sizeBytes))
  const content = concat(u64be(sequence), bits)
  const bytes = new Uint8Array(slotBytes)
  bytes.set(content)
  bytes.set(checksum(media, 'synced', content), content.length)
  return { at: slotsAt + (sequence % 2) * slotBytes, bytes }
}

/** What a map that can be trusted says: `bits` all that is here, `syncedBits` what a power cut spares, `sequence` the last one used. */
export type ReadMap = { bits: Uint8Array; syncedBits: Uint8Array; sequence: number }

/**
 * Reads a map found beside a part. Undefined when it is of other media or another version or its checksums fail: start over.
 * `written` counts only when this is the boot it was made in; an unknown boot id (all zero) is never the same one.
 */
export function readPartMap(map: Uint8Array, media: PartMedia, bootId: Uint8Array): ReadMap | undefined {
  const count = pieceCount(media.sizeBytes)
  const { bitsBytes, writtenBlocks, slotBytes, slotsAt, totalBytes } = layout(count)
  if (map.length < totalBytes || !sameBytes(map.subarray(0, MAP_BLOCK_BYTES), headerOf(media))) return undefined
  let newest: ReadMap | undefined
  for (const slot of [0, 1]) {
    const at = slotsAt + slot * slotBytes
    const content = map.subarray(at, at + 8 + bitsBytes)
    const sum = map.subarray(at + content.length, at + content.length + HASH_BYTES)
    if (!sameBytes(sum, checksum(media, 'synced', content))) continue
    const sequence = Number(new DataView(content.buffer, content.byteOffset).getBigUint64(0))
    const bits = content.slice(8)
    if (fitsCount(bits, count) && (!newest || sequence > newest.sequence)) newest = { bits, syncedBits: bits, sequence }
  }
  if (!newest) return undefined
  const written = bitmapOf(count)
  for (let block = 0; block < writtenBlocks; block++) {
    const at = (1 + block) * MAP_BLOCK_BYTES
    const content = map.subarray(at, at + BOOT_ID_BYTES + WRITTEN_BITS_BYTES)
    const sum = map.subarray(at + content.length, at + MAP_BLOCK_BYTES)
    // Torn by a power cut, or of another boot: what was forced to the disk is all there is to trust.
    if (!sameBytes(sum, checksum(media, `written ${block}`, content))) return newest
    if (isUnknownBoot(bootId) || !sameBytes(content.subarray(0, BOOT_ID_BYTES), bootId)) return newest
    const from = block * WRITTEN_BITS_BYTES
    written.set(content.subarray(BOOT_ID_BYTES, BOOT_ID_BYTES + Math.min(WRITTEN_BITS_BYTES, bitsBytes - from)), from)
  }
  if (!fitsCount(written, count)) return newest
  return { ...newest, bits: joinBits(newest.bits, written) }
}

/** The write that keeps a verified list. */
export function listRecord(media: PartMedia, list: Uint8Array): MapWrite {
  return { at: layout(pieceCount(media.sizeBytes)).totalBytes, bytes: list }
}

/** The list kept in a map, if there is one and it is the one behind the root. */
export function readPartList(map: Uint8Array, media: PartMedia): Uint8Array | undefined {
  const { sizeBytes, key, root } = media
  const count = pieceCount(sizeBytes)
  const at = layout(count).totalBytes
  const list = map.slice(at, at + count * HASH_BYTES)
  const facts = { sizeBytes, pieceLength: pieceLength(sizeBytes), keyCommitment: keyCommitment(key), list }
  return listMatchesRoot(facts, root) ? list : undefined
}

function writtenBlock(media: PartMedia, bits: Uint8Array, bootId: Uint8Array, block: number): MapWrite {
  const bytes = new Uint8Array(MAP_BLOCK_BYTES)
  bytes.set(bootId)
  bytes.set(bits.subarray(block * WRITTEN_BITS_BYTES, (block + 1) * WRITTEN_BITS_BYTES), BOOT_ID_BYTES)
  const content = bytes.subarray(0, BOOT_ID_BYTES + WRITTEN_BITS_BYTES)
  bytes.set(checksum(media, `written ${block}`, content), content.length)
  return { at: (1 + block) * MAP_BLOCK_BYTES, bytes }
}

function headerOf(media: PartMedia): Uint8Array {
  const content = concat(MAGIC, u64be(media.sizeBytes), media.root, keyCommitment(media.key))
  const header = new Uint8Array(MAP_BLOCK_BYTES)
  header.set(concat(content, sha256(content)))
  return header
}

/** Binds a record to its place and its media, so that a block of another map or from elsewhere in this one does not pass. */
function checksum(media: PartMedia, place: string, content: Uint8Array): Uint8Array {
  return sha256(concat(utf8(`${place}\0`), media.root, content))
}

function isUnknownBoot(bootId: Uint8Array): boolean {
  return bootId.every((byte) => byte === 0)
}
