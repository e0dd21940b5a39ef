// The codecs that pictures go in, as a broadcast announces them, as viewers say what they decode, and as a key frame shows by itself. Which
// of them is used when is the broadcaster's (peer/live/choose-codec.ts).

/** The most widely shown first. H.264 is always in annex B form. */
export const PICTURE_CODECS = ['h264', 'vp8', 'av1'] as const

export type PictureCodec = (typeof PICTURE_CODECS)[number]

/** Of the name that WebCodecs has for it (RFC 6381): `avc1.42E01F`, `vp8`, `av01.0.04M.08`. Undefined for any other codec. */
export function codecNamed(name: string): PictureCodec | undefined {
  if (name.startsWith('avc1.')) return 'h264'
  if (name.startsWith('av01.')) return 'av1'
  return name === 'vp8' ? 'vp8' : undefined
}

/** What is made here, by its name: H.264 constrained baseline 3.1, which every decoder of H.264 takes; AV1 main 3.0. */
export const CODEC_NAMES: Readonly<Record<PictureCodec, string>> = {
  h264: 'avc1.42E01F',
  vp8: 'vp8',
  av1: 'av01.0.04M.08',
}

/** VP8, RFC 6386 section 9.1: a tag of 3 bytes whose lowest bit is 0, then this. */
const VP8_START_CODE = [0x9d, 0x01, 0x2a] as const
/** AV1 section 5.3: a temporal unit begins with a temporal delimiter, type 2 with a size of 0. */
const AV1_DELIMITER = [0x12, 0x00] as const

/**
 * What a key frame is encoded in, by how it begins: H.264 with a start code (ITU-T H.264 annex B), VP8 with its own, AV1 with a temporal
 * delimiter. So a codec changes where its first picture does, whichever way and however late anything else is told. Undefined for
 * what is none of them; says nothing of frames that are no key frames.
 */
export function codecOfKeyFrame(bytes: Uint8Array): PictureCodec | undefined {
  const has = (code: readonly number[], at: number) => code.every((byte, index) => bytes[at + index] === byte)
  if (has([0, 0, 1], 0) || has([0, 0, 0, 1], 0)) return 'h264'
  if (((bytes[0] ?? 1) & 1) === 0 && has(VP8_START_CODE, 3)) return 'vp8'
  return has(AV1_DELIMITER, 0) ? 'av1' : undefined
}
