// Where live pictures become a film: without ffmpeg, with one that cannot, and for a program that takes no more.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { access, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { LiveFormat } from '@doorpost/protocol/live/control'
import { needs } from '../../../scripts/needs.ts'
import { systemClock } from '../clock.ts'
import type { ShownFrame } from '../live/opening.ts'
import { openLiveSink } from './live-sinks.ts'

const ffmpeg = needs('ffmpeg')

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'doorpost-film-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

const FORMAT: LiveFormat = {
  picture: { codec: 'vp8', width: 64, height: 48, framesPerSecond: 25, layers: 1 },
  audio: { codec: 'opus', channels: 1, sampleRateHz: 48_000 },
  bytesPerSecond: { pictures: 100_000, stills: 0, audio: 10_000 },
}
const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe)

/** One key frame of a real encoder, so that what reads the film finds what it says. */
function keyFrameOf(encoder: 'libvpx' | 'libx264'): Uint8Array {
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=25', '-frames:v', '1', '-pix_fmt', 'yuv420p']
  const bare = encoder === 'libvpx' ? 'ivf' : 'h264'
  const out = execFileSync('ffmpeg', ['-v', 'error', ...picture, '-c:v', encoder, '-f', bare, '-'])
  // A header of 32 bytes, and of 12 before each frame.
  return encoder === 'libvpx' ? out.subarray(44) : out
}

function shown(type: 'picture' | 'audio', capturedAtMs: number, bytes: Uint8Array): ShownFrame {
  const header = {
    type,
    keyFrame: type === 'picture',
    layer: 0,
    epoch: 0,
    sequence: 0,
    capturedAtUs: capturedAtMs * 1000,
  }
  return { header, bytes, path: 'server' }
}

function streamsOf(path: string): unknown {
  const entries = ['-show_entries', 'stream=codec_name,nb_read_packets', '-count_packets', '-of', 'json']
  return JSON.parse(execFileSync('ffprobe', ['-v', 'error', ...entries, path]).toString())
}

test('[LVP62] a film is refused where there is no ffmpeg, and nothing is left of it; bare H.264 needs none', async () => {
  const there = await folder()
  vi.stubEnv('PATH', there)
  onTestFinished(() => void vi.unstubAllEnvs())
  await expect(openLiveSink({ into: join(there, 'a.mp4') }, systemClock)).rejects.toMatchObject({
    code: 'not-available',
  })
  await expect(access(join(there, 'a.mp4'))).rejects.toMatchObject({ code: 'ENOENT' })
  await using bare = await openLiveSink({ into: join(there, 'a.h264') }, systemClock)
  bare.onFormat(FORMAT)
})

test('[LVP62] an ffmpeg that gives up is told of, with what it said', async () => {
  const there = await folder()
  const fake = join(there, 'ffmpeg')
  await writeFile(
    fake,
    '#!/bin/sh\n[ "$1" = -version ] && exit 0\necho "$@" > "$0.args"\necho No space left on device >&2\nexit 1\n',
  )
  await chmod(fake, 0o755)
  vi.stubEnv('PATH', `${there}:${process.env['PATH']}`)
  onTestFinished(() => void vi.unstubAllEnvs())
  await using sink = await openLiveSink({ into: join(there, 'a.mkv') }, systemClock)
  sink.onFormat(FORMAT)
  sink.take(shown('picture', 0, Uint8Array.of(0, 0, 0, 0x9d, 1, 0x2a, 64, 0, 48, 0)))
  await expect(sink.failed).rejects.toMatchObject({ code: 'cannot-write', cause: 'No space left on device' })
  expect(await readFile(`${fake}.args`, 'utf8')).toMatch(/-protocol_whitelist pipe,fd .*-i pipe:0 /)
})

test.skipIf(ffmpeg.missing)(
  `[LVP62] pictures in another codec are kept in another file beside the first, with their sound, and over no other${ffmpeg.reason}`,
  async () => {
    const there = await folder()
    const [vp8, h264] = [keyFrameOf('libvpx'), keyFrameOf('libx264')]
    {
      await using sink = await openLiveSink({ into: join(there, 'a.mkv') }, systemClock)
      sink.onFormat(FORMAT)
      sink.take(shown('audio', 980, SILENCE))
      for (const [index, picture] of [vp8, vp8, h264, h264].entries()) {
        sink.take(shown('picture', 1_000 + 40 * index, picture))
        sink.take(shown('audio', 1_000 + 40 * index, SILENCE))
        sink.take(shown('audio', 1_020 + 40 * index, SILENCE))
      }
    }
    const of = (codec_name: string) => ({
      streams: [
        { codec_name, nb_read_packets: '2' },
        { codec_name: 'opus', nb_read_packets: '4' },
      ],
    })
    expect(streamsOf(join(there, 'a.mkv'))).toMatchObject(of('vp8'))
    expect(streamsOf(join(there, 'a (2).mkv'))).toMatchObject(of('h264'))
    await writeFile(join(there, 'b (2).mkv'), 'mine')
    const second = await openLiveSink({ into: join(there, 'b.mkv') }, systemClock)
    second.onFormat(FORMAT)
    for (const picture of [vp8, h264]) second.take(shown('picture', 1_000, picture))
    await expect(second[Symbol.asyncDispose]()).rejects.toMatchObject({ code: 'cannot-write' })
    expect(await readFile(join(there, 'b (2).mkv'), 'utf8')).toBe('mine')
  },
)

test('[LVP62] a program that takes no more ends the watching', async () => {
  const socket = join(await folder(), 'out')
  const server = createServer((connection) => {
    connection.once('data', () => connection.destroy())
  }).listen(socket)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  await using sink = await openLiveSink({ socket }, systemClock)
  sink.onFormat(FORMAT)
  const picture = Uint8Array.from([0, 0, 0, 0x9d, 1, 0x2a, ...new Uint8Array(100_000)])
  let failed = false
  sink.failed.catch(() => (failed = true))
  for (let count = 0; !failed; count++) {
    sink.take(shown('picture', count * 40, picture))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await expect(sink.failed).rejects.toMatchObject({ code: 'cannot-write' })
})

test.skipIf(ffmpeg.missing)(
  `[LVP62] a program is streamed pictures and sound as Matroska, from the first key frame on${ffmpeg.reason}`,
  async () => {
    const there = await folder()
    const socket = join(there, 'out')
    const taken = Promise.withResolvers<Uint8Array>()
    const server = createServer((connection) => {
      const chunks: Uint8Array[] = []
      connection.on('data', (chunk: Uint8Array) => void chunks.push(chunk))
      connection.on('end', () => taken.resolve(Buffer.concat(chunks)))
    }).listen(socket)
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const picture = keyFrameOf('libx264')
    {
      await using sink = await openLiveSink({ socket }, systemClock)
      sink.onFormat(FORMAT)
      const { header, ...late } = shown('picture', 960, picture.subarray(0, 20))
      sink.take({ ...late, header: { ...header, keyFrame: false } })
      for (const atMs of [1_000, 1_040, 1_080]) {
        sink.take(shown('picture', atMs, picture))
        sink.take(shown('audio', atMs, SILENCE))
      }
    }
    await writeFile(join(there, 'streamed'), await taken.promise)
    expect(streamsOf(join(there, 'streamed'))).toMatchObject({
      streams: [
        { codec_name: 'h264', nb_read_packets: '3' },
        { codec_name: 'opus', nb_read_packets: '3' },
      ],
    })
  },
)
