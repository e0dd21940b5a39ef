// Looks into the partial files of a device that is not running: what is in them is the film's own bytes or nothing at all, and
// every piece on record as verified is whole.

import { open, readdir, readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { fromBase64url } from '@doorpost/protocol/bytes'
import type { Handle } from '@doorpost/protocol/handle'
import { pieceCount, pieceRange } from '@doorpost/protocol/piece-list'
import { bootIdFor } from '@doorpost/peer/node/boot-id'
import { partPath } from '@doorpost/peer/node/part-file'
import { hasBit } from '@doorpost/peer/receive/bitmap'
import { readPartMap } from '@doorpost/peer/receive/part-map'

/** A block of a file system, bytes: a write that was cut off ends at one. */
const BLOCK_BYTES = 4096

export interface Inspected {
  readonly parts: number
  readonly piecesOnRecord: number
  /** What must not be: a sentence each. */
  readonly faults: readonly string[]
}

/** The part of one media in one folder, against the film it is a copy of. */
export async function inspectPart(folder: string, handle: Handle, film: string): Promise<Inspected> {
  const media = { root: fromBase64url(handle.root), sizeBytes: handle.sizeBytes, key: fromBase64url(handle.key) }
  const path = partPath({ folder, name: handle.name, media })
  const names: string[] = await readdir(folder).catch(() => [])
  if (!names.includes(basename(path))) return { parts: 0, piecesOnRecord: 0, faults: [] }
  const [part, original, map] = await Promise.all([
    readFile(path),
    readFile(film),
    readFile(`${path}.map`).catch(() => new Uint8Array()),
  ])
  const faults: string[] = []
  for (let at = 0; at < part.length; at += BLOCK_BYTES) {
    const block = part.subarray(at, at + BLOCK_BYTES)
    const same = block.equals(original.subarray(at, at + block.length))
    if (!same && block.some((byte) => byte !== 0)) faults.push(`${path} has bytes at ${at} that are not the film's`)
  }
  const { dev, ino } = await stat(path, { bigint: true })
  const read = readPartMap(map, media, await bootIdFor(`${dev}:${ino}`))
  let piecesOnRecord = 0
  for (let index = 0; read !== undefined && index < pieceCount(media.sizeBytes); index++) {
    if (!hasBit(read.bits, index)) continue
    piecesOnRecord++
    const { offset, length } = pieceRange(media.sizeBytes, index)
    const piece = part.subarray(offset, offset + length)
    if (!piece.equals(original.subarray(offset, offset + length)))
      faults.push(`${path}: piece ${index} is on record and not there`)
  }
  return { parts: 1, piecesOnRecord, faults }
}

/** Whether two files hold the same bytes. */
export async function sameFile(one: string, other: string): Promise<boolean> {
  await using first = await open(one)
  await using second = await open(other)
  const [a, b] = [Buffer.alloc(1024 * 1024), Buffer.alloc(1024 * 1024)]
  for (let at = 0; ; ) {
    const [x, y] = await Promise.all([first.read(a, 0, a.length, at), second.read(b, 0, b.length, at)])
    if (x.bytesRead !== y.bytesRead || !a.subarray(0, x.bytesRead).equals(b.subarray(0, y.bytesRead))) return false
    if (x.bytesRead === 0) return true
    at += x.bytesRead
  }
}
