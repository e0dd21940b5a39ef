// Makes stills: JPEG pictures that stand for themselves, for viewers who get no moving ones and for browsers that encode none.

import type { EncodedFrame } from '@doorpost/peer/browser/live-contract'
import { sizeWithin } from './picture-format.ts'

/** Largest side of a still: a fraction of a second on a slow line. */
const SIDE_MAX = 640
/** As JPEG counts quality in canvases: 0 to 1. */
const QUALITY = 0.6

export interface StillEncoder {
  /** Takes the frame and closes it; undefined while one is being made. */
  encode(frame: VideoFrame, capturedAtUs: number): Promise<EncodedFrame | undefined>
}

export function createStillEncoder(): StillEncoder {
  const canvas = new OffscreenCanvas(16, 16)
  const context = canvas.getContext('2d', { alpha: false })
  let isBusy = false
  return {
    async encode(frame, capturedAtUs) {
      if (isBusy || !context) {
        frame.close()
        return undefined
      }
      isBusy = true
      try {
        const { width, height } = sizeWithin({ width: frame.displayWidth, height: frame.displayHeight }, SIDE_MAX)
        if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
        context.drawImage(frame, 0, 0, width, height)
        frame.close()
        const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY })
        const bytes = new Uint8Array(await blob.arrayBuffer())
        return { kind: 'still', isKey: true, layer: 0, capturedAtUs, bytes }
      } finally {
        isBusy = false
      }
    },
  }
}
