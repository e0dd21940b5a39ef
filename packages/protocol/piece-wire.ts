// How one who asks and one who answers speak on every path: small frames for questions and answers, and bulk that follows its header.
// Bytes in, frames out. Who may ask and what carries it are peer's business; hello and lane frames are the direct path's alone.
//
//   frame  = u32be length of what follows ‖ u8 type ‖ fields            (all numbers big-endian)
//   bulk   = exactly the `length` bytes that a `list` or `piece` frame announces, straight after it
//   lane   = on the plain lane: 8 bytes {u32be seq, u32be length}, then the piece; nothing else ever

import { concat, fromUtf8, utf8 } from './bytes.ts'
import { MAX_PIECE_LENGTH, MAX_PIECES, HASH_BYTES } from './piece-list.ts'

/** Version of this wire; a hello of another version is not understood and the connection is closed. */
export const DIRECT_VERSION = 1
/** Longest frame, bytes: a caller's hello (address of at most 391, key, signature) with room. */
export const FRAME_BYTES_MAX = 1024
/** Longest address, message id or host in a frame, bytes of UTF-8. */
export const TEXT_BYTES_MAX = 400
/** Longest list that can be announced, bytes. */
export const LIST_BYTES_MAX = MAX_PIECES * HASH_BYTES
/** Longest bitmap of pieces that can be had, bytes. */
export const HAVE_BYTES_MAX = Math.ceil(MAX_PIECES / 8)
/** Longest answer to an offer of a path, bytes: 24 candidates, signed and sealed. */
export const PATH_ANSWER_BYTES_MAX = 16 * 1024
/** Pieces in one claim: two windows of 32 pieces of 1 MiB. */
export const CLAIM_PIECES_MAX = 64
/** One piece's number in the answer to a claim, bytes. */
export const CLAIMED_PIECE_BYTES = 4
/** The attempt that a `dial` note names, bytes. */
export const ATTEMPT_BYTES = 16
/** What opens a plain lane, after 8 bytes of magic: the lane's id and a MAC that only this caller could make. */
export const LANE_MAGIC = utf8('DPLANE1\n')
export const LANE_ID_BYTES = 16
export const LANE_MAC_BYTES = 32
export const LANE_PREFACE_BYTES = LANE_MAGIC.length + LANE_ID_BYTES + LANE_MAC_BYTES
export const LANE_HEADER_BYTES = 8

/** Why a source does not answer with bytes; `piece` is meaningful for source-changed. */
export const faultCodes = ['refused', 'source-changed', 'source-away'] as const
export type FaultCode = (typeof faultCodes)[number]

/** What the caller says, in the order it may: hello once, then the rest. `seq` numbers questions from 0 up. */
export type CallerFrame =
  | { type: 'caller-hello'; version: number; address: string; deviceKey: Uint8Array; signature: Uint8Array }
  /** Instead of a caller's hello, from one who was asked by a note to dial: from here on the listener asks and this side answers. */
  | {
      type: 'source-hello'
      version: number
      address: string
      deviceKey: Uint8Array
      attempt: Uint8Array
      signature: Uint8Array
    }
  | { type: 'want-list'; seq: number; maxBytes: number; messageId: string; root: Uint8Array }
  /** `lane`: the answer may come on the plain lane. A source with no lane open drops it; the caller sees the lane end and asks again. */
  | { type: 'want-piece'; seq: number; piece: number; lane: boolean; messageId: string; root: Uint8Array }
  | { type: 'want-have'; seq: number; messageId: string; root: Uint8Array }
  | { type: 'want-claim'; seq: number; count: number; messageId: string; root: Uint8Array }
  /** Of a link holder, through the tunnel: the answer to the offer of a path that stands beside the question (tunnel-request.ts). */
  | { type: 'want-path'; seq: number; messageId: string; root: Uint8Array }
  /** The connection as the caller sees it; both ends must see the same addresses for a lane. */
  | { type: 'want-lane'; callerHost: string; callerPort: number; listenerHost: string; listenerPort: number }

