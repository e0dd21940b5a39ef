// What goes against the frames on the connection they came on: an acknowledgement of each picture and still (never of sound), and on a
// peer-to-peer connection a probe and its echo, by which an idle one is checked. Server connections are pinged by WebSocket itself.
//
//   acknowledgement = u8 version = 1 ‖ u8 type = 3 ‖ u8 flags ‖ u32be epoch ‖ u32be sequence      flags: bit 0 key frame wanted
//   probe, echo     = u8 version = 1 ‖ u8 type = 4, 5 ‖ u8 0 ‖ u32be number ‖ u32be 0

import { LIVE_VERSION } from './frame.ts'

export const BACK_MESSAGE_BYTES = 11

/** `keyFrameWanted`: what came could not be decoded, or a gap was seen that nothing will fill. */
export type BackMessage =
  | {
      readonly type: 'acknowledgement'
      readonly epoch: number
      readonly sequence: number
      readonly keyFrameWanted: boolean
    }
  /** Asks for an echo with the same number. */
  | { readonly type: 'probe'; readonly number: number }
  | { readonly type: 'echo'; readonly number: number }

/** Numbers on the wire; those of frames are below (frame.ts), so that both can go on one channel. */
const numbers = { acknowledgement: 3, probe: 4, echo: 5 } as const

/** Throws RangeError on a number that is not of 32 bits. */
export function encodeBack(message: BackMessage): Uint8Array<ArrayBuffer> {
  const isAck = message.type === 'acknowledgement'
  const first = isAck ? message.epoch : message.number
  const second = isAck ? message.sequence : 0
  for (const count of [first, second]) {
    if (!Number.isInteger(count) || count < 0 || count > 0xffff_ffff) throw new RangeError(`not of 32 bits: ${count}`)
  }
  const bytes = new Uint8Array(BACK_MESSAGE_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, LIVE_VERSION)
  view.setUint8(1, numbers[message.type])
  view.setUint8(2, isAck && message.keyFrameWanted ? 1 : 0)
  view.setUint32(3, first)
  view.setUint32(7, second)
  return bytes
}

/** Undefined for what is none of these. */
export function decodeBack(bytes: Uint8Array): BackMessage | undefined {
  if (bytes.length !== BACK_MESSAGE_BYTES || bytes[0] !== LIVE_VERSION) return undefined
  const flags = bytes[2] as number
  const view = new DataView(bytes.buffer, bytes.byteOffset, BACK_MESSAGE_BYTES)
  const first = view.getUint32(3)
  const second = view.getUint32(7)
  if (bytes[1] === numbers.acknowledgement && flags <= 1) {
    return { type: 'acknowledgement', epoch: first, sequence: second, keyFrameWanted: flags === 1 }
  }
  if (flags !== 0 || second !== 0) return undefined
  if (bytes[1] === numbers.probe) return { type: 'probe', number: first }
  if (bytes[1] === numbers.echo) return { type: 'echo', number: first }
  return undefined
}
