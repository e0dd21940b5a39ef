// Two people with nothing but a browser, as they would use it: they sign up, meet by a link, write while one of them is away, and a
// film goes from tab to tab, played before it is whole.

import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { makeWebFilm, sha256Of } from './film.ts'
import { openStage, type Stage } from './stage.ts'
import { openAxe } from './web/axe.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { CANARIES } from './web/faults.ts'
import { LOOKS, screensOf, wear } from './web/screens.ts'
import { openWebPerson, type WebPerson } from './web/web-person.ts'

const chromium = needs('chromium')
const ffmpeg = needs('ffmpeg')
const missing = chromium.missing ?? ffmpeg.missing

/** The film of the whole story is one as cameras make them; the short one is told in a minute. */
const whole = process.env['DOORPOST_WHOLE_STORY'] === '1'
const FILM_BYTES = whole ? 300_000_000 : 8 * 1024 * 1024
/** So slow that it is watched long before it is whole, MB/s. */
const UPLOAD_RATE = whole ? 20 : 1

describe.skipIf(missing !== undefined)(`web-story ${missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let browser: Browser
  let [alice, bob] = [] as unknown as [WebPerson, WebPerson]

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    await stage.server()
    // A camera of coloured squares, for which nobody has to be asked.
    browser = await openChromium({ args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] })
    stack.defer(() => browser.close())
    alice = stack.use(await openWebPerson(browser, stage.origin, 'alice'))
    bob = stack.use(await openWebPerson(browser, stage.origin, 'bob'))
  })
  afterAll(() => stack.disposeAsync())

  test('[WST1] two people sign up in two browsers and a link makes them contacts', async () => {
    await alice.open()
    await alice.signUp()
    const link = await alice.invite()
    await bob.open(link)
    await bob.signUp()
    await alice.openConversation('bob')
    await bob.openConversation('alice')
    expect(await bob.page.getByText(/has not added you yet|is not your contact/).count()).toBe(0)
    expect(faults(alice, bob)).toEqual([])
  })

  test('[WST2] who was away reads what was written meanwhile, and it is answered', async () => {
    await bob.closeTab()
    await alice.write('Shall I send you the wedding?')
    await alice.page.getByText(/· Sent$/).waitFor()
    await bob.open()
    await bob.openConversation('alice')
    await bob.page.getByText('Shall I send you the wedding?').last().waitFor()
    await alice.page.getByText(/· Read$/).waitFor()
    await bob.write('Please do')
    await alice.page.getByRole('article').filter({ hasText: 'Please do' }).waitFor()
    expect(faults(alice, bob)).toEqual([])
  })

  test('[WST3] a film goes from tab to tab: watched and sought in before it is whole, saved byte for byte, and signed for', async () => {
    const film = join(stage.folder, 'wedding.mp4')
    await makeWebFilm(film, FILM_BYTES)
    await alice.limitUpload(UPLOAD_RATE)
    await alice.openConversation('bob')
    await alice.send(film, { title: 'The wedding', text: 'Watch until the cake' })
    const card = bob.card('The wedding')
    await card.getByText('Watch until the cake').waitFor()
    await card.getByRole('button', { name: 'Watch', exact: true }).click()
    const video = card.locator('video')
    const secondsAt = () => video.evaluate((element) => (element as HTMLVideoElement).currentTime)
    await video.evaluate(async (element) => {
      const player = element as HTMLVideoElement
      player.muted = true
      await player.play()
    })
    const patience = { timeout: 60_000 }
    await expect.poll(secondsAt, patience).toBeGreaterThan(0.2)
    const middle = await video.evaluate((element) => {
      const player = element as HTMLVideoElement
      player.currentTime = player.duration * 0.6
      return player.currentTime
    })
    await expect.poll(secondsAt, patience).toBeGreaterThan(middle + 0.2)
    expect(await card.getByText('You have it').count()).toBe(0)
    await card.getByText('You have it').waitFor(patience)
    const saved = await bob.save('The wedding')
    expect(await sha256Of(saved)).toBe(await sha256Of(film))
    const receipt = alice.card('The wedding').getByRole('listitem').filter({ hasText: 'bob' })
    await receipt.getByText('has it').waitFor()
    expect(faults(alice, bob)).toEqual([])
  })

  test('[HDR3] the page uses camera, recorder, wake lock and worker, and no feature that it does not need', async () => {
    const { allowed, clip, lock, worker } = await bob.page.evaluate(useFeatures)
    expect(allowed).toEqual(expect.arrayContaining(['camera', 'display-capture', 'publickey-credentials-create']))
    for (const one of ['geolocation', 'usb', 'serial', 'hid', 'midi', 'payment', 'clipboard-read', 'local-fonts'])
      expect(allowed).not.toContain(one)
    expect(clip).toBeGreaterThan(0)
    expect(lock).toBe('screen')
    expect(worker).toMatch(/\/sw\.js$/)
    expect(faults(alice, bob)).toEqual([])
  })

  test('[WST6] no main screen has anything that axe-core finds wrong, light and dark', async () => {
    const found: string[] = []
    const findings = await openAxe(bob.page)
    for (const [name, go] of Object.entries(screensOf(bob, 'alice'))) {
      await go()
      for (const look of LOOKS.slice(0, 2)) {
        await wear(bob.page, look)
        for (const { rule, says, where } of await findings()) {
          found.push(`${name} ${look.look}: ${rule}, ${says}: ${where.join('; ')}`)
        }
      }
    }
    expect(found).toEqual([])
    expect(faults(alice, bob)).toEqual([])
  })

  test('[WST4] texts that would run, or mislead, are shown as the text they are', async () => {
    const { title, text } = CANARIES
    const file = { name: CANARIES.fileName, mimeType: 'text/plain', buffer: Buffer.from('Nothing but text') }
    // Of its name all is shown but what would turn its letters around.
    const fileName = CANARIES.fileName.replace('\u202E', '')
    await bob.openConversation('alice')
    await alice.write(text)
    await alice.send(file, { title, text })
    const said = bob.page.getByRole('article').filter({ has: bob.page.getByText(text, { exact: true }) })
    await expect.poll(() => said.count(), { timeout: 30_000 }).toBe(2)
    await bob.card(title).getByText(fileName).waitFor()
    await bob.card(title).getByRole('button', { name: 'Fetch' }).click()
    await bob.card(title).getByRole('button', { name: 'Open' }).click()
    await bob.card(title).getByText('Nothing but text').waitFor()
    // Folders have names too, and whatever has one is found, listed and kept by it.
    const folder = join(stage.folder, CANARIES.folderName)
    await mkdir(folder)
    await writeFile(join(folder, file.name), 'One of two')
    await writeFile(join(folder, 'second.txt'), 'Two of two')
    await alice.page.getByRole('button', { name: 'Send something' }).click()
    const choose = alice.page.getByRole('button', { name: 'A folder', exact: true })
    const [chooser] = await Promise.all([alice.page.waitForEvent('filechooser'), choose.click()])
    await chooser.setFiles(folder)
    const sheet = alice.page.getByRole('region', { name: /^Send to/ })
    await sheet.getByText(CANARIES.folderName).first().waitFor()
    await sheet.getByRole('button', { name: /^Send, / }).click()
    await bob.page.getByText(CANARIES.folderName).first().waitFor()
    await bob.page.getByRole('searchbox').fill('canarySang')
    await bob.page.getByText('Messages', { exact: true }).waitFor()
    await bob.page
      .locator('.side-list')
      .getByText(/canarySang=2/)
      .first()
      .waitFor()
    await bob.page.getByRole('searchbox').fill('')
    await bob.page.getByRole('link', { name: 'Settings' }).click()
    await bob.page.getByRole('link', { name: 'Storage' }).click()
    await bob.page.getByText(fileName).first().waitFor()
    expect(faults(alice, bob)).toEqual([])
  })

  test('[HDR5] a site elsewhere in the same browser frames, holds, reads and asks nothing of it', async () => {
    const elsewhere = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end('<!doctype html><title>elsewhere</title>')
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    stack.defer(() => void elsewhere.close())
    const page = await bob.context.newPage()
    await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`)
    const heard = await bob.page.evaluate(countMessages)
    expect(await page.evaluate(attack, stage.origin)).toEqual({
      read: 'refused',
      posted: 'refused',
      picture: 'refused',
      session: 'refused',
      media: 'refused',
      opened: 'not held',
    })
    expect(page.frames().map((frame) => new URL(frame.url()).origin)).not.toContain(stage.origin)
    expect(await bob.page.evaluate(() => (globalThis as unknown as { messagesHeard: number }).messagesHeard)).toBe(
      heard,
    )
  })
})

