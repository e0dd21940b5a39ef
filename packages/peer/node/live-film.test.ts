// A film as a source of frames, by a real ffmpeg.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { expect, onTestFinished, test, vi } from 'vitest'
import { needs } from '../../../scripts/needs.ts'
import { systemClock } from '../clock.ts'
import type { EncodedFrame } from '../live/source.ts'
import { isKeyUnit } from '../live/annex-b.ts'
import type { LiveSink } from '../live/media.ts'
import { recorded } from '../live/recording.ts'
import { beepingFilm, beepsAfter, flashesAndBeeps } from './beeping-film.ts'
import { openFilm } from './live-film.ts'
import { openLiveSink } from './live-sinks.ts'

const ffmpeg = needs('ffmpeg')

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'doorpost-film-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

test.skipIf(ffmpeg.missing)(
  `[LVP7] every picture of a film comes once, as H.264 with a key frame a second, and stills beside${ffmpeg.reason}`,
  async () => {
    const film = join(await folder(), 'clip.mp4')
    const input = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25:duration=2.4', '-pix_fmt', 'yuv420p']
    execFileSync('ffmpeg', ['-v', 'error', ...input, '-c:v', 'libx264', '-preset', 'ultrafast', film])
    const { source, format } = await openFilm({ from: film, height: 120 }, systemClock)
    await using _ = source
    expect(format.picture).toMatchObject({ width: 160, height: 120, framesPerSecond: 25, layers: 1 })
    const frames: EncodedFrame[] = []
    await new Promise<void>((resolve, reject) => {
      source.start({ onFrame: (frame) => frames.push(frame), onEnd: (error) => (error ? reject(error) : resolve()) })
    })
    const pictures = frames.filter(({ kind }) => kind === 'picture')
    expect(pictures.length).toBe(60)
    expect(pictures.flatMap(({ isKey }, index) => (isKey ? [index] : []))).toEqual([0, 25, 50])
    for (const { isKey, bytes } of pictures) expect(isKeyUnit(bytes)).toBe(isKey)
    const stills = frames.filter(({ kind }) => kind === 'still')
    expect(stills.length).toBeGreaterThanOrEqual(1)
    for (const { bytes } of stills)
      expect([...bytes.subarray(0, 2), ...bytes.subarray(-2)]).toEqual([255, 216, 255, 217])
  },
)

test.skipIf(ffmpeg.missing)(
  `[LVP7] what has no picture in it is refused before anything is shown${ffmpeg.reason}`,
  async () => {
    const text = join(await folder(), 'letter.txt')
    await writeFile(text, 'no film\n')
    await expect(openFilm({ from: text }, systemClock)).rejects.toMatchObject({ code: 'no-such-file' })
  },
)

/** All of it, kept as well where each of `sinks` keeps it. */
async function shownTo(
  { source, format }: Awaited<ReturnType<typeof openFilm>>,
  ...sinks: readonly LiveSink[]
): Promise<EncodedFrame[]> {
  await using all = sinks.reduce((kept, sink) => recorded(kept, format, sink), source)
  const frames: EncodedFrame[] = []
  await new Promise<void>((resolve, reject) => {
    all.start({ onFrame: (frame) => frames.push(frame), onEnd: (error) => (error ? reject(error) : resolve()) })
  })
  return frames
}

test.skipIf(ffmpeg.missing)(
  `[LVP61] [LVP62] a film's sound is in step with its pictures, in what leaves and in what is kept${ffmpeg.reason}`,
  async () => {
    const there = await folder()
    const film = join(there, 'beeps.mp4')
    await beepingFilm(film, 3)
    const opened = await openFilm({ from: film }, systemClock)
    expect(opened.format).toMatchObject({ audio: { codec: 'opus', channels: 1, sampleRateHz: 48_000 } })
    const kept = [join(there, 'kept.mkv'), join(there, 'kept.mp4')]
    let frames: EncodedFrame[]
    {
      await using mkv = await openLiveSink({ into: kept[0] as string }, systemClock)
      await using mp4 = await openLiveSink({ into: kept[1] as string }, systemClock)
      frames = await shownTo(opened, mkv, mp4)
    }
    const sound = frames.filter(({ kind }) => kind === 'audio')
    expect(Math.abs(sound.length - 150)).toBeLessThan(10)
    const bytes = sound.reduce((sum, one) => sum + one.bytes.length, 0)
    expect(bytes / 3).toBeLessThan(opened.format.bytesPerSecond.audio)
    for (const file of kept) {
      const { flashes, beeps } = await flashesAndBeeps(file)
      expect(flashes.length).toBeGreaterThanOrEqual(3)
      for (const ms of beepsAfter({ flashes: flashes.slice(0, 3), beeps })) expect(Math.abs(ms)).toBeLessThan(80)
    }
  },
)

test.skipIf(ffmpeg.missing)(
  `[LVP61] without sound, where that is said, and where there is none${ffmpeg.reason}`,
  async () => {
    const there = await folder()
    const film = join(there, 'beeps.mp4')
    await beepingFilm(film, 1)
    const opened = await openFilm({ from: film, sound: false }, systemClock)
    await using sink = await openLiveSink({ into: join(there, 'kept.h264') }, systemClock)
    const frames = await shownTo(opened, sink)
    expect(opened.format.audio).toBe(undefined)
    expect(frames.filter(({ kind }) => kind === 'picture')).toHaveLength(25)
    expect(frames.filter(({ kind }) => kind === 'audio')).toEqual([])
  },
)

test.skipIf(ffmpeg.missing)(
  `[LVP61] an ffmpeg that makes no Opus is named, with what to do${ffmpeg.reason}`,
  async () => {
    const there = await folder()
    const film = join(there, 'beeps.mp4')
    await beepingFilm(film, 1)
    const { source } = await openFilm({ from: film }, systemClock)
    await using _ = source
    await writeFile(join(there, 'ffmpeg'), `#!/bin/sh\necho "Unknown encoder 'libopus'" >&2\nexit 1\n`, { mode: 0o755 })
    vi.stubEnv('PATH', `${there}:${process.env['PATH']}`)
    onTestFinished(() => void vi.unstubAllEnvs())
    const ended = new Promise((resolve) => source.start({ onFrame() {}, onEnd: resolve }))
    expect(await ended).toMatchObject({ code: 'not-available', todo: 'Show the pictures alone: --no-sound.' })
  },
)
