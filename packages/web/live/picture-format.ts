// What pictures can be sent in: each codec that this browser encodes in real time, in the order of how many devices show it. Pure but for
// what the browser can (encodes.ts).

import { CODEC_NAMES, PICTURE_CODECS, type PictureCodec } from '@doorpost/protocol/live/picture-codec'

/** With three temporal layers a viewer that falls behind is given half or a quarter of the pictures; all browsers' encoders that have any have these. */
const SCALABILITY = [
  { mode: 'L1T3', layers: 3 },
  { mode: 'L1T2', layers: 2 },
  { mode: undefined, layers: 1 },
] as const
/** Largest side of what H.264 level 3.1 takes at 30 a second, and enough for a talk. */
const SIDE_MAX = 1_280
/** Bits a pixel that a talking person takes at 30 pictures a second in these codecs: 640x360 comes to 700 kbit/s. */
const BITS_PER_PIXEL = 0.1

export interface EncodedFormat {
  readonly config: VideoEncoderConfig
  /** For the other side: what the format of a broadcast says. */
  readonly codec: string
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  readonly layers: number
}

export interface CapturedSize {
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
}

/** Of one size and rate. None where this browser encodes none of them: stills remain. `encodes`: whether it does, seen and not only said. */
export async function encodedFormats(
  captured: CapturedSize,
  encodes: (config: VideoEncoderConfig) => Promise<boolean>,
): Promise<readonly EncodedFormat[]> {
  const { width, height } = sizeWithin(captured, SIDE_MAX)
  const framesPerSecond = Math.min(Math.max(Math.round(captured.framesPerSecond), 1), 30)
  async function inCodec(codec: PictureCodec): Promise<EncodedFormat | undefined> {
    for (const { mode, layers } of SCALABILITY) {
      const config: VideoEncoderConfig = {
        codec: CODEC_NAMES[codec],
        width,
        height,
        framerate: framesPerSecond,
        bitrate: bitsPerSecond(width, height, framesPerSecond),
        latencyMode: 'realtime',
        ...(mode !== undefined && { scalabilityMode: mode }),
        // Parameter sets with each key frame: without them nobody who comes later decodes anything.
        ...(codec === 'h264' && { avc: { format: 'annexb' as const } }),
      }
      if (await encodes(config)) return { config, codec: config.codec, width, height, framesPerSecond, layers }
    }
    return undefined
  }
  const all = await Promise.all(PICTURE_CODECS.map(inCodec))
  return all.filter((one) => one !== undefined)
}

/** Even sides, as H.264 wants them, at most `sideMax`, in the shape that was captured. */
export function sizeWithin(
  { width, height }: { readonly width: number; readonly height: number },
  sideMax: number,
): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, sideMax / Math.max(width, height))
  const even = (side: number) => Math.max(16, Math.round((side * scale) / 2) * 2)
  return { width: even(width), height: even(height) }
}

export function bitsPerSecond(width: number, height: number, framesPerSecond: number): number {
  return Math.round(width * height * framesPerSecond * BITS_PER_PIXEL)
}