/** In the page. */
async function useFeatures() {
  const { featurePolicy } = document as unknown as { featurePolicy: { allowedFeatures(): string[] } }
  const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true })
  const recorder = new MediaRecorder(stream)
  const clip = await new Promise<number>((resolve) => {
    recorder.ondataavailable = ({ data }) => {
      if (data.size === 0) return
      recorder.ondataavailable = null
      resolve(data.size)
    }
    recorder.start(100)
  })
  recorder.stop()
  for (const track of stream.getTracks()) track.stop()
  const lock = await navigator.wakeLock.request('screen')
  await lock.release()
  const worker = navigator.serviceWorker.controller?.scriptURL
  return { allowed: featurePolicy.allowedFeatures(), clip, lock: lock.type, worker }
}

/** In the page: how many messages its window has heard from elsewhere is counted from now on. */
function countMessages(): number {
  const counter = globalThis as unknown as { messagesHeard: number }
  counter.messagesHeard = 0
  addEventListener('message', () => counter.messagesHeard++)
  return counter.messagesHeard
}

/** In a page of elsewhere. */
async function attack(origin: string) {
  const loaded = (element: HTMLElement, says: string) =>
    new Promise<string>((resolve) => {
      element.addEventListener('load', () => resolve(says))
      element.addEventListener('error', () => resolve('refused'))
      document.body.append(element)
    })
  const asked = (path: string, init: RequestInit = {}) =>
    fetch(origin + path, init).then(
      (answer) => `answered ${answer.type}`,
      () => 'refused',
    )
  const frame = Object.assign(document.createElement('iframe'), { src: `${origin}/` })
  await loaded(frame, '')
  frame.contentWindow?.postMessage({ kind: 'media' }, '*')
  const picture = await loaded(Object.assign(new Image(), { src: `${origin}/icon.svg` }), 'shown')
  const film = Object.assign(document.createElement('video'), { src: `${origin}/media/${'0'.repeat(32)}/a.mp4` })
  const media = await new Promise<string>((resolve) => {
    film.onerror = () => resolve('refused')
    film.onloadedmetadata = () => resolve('plays')
    film.load()
  })
  const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/session`, 'doorpost.v1')
  const session = await new Promise<string>((resolve) => {
    socket.onopen = () => resolve('open')
    socket.onerror = () => resolve('refused')
  })
  const body = JSON.stringify({ tokenHash: 'A'.repeat(43) })
  const held = open(`${origin}/`)
  /** Half a minute: a slow machine takes seconds to open a window. */
  const LOOKS_MAX = 600
  // Whoever is held shows its closing; who is not is closed from the beginning of its document.
  const opened = await new Promise<string>((resolve) => {
    let looks = 0
    const look = setInterval(() => {
      held?.postMessage({ kind: 'media' }, '*')
      const isGone = !held || held.closed
      if (!isGone && ++looks < LOOKS_MAX) return
      clearInterval(look)
      resolve(isGone ? 'not held' : 'held')
    }, 50)
  })
  return {
    read: await asked('/', { mode: 'no-cors' }),
    posted: await asked('/admin/invitations', { method: 'SEND', body, credentials: 'include' }),
    picture,
    session,
    media,
    opened,
  }
}

function faults(...people: WebPerson[]): string[] {
  return people.flatMap((person) => person.faults.all().map((fault) => `${person.name}: ${fault}`))
}
