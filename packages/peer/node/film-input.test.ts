// What a broadcast is read from: pipes by a real ffmpeg, cameras by what ffmpeg is told and what a person is.

import { execFileSync, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { needs } from '../../../scripts/needs.ts'
import { systemClock } from '../clock.ts'
import { cameraArgs, openInput } from './film-input.ts'
import { openFilm } from './live-film.ts'

const ffmpeg = needs('ffmpeg')
/** 10 pictures in a second. */
const FILM = ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=10:duration=1', '-pix_fmt', 'yuv420p']

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'doorpost-input-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** How many pictures it came to. */
async function shown({ source, format }: Awaited<ReturnType<typeof openFilm>>): Promise<string> {
  await using _ = source
  let pictures = 0
  await new Promise<void>((resolve, reject) => {
    source.start({
      onFrame: ({ kind }) => void (kind === 'picture' && pictures++),
      onEnd: (error) => (error ? reject(error) : resolve()),
    })
  })
  const { width, height, framesPerSecond } = format.picture ?? {}
  return `${pictures} of ${width}x${height} at ${framesPerSecond}`
}

const kinds = {
  'transport stream': ['-c:v', 'mpeg2video', '-b:v', '1M', '-f', 'mpegts'],
  Matroska: ['-c:v', 'libx264', '-preset', 'ultrafast', '-f', 'matroska'],
  'stream of JPEGs': ['-c:v', 'mjpeg', '-q:v', '5', '-f', 'mjpeg'],
}

for (const [kind, args] of Object.entries(kinds)) {
  test.skipIf(ffmpeg.missing)(
    `[LVP84] a ${kind} that is piped in is shown whole: what was looked at is not lost${ffmpeg.reason}`,
    async () => {
      const socket = join(await folder(), 'in')
      const film = execFileSync('ffmpeg', [...FILM, ...args, 'pipe:1'], { maxBuffer: 16 * 1024 * 1024 })
      const server = createServer((connection) => connection.on('error', () => {}).end(film))
      server.listen(socket)
      await once(server, 'listening')
      onTestFinished(() => void server.close())
      const found = await shown(await openFilm({ from: socket, piped: true }, systemClock))
      // A JPEG says no rate: as many as there are, at the rate that is taken for it.
      expect(found).toBe(kind === 'stream of JPEGs' ? '10 of 320x240 at 25' : '10 of 320x240 at 10')
    },
  )
}

test.skipIf(ffmpeg.missing || process.platform === 'win32')(
  `[LVP84] a named pipe is read once, as its writer gives it; what has no picture in it is refused${ffmpeg.reason}`,
  async () => {
    const pipe = join(await folder(), 'pipe')
    execFileSync('mkfifo', [pipe])
    const writer = spawn('ffmpeg', [...FILM, ...kinds['transport stream'], '-y', pipe], { stdio: 'ignore' })
    const [found, [code]] = await Promise.all([
      openFilm({ from: pipe }, systemClock).then(shown),
      once(writer, 'close') as Promise<[number]>,
    ])
    expect(found).toBe('10 of 320x240 at 10')
    expect(code).toBe(0)
    await expect(openInput({ from: pipe, again: true })).rejects.toMatchObject({ code: 'not-available' })
    const text = spawn('sh', ['-c', `echo "no film" > ${pipe}`], { stdio: 'ignore' })
    const refused = { code: 'no-such-file', message: `There is nothing to show in ${pipe}.` }
    await expect(openFilm({ from: pipe }, systemClock)).rejects.toMatchObject(refused)
    if (text.exitCode === null) await once(text, 'close')
  },
)

test.skipIf(ffmpeg.missing)(
  `[LVP84] a list of other files shows none of them, and one that is piped in opens none${ffmpeg.reason}`,
  async () => {
    const there = await folder()
    const film = join(there, 'secret.ts')
    execFileSync('ffmpeg', [...FILM, ...kinds['transport stream'], film])
    const socket = join(there, 'in')
    const list = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:${film}\n#EXT-X-ENDLIST\n`
    const server = createServer((connection) => connection.on('error', () => {}).end(list))
    server.listen(socket)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const nothing = { message: 'There is nothing to show in standard input.' }
    await expect(openFilm({ from: socket, piped: true }, systemClock)).rejects.toMatchObject(nothing)
    const named = join(there, 'wedding.m3u8')
    await writeFile(named, list)
    await expect(openFilm({ from: named }, systemClock)).rejects.toMatchObject({ message: /is a list of other files/ })
  },
)

test('[LVP85] a camera is asked for as one, at its own pace; where there is none, or it may not be used, it is said so', async () => {
  expect(cameraArgs('/dev/video0')).toEqual(['-protocol_whitelist', 'file,pipe,fd', '-f', 'v4l2', '-i', '/dev/video0'])
  const camera = '/dev/video9999'
  await expect(openInput({ from: camera })).rejects.toMatchObject({
    message: `There is no camera ${camera} here.`,
    todo: 'Those that are here: ls /dev/video*',
  })
  const there = await folder()
  await mkdir(join(there, 'films'))
  await expect(openInput({ from: join(there, 'films') })).rejects.toMatchObject({ message: /is a folder/ })
  await expect(openInput({ from: join(there, 'none.mp4') })).rejects.toMatchObject({ message: /^There is no file / })
})
