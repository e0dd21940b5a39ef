// Which codecs this browser decodes: those of which it has decoded a picture, since some claim more than they can. A browser that decodes none is
// shown stills.

import { CODEC_NAMES, PICTURE_CODECS, type PictureCodec } from '@doorpost/protocol/live/picture-codec'
import { trial } from './trial-time.ts'

/** A key frame of each, grey, 160x96, as encoders of others make them (x264 baseline, libvpx, libaom). */
const SAMPLES: Readonly<Record<PictureCodec, string>> = {
  h264: 'AAAAAWdCwB/cKNsBEAAAAwAQAAADA8DxgzgAAAABaM4PLIAAAAFliIQEvJigACAvJycnJycnJycnXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXg=',
  vp8: 'UAUAnQEqoABgAABHCIWFiJmEiAICAAYoDwh1VJruIdVSa7iHVUmu4h1VJruIdVSa7iG8AP7D4AA=',
  av1: 'EgAKCgAAAAO0/fNr5AEyFhAAhAACCCCIAADBtNDBTfUQiT8EoCA=',
}

/** What worked once is not tried again; what did not, is: a machine may have been too busy. */
export function createDecoderTrials(): () => Promise<readonly PictureCodec[]> {
  const seen = new Set<PictureCodec>()
  return async () => {
    if (typeof VideoDecoder === 'undefined') return []
    await Promise.all(
      PICTURE_CODECS.filter((codec) => !seen.has(codec)).map(async (codec) => {
        if (await decodes(codec)) seen.add(codec)
      }),
    )
    return PICTURE_CODECS.filter((codec) => seen.has(codec))
  }
}

async function decodes(codec: PictureCodec): Promise<boolean> {
  const config = { codec: CODEC_NAMES[codec], optimizeForLatency: true }
  const { supported } = await VideoDecoder.isConfigSupported(config).catch(() => ({ supported: false }))
  if (supported !== true) return false
  return await trial((worked, failed) => {
    const decoder = new VideoDecoder({
      output(frame) {
        frame.close()
        worked()
      },
      error: failed,
    })
    decoder.configure(config)
    const data = Uint8Array.from(atob(SAMPLES[codec]), (character) => character.charCodeAt(0))
    decoder.decode(new EncodedVideoChunk({ type: 'key', timestamp: 0, data }))
    // Some hold a picture until another comes. What fails is told by `error` as well.
    decoder.flush().catch(failed)
    return () => {
      if (decoder.state !== 'closed') decoder.close()
    }
  })
}
