// Which codecs this browser encodes live: those in which it has given out a picture while pictures came. What browsers claim is more: one gives H.264 without
// start codes though it was asked for them (WebKitGTK 2.50), which nobody decodes, another holds 41 pictures of it back (Firefox 153).

import { codecNamed, codecOfKeyFrame } from '@doorpost/protocol/live/picture-codec'
import { trial } from './trial-time.ts'

/** Pictures that an encoder may have before it gives out the first: 100 ms of them. Some work at two or three at once. */
const GIVEN = 4

export type EncoderTrials = (config: VideoEncoderConfig) => Promise<boolean>

/** For one showing: each codec with its layers is tried once, at the size that is asked for first. */
export function createEncoderTrials(): EncoderTrials {
  const tried = new Map<string, Promise<boolean>>()
  return async (config) => {
    if (typeof VideoEncoder === 'undefined') return false
    prepareMedia()
    const { supported } = await VideoEncoder.isConfigSupported(config).catch(() => ({ supported: false }))
    if (supported !== true) return false
    const what = `${config.codec} ${config.scalabilityMode ?? ''}`
    const answer = tried.get(what) ?? encodes(config)
    tried.set(what, answer)
    return await answer
  }
}

async function encodes(config: VideoEncoderConfig): Promise<boolean> {
  return await trial((worked, failed) => {
    const encoder = new VideoEncoder({
      output(chunk) {
        const bytes = new Uint8Array(chunk.byteLength)
        chunk.copyTo(bytes)
        const isOne = chunk.type === 'key' && codecOfKeyFrame(bytes) === codecNamed(config.codec)
        if (isOne) worked()
        else failed()
      },
      error: failed,
    })
    encoder.configure(config)
    for (let index = 0; index < GIVEN; index++) {
      const picture = greyPicture(config, index)
      encoder.encode(picture, { keyFrame: index === 0 })
      picture.close()
    }
    return () => {
      if (encoder.state !== 'closed') encoder.close()
    }
  })
}

function greyPicture({ width, height, framerate = 30 }: VideoEncoderConfig, index: number): VideoFrame {
  // Brightness and two colours of a quarter each; all alike is grey.
  const data = new Uint8Array((width * height * 3) / 2).fill(128)
  const timestamp = Math.round((index * 1e6) / framerate)
  return new VideoFrame(data, { format: 'I420', codedWidth: width, codedHeight: height, timestamp })
}

/** WebKitGTK 2.50 loses the page where an encoder is the first of all media that it asks about. */
function prepareMedia(): void {
  document.createElement('video').canPlayType('video/mp4')
}
