// The numbers of a counted camera's pictures (counted-picture.ts) in a film of them, as a decoder that knows nothing of us sees them.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { BITS, type CountedFormat, numberOf } from './counted-picture.ts'

const run = promisify(execFile)

/** -1: a picture, and no number in it. */
export async function numbersInFilm(file: string, { width, height }: CountedFormat): Promise<number[]> {
  const row = `crop=${width}:2:0:${Math.floor(height / 4)},format=gray`
  const { stdout } = await run(
    'ffmpeg',
    ['-v', 'error', '-f', 'h264', '-i', file, '-vf', row, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'],
    { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 },
  )
  const numbers: number[] = []
  for (let at = 0; at < stdout.length; at += width * 2) {
    numbers.push(numberOf((bar) => (stdout[at + Math.floor(((bar + 0.5) * width) / BITS)] ?? 0) > 128) ?? -1)
  }
  return numbers
}
