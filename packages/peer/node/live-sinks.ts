// Where a viewer's frames go on Node: into a file (H.264 as it comes, or by ffmpeg into a container), as stills into a folder, or over a
// socket to a program that shows them. A reader that is too slow skips to the next key frame.

import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { extname, join } from 'node:path'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { LiveFormat } from '@doorpost/protocol/live/control'
import type { LiveSink } from '../live/media.ts'
import { Trouble } from '../operations.ts'

/** Written and not taken, bytes: a second or two of good pictures; beyond it the reader skips. */
const BEHIND_BYTES_MAX = 2 * 1024 * 1024
/** Names of files that get H.264 as it comes. */
const BARE = ['.h264', '.264']

/** Rejects with a Trouble `cannot-write`. */
export async function openLiveSink(where: { into?: string; stills?: string; socket?: string }): Promise<LiveSink> {
  if (where.stills !== undefined) return await stillsSink(where.stills)
  if (where.socket !== undefined) return pictureSink(createConnection(where.socket))
  if (where.into === undefined) throw new Trouble('malformed', 'Nobody said where the pictures go.')
  // Never over another: the name is taken here, now.
  const file = await open(where.into, 'wx').catch((cause: unknown) => {
    throw new Trouble('cannot-write', `${where.into} is there already, or cannot be written.`, { cause })
  })
  await file.close()
  if (BARE.includes(extname(where.into))) return pictureSink(createWriteStream(where.into))
  return containerSink(where.into)
}

function pictureSink(out: Writable, close = () => closed(out)): LiveSink {
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  let skips = true
  out.on('error', (cause) =>
    failed.reject(new Trouble('cannot-write', 'Nobody takes the pictures any more.', { cause })),
  )
  return {
    failed: failed.promise,
    onFormat() {},
    take({ header, bytes }) {
      if (header.type !== 'picture' || out.destroyed) return
      if (header.keyFrame) skips = out.writableLength > BEHIND_BYTES_MAX
      else if (out.writableLength > BEHIND_BYTES_MAX) skips = true
      if (!skips) out.write(bytes)
    },
    [Symbol.asyncDispose]: close,
  }
}

async function closed(out: Writable): Promise<void> {
  if (out.destroyed) return
  out.end()
  await once(out, 'close').catch(() => {})
}

/** ffmpeg begins with the format: it must be told how many pictures a second there are. */
function containerSink(path: string): LiveSink {
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  let sink: LiveSink | undefined
  return {
    failed: failed.promise,
    onFormat({ picture }: LiveFormat) {
      if (sink || !picture) return
      const rate = String(picture.framesPerSecond)
      const input = ['-hide_banner', '-loglevel', 'error', '-y', '-f', 'h264', '-r', rate, '-i', 'pipe:0']
      const child = spawn('ffmpeg', [...input, '-c', 'copy', `file:${path}`], { stdio: ['pipe', 'ignore', 'ignore'] })
      const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
      child.once('error', (cause) =>
        failed.reject(new Trouble('not-available', 'Only .h264 files can be written here without ffmpeg.', { cause })),
      )
      sink = pictureSink(child.stdin, async () => {
        child.stdin.end()
        await ended
      })
      sink.failed.catch(failed.reject)
    },
    take: (frame) => sink?.take(frame),
    [Symbol.asyncDispose]: async () => await sink?.[Symbol.asyncDispose](),
  }
}

async function stillsSink(folder: string): Promise<LiveSink> {
  await mkdir(folder, { recursive: true })
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  let number = 0
  let last = Promise.resolve()
  return {
    failed: failed.promise,
    onFormat() {},
    take({ header, bytes }) {
      if (header.type !== 'still') return
      const path = join(folder, `${String(++number).padStart(6, '0')}.jpg`)
      last = last
        .then(() => writeFile(path, bytes, { flag: 'wx' }))
        .catch((cause: unknown) => failed.reject(new Trouble('cannot-write', `${path} cannot be written.`, { cause })))
    },
    [Symbol.asyncDispose]: async () => await last,
  }
}
