// Makes of a source's frames what travels: numbers them, encrypts them under the key of their epoch (SFrame), and takes the next key into
// use when a picture begins that needs none before it. Who is told a key is broadcast.ts's.

import { encodeFrame, encodeHeader, type FrameHeader } from '@doorpost/protocol/live/frame'
import { deriveSframeKey, SFRAME_BASE_KEY_BYTES, type SframeKey, sealSframe } from '@doorpost/protocol/live/sframe'
import type { Random } from '../random.ts'
import type { EncodedFrame } from './source.ts'

/** A frame as it goes over any path. */
export interface SealedFrame {
  readonly header: FrameHeader
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** The base key of an epoch. Secret. */
export interface EpochKey {
  readonly epoch: number
  readonly key: Uint8Array
}

export interface Sealer {
  /** The newest: what viewers are told. It may not be in use yet. */
  readonly newest: EpochKey
  /** Draws another, used from the next key frame (or still) on. */
  renew(): EpochKey
  /** Throws RangeError where a frame is longer than a message may be. */
  seal(frame: EncodedFrame): SealedFrame
}

export function createSealer(random: Random): Sealer {
  const draw = (epoch: number): EpochKey => ({ epoch, key: random(SFRAME_BASE_KEY_BYTES) })
  let newest = draw(0)
  let inUse: SframeKey = deriveSframeKey(newest.key, newest.epoch)
  let sequence = 0

  return {
    get newest() {
      return newest
    },
    renew() {
      newest = draw(newest.epoch + 1)
      return newest
    },
    seal({ kind: type, isKey, layer, capturedAtUs, bytes }) {
      if (inUse.keyId !== newest.epoch && isKey && type !== 'audio') {
        inUse = deriveSframeKey(newest.key, newest.epoch)
        sequence = 0
      }
      const keyFrame = isKey && type !== 'audio'
      const header: FrameHeader = { type, keyFrame, layer, epoch: inUse.keyId, sequence, capturedAtUs }
      // One counter for all of an epoch: no nonce comes twice.
      const message = encodeFrame(header, sealSframe(inUse, sequence, encodeHeader(header), bytes))
      sequence++
      return { header, bytes: message }
    },
  }
}
