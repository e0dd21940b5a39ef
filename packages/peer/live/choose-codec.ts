// Which codec a broadcast is in: one for all viewers, that as many as can be decode. Pure: who decodes what in, a codec out.
// Making the pictures in it is the source's; who gets stills instead is the server's to say.

import { codecNamed, type PictureCodec } from '@doorpost/protocol/live/picture-codec'
import type { PictureFormat } from './source.ts'

export interface CodecChoice {
  /** What the source makes, the best first. */
  readonly encodes: readonly PictureCodec[]
  readonly current: PictureCodec
  /** How many were let in and want moving pictures. */
  readonly moving: number
  /** Of those, how many decode each. */
  readonly decoders: Readonly<Record<PictureCodec, number>>
}

/**
 * What is in use stays while everybody decodes it, also when they would decode a better one: a change costs a key frame. Where somebody does
 * not, it becomes the first that all do. Where there is none, nobody who sees pictures loses them for another's sake; what nobody
 * decodes gives way to what most do.
 */
export function chooseCodec({ encodes, current, moving, decoders }: CodecChoice): PictureCodec {
  const isCommon = (codec: PictureCodec) => decoders[codec] >= moving
  if (isCommon(current)) return current
  const common = encodes.find(isCommon)
  if (common !== undefined) return common
  if (decoders[current] > 0) return current
  const most = encodes.toSorted((one, other) => decoders[other] - decoders[one])[0]
  return most !== undefined && decoders[most] > 0 ? most : current
}

/** The same of a source's formats; `current` where it is to stay. */
export function pictureFor({
  pictures,
  current,
  decoders: { moving, ...decoders },
}: {
  readonly pictures: readonly PictureFormat[]
  readonly current: PictureFormat
  readonly decoders: { readonly moving: number } & CodecChoice['decoders']
}): PictureFormat {
  const used = codecNamed(current.codec)
  const made = new Map(pictures.map((picture) => [codecNamed(picture.codec), picture]))
  const encodes = [...made.keys()].filter((codec) => codec !== undefined)
  if (used === undefined || !made.has(used)) return current
  const chosen = chooseCodec({ encodes, current: used, moving, decoders })
  return chosen === used ? current : (made.get(chosen) ?? current)
}
