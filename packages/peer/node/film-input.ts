// What a broadcast is read from: a film, a camera (V4L2), or a pipe, whose bytes come once. Opened so that a person is told what is wrong
// with it, and looked at before anything is shown. What is made of it is live-film.ts's.

import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { createConnection } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import type { SourceWish } from '../live/media.ts'
import { Trouble } from '../operations.ts'

/** Longest that looking at a source may take, ms: a camera needs a second or two to wake. */
const LOOK_MS = 15_000
/** What ffprobe may read of a pipe, bytes: kept, since it comes once. Where it is then none the wiser, there is nothing to show. */
const PEEK_BYTES_MAX = 8 * 1024 * 1024
/** What ffmpeg calls lists of other files: whoever made the list would choose what of this machine is shown. */
const LISTS = ['hls', 'dash', 'concat', 'concatf', 'imf', 'sdp']
/** What ffmpeg says is kept for the error, characters. */
const SAID_MAX = 2_000
/** What it says about a source, characters: some hundred streams. */
const FOUND_MAX = 64_000

export interface FilmInput {
  readonly kind: 'film' | 'camera' | 'pipe'
  /** As a person knows it. */
  readonly name: string
  /** How ffmpeg and ffprobe are told of it, up to and with -i. A film is read at its own pace, unless it is `atOnce`. */
  args(how: { readonly again?: boolean; readonly atOnce?: boolean }): string[]
  /** A pipe's bytes, from the first. */
  readonly pipe?: Pipe
  close(): void
}

/** What was read to look at it is not lost. */
interface Pipe {
  /** Gives all that was read, and what comes, until `reader` takes no more; what it took is kept for the next. */
  peek(reader: Writable): void
  /** Once, after which nothing is kept. */
  give(reader: Writable): void
}

/** Rejects with a Trouble that says what is wrong with it. */
export async function openInput({ from, piped, again }: SourceWish): Promise<FilmInput> {
  if (piped) return pipeInput(createConnection(from), 'standard input')
  const name = printable(from)
  const isCamera = /^\/dev\/video\d+$/.test(from)
  const found = await stat(from).catch((cause: unknown) => {
    throw isCamera ? cameraTrouble(name, codeOf(cause), cause) : fileTrouble(name, codeOf(cause), cause)
  })
  if (found.isDirectory()) throw new Trouble('no-such-file', `${name} is a folder: name a film in it.`)
  if (found.isFIFO() && again) throw new Trouble('not-available', 'What comes through a pipe comes once, not again.')
  if (found.isFIFO()) return pipeInput(createReadStream(from), name)
  const file = await open(from, 'r').catch((cause: unknown) => {
    throw isCamera ? cameraTrouble(name, codeOf(cause), cause) : fileTrouble(name, codeOf(cause), cause)
  })
  await file.close()
  const close = () => {}
  if (isCamera) return { kind: 'camera', name, args: () => cameraArgs(from), close }
  const args: FilmInput['args'] = ({ again, atOnce }) => [
    ...['-protocol_whitelist', 'file,pipe,fd'],
    ...(atOnce ? [] : ['-re']),
    ...(again ? ['-stream_loop', '-1'] : []),
    ...['-i', `file:${from}`],
  ]
  return { kind: 'film', name, args, close }
}

/** Its own pace is the camera's. */
export function cameraArgs(from: string): string[] {
  return ['-protocol_whitelist', 'file,pipe,fd', '-f', 'v4l2', '-i', from]
}

function pipeInput(stream: Readable, name: string): FilmInput {
  let kept: Uint8Array[] = []
  let keptBytes = 0
  let isOver = false
  stream.pause()
  // Whoever wrote into it went away: what came until then is all there is.
  stream.on('error', () => {})
  const pipe: Pipe = {
    peek(reader) {
      // It ends when it knows enough.
      reader.on('error', () => {})
      for (const chunk of kept) reader.write(chunk)
      const take = (chunk: Uint8Array) => {
        kept.push(chunk)
        keptBytes += chunk.length
        if (keptBytes >= PEEK_BYTES_MAX) return end()
        if (reader.write(chunk)) return
        stream.pause()
        reader.once('drain', () => {
          if (!reader.writableEnded) stream.resume()
        })
      }
      const end = () => {
        stream.off('data', take).off('end', end).off('close', end).pause()
        reader.end()
      }
      stream.once('end', () => (isOver = true))
      stream.on('data', take).once('end', end).once('close', end).resume()
      reader.once('close', end)
    },
    give(reader) {
      reader.on('error', () => {})
      for (const chunk of kept) reader.write(chunk)
      kept = []
      if (isOver || stream.destroyed) reader.end()
      else stream.pipe(reader)
      stream.once('close', () => reader.end())
    },
  }
  // Whatever a playlist in it names, nothing but the pipe is opened.
  const args: FilmInput['args'] = ({ atOnce }) => [
    ...['-protocol_whitelist', 'pipe,fd'],
    ...(atOnce ? [] : ['-re']),
    ...['-i', 'pipe:0'],
  ]
  return { kind: 'pipe', name, args, pipe, close: () => void stream.destroy() }
}