/** What the listener says. Nothing at all before a permitted caller's hello. */
export type ListenerFrame =
  | { type: 'listener-hello'; version: number; signature: Uint8Array }
  | { type: 'list'; seq: number; length: number }
  | { type: 'piece'; seq: number; length: number }
  /** The bitmap follows, as bulk. */
  | { type: 'have'; seq: number; length: number }
  /** Piece numbers follow, as bulk: 32 bits each, big-endian. */
  | { type: 'claim'; seq: number; length: number }
  /** The sealed answer follows, as bulk (grant-path.ts). */
  | { type: 'path'; seq: number; length: number }
  | { type: 'fault'; seq: number; code: FaultCode; piece: number }
  | { type: 'lane'; id: Uint8Array }
  | { type: 'no-lane' }
  /** The lane has proved itself; pieces may be asked for on it. */
  | { type: 'lane-ready' }

export type Frame = CallerFrame | ListenerFrame

/** The other side broke the framing: close the connection. */
export class WireFault extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WireFault'
  }
}

const types: Record<Frame['type'], number> = {
  'caller-hello': 1,
  'want-list': 2,
  'want-piece': 3,
  'want-lane': 4,
  'want-have': 5,
  'want-claim': 6,
  'source-hello': 7,
  'want-path': 8,
  'listener-hello': 65,
  list: 66,
  piece: 67,
  fault: 68,
  lane: 69,
  'no-lane': 70,
  'lane-ready': 71,
  have: 72,
  claim: 73,
  path: 74,
}
const typeNames = new Map(Object.entries(types).map(([name, number]) => [number, name as Frame['type']]))

/** One frame as bytes. Throws RangeError on a text or number that does not fit. */
export function encodeFrame(frame: Frame): Uint8Array {
  const body = concat(Uint8Array.of(types[frame.type]), ...fieldsOf(frame))
  if (body.length > FRAME_BYTES_MAX) throw new RangeError('frame too long')
  return concat(u32(body.length), body)
}

function fieldsOf(frame: Frame): Uint8Array[] {
  switch (frame.type) {
    case 'caller-hello':
      return [Uint8Array.of(frame.version), text(frame.address), fixed(frame.deviceKey, 32), fixed(frame.signature, 64)]
    case 'source-hello':
      return [
        Uint8Array.of(frame.version),
        text(frame.address),
        fixed(frame.deviceKey, 32),
        fixed(frame.attempt, ATTEMPT_BYTES),
        fixed(frame.signature, 64),
      ]
    case 'want-list':
      return [u32(frame.seq), u32(frame.maxBytes), text(frame.messageId), fixed(frame.root, HASH_BYTES)]
    case 'want-piece':
      return [
        u32(frame.seq),
        u32(frame.piece),
        Uint8Array.of(frame.lane ? 1 : 0),
        text(frame.messageId),
        fixed(frame.root, HASH_BYTES),
      ]
    case 'want-have':
    case 'want-path':
      return [u32(frame.seq), text(frame.messageId), fixed(frame.root, HASH_BYTES)]
    case 'want-claim':
      return [u32(frame.seq), u32(frame.count), text(frame.messageId), fixed(frame.root, HASH_BYTES)]
    case 'want-lane':
      return [text(frame.callerHost), u32(frame.callerPort), text(frame.listenerHost), u32(frame.listenerPort)]
    case 'listener-hello':
      return [Uint8Array.of(frame.version), fixed(frame.signature, 64)]
    case 'list':
    case 'piece':
    case 'have':
    case 'claim':
    case 'path':
      return [u32(frame.seq), u32(frame.length)]
    case 'fault':
      return [u32(frame.seq), Uint8Array.of(faultCodes.indexOf(frame.code)), u32(frame.piece)]
    case 'lane':
      return [fixed(frame.id, LANE_ID_BYTES)]
    case 'no-lane':
    case 'lane-ready':
      return []
  }
}

