// Where a viewer's frames go on Node: into a film or over a socket to a program that shows them (film-sink.ts), into a file as H.264 as it
// comes, or as stills into a folder.

import { createWriteStream } from 'node:fs'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Writable } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { LiveSink } from '../live/media.ts'
import { Trouble } from '../operations.ts'
import { BEHIND_BYTES_MAX, closed, fileSink, needFfmpeg, streamSink } from './film-sink.ts'

/** Stills that wait for a slow disk; more are left out. */
const STILLS_WAITING_MAX = 16
/** Names of files that get H.264 as it comes. */
const BARE = ['.h264', '.264']

/** Rejects with a Trouble `cannot-write`, or `not-available` where a film needs ffmpeg. */
export async function openLiveSink(
  where: { into?: string; stills?: string; socket?: string },
  clock: Clock,
): Promise<LiveSink> {
  if (where.stills !== undefined) return await stillsSink(where.stills)
  if (where.socket !== undefined) return streamSink(where.socket, clock)
  if (where.into === undefined) throw new Trouble('malformed', 'Nobody said where the pictures go.')
  const isBare = BARE.includes(extname(where.into))
  if (!isBare) await needFfmpeg()
  // Never over another: the name is taken here, now.
  const file = await open(where.into, 'wx').catch((cause: unknown) => {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST'
    const detail = isThere ? `There is a ${where.into} already.` : `${where.into} cannot be written.`
    throw new Trouble('cannot-write', detail, { todo: 'Choose another name.', cause })
  })
  await file.close()
  return isBare ? pictureSink(createWriteStream(where.into)) : fileSink(where.into, clock)
}

function pictureSink(out: Writable): LiveSink {
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  let skips = true
  out.on('error', (cause) =>
    failed.reject(new Trouble('cannot-write', 'Nobody takes the pictures any more.', { cause })),
  )
  return {
    decodes: ['h264'],
    hears: false,
    failed: failed.promise,
    onFormat() {},
    take({ header, bytes }) {
      if (header.type !== 'picture') return true
      if (out.destroyed) return false
      if (header.keyFrame) skips = out.writableLength > BEHIND_BYTES_MAX
      else if (out.writableLength > BEHIND_BYTES_MAX) skips = true
      if (!skips) out.write(bytes)
      return !skips
    },
    [Symbol.asyncDispose]: () => closed(out),
  }
}

async function stillsSink(folder: string): Promise<LiveSink> {
  await mkdir(folder, { recursive: true })
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  let number = 0
  let last = Promise.resolve()
  let waiting = 0
  return {
    decodes: [],
    hears: false,
    failed: failed.promise,
    onFormat() {},
    take({ header, bytes }) {
      if (header.type !== 'still') return true
      if (waiting >= STILLS_WAITING_MAX) return false
      waiting++
      const path = join(folder, `${String(++number).padStart(6, '0')}.jpg`)
      last = last
        .then(() => writeFile(path, bytes, { flag: 'wx' }))
        .catch((cause: unknown) => failed.reject(new Trouble('cannot-write', `${path} cannot be written.`, { cause })))
        .finally(() => waiting--)
      return true
    },
    [Symbol.asyncDispose]: async () => await last,
  }
}
