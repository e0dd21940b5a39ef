// Live pictures between browsers, each at a site of its own: to one viewer straight from device to device, to two through the server, and straight
// again when the second is killed. People write all the while. What was lost or doubled is counted from what was drawn, and what was silent
// from the sound of a microphone that never is.

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { openLabChromium } from './lab/lab-browser.ts'
import { type LabStage, openLabStage } from './lab/lab-stage.ts'
import { labMissing } from './lab/namespaces.ts'
import { buildApp } from './web/built-app.ts'
import { countedCameraArgs, writeCountedCamera } from './web/counted-camera.ts'
import {
  longestPauseMs,
  PACKET_MS,
  soundArgs,
  soundFlowOf,
  soundsHeardBy,
  soundsSentBy,
  watchMicrophone,
  watchSounds,
  writeVoice,
} from './web/heard-sounds.ts'
import { encodedBy, flowOf, seenBy, watchEncoder, watchPictures } from './web/seen-pictures.ts'
import { showCameraSkippingNothing } from './web/show-camera.ts'
import { openWebPerson, type WebPerson } from './web/web-person.ts'

const missing = needs('chromium').missing ?? labMissing()
const CAMERA = { width: 320, height: 180, framesPerSecond: 15, frames: 2_400 }
/** From a switch until a screen tells of it, at most, and what else belongs to it, ms. */
const TOLD_WITHIN_MS = 2_500
/** A machine may have much else to do. */
const PATIENT = { timeout: 60_000 }

