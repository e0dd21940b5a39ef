// Live pictures between a terminal and a browser: a film that a terminal shows is seen in a browser and in another terminal at once, and
// what a browser shows is seen in a terminal.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { LiveWatching } from '@doorpost/peer/live/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { comesTo } from './numbered-film.ts'
import { openStage, type Person, type Stage } from './stage.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { countedCameraArgs, writeCountedCamera } from './web/counted-camera.ts'
import { flowOf, seenBy, watchPictures } from './web/seen-pictures.ts'
import { openWebPerson, type WebPerson } from './web/web-person.ts'

const run = promisify(execFile)
const [chromium, ffmpeg] = [needs('chromium'), needs('ffmpeg')]
const missing = chromium.missing ?? ffmpeg.missing
const CAMERA = { width: 320, height: 180, framesPerSecond: 15, frames: 1_200 }
/** A machine may have much else to do. */
const PATIENT = { timeout: 60_000 }

describe.skipIf(missing !== undefined)(`live-mixed ${missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let film = ''
  let ann: WebPerson
  let [tom, tina] = [] as unknown as [Person, Person]

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    await stage.server()
    const camera = join(stage.folder, 'camera.y4m')
    film = join(stage.folder, 'film.mp4')
    await writeCountedCamera(camera, CAMERA)
    // The same pictures as a film that anybody may have.
    await run('ffmpeg', ['-v', 'error', '-i', camera, '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '12', film])
    const browser = await openChromium({ args: countedCameraArgs(camera) })
    stack.defer(() => browser.close())
    ann = stack.use(await openWebPerson(browser, stage.origin, 'ann', { permissions: ['camera', 'microphone'] }))
    tom = await stage.join('tom')
    tina = await stage.join('tina')
    await stage.befriend(tom, tina)
    await tom.agent()
    await tina.agent()
    await ann.open()
    await watchPictures(ann.page)
    await ann.signUp()
    for (const one of [tom, tina]) await one.json('contacts', 'add', await ann.invite())
    await ann.openConversation('tom')
    // What reads the pictures comes with a page.
    await ann.page.reload()
    await ann.openConversation('tom')
  })
  afterAll(() => stack.disposeAsync())

  const button = (name: string) => ann.page.getByRole('button', { name, exact: true })

  test('[LVW11] a film that a terminal shows is seen in a browser and in a terminal at once', async () => {
    const to = ['--to', `ann@${stage.domain}`, '--to', tina.address]
    const showing = tom.start('live', '--from', film, '--height', '180', ...to, '--ack-window', '30', '--json')
    await showing.says(/"broadcast"/)
    await button('Watch tom').click()
    const watching = tina.start('watch', tom.address, '--into', join(stage.folder, 'tina.h264'), '--json')
    await comesTo<LiveWatching>(watching, 'pictures in the terminal', (now) => now.shown > 20)
    await expect.poll(async () => (await seenBy(ann.page)).length, PATIENT).toBeGreaterThan(60)
    const flow = flowOf(await seenBy(ann.page), [], CAMERA.frames)
    expect(flow).toMatchObject({ doubled: [], back: [], unreadable: 0 })
    await button('Stop watching').click()
    showing.process.kill('SIGINT')
    await expect.poll(() => watching.process.exitCode, PATIENT).toBe(0)
  })

  test('[LVW11] what a browser shows is seen in a terminal', async () => {
    await button('Show something').click()
    await button('Camera').click()
    await ann.page.getByText('Nobody watches yet.').waitFor()
    const into = join(stage.folder, 'tom.h264')
    const watching = tom.start('watch', `ann@${stage.domain}`, '--into', into, '--json')
    await ann.page.getByText('1 person watches').waitFor()
    await comesTo<LiveWatching>(watching, 'pictures in the terminal', (now) => now.shown > 30)
    await button('Stop showing').click()
    await expect.poll(() => watching.process.exitCode, PATIENT).toBe(0)
    // A decoder that knows nothing of us takes it.
    const { stdout } = await run('ffprobe', [
      ...['-v', 'error', '-f', 'h264', '-count_frames', '-show_entries', 'stream=width,height,nb_read_frames'],
      ...['-of', 'json', into],
    ])
    const [stream] = (JSON.parse(stdout) as { streams: { width: number; height: number; nb_read_frames: string }[] })
      .streams
    expect(stream).toMatchObject({ width: CAMERA.width, height: CAMERA.height })
    expect(Number(stream?.nb_read_frames)).toBeGreaterThan(20)
    expect(ann.faults.all()).toEqual([])
  })
})
