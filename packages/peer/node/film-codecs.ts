// A film's pictures in VP8 for viewers who do not decode H.264: a second ffmpeg makes them out of the H.264 of the first from a key frame on,
// so that what is shown is not begun again, whether it is a film, a camera or a pipe. Sound waits for what takes longer so. Which codec it is is
// the broadcast's to say.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import type { LiveFormat } from '@doorpost/protocol/live/control'
import { CODEC_NAMES, codecNamed } from '@doorpost/protocol/live/picture-codec'
import type { Clock } from '../clock.ts'
import { createFilmStep } from '../live/film-step.ts'
import { cutIvf } from '../live/ivf.ts'
import type { EncodedFrame, FrameSource, PictureFormat } from '../live/source.ts'
import { Trouble } from '../operations.ts'

/** Given to ffmpeg and not taken, bytes: beyond it pictures are left out until the next key frame. Some seconds of a machine that is too slow. */
const BEHIND_BYTES_MAX = 2 * 1024 * 1024
/** Pictures in the second ffmpeg at once: as many seconds of them, when it makes nothing of what it takes. */
const UNDER_WAY_MAX = 150
/** Longest that the last pictures of a codec are waited for, ms: a machine with much else to do. */
const LAST_MS = 10_000

/** The same source, which can change to VP8 where this machine's ffmpeg makes that. */
export async function inCodecs(source: FrameSource, format: LiveFormat, clock: Clock): Promise<FrameSource> {
  const { picture, bytesPerSecond } = format
  if (picture === undefined || codecNamed(picture.codec) !== 'h264' || !(await makesVp8())) return source
  return changing(source, picture, vp8Args(picture.framesPerSecond, bytesPerSecond.pictures * 8), clock)
}

/** Pictures come as they go: none earlier, none later, none twice. */
export function vp8Args(framesPerSecond: number, bitsPerSecond: number): string[] {
  const rate = String(Math.round(bitsPerSecond))
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-protocol_whitelist', 'pipe,fd'],
    // It knows all of its input from the first picture on, and one decoder that waits for no other gives each out at once.
    ...['-threads', '1', '-flags', 'low_delay', '-probesize', '32', '-analyzeduration', '0', '-fpsprobesize', '0'],
    ...['-f', 'h264', '-r', String(framesPerSecond), '-i', 'pipe:0', '-an', '-fps_mode', 'passthrough'],
    ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0', '-auto-alt-ref', '0'],
    // As the first ffmpeg: a key frame a second, and no others.
    ...['-g', String(framesPerSecond), '-keyint_min', String(framesPerSecond)],
    ...['-b:v', rate, '-maxrate', rate, '-bufsize', rate, '-flush_packets', '1', '-f', 'ivf', 'pipe:1'],
  ]
}

function changing(source: FrameSource, h264: PictureFormat, args: readonly string[], clock: Clock): FrameSource {
  const vp8: PictureFormat = { ...h264, codec: CODEC_NAMES.vp8 }
  let wished = h264
  let used = h264
  let maker: Vp8Maker | undefined
  /** Behind the last pictures of the codec before. */
  let waiting: EncodedFrame[] | undefined
  /** Settles when those have come. */
  let left = Promise.resolve()
  let isOver = false
  const step = createFilmStep('picture')

  return {
    ...source,
    pictures: [h264, vp8],
    use(picture) {
      wished = picture
    },
    start({ onFrame, onEnd }) {
      const end = (trouble?: Error) => {
        if (isOver) return
        for (const frame of step.end(clock.nowMs() * 1000)) onFrame(frame)
        isOver = true
        maker?.stop()
        onEnd(trouble)
      }
      const give = (frame: EncodedFrame) => {
        if (isOver) return
        const atUs = frame.kind === 'still' ? undefined : frame.capturedAtUs
        for (const one of step.take({ ...frame, atUs }, clock.nowMs() * 1000)) onFrame(one)
      }
      /** What VP8 was begun with comes before any H.264. */
      const leaveVp8 = (of: Vp8Maker) => {
        maker = undefined
        waiting = []
        left = of.finish().then(() => {
          for (const frame of waiting ?? []) give(frame)
          waiting = undefined
        })
      }
      const takePicture = (frame: EncodedFrame) => {
        // H.264 that still waits is given out before anything changes again.
        if (frame.isKey && used !== wished && !waiting) {
          used = wished
          if (maker) leaveVp8(maker)
          else maker = makeVp8(args, give, end)
        }
        if (maker) maker.take(frame)
        else if (waiting) waiting.push(frame)
        else give(frame)
      }
      source.start({
        onFrame: (frame) => (frame.kind === 'picture' ? takePicture(frame) : give(frame)),
        onEnd(trouble) {
          if (trouble) return end(trouble)
          left.then(() => maker?.finish()).then(() => end(), end)
        },
      })
    },
    async [Symbol.asyncDispose]() {
      isOver = true
      maker?.stop()
      await source[Symbol.asyncDispose]()
    },
  }
}

interface Vp8Maker {
  /** Begins with a key frame. */
  take(frame: EncodedFrame): void
  /** Resolves when what was taken was given out. Never rejects. */
  finish(): Promise<void>
  stop(): void
}

function makeVp8(
  args: readonly string[],
  onFrame: (frame: EncodedFrame) => void,
  onTrouble: (trouble: Error) => void,
): Vp8Maker {
  const child: ChildProcess = spawn('ffmpeg', args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const { stdin, stdout } = child
  const cutter = cutIvf()
  /** Of those in there, oldest first: as many come out as went in. */
  let times: number[] = []
  let skips = false
  let isEnding = false
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const fail = (cause: unknown) => {
    child.kill('SIGKILL')
    onTrouble(new Trouble('not-available', 'ffmpeg made no VP8 of it.', { cause }))
  }
  child.once('error', fail)
  child.once('close', (code) => {
    if (!isEnding) fail(`ended with ${code}`)
  })
  stdin?.on('error', () => {})
  stdout?.on('data', (chunk: Uint8Array) => {
    try {
      for (const bytes of cutter.push(chunk)) {
        const [capturedAtUs, ...later] = times
        if (capturedAtUs === undefined) throw new RangeError('more pictures than there were')
        times = later
        onFrame({ kind: 'picture', isKey: ((bytes[0] ?? 1) & 1) === 0, layer: 0, capturedAtUs, bytes })
      }
    } catch (error) {
      fail(error)
    }
  })
  return {
    take({ isKey, capturedAtUs, bytes }) {
      const isBehind = (stdin?.writableLength ?? 0) > BEHIND_BYTES_MAX || times.length >= UNDER_WAY_MAX
      skips = isBehind || (skips && !isKey)
      if (skips) return
      times.push(capturedAtUs)
      stdin?.write(bytes)
    },
    async finish() {
      isEnding = true
      stdin?.end()
      const late = setTimeout(() => child.kill('SIGKILL'), LAST_MS)
      await closed
      clearTimeout(late)
    },
    stop() {
      isEnding = true
      child.kill('SIGKILL')
    },
  }
}

function makesVp8(): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('ffmpeg', ['-hide_banner', '-encoders'], (error, stdout) => resolve(!error && /\blibvpx\b/.test(stdout)))
  })
}
