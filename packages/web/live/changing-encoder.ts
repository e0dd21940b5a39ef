// An encoder whose codec can be changed while pictures come: the next picture goes into a new encoder, as a key frame, and what that makes
// is given out when the one before has given out everything. Which codec it is is the broadcast's to say.

import type { EncodedFrame } from '@doorpost/peer/browser/live-contract'
import type { PictureEncoder } from './picture-encoder.ts'
import type { EncodedFormat } from './picture-format.ts'

export interface ChangingEncoder extends Omit<PictureEncoder, 'drain'> {
  /** The format of the next picture. */
  use(format: EncodedFormat): void
}

/** `open`: makes an encoder; its first picture is a key frame. Opened with the first picture, so that nothing is while nobody watches. */
export function createChangingEncoder(
  first: EncodedFormat,
  open: (format: EncodedFormat, onFrame: (frame: EncodedFrame) => void) => PictureEncoder,
  onFrame: (frame: EncodedFrame) => void,
): ChangingEncoder {
  let format = first
  let aim: number | undefined
  let encoder: PictureEncoder | undefined
  /** Everything of all encoders before has been given out. */
  let drained: Promise<void> | undefined
  let isClosed = false

  function opened(): PictureEncoder {
    let waiting: EncodedFrame[] | undefined = drained && []
    void drained?.then(() => {
      if (!isClosed) for (const frame of waiting ?? []) onFrame(frame)
      waiting = undefined
    })
    const one = open(format, (frame) => {
      if (waiting) waiting.push(frame)
      else if (!isClosed) onFrame(frame)
    })
    if (aim !== undefined) one.aimFor(aim)
    return one
  }

  return {
    encode(frame, capturedAtUs) {
      encoder ??= opened()
      encoder.encode(frame, capturedAtUs)
    },
    wantKeyFrame: () => encoder?.wantKeyFrame(),
    aimFor(bitsPerSecond) {
      aim = bitsPerSecond
      encoder?.aimFor(bitsPerSecond)
    },
    use(next) {
      if (next.codec === format.codec) return
      format = next
      const before = encoder
      if (!before) return
      encoder = undefined
      drained = Promise.all([drained, before.drain()]).then(() => before.close())
    },
    close() {
      isClosed = true
      encoder?.close()
    },
  }
}
