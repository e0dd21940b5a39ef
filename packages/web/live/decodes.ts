// Which codecs this browser decodes, by its own word. A browser that decodes none is shown stills.

import { CODEC_NAMES, PICTURE_CODECS, type PictureCodec } from '@doorpost/protocol/live/picture-codec'

export async function decodesHere(): Promise<readonly PictureCodec[]> {
  if (typeof VideoDecoder === 'undefined') return []
  const answers = await Promise.all(
    PICTURE_CODECS.map(async (codec) => {
      const asked = VideoDecoder.isConfigSupported({ codec: CODEC_NAMES[codec], optimizeForLatency: true })
      const { supported } = await asked.catch(() => ({ supported: false }))
      return supported === true
    }),
  )
  return PICTURE_CODECS.filter((_codec, index) => answers[index])
}
