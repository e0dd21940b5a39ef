// A viewer's picture: frames in their order, decoded and drawn as they come. There is no buffer: what the order of frames and the network's
// unevenness ask for is the device's, and a picture that is drawn late is an old picture. Sound alone is waited for (in-step.ts).

import type { CapturedFormat, ViewedFrame } from '@doorpost/peer/browser/live-contract'
import { ACK_WINDOW_MAX } from '@doorpost/protocol/live/limits'
import { CODEC_NAMES, codecNamed, codecOfKeyFrame, type PictureCodec } from '@doorpost/protocol/live/picture-codec'
import { pictureHeader } from '../play/picture-header.ts'

/** Pictures inside the decoder at once: above it for longer than that, ms, the page does not keep up, and waits for a key frame. */
const UNDER_WAY_MAX = 8
const BEHIND_MAX_MS = 500
/** Whatever comes at once: where a path was cut, all that was under way on it is sent again, a window of it, and what is made meanwhile. */
const BURST_MAX = ACK_WINDOW_MAX + UNDER_WAY_MAX
/** Pixels of a picture that is shown: 4K, 36 MB. A still of as many bytes as a frame can be up to 64 times as large, whatever was announced. */
const PIXELS_MAX = 4_096 * 2_304
/** Less than this is not worth a timer, ms. */
const TICK_MS = 2

export interface ShownPictureOptions {
  readonly canvas: HTMLCanvasElement
  readonly format: CapturedFormat
  /** Nothing can be decoded before another key frame. */
  onKeyFrameWanted(): void
  /** How long a picture that could be drawn now is held, ms; pictures keep their order. Not at all where nothing is said. */
  holdMs?(capturedAtUs: number, nowMs: number): number
  /** A picture stands on the canvas. */
  onShown?(capturedAtUs: number): void
}

export interface ShownPicture {
  /** Pictures and stills, in their order. */
  take(frame: ViewedFrame): void
  close(): void
}

export function showPictures(options: ShownPictureOptions): ShownPicture {
  const { canvas, format, onKeyFrameWanted, onShown } = options
  const context = canvas.getContext('2d', { alpha: false, desynchronized: true })
  const announced = format.picture && codecNamed(format.picture.codec)
  let needsKey = true
  let isClosed = false
  let isTooLarge = false
  let decoder: VideoDecoder | undefined
  let decoded: PictureCodec | undefined
  /** Every picture of the decoders before has been drawn. */
  let drained: Promise<void> | undefined
  let lastStill = 0
  /** One is decoded at a time; of those that come meanwhile the newest is next. */
  let isDecodingStill = false
  let nextStill: ViewedFrame | undefined
  /** Decoded, and waiting for their sound; the oldest first. */
  const held: VideoFrame[] = []

  const draw = (picture: VideoFrame | ImageBitmap, width: number, height: number) => {
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
    context?.drawImage(picture, 0, 0, width, height)
    picture.close()
  }
  const show = (frame: VideoFrame) => {
    const { timestamp, displayWidth, displayHeight } = frame
    if (isClosed) return frame.close()
    draw(frame, displayWidth, displayHeight)
    onShown?.(timestamp)
  }
  const lost = () => {
    if (needsKey || isClosed) return
    needsKey = true
    onKeyFrameWanted()
  }
  const showInTime = (frame: VideoFrame) => {
    const holdMs = options.holdMs?.(frame.timestamp, performance.now()) ?? 0
    if (holdMs < TICK_MS && held.length === 0) return show(frame)
    held.push(frame)
    // Timers count whole milliseconds: of two that are due at one moment the later may come first.
    setTimeout(() => {
      const next = held.shift()
      if (next) show(next)
    }, holdMs)
  }
  /** What it makes is drawn behind what the decoder before it has made. */
  let behindSinceMs: number | undefined
  function isBehind(queued: number, isKey: boolean): boolean {
    const nowMs = performance.now()
    behindSinceMs = queued > UNDER_WAY_MAX ? (behindSinceMs ?? nowMs) : undefined
    // One that sends nothing but key frames does not get them all decoded either.
    return queued > BURST_MAX || (!isKey && behindSinceMs !== undefined && nowMs - behindSinceMs > BEHIND_MAX_MS)
  }
  function open(codec: PictureCodec): VideoDecoder | undefined {
    if (!format.picture || typeof VideoDecoder === 'undefined') return undefined
    const { width: codedWidth, height: codedHeight } = format.picture
    let waiting: VideoFrame[] | undefined = drained && []
    void drained?.then(() => {
      for (const frame of waiting ?? []) showInTime(frame)
      waiting = undefined
    })
    const opened = new VideoDecoder({
      output(frame) {
        if (!isShowable(frame.displayWidth, frame.displayHeight)) {
          // Whoever sends such pictures sends more of them: none is decoded from here on.
          isTooLarge = true
          frame.close()
          if (opened.state !== 'closed') opened.close()
          if (decoder === opened) decoder = undefined
        } else if (waiting) waiting.push(frame)
        else showInTime(frame)
      },
      error() {
        // What came was no picture of this codec: another decoder, from the next key frame on.
        if (decoder === opened) decoder = undefined
        needsKey = false
        lost()
      },
    })
    const name = codec === announced ? format.picture.codec : CODEC_NAMES[codec]
    opened.configure({ codec: name, codedWidth, codedHeight, optimizeForLatency: true })
    return opened
  }
  /** From this picture on, a key frame: the decoder before finishes what it has. */
  function change(codec: PictureCodec): void {
    const before = decoder
    decoder = undefined
    decoded = codec
    if (!before) return
    const close = () => {
      if (before.state !== 'closed') before.close()
    }
    drained = Promise.all([drained, before.flush()]).then(close, close)
  }
  async function showStill({ bytes, capturedAtUs }: ViewedFrame): Promise<void> {
    const header = pictureHeader(bytes)
    if (header?.type !== 'image/jpeg' || !isShowable(header.width, header.height)) return
    // The type is ours, whatever the bytes are: nothing but a picture comes of it.
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }))
    if (isClosed || capturedAtUs < lastStill) return bitmap.close()
    lastStill = capturedAtUs
    draw(bitmap, bitmap.width, bitmap.height)
    onShown?.(capturedAtUs)
  }

  /** One that is no picture is left out, as one that was overtaken. */
  async function takeStill(still: ViewedFrame): Promise<void> {
    nextStill = still
    if (isDecodingStill) return
    isDecodingStill = true
    for (let next: ViewedFrame | undefined = nextStill; next; next = nextStill) {
      nextStill = undefined
      await showStill(next).catch(() => {})
    }
    isDecodingStill = false
  }

  return {
    take(frame) {
      if (isClosed) return
      if (frame.kind === 'still') return void takeStill(frame)
      if (frame.kind !== 'picture' || isTooLarge) return
      if (frame.isKey) {
        needsKey = false
        const codec = codecOfKeyFrame(frame.bytes) ?? announced
        if (codec !== undefined && codec !== decoded) change(codec)
      }
      if (needsKey || decoded === undefined) return
      decoder ??= open(decoded)
      if (!decoder) return
      if (isBehind(decoder.decodeQueueSize, frame.isKey)) return lost()
      const { bytes: data, capturedAtUs: timestamp, isKey } = frame
      decoder.decode(new EncodedVideoChunk({ type: isKey ? 'key' : 'delta', timestamp, data }))
    },
    close() {
      isClosed = true
      if (decoder && decoder.state !== 'closed') decoder.close()
    },
  }
}

function isShowable(width: number, height: number): boolean {
  return width > 0 && height > 0 && width * height <= PIXELS_MAX
}
