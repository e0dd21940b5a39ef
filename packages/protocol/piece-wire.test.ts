import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat } from './bytes.ts'
import { MAX_PIECE_LENGTH, MAX_PIECES } from './piece-list.ts'
import {
  createWireReader,
  decodeFrame,
  encodeFrame,
  encodeLaneHeader,
  decodeLaneHeader,
  faultCodes,
  FRAME_BYTES_MAX,
  type Frame,
  LIST_BYTES_MAX,
  WireFault,
} from './piece-wire.ts'

const u32 = fc.nat(0xffff_ffff)
const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const version = fc.nat(255)
const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constant('caller-hello' as const),
    version,
    address: text,
    deviceKey: fixed(32),
    signature: fixed(64),
  }),
  fc.record({
    type: fc.constant('source-hello' as const),
    version,
    address: text,
    deviceKey: fixed(32),
    attempt: fixed(16),
    signature: fixed(64),
  }),
  fc.record({
    type: fc.constant('want-list' as const),
    seq: u32,
    maxBytes: fc.nat(LIST_BYTES_MAX),
    messageId: text,
    root: fixed(32),
  }),
  fc.record({
    type: fc.constant('want-piece' as const),
    seq: u32,
    piece: fc.nat(MAX_PIECES - 1),
    lane: fc.boolean(),
    messageId: text,
    root: fixed(32),
  }),
  fc.record({
    type: fc.constant('want-lane' as const),
    callerHost: text,
    callerPort: fc.nat(65_535),
    listenerHost: text,
    listenerPort: fc.nat(65_535),
  }),
  fc.record({ type: fc.constant('listener-hello' as const), version, signature: fixed(64) }),
  fc.record({
    type: fc.constant('fault' as const),
    seq: u32,
    code: fc.constantFrom(...faultCodes),
    piece: fc.nat(MAX_PIECES - 1),
  }),
  fc.record({ type: fc.constant('lane' as const), id: fixed(16) }),
  fc.record({ type: fc.constantFrom('no-lane' as const, 'lane-ready' as const) }),
)
/** A frame that announces bulk, with its bulk. */
const bulks = fc
  .record({
    type: fc.constantFrom('list' as const, 'piece' as const),
    seq: u32,
    bulk: fc.uint8Array({ maxLength: 200 }),
  })
  .map(({ type, seq, bulk }) => ({ frame: { type, seq, length: bulk.length }, bulk }))

/** Everything a reader makes of a stream that arrives in pieces of these lengths. */
function readAll(stream: Uint8Array, cuts: number[]): { frames: Frame[]; bulk: Uint8Array } {
  const reader = createWireReader()
  const read: Frame[] = []
  const bulk: Uint8Array[] = []
  for (let at = 0, cut = 0; at < stream.length; cut++) {
    const chunk = stream.subarray(at, at + Math.max(1, cuts[cut % Math.max(1, cuts.length)] ?? stream.length))
    at += chunk.length
    for (const event of reader.push(chunk)) {
      if ('frame' in event) read.push(event.frame)
      else bulk.push(event.bulk.slice())
    }
  }
  return { frames: read, bulk: concat(...bulk) }
}

describe('frames', () => {
  test('[D6] any sequence of frames and bulk comes through unchanged, however it is cut', () => {
    const parts = fc.array(
      fc.oneof(
        frames.map((frame) => ({ frame, bulk: new Uint8Array(0) })),
        bulks,
      ),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(parts, fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 10 }), (sent, cuts) => {
        const stream = concat(...sent.flatMap(({ frame, bulk }) => [encodeFrame(frame), bulk]))
        const got = readAll(stream, cuts)
        expect(got.frames).toEqual(sent.map(({ frame }) => frame))
        expect(got.bulk).toEqual(concat(...sent.map(({ bulk }) => bulk)))
      }),
    )
  })

  test('[D6] arbitrary bytes give frames or a WireFault, never another error, and never more memory than one frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.array(fc.integer({ min: 1, max: 99 })), (bytes, cuts) => {
        try {
          readAll(bytes, cuts)
        } catch (error) {
          expect(error).toBeInstanceOf(WireFault)
        }
      }),
    )
  })

  test('[D6] one changed byte in a frame is another frame or a WireFault', () => {
    fc.assert(
      fc.property(frames, fc.nat(), fc.integer({ min: 1, max: 255 }), (frame, where, change) => {
        const body = encodeFrame(frame).slice(4)
        const at = where % body.length
        body[at] = (body[at] as number) ^ change
        try {
          expect(decodeFrame(body)).not.toEqual(frame)
        } catch (error) {
          expect(error).toBeInstanceOf(WireFault)
        }
      }),
    )
  })

  test('[D6] a frame longer than the longest is refused at its length, before a byte of it is stored', () => {
    const head = new Uint8Array(4)
    new DataView(head.buffer).setUint32(0, FRAME_BYTES_MAX + 1)
    expect(() => [...createWireReader().push(head)]).toThrow(WireFault)
    expect(() => [...createWireReader().push(new Uint8Array(4))]).toThrow(WireFault)
    expect(() => [...createWireReader().push(Uint8Array.of(0xff, 0xff, 0xff, 0xff))]).toThrow(WireFault)
  })

  test('[D6] numbers out of bounds are refused: a list, a piece or a piece number that cannot be', () => {
    for (const frame of [
      { type: 'list', seq: 0, length: LIST_BYTES_MAX + 1 },
      { type: 'piece', seq: 0, length: MAX_PIECE_LENGTH + 1 },
      { type: 'want-piece', seq: 0, piece: MAX_PIECES, lane: false, messageId: 'm', root: new Uint8Array(32) },
    ] as const) {
      expect(() => decodeFrame(encodeFrame(frame).slice(4))).toThrow(WireFault)
    }
    expect(() => encodeFrame({ type: 'lane', id: new Uint8Array(15) })).toThrow(RangeError)
    expect(() =>
      encodeFrame({ type: 'want-list', seq: -1, maxBytes: 1, messageId: 'm', root: new Uint8Array(32) }),
    ).toThrow(RangeError)
  })

  test('[D6] a lane header is eight bytes: number and length', () => {
    fc.assert(
      fc.property(u32, u32, (seq, length) => {
        expect(decodeLaneHeader(encodeLaneHeader(seq, length))).toEqual({ seq, length })
      }),
    )
  })
})
