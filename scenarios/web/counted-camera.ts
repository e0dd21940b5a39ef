// A camera whose pictures carry their number, so that what was lost, doubled or late is counted from what was seen. Chromium takes the file
// in place of a camera (--use-file-for-fake-video-capture) and begins it again at its end.

import { open } from 'node:fs/promises'
import type { CountedFormat } from './counted-picture.ts'
import { BITS, isWhite } from './counted-picture.ts'

/** YUV 4:2:0: as many bytes as pixels for brightness, and half as many for colour. */
const GREY = 128

/** Writes a Y4M file of `frames` pictures, at most 2^BITS of them, each with its number in bars from left to right. */
export async function writeCountedCamera(
  path: string,
  { width, height, framesPerSecond, frames }: CountedFormat & { readonly frames: number },
): Promise<void> {
  await using file = await open(path, 'w')
  await file.write(`YUV4MPEG2 W${width} H${height} F${framesPerSecond}:1 Ip A1:1 C420jpeg\n`)
  const picture = Buffer.alloc((width * height * 3) / 2, GREY)
  const header = Buffer.from('FRAME\n')
  const bar = width / BITS
  for (let number = 0; number < frames; number++) {
    const row = Buffer.alloc(width)
    for (let x = 0; x < width; x++) row[x] = isWhite(number, Math.floor(x / bar)) ? 235 : 16
    // The upper half is bars; the lower one moves, so that an encoder has something to do.
    for (let y = 0; y < height / 2; y++) row.copy(picture, y * width)
    for (let y = height / 2; y < height; y++) {
      for (let x = 0; x < width; x += 8)
        picture.fill(60 + ((x + y + number * 4) % 120), y * width + x, y * width + x + 8)
    }
    await file.write(header)
    await file.write(picture)
  }
}

/** What makes Chromium show it as its camera, and give it to every page without asking. */
export function countedCameraArgs(path: string): string[] {
  return [
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${path}`,
    '--autoplay-policy=no-user-gesture-required',
  ]
}
