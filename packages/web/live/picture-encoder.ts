// Encodes a camera's pictures, one encoder for all viewers. What comes while the encoder is behind is left out: a picture that waits is an
// old picture. Which frames go where is the broadcast's.

import type { EncodedFrame } from '@doorpost/peer/browser/live-contract'
import type { EncodedFormat } from './picture-format.ts'

/** Pictures inside the encoder at once: one being encoded, one to follow. */
const UNDER_WAY_MAX = 2
/** A key frame at least so often, pictures: what a lost one costs is bounded, and who comes later waits so long at most. */
const KEY_EVERY = 300

export interface PictureEncoder {
  /** Takes the frame and closes it. `capturedAtUs`: by the device's clock. */
  encode(frame: VideoFrame, capturedAtUs: number): void
  wantKeyFrame(): void
  aimFor(bitsPerSecond: number): void
  /** Resolves when all that was taken was given out; nothing more may be encoded. Never rejects. */
  drain(): Promise<void>
  close(): void
}

export function createPictureEncoder(
  { config, layers }: EncodedFormat,
  onFrame: (frame: EncodedFrame) => void,
  onTrouble: (error: Error) => void,
): PictureEncoder {
  let wanted = true
  let sinceKey = 0
  let current = config
  const encoder = new VideoEncoder({
    output(chunk, metadata) {
      const bytes = new Uint8Array(chunk.byteLength)
      chunk.copyTo(bytes)
      const isKey = chunk.type === 'key'
      // H.264 encoders put in key frames of their own.
      if (isKey) sinceKey = 0
      const layer = isKey || layers === 1 ? 0 : (metadata?.svc?.temporalLayerId ?? 0)
      onFrame({ kind: 'picture', isKey, layer, capturedAtUs: chunk.timestamp, bytes })
    },
    error: onTrouble,
  })
  encoder.configure(config)
  return {
    encode(frame, capturedAtUs) {
      try {
        if (encoder.state !== 'configured' || encoder.encodeQueueSize >= UNDER_WAY_MAX) return
        const keyFrame = wanted || ++sinceKey >= KEY_EVERY
        // A frame's own time cannot be set: the same picture under the device's.
        const timed = new VideoFrame(frame, { timestamp: capturedAtUs })
        encoder.encode(timed, { keyFrame })
        timed.close()
        if (keyFrame) {
          wanted = false
          sinceKey = 0
        }
      } finally {
        frame.close()
      }
    },
    wantKeyFrame() {
      wanted = true
    },
    aimFor(bitrate) {
      if (encoder.state !== 'configured' || bitrate === current.bitrate) return
      current = { ...current, bitrate }
      encoder.configure(current)
    },
    // One that has failed said so by itself.
    drain: () => encoder.flush().catch(() => {}),
    close() {
      if (encoder.state !== 'closed') encoder.close()
    },
  }
}
