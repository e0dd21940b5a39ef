// What the writer writes, read again by the letter of RFC 8794. That programs which know nothing of us take it is film-sink.test.ts's.

import { concat } from '@doorpost/protocol/bytes'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nalUnitsOf } from './annex-b.ts'
import { createMatroska } from './matroska.ts'
import { sampleForm } from './picture-sample.ts'

interface Read {
  readonly id: number
  readonly body: Uint8Array
}

/** Elements one after the other; those of unknown size are entered. */
function elementsOf(bytes: Uint8Array): Read[] {
  const found: Read[] = []
  for (let at = 0; at < bytes.length; ) {
    const idLength = Math.clz32(bytes[at] ?? 0) - 23
    const id = bytes.subarray(at, at + idLength).reduce((sum, byte) => sum * 256 + byte, 0)
    at += idLength
    const sizeLength = Math.clz32(bytes[at] ?? 0) - 23
    if (sizeLength === 8) {
      expect([...bytes.subarray(at, at + 8)]).toEqual([1, 255, 255, 255, 255, 255, 255, 255])
      found.push({ id, body: new Uint8Array(0) })
      at += 8
      continue
    }
    const size = bytes.subarray(at, at + sizeLength).reduce((sum, byte) => sum * 256 + byte, 0) - 2 ** (7 * sizeLength)
    at += sizeLength
    expect(at + size).toBeLessThanOrEqual(bytes.length)
    found.push({ id, body: bytes.subarray(at, at + size) })
    at += size
  }
  return found
}

test('[LVP62] a film that is kept says of every frame whose it is, when, and whether a player can begin there', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          track: fc.constantFrom('picture' as const, 'sound' as const),
          stepMs: fc.nat(40_000),
          isKey: fc.boolean(),
          bytes: fc.uint8Array({ maxLength: 20 }),
        }),
        { maxLength: 40 },
      ),
      (frames) => {
        const writer = createMatroska({
          picture: { codecId: 'V_VP8', width: 320, height: 180 },
          sound: { channels: 2, sampleRateHz: 48_000 },
        })
        let nowMs = 0
        const blocks = frames.map(({ stepMs, ...frame }) => ({ ...frame, atMs: (nowMs += stepMs) }))
        const written = elementsOf(concat(writer.head, ...blocks.map(writer.block)))
        expect(written.slice(0, 4).map(({ id }) => id)).toEqual([0x1a45dfa3, 0x18538067, 0x1549a966, 0x1654ae6b])
        let clusterMs = NaN
        const read: unknown[] = []
        for (const { id, body } of written.slice(4)) {
          if (id === 0xe7) clusterMs = body.reduce((sum, byte) => sum * 256 + byte, 0)
          if (id !== 0xa3) continue
          const view = new DataView(body.buffer, body.byteOffset)
          const track = body[0] === 0x81 ? 'picture' : 'sound'
          const isKey = body[3] === 0x80
          read.push({ track, atMs: clusterMs + view.getInt16(1), isKey, bytes: body.slice(4) })
        }
        expect(read).toEqual(blocks.map((one) => ({ ...one, isKey: one.isKey || one.track === 'sound' })))
      },
    ),
  )
})

test('[LVP62] H.264 in annex B form becomes what containers hold: settings apart, units with their lengths', () => {
  const settings = [Uint8Array.of(0x67, 0x42, 0xe0, 0x1f, 9), Uint8Array.of(0x68, 1)] as const
  const slice = Uint8Array.of(0x65, 0, 0, 3, 1)
  const start = Uint8Array.of(0, 0, 0, 1)
  const unit = concat(start, Uint8Array.of(9, 0x10), start, settings[0], start, settings[1], start.subarray(1), slice)
  expect(nalUnitsOf(unit)).toEqual([Uint8Array.of(9, 0x10), ...settings, slice])
  const form = sampleForm('h264', 'avc1.42E01F', unit)
  expect(form?.private).toEqual(
    Uint8Array.of(1, 0x42, 0xe0, 0x1f, 0xff, 0xe1, 0, 5, 0x67, 0x42, 0xe0, 0x1f, 9, 1, 0, 2, 0x68, 1),
  )
  expect(form?.sampleOf(concat(start, slice))).toEqual(concat(Uint8Array.of(0, 0, 0, 5), slice))
  // Without its settings nothing can be shown.
  expect(sampleForm('h264', 'avc1.42E01F', concat(start, slice))).toBe(undefined)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void sampleForm('h264', '', bytes)?.sampleOf(bytes)),
  )
})