/** Parses the bytes after a frame's length. Throws WireFault on anything but exactly one known frame. */
export function decodeFrame(body: Uint8Array): Frame {
  const fields = readFields(body)
  const type = typeNames.get(fields.u8())
  if (type === undefined) throw new WireFault('unknown frame')
  const frame = readFrame(type, fields)
  if (!fields.atEnd()) throw new WireFault('frame longer than its fields')
  return frame
}

function readFrame(type: Frame['type'], fields: ReturnType<typeof readFields>): Frame {
  const { u8, u32, text, fixed } = fields
  switch (type) {
    case 'caller-hello':
      return { type, version: u8(), address: text(), deviceKey: fixed(32), signature: fixed(64) }
    case 'source-hello':
      return {
        type,
        version: u8(),
        address: text(),
        deviceKey: fixed(32),
        attempt: fixed(ATTEMPT_BYTES),
        signature: fixed(64),
      }
    case 'want-list':
      return { type, seq: u32(), maxBytes: u32(LIST_BYTES_MAX), messageId: text(), root: fixed(HASH_BYTES) }
    case 'want-piece':
      return {
        type,
        seq: u32(),
        piece: u32(MAX_PIECES - 1),
        lane: u8(1) === 1,
        messageId: text(),
        root: fixed(HASH_BYTES),
      }
    case 'want-have':
    case 'want-path':
      return { type, seq: u32(), messageId: text(), root: fixed(HASH_BYTES) }
    case 'want-claim':
      return { type, seq: u32(), count: u32(CLAIM_PIECES_MAX), messageId: text(), root: fixed(HASH_BYTES) }
    case 'want-lane':
      return { type, callerHost: text(), callerPort: u32(65_535), listenerHost: text(), listenerPort: u32(65_535) }
    case 'listener-hello':
      return { type, version: u8(), signature: fixed(64) }
    case 'list':
      return { type, seq: u32(), length: u32(LIST_BYTES_MAX) }
    case 'piece':
      return { type, seq: u32(), length: u32(MAX_PIECE_LENGTH) }
    case 'have':
      return { type, seq: u32(), length: u32(HAVE_BYTES_MAX) }
    case 'claim':
      return { type, seq: u32(), length: u32(CLAIM_PIECES_MAX * CLAIMED_PIECE_BYTES) }
    case 'path':
      return { type, seq: u32(), length: u32(PATH_ANSWER_BYTES_MAX) }
    case 'fault':
      return { type, seq: u32(), code: faultCodes[u8(faultCodes.length - 1)] as FaultCode, piece: u32(MAX_PIECES - 1) }
    case 'lane':
      return { type, id: fixed(LANE_ID_BYTES) }
    case 'no-lane':
    case 'lane-ready':
      return { type }
  }
}

/** What came out of a chunk: a frame, or a slice of the bulk announced by the frame before. */
export type WireEvent = { frame: Frame } | { bulk: Uint8Array }

/** Cuts a byte stream into frames and bulk. */
export interface WireReader {
  /**
   * Goes as far as its iterator is drawn, so a reader that must wait keeps the iterator; a chunk is pushed when the one before is
   * drawn to its end. Throws WireFault at the first byte that cannot be right, before storing a frame that is too long.
   */
  push(chunk: Uint8Array): Generator<WireEvent, void>
  /** Copies what is left of the chunk, so that whoever lent it may have it back. */
  keepRest(): void
}

