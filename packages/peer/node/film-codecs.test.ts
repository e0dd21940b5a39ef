// A film whose codec changes while it is shown, by a real ffmpeg.

import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codecOfKeyFrame } from '@doorpost/protocol/live/picture-codec'
import { expect, onTestFinished, test } from 'vitest'
import { needs } from '../../../scripts/needs.ts'
import { systemClock } from '../clock.ts'
import type { EncodedFrame } from '../live/source.ts'
import { inCodecs } from './film-codecs.ts'
import { openFilm } from './live-film.ts'

const ffmpeg = needs('ffmpeg')

test.skipIf(ffmpeg.missing)(
  `[LVP82] a film goes over to VP8 at a key frame and back, whatever it is read from: every picture once, at its time${ffmpeg.reason}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doorpost-codecs-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const film = join(folder, 'clip.mp4')
    const input = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=10:duration=2.2', '-pix_fmt', 'yuv420p']
    execFileSync('ffmpeg', ['-v', 'error', ...input, '-c:v', 'libx264', '-preset', 'ultrafast', film])
    const opened = await openFilm({ from: film, height: 120 }, systemClock)
    await using source = await inCodecs(opened.source, opened.format, systemClock)
    const [h264, vp8] = source.pictures ?? []
    expect([h264?.codec, vp8?.codec]).toEqual(['avc1.42E01F', 'vp8'])
    const pictures: EncodedFrame[] = []
    await new Promise<void>((resolve, reject) => {
      source.start({
        onFrame(frame) {
          if (frame.kind !== 'picture') return
          pictures.push(frame)
          // At the next key frame, and back at the one after.
          if (pictures.length === 5 && vp8) source.use?.(vp8)
          if (pictures.length === 15 && h264) source.use?.(h264)
        },
        onEnd: (error) => (error ? reject(error) : resolve()),
      })
    })
    const keys = pictures.flatMap(({ isKey, bytes }, index) => (isKey ? [`${index} ${codecOfKeyFrame(bytes)}`] : []))
    expect(keys).toEqual(['0 h264', '10 vp8', '20 h264'])
    expect(pictures.length).toBe(22)
    const steps = pictures
      .slice(1)
      .map(({ capturedAtUs }, index) => capturedAtUs - (pictures[index]?.capturedAtUs ?? 0))
    expect(steps.filter((step) => step <= 0)).toEqual([])
    // What a decoder that knows nothing of us makes of it.
    const part = join(folder, 'part.ivf')
    const middle = pictures.slice(10, 20).map(({ bytes }) => bytes)
    await writeFile(part, ivf(middle, 160, 120))
    const probe = [
      '-v',
      'error',
      '-count_frames',
      '-show_entries',
      'stream=codec_name,nb_read_frames',
      '-of',
      'csv=p=0',
    ]
    expect(String(execFileSync('ffprobe', [...probe, part])).trim()).toBe('vp8,10')
  },
)

function ivf(frames: readonly Uint8Array[], width: number, height: number): Uint8Array {
  const head = Buffer.alloc(32)
  head.write('DKIF')
  head.writeUInt16LE(32, 6)
  head.write('VP80', 8)
  head.writeUInt16LE(width, 12)
  head.writeUInt16LE(height, 14)
  head.writeUInt32LE(10, 16)
  head.writeUInt32LE(1, 20)
  const framed = frames.map((bytes, index) => {
    const before = Buffer.alloc(12)
    before.writeUInt32LE(bytes.length)
    before.writeUInt32LE(index, 4)
    return Buffer.concat([before, bytes])
  })
  return Buffer.concat([head, ...framed])
}
