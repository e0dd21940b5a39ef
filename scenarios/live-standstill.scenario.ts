// What goes wrong under live pictures between real devices: a peer-to-peer connection that swallows everything, a terminal, a tab and a whole
// browser that stand still for ten seconds. The others see on, and who stood still sees what there is then.

import { join } from 'node:path'
import type { LiveWatching } from '@doorpost/peer/live/contract'
import { ACK_WINDOW_MAX, LIVE_SILENCE_MS, RESEND_WITHIN_MS } from '@doorpost/protocol/live/limits'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { type LabChromium, openLabChromium } from './lab/lab-browser.ts'
import { type LabStage, openLabStage, type Resident } from './lab/lab-stage.ts'
import { labMissing } from './lab/namespaces.ts'
import type { Site } from './lab/network.ts'
import { comesTo, said } from './numbered-film.ts'
import type { Running } from './stage.ts'
import { buildApp } from './web/built-app.ts'
import { countedCameraArgs, writeCountedCamera } from './web/counted-camera.ts'
import { numbersInFilm } from './web/counted-film.ts'
import { longestPauseMs } from './web/heard-sounds.ts'
import { encodedBy, flowOf, type SeenPicture, seenBy, watchEncoder, watchPictures } from './web/seen-pictures.ts'
import { showCameraSkippingNothing } from './web/show-camera.ts'
import { openWebPerson, type WebPerson } from './web/web-person.ts'

const missing = needs('chromium').missing ?? needs('ffmpeg').missing ?? labMissing()
const skipped = missing === undefined ? '' : ` (skipped: ${missing})`
/** Numbers for 160 s; no test takes so long. */
const CAMERA = { width: 240, height: 136, framesPerSecond: 15, frames: 2_400 }
/** How long who stands still does so, ms; tabs, which are the shortest way to the same, not so long. */
const STILL_MS = 10_000
const TABS_STILL_MS = 6_000
/** What a busy machine may take to say on a screen what it knows, ms. */
const TOLD_MS = 3_000
/** What it adds to a pause of a second, or three times what its pictures pause anyway, ms. */
const BUSY_MS = 500
/** A machine may have much else to do. */
const PATIENT = { timeout: 60_000 }
/** Nothing leaves by UDP, and nobody is told. */
const HOLE = 'table inet hole {\n chain out {\n type filter hook output priority 0\n meta l4proto udp drop\n }\n}\n'
const NO_HOLE = 'table inet hole {\n chain out {\n type filter hook output priority 0\n }\n}\n'