describe.skipIf(missing !== undefined)(`live-story${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: LabStage
  let [alice, bob, carol] = [] as unknown as [WebPerson, WebPerson, WebPerson]
  let killCarol: () => Promise<void>
  /** When the first viewer's screen had told of a switch, ms since 1970. */
  const switchesMs: number[] = []

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openLabStage())
    await stage.server()
    const camera = join(stage.folder, 'camera.y4m')
    await writeCountedCamera(camera, CAMERA)
    const voice = join(stage.folder, 'voice.wav')
    await writeVoice(voice)
    const settle = async (name: string) => {
      const args = [...countedCameraArgs(camera), ...soundArgs(voice)]
      const browser = await openLabChromium(stage, await stage.network.site('restricted'), args)
      stack.use(browser)
      const options = { ignoreHTTPSErrors: true, permissions: ['camera', 'microphone'] }
      return { browser, person: await openWebPerson(browser.chromium, stage.origin, name, options) }
    }
    const [first, second, third] = [await settle('alice'), await settle('bob'), await settle('carol')]
    ;[alice, bob, carol] = [first.person, second.person, third.person]
    killCarol = third.browser.kill
    await alice.open()
    await alice.signUp()
    for (const viewer of [bob, carol]) {
      await viewer.open(await alice.invite())
      await watchPictures(viewer.page)
      await watchSounds(viewer.page)
      await viewer.signUp()
      await alice.openConversation(viewer.name)
      await viewer.openConversation('alice')
      // What reads the pictures comes with a page.
      await viewer.page.reload()
      await viewer.openConversation('alice')
    }
    await watchEncoder(alice.page)
    await watchMicrophone(alice.page)
    await alice.page.reload()
    await alice.openConversation('bob')
  })
  afterAll(() => stack.disposeAsync())

  async function figureOf({ page }: WebPerson, name: string): Promise<number> {
    const text = await page.evaluate(async () => (await fetch('/metrics')).text())
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  }
  const seenNow = async (who: WebPerson) => (await seenBy(who.page)).length
  async function seesMore(who: WebPerson, pictures = 20): Promise<void> {
    const before = await seenNow(who)
    await expect.poll(() => seenNow(who), PATIENT).toBeGreaterThan(before + pictures)
  }

  test('[LVW5] to one viewer pictures go straight, after a moment through the server', async () => {
    await showCameraSkippingNothing(alice.page)
    await bob.button('Watch alice').click()
    await bob.page.getByText('Straight from alice’s device').waitFor()
    await seesMore(bob)
    await alice.write('There it is')
    await bob.page.getByText('There it is').last().waitFor()
    expect(flowOf(await seenBy(bob.page), await encodedBy(alice.page), CAMERA.frames)).toMatchObject({
      lost: [],
      doubled: [],
    })
  })

  test('[LVW22] while pictures go straight the server passes less than 1 kbit/s of them, over ten seconds', async () => {
    const passed = () => figureOf(alice, 'doorpost_live_relay_bytes_total')
    const onTheLine = async () => Number(await stage.network.post.run('cat', '/sys/class/net/wan/statistics/rx_bytes'))
    const [before, beforeOnTheLine, sinceMs] = [await passed(), await onTheLine(), performance.now()]
    await seesMore(bob, 10 * CAMERA.framesPerSecond)
    const seconds = (performance.now() - sinceMs) / 1_000
    const kilobits = (bytes: number) => (bytes * 8) / 1_000 / seconds
    const [pictures, all] = [kilobits((await passed()) - before), kilobits((await onTheLine()) - beforeOnTheLine)]
    process.stdout.write(
      `over ${seconds.toFixed(1)} s: ${pictures.toFixed(2)} kbit/s of frames passed on, ${all.toFixed(1)} of everything came\n`,
    )
    expect(pictures).toBeLessThan(1)
  })

  test('[LVW9] a second viewer asks, is let in, and is killed: the first misses nothing and sees nothing twice', async () => {
    await carol.button('Show something').click()
    await carol.button('Ask to see what alice shows').click()
    await alice.page.getByText('carol asks to watch.').waitFor()
    await carol.page.getByText('alice was asked.').waitFor()
    await alice.button('Let in').click()
    await carol.page.getByText('Through the server').waitFor()
    await bob.page.getByText('Through the server').waitFor()
    switchesMs.push(Date.now())
    await seesMore(carol)
    await seesMore(bob)
    await bob.write('Who else is here?')
    await alice.page.getByText('Who else is here?').last().waitFor()
    await killCarol()
    await bob.page.getByText('Straight from alice’s device').waitFor()
    switchesMs.push(Date.now())
    await alice.page.getByText('1 person watches').waitFor()
    await seesMore(bob)
    await alice.write('Only you again')
    await bob.page.getByText('Only you again').last().waitFor()

    const flow = flowOf(await seenBy(bob.page), await encodedBy(alice.page), CAMERA.frames)
    process.stdout.write(`seen by the first viewer: ${JSON.stringify(flow)}\n`)
    expect(flow).toMatchObject({ lost: [], doubled: [], back: [], unreadable: 0 })
  })

  test('[LVW23] over all of that no switch is heard: a gap is no longer than between two pictures, and two packets of sound', async () => {
    const { silences, ...sound } = soundFlowOf(await soundsSentBy(alice.page), await soundsHeardBy(bob.page))
    const isAtSwitch = (atMs: number) =>
      switchesMs.some((ms) => atMs > ms - TOLD_WITHIN_MS && atMs < ms + TOLD_WITHIN_MS)
    const longestMs = (all: typeof silences) => Math.max(0, ...all.map(({ ms }) => ms))
    const atSwitchesMs = longestMs(silences.filter(({ atMs }) => isAtSwitch(atMs)))
    const elsewhereMs = longestMs(silences.filter(({ atMs }) => !isAtSwitch(atMs)))
    process.stdout.write(
      `heard by the first viewer: ${JSON.stringify(sound)}; silent for ${atSwitchesMs} ms at switches, ${elsewhereMs} elsewhere\n`,
    )
    expect(sound.loud).toBeGreaterThan(500)
    // A busy machine is silent now and then without any switch.
    const most = Math.max(longestPauseMs(await seenBy(bob.page)), 3 * elsewhereMs) + 2 * PACKET_MS
    expect(atSwitchesMs).toBeLessThanOrEqual(most)
    expect(sound.longestLostMs).toBeLessThanOrEqual(most)
    expect([...alice.faults.all(), ...bob.faults.all()]).toEqual([])
  })
})
