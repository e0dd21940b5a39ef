// Live pictures between browsers that cannot reach each other: everything goes through the server, and the screens say so. What is seen is
// read from what was drawn.

import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { openStage, type Stage } from './stage.ts'
import { openAxe } from './web/axe.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { countedCameraArgs, writeCountedCamera } from './web/counted-camera.ts'
import { soundFlowOf, soundArgs, soundsHeardBy, watchSounds, writeVoice } from './web/heard-sounds.ts'
import { findsNoWay } from './web/no-way.ts'
import { keepPictures, LOOKS, wear } from './web/screens.ts'
import { encodedBy, flowOf, seenBy, watchEncoder, watchPictures } from './web/seen-pictures.ts'
import { openWebPerson, type WebPerson } from './web/web-person.ts'

const chromium = needs('chromium')
const CAMERA = { width: 320, height: 180, framesPerSecond: 15, frames: 900 }
/** A machine may have much else to do. */
const PATIENT = { timeout: 60_000 }

describe.skipIf(chromium.missing)(`live-blocked ${chromium.missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let browser: Browser
  let [alice, bob] = [] as unknown as [WebPerson, WebPerson]

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    await stage.server()
    const camera = join(stage.folder, 'camera.y4m')
    await writeCountedCamera(camera, CAMERA)
    const voice = join(stage.folder, 'voice.wav')
    await writeVoice(voice)
    browser = await openChromium({ args: [...countedCameraArgs(camera), ...soundArgs(voice)] })
    stack.defer(() => browser.close())
    const options = { permissions: ['camera', 'microphone'] }
    alice = stack.use(await openWebPerson(browser, stage.origin, 'alice', options))
    bob = stack.use(await openWebPerson(browser, stage.origin, 'bob', options))
    for (const { context } of [alice, bob]) await findsNoWay(context)
    await alice.open()
    await alice.signUp()
    const link = await alice.invite()
    await bob.open(link)
    await watchPictures(bob.page)
    await bob.signUp()
    await alice.openConversation('bob')
    await bob.openConversation('alice')
    await watchEncoder(alice.page)
    await watchPictures(alice.page)
    // What reads the pictures comes with a page.
    for (const { page } of [alice, bob]) {
      await watchSounds(page)
      await page.reload()
    }
  })
  afterAll(() => stack.disposeAsync())

  test('[LVW5] [LVW26] one tap shows a camera to whom one talks to, one tap watches it, and both see by which way it goes', async () => {
    await alice.button('Show something').click()
    await alice.button('Camera').click()
    await alice.page.getByText('Nobody watches yet.').waitFor()
    await bob.page.getByText('alice shows you something.').waitFor()
    await bob.button('Watch alice').click()
    await bob.page.getByText('Through the server').waitFor()
    await alice.page.getByText('1 person watches').waitFor()
    await alice.page.getByRole('listitem').getByText('through the server').waitFor()
    for (const { page } of [alice, bob]) {
      await page.locator('.live').getByText('Details').first().click()
      await page
        .getByText(/^The server passes [1-9]\S*\skB of at most .* a second of live pictures, to 1 viewer\.$/)
        .waitFor()
    }
    await expect.poll(async () => (await seenBy(bob.page)).length, PATIENT).toBeGreaterThan(30)
    const flow = flowOf(await seenBy(bob.page), await encodedBy(alice.page), CAMERA.frames)
    expect(flow).toMatchObject({ doubled: [], back: [], unreadable: 0 })
  })

  test('[LVW6] people go on talking beside the pictures, which go on in a corner of other screens', async () => {
    await alice.write('Can you see the lake?')
    await bob.page.getByText('Can you see the lake?').last().waitFor()
    await bob.write('Beautiful')
    await alice.page.getByText('Beautiful').last().waitFor()
    await bob.page.getByRole('link', { name: 'Settings', exact: true }).click()
    const corner = bob.page.getByRole('complementary', { name: 'Live pictures' })
    await corner.getByText('Through the server').waitFor()
    const before = (await seenBy(bob.page)).length
    await expect.poll(async () => (await seenBy(bob.page)).length, PATIENT).toBeGreaterThan(before + 10)
    await corner.getByRole('link', { name: 'To the conversation' }).click()
    await bob.page.getByRole('heading', { name: 'alice', level: 1 }).waitFor()
  })

  test('[WST6] nothing that axe-core finds is wrong with the screens of who shows and who watches, light and dark', async () => {
    await alice.button('Show something').click()
    for (const { page } of [alice, bob]) {
      const axe = await openAxe(page)
      for (const look of LOOKS) {
        await wear(page, look)
        expect(await axe()).toEqual([])
      }
    }
    await alice.page.keyboard.press('Escape')
  })

  test('[LVW7] who is put out sees nothing more, is told so, and gets in again only when let in', async () => {
    await alice.button('Put bob out').click()
    await bob.told('alice has put you out.').waitFor()
    const seen = (await seenBy(bob.page)).length
    await bob.button('Show something').click()
    await bob.button('Ask to see what alice shows').click()
    await bob.page
      .getByText(/alice (has put you out|does not let you watch now)\./)
      .last()
      .waitFor()
    expect((await seenBy(bob.page)).length).toBe(seen)
    await alice.button('Undo').click()
    const isRefused = async () => (await bob.page.locator('.live-picture').count()) === 0
    await expect
      .poll(async () => {
        // Asked before the word was taken back, they are refused once more.
        if (await isRefused()) {
          await bob.button('Show something').click()
          await bob.button('Ask to see what alice shows').click()
        }
        return (await seenBy(bob.page)).length
      }, PATIENT)
      .toBeGreaterThan(seen + 5)
  })

  test('[LVW12] what was shown is recorded and sent to who is there, and who missed it watches it later', async () => {
    await alice.button('Record').click()
    await alice.page.locator('.live-recording').waitFor()
    const before = (await seenBy(bob.page)).length
    await expect.poll(async () => (await seenBy(bob.page)).length, PATIENT).toBeGreaterThan(before + 30)
    await alice.button('Record').click()
    const sheet = alice.page.getByRole('region', { name: /^Send to/ })
    await sheet.getByRole('textbox', { name: 'Title', exact: true }).fill('What you missed')
    await sheet.getByRole('button', { name: /^Send, / }).click()
    await sheet.waitFor({ state: 'detached' })
    await bob.card('What you missed').waitFor()
  })

  test('[LVW21] who watches shows back: both see and hear both, in one place', async () => {
    await bob.button('Show something').click()
    await bob.button('Camera').click()
    await alice.button('Watch bob').click()
    for (const one of [alice, bob]) {
      await expect.poll(async () => (await seenBy(one.page)).length, PATIENT).toBeGreaterThan(30)
      await expect.poll(async () => soundFlowOf([], await soundsHeardBy(one.page)).loud, PATIENT).toBeGreaterThan(50)
      await one.page.getByText('1 person watches').waitFor()
      await one.page.getByText('Through the server', { exact: true }).waitFor()
    }
    const flow = flowOf(await seenBy(alice.page), [], CAMERA.frames)
    expect(flow).toMatchObject({ doubled: [], back: [], unreadable: 0 })
    for (const one of [alice, bob]) {
      await keepPictures(one, `live-both-${one.name}`)
      const axe = await openAxe(one.page)
      expect(await axe()).toEqual([])
    }
  })

  test('[LVW8] [LVW21] the camera is let go of when showing ends, and who watched is told; what they show goes on', async () => {
    await alice.button('Stop showing').click()
    await bob.told('What alice showed is over.').waitFor()
    await alice.page.getByRole('button', { name: 'Stop showing' }).waitFor({ state: 'detached' })
    const before = (await seenBy(alice.page)).length
    await expect.poll(async () => (await seenBy(alice.page)).length, PATIENT).toBeGreaterThan(before + 15)
    await bob.button('Stop showing').click()
    await alice.told('What bob showed is over.').waitFor()
    await alice.page.locator('.live').waitFor({ state: 'detached' })
    expect([...alice.faults.all(), ...bob.faults.all()]).toEqual([])
  })
})
