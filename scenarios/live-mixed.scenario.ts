// Live pictures between a terminal and a browser: a film that a terminal shows is seen in a browser and in another terminal at once, and
// what a browser shows is seen in a terminal.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { LiveWatching } from '@doorpost/peer/live/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { comesTo, said } from './numbered-film.ts'
import { openStage, type Person, type Stage } from './stage.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { countedCameraArgs, writeCountedCamera } from './web/counted-camera.ts'
import { soundsHeardBy, watchSounds } from './web/heard-sounds.ts'
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
    // The same pictures as a film that anybody may have, with a tone.
    const tone = ['-f', 'lavfi', '-i', 'aevalsrc=0.5*sin(2*PI*440*t)', '-shortest', '-c:a', 'aac']
    const pictures = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '12']
    await run('ffmpeg', ['-v', 'error', '-i', camera, ...tone, ...pictures, film])
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
    await watchSounds(ann.page)
    await ann.signUp()
    for (const one of [tom, tina]) await one.json('contacts', 'add', await ann.invite())
    await ann.openConversation('tom')
    // What reads the pictures comes with a page.
    await ann.page.reload()
    await ann.openConversation('tom')
  })
  afterAll(() => stack.disposeAsync())

  test('[LVW11] [LVP61] a film that a terminal shows is seen and heard in a browser, and seen in a terminal at once', async () => {
    const to = ['--to', `ann@${stage.domain}`, '--to', tina.address]
    const showing = tom.start('live', '--from', film, '--height', '180', ...to, '--ack-window', '30', '--json')
    await showing.says(/"broadcast"/)
    await ann.button('Watch tom').click()
    const watching = tina.start('watch', tom.address, '--into', join(stage.folder, 'tina.h264'), '--json')
    await comesTo<LiveWatching>(watching, 'pictures in the terminal', (now) => now.shown > 20)
    await expect.poll(async () => (await seenBy(ann.page)).length, PATIENT).toBeGreaterThan(60)
    // The tone's mean is 0.35; silence's is 0.
    const loud = async () => (await soundsHeardBy(ann.page)).laid.filter(({ level }) => level > 0.2).length
    await expect.poll(loud, PATIENT).toBeGreaterThan(50)
    const flow = flowOf(await seenBy(ann.page), [], CAMERA.frames)
    expect(flow).toMatchObject({ doubled: [], back: [], unreadable: 0 })
    await ann.button('Stop watching').click()
    showing.process.kill('SIGINT')
    expect(await watching.ended()).toBe(0)
  })

  test('[LVW11] [LVP62] what a browser shows is kept by a terminal, with its sound', async () => {
    await ann.button('Show something').click()
    await ann.button('Camera').click()
    await ann.page.getByText('Nobody watches yet.').waitFor()
    const into = join(stage.folder, 'tom.mkv')
    const watching = tom.start('watch', `ann@${stage.domain}`, '--into', into, '--json')
    await ann.page.getByText('1 person watches').waitFor()
    await comesTo<LiveWatching>(watching, 'pictures in the terminal', (now) => now.shown > 30)
    await ann.button('Stop showing').click()
    expect(await watching.ended()).toBe(0)
    // A decoder that knows nothing of us takes it.
    const { stdout } = await run('ffprobe', [
      ...['-v', 'error', '-count_frames', '-show_entries', 'stream=codec_name,width,height,nb_read_frames'],
      ...['-of', 'json', into],
    ])
    const [pictures, sound] = (JSON.parse(stdout) as { streams: Record<string, unknown>[] }).streams
    expect(pictures).toMatchObject({ codec_name: 'h264', width: CAMERA.width, height: CAMERA.height })
    expect(Number(pictures?.['nb_read_frames'])).toBeGreaterThan(20)
    expect(sound).toMatchObject({ codec_name: 'opus' })
    expect(Number(sound?.['nb_read_frames'])).toBeGreaterThan(50)
    expect(ann.faults.all()).toEqual([])
  })

  test('[LVP80] [LVP81] [LVP82] who joins and does not decode H.264 sees moving pictures too: all go over to VP8, and whoever watched loses none', async () => {
    // What a page has decoded once is not tried again [ENG2].
    await ann.page.reload()
    await ann.openConversation('tom')
    await ann.page.evaluate(() => {
      const { isConfigSupported } = VideoDecoder
      const { configure } = VideoDecoder.prototype
      const decoded: string[] = []
      Object.assign(globalThis, { decoded })
      VideoDecoder.isConfigSupported = async (config) =>
        config.codec.startsWith('avc1')
          ? { supported: false, config }
          : await isConfigSupported.call(VideoDecoder, config)
      VideoDecoder.prototype.configure = function (config) {
        // Whoever only tries a codec says no size [ENG2].
        if (config.codedWidth !== undefined) decoded.push(config.codec)
        configure.call(this, config)
      }
    })
    const to = ['--to', `ann@${stage.domain}`, '--to', tina.address, '--again']
    const showing = tom.start('live', '--from', film, '--height', '180', ...to, '--ack-window', '30', '--json')
    await showing.says(/"broadcast"/)
    const into = join(stage.folder, 'tina.mkv')
    const watching = tina.start('watch', tom.address, '--into', into, '--json')
    await comesTo<LiveWatching>(watching, 'pictures in the terminal', (now) => now.shown > 20)
    const before = (await seenBy(ann.page)).length
    await ann.button('Watch tom').click()
    const decodedIn = () => ann.page.evaluate(() => (globalThis as unknown as { decoded: string[] }).decoded)
    await expect.poll(decodedIn, PATIENT).toEqual(['vp8'])
    // The first may be stills.
    await expect.poll(async () => (await seenBy(ann.page)).length, PATIENT).toBeGreaterThan(before + 80)
    const flow = flowOf((await seenBy(ann.page)).slice(before + 20), [], CAMERA.frames)
    expect(flow).toMatchObject({ doubled: [], back: [], unreadable: 0 })
    await ann.button('Stop watching').click()
    showing.process.kill('SIGINT')
    expect(await watching.ended()).toBe(0)
    const { shown = 0, unshown = 0, late } = said<LiveWatching>(watching).at(-1) ?? {}
    expect(late).toBe(0)
    const kept = await Promise.all(['tina.mkv', 'tina (2).mkv'].map((name) => picturesIn(join(stage.folder, name))))
    expect(kept.map(({ codec }) => codec)).toEqual(['h264', 'vp8'])
    expect(kept.reduce((sum, { pictures }) => sum + pictures, 0)).toBe(shown - unshown)
  })
})

async function picturesIn(path: string): Promise<{ codec: string; pictures: number }> {
  const entries = ['-select_streams', 'v:0', '-count_frames', '-show_entries', 'stream=codec_name,nb_read_frames']
  const { stdout } = await run('ffprobe', ['-v', 'error', ...entries, '-of', 'csv=p=0', path])
  const [codec = '', pictures] = stdout.trim().split(',')
  return { codec, pictures: Number(pictures) }
}
