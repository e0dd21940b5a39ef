// Live pictures and sound into a film: as Matroska to whoever takes it as it comes, or through ffmpeg into a file of any kind that it knows. A
// reader that is too slow skips to the next key frame. Pictures in another codec are another film: the next file beside the first.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { extname, join, parse } from 'node:path'
import type { Writable } from 'node:stream'
import { promisify } from 'node:util'
import type { LiveFormat } from '@doorpost/protocol/live/control'
import { codecOfKeyFrame, PICTURE_CODECS, type PictureCodec } from '@doorpost/protocol/live/picture-codec'
import type { Clock } from '../clock.ts'
import { createKeptTimes } from '../live/kept-times.ts'
import { createMatroska } from '../live/matroska.ts'
import type { LiveSink } from '../live/media.ts'
import { type SampleForm, sampleForm } from '../live/picture-sample.ts'
import { Trouble } from '../operations.ts'

/** Written and not taken, bytes: a second or two of good pictures; beyond it the reader skips. */
export const BEHIND_BYTES_MAX = 2 * 1024 * 1024
/** Names of files that take pictures in any codec. */
const TAKES_ALL = ['.mkv']
/** Files of one watching at most: a codec changes when viewers come who decode another, not more often. */
const FILMS_MAX = 100
/** What ffmpeg says is kept for the error, characters. */
const SAID_MAX = 2_000

/** Where one film goes. */
interface FilmOut {
  readonly out: Writable
  /** Settles when all of it is in place. Rejects with a Trouble where it is not. */
  finish(): Promise<void>
}

/** For a program that shows it: one film, in the codec that every program takes. */
export function streamSink(socket: string, clock: Clock): LiveSink {
  const connection = createConnection(socket)
  return filmSink(['h264'], clock, (number, fail) => {
    if (number > 1) return fail(new Trouble('cannot-write', 'The pictures are made in another way from here on.'))
    connection.on('error', (cause) =>
      fail(new Trouble('cannot-write', 'Nobody takes the pictures any more.', { cause })),
    )
    return { out: connection, finish: () => closed(connection) }
  })
}

/** `path`: taken, and empty. */
export function fileSink(path: string, clock: Clock): LiveSink {
  const takesAll = TAKES_ALL.includes(extname(path).toLowerCase())
  return filmSink(takesAll ? PICTURE_CODECS : ['h264'], clock, (number, fail) => fileThroughFfmpeg(path, number, fail))
}

/** Rejects with a Trouble `not-available` where there is none. */
export async function needFfmpeg(): Promise<void> {
  await promisify(execFile)('ffmpeg', ['-version']).catch((cause: unknown) => {
    throw new Trouble('not-available', 'Writing a film needs ffmpeg, which is not installed here.', {
      todo: 'Install it, or name a file that ends in .h264: pictures alone, as they come.',
      cause,
    })
  })
}

/** `open`: once for each film. `fail`: it can take no more. */
function filmSink(
  decodes: readonly PictureCodec[],
  clock: Clock,
  open: (number: number, fail: (trouble: unknown) => undefined) => FilmOut | undefined,
): LiveSink {
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  let hasFailed = false
  const fail = (trouble: unknown) => {
    hasFailed = true
    failed.reject(trouble)
    return undefined
  }
  let format: LiveFormat | undefined
  let film: ReturnType<typeof begin>
  let films = 0
  let skips = false
  let finished = Promise.resolve()

  function begin(codec: PictureCodec, keyFrame: Uint8Array) {
    const form: SampleForm | undefined = format?.picture && sampleForm(codec, format.picture.codec, keyFrame)
    if (!form || !format?.picture || hasFailed || films >= FILMS_MAX) return undefined
    const opened = open(++films, fail)
    if (!opened) return undefined
    const { width, height } = format.picture
    const { audio } = format
    const writer = createMatroska({
      picture: { codecId: form.codecId, width, height, private: form.private },
      sound: audio?.codec === 'opus' ? audio : undefined,
    })
    opened.out.write(writer.head)
    return { ...opened, codec, form, writer, hasSound: audio?.codec === 'opus', times: createKeptTimes() }
  }

  function end(): void {
    const last = film
    film = undefined
    if (!last) return
    const done = last.finish()
    done.catch(fail)
    finished = Promise.all([finished, done]).then(() => {})
    finished.catch(() => {})
  }

  return {
    decodes,
    hears: true,
    failed: failed.promise,
    onFormat(next) {
      format = next
    },
    take({ header: { type, keyFrame, capturedAtUs }, bytes }) {
      if (type === 'still') return true
      const isPicture = type === 'picture'
      if (isPicture && keyFrame) {
        const codec = codecOfKeyFrame(bytes)
        if (film && codec !== film.codec) end()
        if (codec) film ??= begin(codec, bytes)
      }
      if (!film || film.out.destroyed || (!isPicture && !film.hasSound)) return false
      const isBehind = film.out.writableLength > BEHIND_BYTES_MAX
      if (isPicture) skips = isBehind || (skips && !keyFrame)
      if (isPicture ? skips : isBehind) return false
      const track = isPicture ? 'picture' : 'sound'
      const atMs = film.times.at(track, capturedAtUs, clock.nowMs())
      if (atMs === undefined) return false
      const sample = isPicture ? film.form.sampleOf(bytes) : bytes
      film.out.write(film.writer.block({ track, atMs, isKey: keyFrame, bytes: sample }))
      return true
    },
    async [Symbol.asyncDispose]() {
      const failedBefore = hasFailed
      end()
      // A failure that was told already is not told again.
      await finished.catch((trouble: unknown) => {
        if (!failedBefore) throw trouble
      })
    },
  }
}

function fileThroughFfmpeg(first: string, number: number, fail: (trouble: unknown) => undefined): FilmOut {
  const path = number === 1 ? first : numbered(first, number)
  // Never over another: the first name was taken for it.
  const over = number === 1 ? '-y' : '-n'
  const input = ['-hide_banner', '-loglevel', 'error', over, '-protocol_whitelist', 'pipe,fd', '-f', 'matroska']
  const child = spawn('ffmpeg', [...input, '-i', 'pipe:0', '-c', 'copy', `file:${path}`], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Uint8Array) => (said = (said + String(chunk)).slice(-SAID_MAX)))
  // Why it takes no more it says when it ends.
  child.stdin.on('error', () => {})
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (cause) => reject(new Trouble('not-available', 'ffmpeg cannot be started.', { cause })))
    child.once('close', (code) => {
      if (code === 0) return resolve()
      const last = said.trim().split('\n').at(-1) ?? ''
      reject(new Trouble('cannot-write', `ffmpeg cannot write ${path}.`, { cause: last.replace(/\p{C}/gu, '') }))
    })
  })
  ended.catch(fail)
  return {
    out: child.stdin,
    finish: async () => {
      child.stdin.end()
      await ended
    },
  }
}

/** `party.mp4`, the second time: `party (2).mp4`. */
function numbered(path: string, number: number): string {
  const { dir, name, ext } = parse(path)
  return join(dir, `${name} (${number})${ext}`)
}

export async function closed(out: Writable): Promise<void> {
  if (out.destroyed) return
  out.end()
  await once(out, 'close').catch(() => {})
}
