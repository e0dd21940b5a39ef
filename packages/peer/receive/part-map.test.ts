import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyCommitment, mediaRoot, pieceCount, pieceLength } from '@doorpost/protocol/piece-list'
import { bitmapOf, hasBit, setBit } from './bitmap.ts'
import { readBegun } from './part-begun.ts'
import {
  listRecord,
  type MapWrite,
  newPartMap,
  type PartMedia,
  readPartList,
  readPartMap,
  syncedSlot,
  writtenRecord,
  writtenRecords,
} from './part-map.ts'

const MiB = 1024 * 1024
const boot = new Uint8Array(16).fill(7)
const otherBoot = new Uint8Array(16).fill(8)
const noBoot = new Uint8Array(16)

function mediaOf(count: number): PartMedia & { list: Uint8Array } {
  const sizeBytes = count * MiB - 1
  const key = new Uint8Array(32).fill(3)
  const list = new Uint8Array(count * 32).map((_, i) => i * 31)
  const root = mediaRoot({ sizeBytes, pieceLength: pieceLength(sizeBytes), keyCommitment: keyCommitment(key), list })
  return { root, sizeBytes, key, list }
}
function put(map: Uint8Array, { at, bytes }: MapWrite): Uint8Array {
  const longer = new Uint8Array(Math.max(map.length, at + bytes.length))
  longer.set(map)
  longer.set(bytes, at)
  return longer
}
const counts = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(3711, 3712, 3713, 3720, 9000, 65_536))
const pieces = fc.array(fc.nat(65_535), { maxLength: 12 })

describe('the map beside a part', () => {
  test('[F7] within one boot what was written counts; after another start of the machine only what was synced', () => {
    fc.assert(
      fc.property(counts, pieces, pieces, (count, first, then) => {
        const media = mediaOf(count)
        const bits = bitmapOf(count)
        let map = newPartMap(media, boot)
        const write = (index: number) => {
          setBit(bits, index % count)
          map = put(map, writtenRecord(media, bits, boot, index % count))
        }
        first.forEach(write)
        const synced = bits.slice()
        map = put(map, syncedSlot(media, synced, 2))
        then.forEach(write)
        expect(readPartMap(map, media, boot)).toEqual({ bits, syncedBits: synced, sequence: 2 })
        expect(readPartMap(map, media, otherBoot)).toEqual({ bits: synced, syncedBits: synced, sequence: 2 })
        expect(readPartMap(map, media, noBoot)?.bits).toEqual(synced)
      }),
      { numRuns: 60 },
    )
  })

  test('[F7] a map made where the boot is not known trusts nothing that was not synced', () => {
    const media = mediaOf(5)
    const bits = bitmapOf(5)
    setBit(bits, 3)
    const map = put(newPartMap(media, noBoot), writtenRecord(media, bits, noBoot, 3))
    expect(readPartMap(map, media, noBoot)?.bits).toEqual(bitmapOf(5))
  })

  test('[F7] pieces that come after another start of the machine do not count as synced before they are', () => {
    const media = mediaOf(5)
    const synced = bitmapOf(5)
    setBit(synced, 3)
    const map = put(newPartMap(media, boot), syncedSlot(media, synced, 2))
    const begun = readBegun(map, media, { bootId: otherBoot, fileBytes: media.sizeBytes })
    expect(begun).toMatchObject({ trusted: true, verifiedBytes: MiB, bits: synced })
    setBit(begun.bits, 1)
    expect(begun.syncedBits).toEqual(synced)
  })

  test('[F7] a map that claims more than the data file can hold is not believed', () => {
    const media = mediaOf(5)
    const bits = bitmapOf(5)
    setBit(bits, 3)
    const map = put(newPartMap(media, boot), syncedSlot(media, bits, 2))
    const at = (fileBytes: number) => readBegun(map, media, { bootId: boot, fileBytes }).trusted
    expect([at(4 * MiB), at(4 * MiB - 1), at(0)]).toEqual([true, false, false])
  })

  test('[F7] a sync cut off half way leaves the one before it', () => {
    const media = mediaOf(40)
    const [one, two] = [bitmapOf(40), bitmapOf(40)]
    setBit(one, 1)
    setBit(two, 1)
    setBit(two, 2)
    const before = put(newPartMap(media, boot), syncedSlot(media, one, 2))
    const next = syncedSlot(media, two, 3)
    const torn = put(before, { at: next.at, bytes: next.bytes.subarray(0, 20) })
    expect(readPartMap(torn, media, otherBoot)).toMatchObject({ bits: one, sequence: 2 })
    expect(readPartMap(put(before, next), media, otherBoot)).toMatchObject({ bits: two, sequence: 3 })
  })

  test('[F8] one changed bit anywhere never makes a piece count that was not there', () => {
    const media = mediaOf(20)
    const bits = bitmapOf(20)
    for (const index of [0, 5, 19]) setBit(bits, index)
    let map = newPartMap(media, boot)
    for (const write of writtenRecords(media, bits, boot)) map = put(map, write)
    map = put(map, syncedSlot(media, bits, 2))
    fc.assert(
      fc.property(fc.nat(map.length * 8 - 1), (bit) => {
        const damaged = map.slice()
        damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
        const read = readPartMap(damaged, media, boot)
        for (let index = 0; index < 20; index++) {
          if (read && hasBit(read.bits, index)) expect(hasBit(bits, index)).toBe(true)
        }
      }),
      { numRuns: 400 },
    )
  })

  test('[F8] a map that is cut off, empty, of other media, size or key is no map', () => {
    const media = mediaOf(20)
    const map = newPartMap(media, boot)
    expect(readPartMap(map, media, boot)).toBeDefined()
    for (const other of [
      { ...media, key: new Uint8Array(32) },
      { ...media, sizeBytes: media.sizeBytes - 1 },
      { ...media, root: new Uint8Array(32) },
    ]) {
      expect(readPartMap(map, other, boot)).toBeUndefined()
    }
    expect(readPartMap(map.subarray(0, 600), media, boot)).toBeUndefined()
    expect(readPartMap(new Uint8Array(0), media, boot)).toBeUndefined()
    expect(readPartMap(new Uint8Array(map.length), media, boot)).toBeUndefined()
  })

  test('[F6] the list is kept with it and proves itself', () => {
    const media = mediaOf(20)
    expect(pieceCount(media.sizeBytes)).toBe(20)
    const map = put(newPartMap(media, boot), listRecord(media, media.list))
    expect(readPartList(map, media)).toEqual(media.list)
    expect(readPartList(newPartMap(media, boot), media)).toBeUndefined()
    map[map.length - 1] = (map.at(-1) as number) ^ 1
    expect(readPartList(map, media)).toBeUndefined()
    expect(readPartMap(map, media, boot)).toBeDefined()
  })
})
