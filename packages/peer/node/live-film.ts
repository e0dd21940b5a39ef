// A film, a camera or a pipe (film-input.ts) as a source of live pictures, by ffmpeg: one process that reads it at its own pace and writes
// H.264 to one pipe, stills to another and its sound to a third (film-sound.ts). What ffmpeg may open is files of this machine alone.

import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { LiveFormat } from '@doorpost/protocol/live/control'
import type { Clock } from '../clock.ts'
import { cutAccessUnits, cutJpegs, isKeyUnit } from '../live/annex-b.ts'
import { createFilmStep, type FilmFrame } from '../live/film-step.ts'
import type { SourceWish } from '../live/media.ts'
import type { EncodedFrame, FrameSource } from '../live/source.ts'
import { Trouble } from '../operations.ts'
import { type FilmInput, lastLine, lookAt, openInput } from './film-input.ts'
import { cutSound, noOpus, OPUS_ENCODER, soundArgs, soundFormat } from './film-sound.ts'

/** Height that pictures are made at most where nothing is said. */
const HEIGHT_DEFAULT = 360
/** Bits per second of pictures where nothing is said: 640x360 at 30 a second, clear. */
const BITS_PER_SECOND_DEFAULT = 1_000_000
/** Pictures per second at most: more than a film's and a camera's is no better to see. */
const FRAMES_PER_SECOND_MAX = 30
/** Stills beside moving pictures, for viewers that there is no room for, ms. */
const STILLS_EVERY_MS = 2_000
/** A still at that height and quality, bytes at most. */
const STILL_BYTES = 60_000
/** What is announced above what the encoder aims for: key frames come in bursts. */
const BURST = 1.25
/** H.264 constrained baseline, level 3.1: what every decoder takes. */
const CODEC = 'avc1.42E01F'
/** What ffmpeg says is kept for the error, characters. */
const SAID_MAX = 2_000
/** ffmpeg's pipes for each kind of frame. */
const [PICTURES, STILLS, SOUND] = [1, 3, 4] as const

/** Rejects with a Trouble: `not-available` without ffmpeg, `no-such-file` where there is no picture in it. */
export async function openFilm(
  wish: SourceWish,
  clock: Clock,
): Promise<{ readonly source: FrameSource; readonly format: LiveFormat }> {
  const input = await openInput(wish)
  const found = await lookAt(input).catch((trouble: unknown) => {
    input.close()
    throw trouble
  })
  const height = even(Math.min(found.height, wish.height ?? HEIGHT_DEFAULT))
  const width = even((found.width * height) / found.height)
  const framesPerSecond = Math.min(FRAMES_PER_SECOND_MAX, Math.max(1, Math.round(found.framesPerSecond)))
  const bitsPerSecond = wish.bitsPerSecond ?? BITS_PER_SECOND_DEFAULT
  const everyMs = wish.stillsEveryMs ?? STILLS_EVERY_MS
  const moves = wish.stillsEveryMs === undefined
  const sound = wish.sound === false || found.channels === 0 ? undefined : soundFormat(found.channels)
  const format: LiveFormat = {
    ...(moves && { picture: { codec: CODEC, width, height, framesPerSecond, layers: 1 } }),
    still: { width, height, everyMs },
    ...(sound && { audio: sound.audio }),
    bytesPerSecond: {
      pictures: moves ? Math.ceil((bitsPerSecond / 8) * BURST) : 0,
      stills: Math.ceil((STILL_BYTES * 1000) / everyMs),
      audio: sound?.bytesPerSecond ?? 0,
    },
  }
  const args = ffmpegArgs(input.args(wish), {
    width,
    height,
    framesPerSecond,
    bitsPerSecond,
    everyMs,
    moves,
    audio: sound?.audio,
  })
  return { source: filmSource(input, args, format, clock), format }
}

interface Shape {
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  readonly bitsPerSecond: number
  readonly everyMs: number
  readonly moves: boolean
  readonly audio: LiveFormat['audio']
}