export interface Found {
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  /** Of its sound; 0: it has none. */
  readonly channels: number
}

/** Rejects with a Trouble: `not-available` without ffmpeg or where a camera gives nothing, `no-such-file` where there is no picture in it. */
export async function lookAt(input: FilmInput): Promise<Found> {
  const shown = 'format=format_name:stream=codec_type,width,height,avg_frame_rate,r_frame_rate,channels'
  const args = ['-v', 'error', '-show_entries', shown, '-of', 'json', ...input.args({ atOnce: true })]
  const { code, stdout, stderr } = await run('ffprobe', args, input.pipe)
  if (code !== 0 && input.kind === 'camera') throw cameraTrouble(input.name, busyOrNone(stderr), lastLine(stderr))
  const none = new Trouble('no-such-file', `There is nothing to show in ${input.name}.`, {
    cause: lastLine(stderr),
    ...(input.kind === 'pipe' && {
      todo: 'A film whose index lies at its end, as in many .mp4 files, cannot be read from a pipe: name the file.',
    }),
  })
  if (code !== 0 || stdout.length >= FOUND_MAX) throw none
  const { streams = [], format } = JSON.parse(stdout) as {
    streams?: Record<string, unknown>[]
    format?: Record<string, unknown>
  }
  if (
    String(format?.['format_name'])
      .split(',')
      .some((name) => LISTS.includes(name))
  ) {
    throw new Trouble('no-such-file', `${input.name} is a list of other files: name one of them.`)
  }
  const picture = streams.find(({ codec_type }) => codec_type === 'video')
  const sound = streams.find(({ codec_type }) => codec_type === 'audio')
  const width = Number(picture?.['width'])
  const height = Number(picture?.['height'])
  if (!(width >= 16 && height >= 16)) throw none
  return {
    width,
    height,
    framesPerSecond: rateOf(picture?.['avg_frame_rate']) ?? rateOf(picture?.['r_frame_rate']) ?? 25,
    channels: Math.max(0, Math.trunc(Number(sound?.['channels'] ?? 0)) || 0),
  }
}

function run(
  command: string,
  args: readonly string[],
  pipe: Pipe | undefined,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const stdio = [pipe ? 'pipe' : 'ignore', 'pipe', 'pipe'] as const
    const child = spawn(command, args, { stdio: [...stdio], timeout: LOOK_MS, killSignal: 'SIGKILL' })
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk: Uint8Array) => (stdout = (stdout + String(chunk)).slice(-FOUND_MAX)))
    child.stderr?.on('data', (chunk: Uint8Array) => (stderr = (stderr + String(chunk)).slice(-SAID_MAX)))
    if (pipe && child.stdin) pipe.peek(child.stdin)
    child.once('error', (cause) =>
      reject(new Trouble('not-available', 'Showing a film needs ffmpeg, which is not installed here.', { cause })),
    )
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

function fileTrouble(name: string, code: string | undefined, cause: unknown): Trouble {
  const refused = code === 'EACCES' || code === 'EPERM'
  const says = refused ? `${name} may not be read by this user.` : `There is no file ${name}.`
  return new Trouble('no-such-file', says, { cause, todo: refused ? 'Look at its permissions.' : 'Check its name.' })
}

function cameraTrouble(name: string, code: string | undefined, cause: unknown): Trouble {
  if (code === 'EACCES' || code === 'EPERM') {
    return new Trouble('not-available', `The camera ${name} may not be used by this user.`, {
      cause,
      todo: 'Cameras are for members of the group "video": sudo usermod -aG video NAME, then log in again.',
    })
  }
  if (code === 'EBUSY') {
    return new Trouble('not-available', `The camera ${name} is used by another program.`, {
      cause,
      todo: 'Close that program, then try again.',
    })
  }
  const says = code === 'ENOENT' ? `There is no camera ${name} here.` : `${name} gives no pictures.`
  return new Trouble('no-such-file', says, { cause, todo: 'Those that are here: ls /dev/video*' })
}

/** Of what ffprobe says: it has no code for it. */
function busyOrNone(stderr: string): string | undefined {
  if (/Device or resource busy/.test(stderr)) return 'EBUSY'
  return /Permission denied|Operation not permitted/.test(stderr) ? 'EACCES' : undefined
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
}

/** `30000/1001`. */
function rateOf(text: unknown): number | undefined {
  const [over = 0, under = 0] = String(text).split('/').map(Number)
  const rate = over / under
  return Number.isFinite(rate) && rate > 0 ? rate : undefined
}

export function lastLine(text: string): string {
  return printable(text.trim().split('\n').at(-1) ?? '').slice(0, 300)
}

function printable(text: string): string {
  return text.replace(/\p{C}/gu, '')
}