/** One for each connection: it remembers where in a frame the bytes broke off. */
export function createWireReader(): WireReader {
  const head = new Uint8Array(4)
  let headBytes = 0
  let body: Uint8Array | undefined
  let bodyBytes = 0
  let bulkLeft = 0
  let chunk = new Uint8Array(0)
  let at = 0
  return {
    *push(pushed) {
      chunk = pushed as Uint8Array<ArrayBuffer>
      at = 0
      while (at < chunk.length) {
        if (bulkLeft > 0) {
          const bulk = chunk.subarray(at, at + bulkLeft)
          at += bulk.length
          bulkLeft -= bulk.length
          yield { bulk }
        } else if (body === undefined) {
          head[headBytes++] = chunk[at++] as number
          if (headBytes < head.length) continue
          headBytes = 0
          const length = new DataView(head.buffer).getUint32(0)
          if (length < 1 || length > FRAME_BYTES_MAX) throw new WireFault('frame length out of bounds')
          body = new Uint8Array(length)
          bodyBytes = 0
        } else {
          const part = chunk.subarray(at, at + body.length - bodyBytes)
          body.set(part, bodyBytes)
          at += part.length
          bodyBytes += part.length
          if (bodyBytes < body.length) continue
          const frame = decodeFrame(body)
          body = undefined
          if (isBulky(frame)) bulkLeft = frame.length
          yield { frame }
        }
      }
    },
    keepRest() {
      // A Buffer's own slice would be a view.
      chunk = Uint8Array.from(chunk.subarray(at))
      at = 0
    },
  }
}

/** Frames that announce bulk. */
function isBulky(frame: Frame): frame is Extract<ListenerFrame, { length: number }> {
  return 'length' in frame
}

/** The bulk of a `claim`. */
export function encodeClaimed(pieces: readonly number[]): Uint8Array {
  return concat(...pieces.map(u32))
}

/** Piece numbers from the bulk of a `claim`. Throws WireFault on what cannot be some. */
export function decodeClaimed(bytes: Uint8Array): number[] {
  if (bytes.length % CLAIMED_PIECE_BYTES !== 0) throw new WireFault('a claim of odd length')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const pieces = Array.from({ length: bytes.length / CLAIMED_PIECE_BYTES }, (_, at) =>
    view.getUint32(at * CLAIMED_PIECE_BYTES),
  )
  if (pieces.some((piece) => piece >= MAX_PIECES)) throw new WireFault('number out of bounds')
  return pieces
}

/** The header of one piece on the plain lane. */
export function encodeLaneHeader(seq: number, length: number): Uint8Array {
  return concat(u32(seq), u32(length))
}

/** Reads a lane header (8 bytes). Nothing in it is to be believed: the lane proves nothing. */
export function decodeLaneHeader(bytes: Uint8Array): { seq: number; length: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, LANE_HEADER_BYTES)
  return { seq: view.getUint32(0), length: view.getUint32(4) }
}

function readFields(body: Uint8Array) {
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  let at = 0
  const skip = (bytes: number): number => {
    const from = at
    at += bytes
    if (at > body.length) throw new WireFault('frame shorter than its fields')
    return from
  }
  const bounded = (value: number, max: number): number => {
    if (value > max) throw new WireFault('number out of bounds')
    return value
  }
  const fixed = (bytes: number): Uint8Array => {
    const from = skip(bytes)
    return body.slice(from, from + bytes)
  }
  return {
    fixed,
    u8: (max = 0xff) => bounded(view.getUint8(skip(1)), max),
    u32: (max = 0xffff_ffff) => bounded(view.getUint32(skip(4)), max),
    text: () => {
      const length = bounded(view.getUint16(skip(2)), TEXT_BYTES_MAX)
      try {
        return fromUtf8(fixed(length))
      } catch (cause) {
        if (cause instanceof WireFault) throw cause
        throw new WireFault('text is not UTF-8')
      }
    },
    atEnd: () => at === body.length,
  }
}

function u32(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new RangeError(`not a 32-bit count: ${value}`)
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

function text(value: string): Uint8Array {
  const bytes = utf8(value)
  if (bytes.length > TEXT_BYTES_MAX) throw new RangeError('text too long for the wire')
  return concat(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes)
}

function fixed(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`${length} bytes expected, ${bytes.length} given`)
  return bytes
}
