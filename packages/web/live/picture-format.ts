// Which codec pictures are sent in: the first that this browser encodes in real time, in the order of how many devices show it. Pure but for
// the browser's own word.

/** Codecs as WebCodecs names them (RFC 6381), the most widely shown first: H.264 constrained baseline 3.1, VP8, AV1 main 3.0. */
const CODECS = ['avc1.42E01F', 'vp8', 'av01.0.04M.08'] as const
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

export interface PictureFormat {
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

/** Undefined where this browser encodes none of them: stills remain. `isSupported`: VideoEncoder's own word. */
export async function choosePictureFormat(
  captured: CapturedSize,
  isSupported: (config: VideoEncoderConfig) => Promise<boolean>,
): Promise<PictureFormat | undefined> {
  const { width, height } = sizeWithin(captured, SIDE_MAX)
  const framesPerSecond = Math.min(Math.max(Math.round(captured.framesPerSecond), 1), 30)
  for (const codec of CODECS) {
    for (const { mode, layers } of SCALABILITY) {
      const config: VideoEncoderConfig = {
        codec,
        width,
        height,
        framerate: framesPerSecond,
        bitrate: bitsPerSecond(width, height, framesPerSecond),
        latencyMode: 'realtime',
        ...(mode !== undefined && { scalabilityMode: mode }),
        // Parameter sets with each key frame: without them nobody who comes later decodes anything.
        ...(codec.startsWith('avc1') && { avc: { format: 'annexb' as const } }),
      }
      if (await isSupported(config)) return { config, codec, width, height, framesPerSecond, layers }
    }
  }
  return undefined
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
