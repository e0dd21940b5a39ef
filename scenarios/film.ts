// Real films for stories and benchmarks: moving pictures with sound made by ffmpeg, as large as asked for.

import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createHash } from 'node:crypto'
import { openScenery } from './scenery.ts'

const run = promisify(execFile)

/** Longest part that is really encoded, s: a larger film repeats it, since two cores encode some 10 MB a second. */
const FILM_SECONDS_MAX = 40
/** Pictures drawn for a second of film; each is seen twice. */
const DRAWN_RATE = 12.5

/** A film of at least `sizeBytes`: a test picture with a clock and a tone, intra-coded so that it grows fast. */
export async function makeFilm(file: string, sizeBytes: number): Promise<void> {
  // Motion JPEG at this size and quality comes to about 3.6 MB a second of film.
  const seconds = Math.min(FILM_SECONDS_MAX, Math.max(1, Math.ceil(sizeBytes / 3_000_000)))
  await run('ffmpeg', [
    ...['-hide_banner', '-loglevel', 'error', '-y'],
    ...['-f', 'lavfi', '-i', `testsrc2=size=1280x720:rate=25:duration=${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`],
    ...['-c:v', 'mjpeg', '-q:v', '3', '-c:a', 'pcm_s16le', file],
  ])
  const { size } = await stat(file)
  if (size >= sizeBytes) return
  // What is missing is appended as a copy of the beginning: players ignore it, and no block of it is all zeros.
  const handle = await open(file, 'r+')
  try {
    const chunk = Buffer.alloc(1024 * 1024)
    for (let at = size; at < sizeBytes; ) {
      const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, sizeBytes - at), (at - size) % size)
      await handle.write(chunk, 0, bytesRead, at)
      at += bytesRead
    }
  } finally {
    await handle.close()
  }
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** As browsers play it: H.264 and AAC in an mp4 whose index comes first, 1 MB a second. At least `sizeBytes`. */
export async function makeWebFilm(file: string, sizeBytes: number): Promise<void> {
  const seconds = Math.min(FILM_SECONDS_MAX, Math.max(4, Math.ceil(sizeBytes / 1_000_000)))
  const part = `${file}.part.mp4`
  const { width, height, at } = openScenery(640, 360)
  const drawn = run('ffmpeg', [
    ...['-hide_banner', '-loglevel', 'error', '-y'],
    ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', String(DRAWN_RATE), '-i', '-'],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`, '-r', '25'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '50'],
    // A calm picture; filler takes all the bits that the encoder is given.
    ...['-b:v', '8M', '-minrate', '8M', '-maxrate', '8M', '-bufsize', '8M', '-x264-params', 'nal-hrd=cbr'],
    ...['-c:a', 'aac', part],
  ])
  const pictures = Readable.from(
    (function* () {
      for (let frame = 0; frame < seconds * DRAWN_RATE; frame++) yield at(frame / DRAWN_RATE)
    })(),
  )
  if (!drawn.child.stdin) throw new Error('ffmpeg has no input')
  await Promise.all([drawn, pipeline(pictures, drawn.child.stdin)])
  const rounds = Math.max(1, Math.ceil(sizeBytes / (await stat(part)).size))
  await run('ffmpeg', [
    ...['-hide_banner', '-loglevel', 'error', '-y', '-stream_loop', String(rounds - 1), '-i', part],
    ...['-c', 'copy', '-movflags', '+faststart', file],
  ])
  await rm(part)
}
