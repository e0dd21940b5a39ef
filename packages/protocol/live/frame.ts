// One frame on its way: a small header in the clear, then what the broadcaster encrypted (sframe.ts). The same bytes on a server
// connection (one binary WebSocket message each) and on a peer-to-peer one. The header is SFrame's associated data.
//
//   u8 version = 1 ‖ u8 type ‖ u8 flags ‖ u32be epoch ‖ u32be sequence ‖ u64be capturedAtUs ‖ payload
//   flags: bit 0 key frame, bits 1 and 2 temporal layer, others zero

import { EPOCH_MAX, LIVE_FRAME_BYTES_MAX, TEMPORAL_LAYERS_MAX } from './limits.ts'

export const LIVE_VERSION = 1
export const FRAME_HEADER_BYTES = 19

/** `picture`: of the moving ones. `still`: stands for itself. `audio`: 20 ms of sound. Their numbers on the wire are their places here. */
export const frameTypes = ['picture', 'still', 'audio'] as const
export type FrameType = (typeof frameTypes)[number]

export interface FrameHeader {
  readonly type: FrameType
  /** A picture that needs none before it. True of every still, false of all sound. */
  readonly keyFrame: boolean
  /** 0 is the base, which the others need; stills and sound have 0. */
  readonly layer: number
  /** Which of the broadcaster's keys this is encrypted with (SFrame's key id): grows at every start, reload and removal. EPOCH_MAX at most. */
  readonly epoch: number
  /** Counts the frames of an epoch of all types together, from 0. 32 bits: a year and more of them. */
  readonly sequence: number
  /** When it was captured, on the broadcaster's own clock that only grows, microseconds. */
  readonly capturedAtUs: number
}

/** Header and payload as one message. Throws RangeError on what does not fit. */
export function encodeFrame(header: FrameHeader, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  if (FRAME_HEADER_BYTES + payload.length > LIVE_FRAME_BYTES_MAX) throw new RangeError('frame too long')
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + payload.length)
  writeHeader(header, bytes)
  bytes.set(payload, FRAME_HEADER_BYTES)
  return bytes
}

/** The header alone, for the associated data of what it will stand before. Throws RangeError on what does not fit. */
export function encodeHeader(header: FrameHeader): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES)
  writeHeader(header, bytes)
  return bytes
}

/** The header of a message; undefined for what is no frame. The payload is what follows FRAME_HEADER_BYTES. */
export function decodeHeader(bytes: Uint8Array): FrameHeader | undefined {
  if (bytes.length < FRAME_HEADER_BYTES || bytes.length > LIVE_FRAME_BYTES_MAX) return undefined
  const type = frameTypes[bytes[1] as number]
  const flags = bytes[2] as number
  if (bytes[0] !== LIVE_VERSION || type === undefined || flags > 0b111) return undefined
  const keyFrame = (flags & 1) === 1
  const layer = flags >> 1
  if (!isCoherent(type, keyFrame, layer)) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES)
  // Under 2^53: 285 years of microseconds.
  const capturedAtUs = view.getUint32(11) * 2 ** 32 + view.getUint32(15)
  const epoch = view.getUint32(3)
  if (!Number.isSafeInteger(capturedAtUs) || epoch > EPOCH_MAX) return undefined
  return { type, keyFrame, layer, epoch, sequence: view.getUint32(7), capturedAtUs }
}

/** Whether `a` comes after `b` in the order of a broadcast. */
export function isAfter(
  a: Pick<FrameHeader, 'epoch' | 'sequence'>,
  b: Pick<FrameHeader, 'epoch' | 'sequence'>,
): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.sequence > b.sequence)
}

function writeHeader({ type, keyFrame, layer, epoch, sequence, capturedAtUs }: FrameHeader, bytes: Uint8Array): void {
  const inRange = [epoch, sequence].every((count) => Number.isInteger(count) && count >= 0 && count <= 0xffff_ffff)
  if (!inRange || epoch > EPOCH_MAX || !Number.isSafeInteger(capturedAtUs) || capturedAtUs < 0)
    throw new RangeError('no such frame')
  if (!isCoherent(type, keyFrame, layer)) throw new RangeError('no such layer or key frame')
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setUint8(0, LIVE_VERSION)
  view.setUint8(1, frameTypes.indexOf(type))
  view.setUint8(2, (keyFrame ? 1 : 0) | (layer << 1))
  view.setUint32(3, epoch)
  view.setUint32(7, sequence)
  view.setUint32(11, Math.floor(capturedAtUs / 2 ** 32))
  view.setUint32(15, capturedAtUs % 2 ** 32)
}

function isCoherent(type: FrameType, keyFrame: boolean, layer: number): boolean {
  if (!Number.isInteger(layer) || layer < 0 || layer >= TEMPORAL_LAYERS_MAX) return false
  if (type === 'picture') return !keyFrame || layer === 0
  return layer === 0 && keyFrame === (type === 'still')
}