function ffmpegArgs(input: readonly string[], shape: Shape): string[] {
  const { width, height, framesPerSecond: fps, bitsPerSecond, everyMs, moves, audio } = shape
  const rate = String(bitsPerSecond)
  // From the film's beginning on: where a picture stands among them says when it is.
  const filters = `fps=${fps}:start_time=0,scale=${width}:${height}`
  const pictures = ['-map', '0:v:0', '-an', '-vf', filters, '-pix_fmt', 'yuv420p']
  // A key frame a second, for who comes later and for the next key; no others, no frames that need later ones.
  const h264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-profile:v', 'baseline', '-bf', '0']
  const keys = ['-g', String(fps), '-keyint_min', String(fps), '-sc_threshold', '0']
  const bits = ['-b:v', rate, '-maxrate', rate, '-bufsize', rate, '-x264-params', 'aud=1:repeat-headers=1']
  const stills = [
    '-map',
    '0:v:0',
    '-an',
    '-vf',
    `fps=1000/${everyMs},scale=${width}:${height}`,
    '-c:v',
    'mjpeg',
    '-q:v',
    '6',
  ]
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
    ...input,
    ...(moves ? [...pictures, ...h264, ...keys, ...bits, '-flush_packets', '1', '-f', 'h264', `pipe:${PICTURES}`] : []),
    ...stills,
    ...['-pix_fmt', 'yuvj420p', '-flush_packets', '1', '-f', 'image2pipe', `pipe:${STILLS}`],
    ...(audio ? soundArgs(audio, SOUND) : []),
  ]
}

function filmSource(
  input: FilmInput,
  args: readonly string[],
  { picture, audio }: LiveFormat,
  clock: Clock,
): FrameSource {
  let child: ChildProcess | undefined
  let isOver = false
  return {
    start({ onFrame, onEnd }) {
      if (isOver) return
      const [from, sound] = [input.pipe ? 'pipe' : 'ignore', audio ? 'pipe' : 'ignore'] as const
      const running = spawn('ffmpeg', args, { stdio: [from, 'pipe', 'pipe', 'pipe', sound] })
      child = running
      if (running.stdin) input.pipe?.give(running.stdin)
      const step = createFilmStep(picture ? 'picture' : 'audio')
      let said = ''
      const end = (trouble?: Error) => {
        if (isOver) return
        isOver = true
        running.kill('SIGKILL')
        onEnd(trouble)
      }
      const give = (frames: readonly EncodedFrame[]) => {
        for (const frame of frames) if (!isOver) onFrame(frame)
      }
      const take = (frames: readonly FilmFrame[]) => {
        const nowUs = clock.nowMs() * 1000
        for (const frame of frames) give(step.take(frame, nowUs))
      }
      const read = (pipe: number, cutter: { push(bytes: Uint8Array): FilmFrame[]; end?(): FilmFrame[] }) => {
        const stream = running.stdio[pipe] as Readable
        stream.on('data', (chunk: Uint8Array) => {
          try {
            take(cutter.push(chunk))
          } catch (cause) {
            end(new Trouble('not-available', 'ffmpeg wrote something that is no picture and no sound.', { cause }))
          }
        })
        stream.on('end', () => take(cutter.end?.() ?? []))
        stream.on('error', () => {})
      }
      read(PICTURES, cutPictures(picture?.framesPerSecond ?? 1))
      read(STILLS, cutStills())
      if (audio) read(SOUND, cutSound())
      running.stderr?.on('data', (chunk: Uint8Array) => {
        said = (said + String(chunk)).slice(-SAID_MAX)
      })
      running.once('error', (cause) => end(new Trouble('not-available', 'ffmpeg cannot be started.', { cause })))
      // After the pipes were read to their ends.
      running.once('close', (code) => {
        give(step.end(clock.nowMs() * 1000))
        if (code === 0) end()
        else if (said.includes(OPUS_ENCODER)) end(noOpus(said))
        else end(new Trouble('not-available', `ffmpeg ended: ${lastLine(said)}`))
      })
    },
    // Its key frames come once a second.
    wantKeyFrame() {},
    async [Symbol.asyncDispose]() {
      isOver = true
      child?.kill('SIGKILL')
      input.close()
    },
  }
}

function cutPictures(framesPerSecond: number) {
  const cutter = cutAccessUnits()
  let count = 0
  const framesOf = (units: readonly Uint8Array[]): FilmFrame[] =>
    units.map((bytes) => ({ kind: 'picture', isKey: isKeyUnit(bytes), atUs: (count++ * 1e6) / framesPerSecond, bytes }))
  return { push: (bytes: Uint8Array) => framesOf(cutter.push(bytes)), end: () => framesOf(cutter.end()) }
}

function cutStills() {
  const cutter = cutJpegs()
  const framesOf = (images: readonly Uint8Array[]): FilmFrame[] =>
    images.map((bytes) => ({ kind: 'still', isKey: true, atUs: undefined, bytes }))
  return { push: (bytes: Uint8Array) => framesOf(cutter.push(bytes)), end: () => framesOf(cutter.end()) }
}

function even(size: number): number {
  return Math.max(16, 2 * Math.round(size / 2))
}