describe.skipIf(missing !== undefined)(`live-standstill${skipped}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: LabStage
  let [alice, bob] = [] as unknown as [WebPerson, WebPerson]
  let alicesSite: Site
  let bobsBrowser: LabChromium
  let tom: Resident
  let tomsAgent: Running
  let watching: Running
  let film = ''

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openLabStage())
    await stage.server()
    const camera = join(stage.folder, 'camera.y4m')
    await writeCountedCamera(camera, CAMERA)
    const settle = async (name: string) => {
      const site = await stage.network.site('restricted')
      const browser = stack.use(await openLabChromium(stage, site, countedCameraArgs(camera)))
      const options = { ignoreHTTPSErrors: true, permissions: ['camera', 'microphone'] }
      return { site, browser, person: await openWebPerson(browser.chromium, stage.origin, name, options) }
    }
    const [first, second] = [await settle('alice'), await settle('bob')]
    ;[alice, bob] = [first.person, second.person]
    alicesSite = first.site
    bobsBrowser = second.browser
    tom = await stage.settle('tom', 'restricted')
    tomsAgent = await tom.agent()
    film = join(stage.folder, 'tom.h264')
    await alice.open()
    await watchEncoder(alice.page)
    await alice.signUp()
    await tom.json('contacts', 'add', await alice.invite())
    await bob.open(await alice.invite())
    await watchPictures(bob.page)
    await bob.signUp()
    await bob.openConversation('alice')
    // What reads the pictures comes with a page.
    for (const { page } of [alice, bob]) await page.reload()
    await bob.openConversation('alice')
    await alice.openConversation('bob')
    await showCameraSkippingNothing(alice.page)
    await bob.button('Watch alice').click()
    await straight(bob)
  })
  afterAll(() => stack.disposeAsync())

  const straight = (who: WebPerson) => who.page.getByText('Straight from alice’s device').waitFor(PATIENT)
  const throughServer = (who: WebPerson) => who.page.getByText('Through the server', { exact: true }).waitFor(PATIENT)
  const watched = (people: string) => alice.page.getByText(people).waitFor(PATIENT)
  const seenNow = async () => (await seenBy(bob.page)).length
  /** As in: of the camera. */
  const newest = async () => (await encodedBy(alice.page)).at(-1) ?? -1
  const tellsMore = async (running: Running, pictures = 20) => {
    const shown = said<LiveWatching>(running).at(-1)?.shown ?? 0
    await comesTo<LiveWatching>(running, 'more pictures', (now) => now.shown > shown + pictures)
  }
  async function seesMore(pictures = 20): Promise<void> {
    const before = await seenNow()
    await expect.poll(seenNow, PATIENT).toBeGreaterThan(before + pictures)
  }
  /** Of what was seen since: nothing is missing, nothing came twice. */
  async function missedNothingSince(before: number): Promise<SeenPicture[]> {
    const seen = (await seenBy(bob.page)).slice(before)
    const flow = flowOf(seen, await encodedBy(alice.page), CAMERA.frames)
    expect(flow).toMatchObject({ lost: [], doubled: [], back: [], unreadable: 0 })
    return seen
  }
  const steps = (from: number, to: number) => (to - from + CAMERA.frames) % CAMERA.frames
  const isBetween = (from: number, number: number, to: number) =>
    steps(from, number) > 0 && steps(from, number) < steps(from, to)

  /** Stands still from now on, for a while in which `meanwhile` happens. What the camera's pictures were then. */
  async function standsStill(
    stop: () => Promise<() => void> | (() => void),
    meanwhile: (stoppedMs: number) => Promise<void>,
    stillMs = STILL_MS,
  ): Promise<{ readonly from: number; readonly to: number }> {
    const goOn = await stop()
    const stoppedMs = performance.now()
    try {
      const from = await newest()
      await meanwhile(stoppedMs)
      const leftMs = stoppedMs + stillMs - performance.now()
      if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs))
      return { from, to: await newest() }
    } finally {
      goOn()
    }
  }
  async function noticedWithin(stoppedMs: number, who: string): Promise<void> {
    await watched('1 person watches')
    const noticedMs = performance.now() - stoppedMs
    process.stdout.write(`${who} stands still: noticed after ${Math.round(noticedMs)} ms\n`)
    expect(noticedMs).toBeLessThan(LIVE_SILENCE_MS + TOLD_MS)
  }
  /** Of the pictures of that time, those that were shown. */
  function oldOnes(seen: readonly number[], { from, to }: { readonly from: number; readonly to: number }): number[] {
    const old = seen.filter((number) => isBetween(from, number, to))
    process.stdout.write(`${old.length} of ${steps(from, to)} old pictures shown\n`)
    expect(steps(from, to)).toBeGreaterThan(2 * ACK_WINDOW_MAX)
    return old
  }

  test('[LVW24] a peer-to-peer connection that swallows everything is made good by the server within a second; nothing is lost', async () => {
    const before = await seenNow()
    await seesMore(30)
    const calmMs = longestPauseMs((await seenBy(bob.page)).slice(before))
    const cutMs = Date.now()
    await alicesSite.device.nft(HOLE)
    await throughServer(bob)
    await alicesSite.device.nft(NO_HOLE)
    await seesMore(30)
    const seen = await missedNothingSince(before)
    const pauseMs = longestPauseMs(seen.filter(({ atMs }) => atMs > cutMs - calmMs))
    process.stdout.write(`longest pause ${Math.round(pauseMs)} ms, before that ${Math.round(calmMs)} ms\n`)
    expect(pauseMs).toBeLessThan(RESEND_WITHIN_MS + Math.max(BUSY_MS, 3 * calmMs))
    await straight(bob)
  })

  test('[LVW25] a terminal that stands still is noticed, the others see on, and it goes on with the newest picture', async () => {
    const before = await seenNow()
    watching = tom.start('watch', `alice@${stage.domain}`, '--into', film, '--json')
    await alice.page.getByText('tom asks to watch.').waitFor()
    await alice.button('Let in').click()
    await comesTo<LiveWatching>(watching, 'pictures in the terminal', ({ shown }) => shown > 20)
    await throughServer(bob)
    const processes = [tomsAgent.process, watching.process]
    const stop = () => {
      for (const one of processes) one.kill('SIGSTOP')
      return () => processes.forEach((one) => one.kill('SIGCONT'))
    }
    const still = await standsStill(stop, async (stoppedMs) => {
      await noticedWithin(stoppedMs, 'a terminal')
      await straight(bob)
      await seesMore()
    })
    await watched('2 people watch')
    await throughServer(bob)
    await tellsMore(watching)
    await seesMore()
    await missedNothingSince(before)
    // The last may not be whole yet.
    const shown = (await numbersInFilm(film, CAMERA)).slice(0, -1)
    // What was on its way, and nothing else.
    expect(oldOnes(shown, still).length).toBeLessThanOrEqual(ACK_WINDOW_MAX)
  })

  test.each(['all', 'tabs'] as const)(
    '[LVW25] a browser of which %s stand still is noticed, the others see on, and it goes on with the newest picture',
    async (which) => {
      const { length: before } = await numbersInFilm(film, CAMERA)
      const { length: seenBefore } = await seenBy(bob.page)
      const still = await standsStill(
        () => bobsBrowser.standStill(which),
        async (stoppedMs) => {
          await noticedWithin(stoppedMs, `a browser (${which})`)
          await comesTo<LiveWatching>(watching, 'pictures straight across', ({ path }) => path === 'peer')
          await tellsMore(watching)
        },
        which === 'tabs' ? TABS_STILL_MS : STILL_MS,
      )
      await watched('2 people watch')
      await throughServer(bob)
      await seesMore()
      await tellsMore(watching)
      const shown = (await seenBy(bob.page)).slice(seenBefore).map(({ number }) => number)
      expect(oldOnes(shown, still).length).toBeLessThanOrEqual(ACK_WINDOW_MAX)
      const seen = (await numbersInFilm(film, CAMERA)).slice(before, -1).map((number) => ({ number, atMs: 0 }))
      expect(flowOf(seen, await encodedBy(alice.page), CAMERA.frames)).toMatchObject({
        lost: [],
        doubled: [],
        back: [],
      })
    },
  )

  test('[LVW8] and when showing ends, both are told', async () => {
    await alice.button('Stop showing').click()
    expect(await watching.ended()).toBe(0)
    await bob.told('What alice showed is over.').waitFor()
    expect([...alice.faults.all(), ...bob.faults.all()]).toEqual([])
  })
})
