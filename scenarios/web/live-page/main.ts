// A page in which a camera is captured, encoded, decoded and drawn by the app's own parts, with nothing in between: what of it is read from the
// pictures that were drawn.

import type { EncodedFrame } from '@doorpost/peer/browser/live-contract'
import { letGo, openCamera } from '@doorpost/web/live/camera'
import { type Capture, startCapture, tryEncoders } from '@doorpost/web/live/capture'
import { createDecoderTrials } from '@doorpost/web/live/decodes'
import { createInStep } from '@doorpost/web/live/in-step'
import { hearSound } from '@doorpost/web/live/heard-sound'
import { showPictures } from '@doorpost/web/live/shown-picture'
import { codecOfKeyFrame, type PictureCodec } from '@doorpost/protocol/live/picture-codec'
import { numberIn } from '../counted-picture.ts'

export interface SeenPicture {
  readonly number: number | undefined
  /** From capture to the canvas. */
  readonly delayMs: number
}

interface LivePage {
  capture: Capture | undefined
  readonly seen: SeenPicture[]
  /** From capture until it sounds, ms: of each packet. */
  readonly heardMs: number[]
  readonly encoded: {
    readonly kind: string
    readonly isKey: boolean
    readonly layer: number
    readonly bytes: number
    /** Of a key frame. */
    readonly codec?: PictureCodec
  }[]
  begin(how: { readonly stills: boolean }): Promise<unknown>
  end(): void
}

declare global {
  var live: LivePage
}

const nowUs = () => (performance.timeOrigin + performance.now()) * 1_000

globalThis.live = {
  capture: undefined,
  seen: [],
  heardMs: [],
  encoded: [],
  async begin({ stills }) {
    const encodes = tryEncoders()
    const opened = await openCamera('camera')
    if ('refused' in opened) throw new Error(opened.refused)
    const canvas = document.getElementById('picture') as HTMLCanvasElement
    canvas.getContext('2d', { willReadFrequently: true })
    const take: ((frame: EncodedFrame) => void)[] = []
    const capture = await startCapture({
      stream: opened.stream,
      encodes,
      onFrame: (frame) => {
        const { kind, isKey, layer, bytes } = frame
        const codec = isKey ? codecOfKeyFrame(bytes) : undefined
        this.encoded.push({ kind, isKey, layer, bytes: bytes.length, ...(codec && { codec }) })
        for (const one of take) one(frame)
      },
      onEnd: () => {},
    })
    if (!capture) throw new Error('no picture')
    this.capture = capture
    const { format } = capture
    const step = createInStep()
    const shown = showPictures({
      canvas,
      format,
      onKeyFrameWanted: () => capture.wantKeyFrame(),
      holdMs: step.holdMs,
      onShown: (capturedAtUs) =>
        this.seen.push({ number: numberIn(canvas), delayMs: (nowUs() - capturedAtUs) / 1_000 }),
    })
    const heard = hearSound(format, (capturedAtUs, inMs) => {
      this.heardMs.push((nowUs() - capturedAtUs) / 1_000 + inMs)
      step.heard(capturedAtUs, performance.now() + inMs)
    })
    take.push((frame) => {
      const viewed = { ...frame, bytes: frame.bytes as Uint8Array<ArrayBuffer> }
      shown.take(viewed)
      heard?.take(viewed)
    })
    const decodes = await createDecoderTrials()()
    capture.want({ pictures: !stills, stills })
    this.end = () => {
      capture.stop()
      shown.close()
      heard?.close()
      letGo(opened.stream)
    }
    return { format, decodes, pictures: capture.pictures }
  },
  end: () => {},
}
