// The README's pictures of the web app, taken from the running app. They go to a folder that is thrown away; DOORPOST_PICTURES=docs/pictures keeps
// them.

import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { makeWebFilm } from './film.ts'
import { openStage, type Stage } from './stage.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { LOOKS, wear } from './web/screens.ts'
import { openWebPerson, type WebPerson } from './web/web-person.ts'

const chromium = needs('chromium')
const ffmpeg = needs('ffmpeg')
const missing = chromium.missing ?? ffmpeg.missing

/** A README is read on slow lines too, bytes. */
const PICTURE_BYTES_MAX = 200_000

describe.skipIf(missing !== undefined)(`web-pictures ${missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let browser: Browser
  let folder = ''
  let film = ''
  let [alice, bob, carol] = [] as unknown as [WebPerson, WebPerson, WebPerson]

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    await stage.server()
    folder = resolve(process.env['DOORPOST_PICTURES'] ?? join(stage.folder, 'pictures'))
    await mkdir(folder, { recursive: true })
    film = join(stage.folder, 'lake.mp4')
    await makeWebFilm(film, 20_000_000)
    browser = await openChromium()
    stack.defer(() => browser.close())
    alice = stack.use(await openWebPerson(browser, stage.origin, 'alice'))
    bob = stack.use(await openWebPerson(browser, stage.origin, 'bob'))
    carol = stack.use(await openWebPerson(browser, stage.origin, 'carol'))
  })
  afterAll(() => stack.disposeAsync())

  /** In every look. Answers those that are too large. */
  async function take(person: WebPerson, name: string): Promise<string[]> {
    const large: string[] = []
    for (const look of LOOKS) {
      await wear(person.page, look)
      const picture = await person.page.screenshot({ path: join(folder, `${name}-${look.look}.png`) })
      if (picture.length >= PICTURE_BYTES_MAX) large.push(`${name} ${look.look}: ${picture.length} bytes`)
    }
    await wear(person.page, LOOKS[0])
    return large
  }

  test('[WST7] people talk, and a film is about to be sent', async () => {
    for (const one of [alice, bob, carol]) {
      await one.open(one === alice ? undefined : await alice.invite())
      await one.signUp()
      await one.page.getByRole('button', { name: 'I have written them down' }).click()
    }
    await carol.openConversation('alice')
    await carol.write('The boat is booked for Sunday')
    await alice.page.getByRole('link', { name: 'New conversation' }).click()
    await alice.page.getByRole('checkbox', { name: 'bob' }).check()
    await alice.page.getByRole('checkbox', { name: 'carol' }).check()
    await alice.page.getByRole('button', { name: 'Write to 2 people' }).click()
    await alice.write('Who brings the cake?')
    await alice.openConversation('bob')
    await alice.write('We are back from the lake')
    await bob.openConversation('alice')
    await bob.write('How was the light?')
    await alice.page.getByRole('article').filter({ hasText: 'How was the light?' }).waitFor()
    // So slow that there is something to be seen of it; and no line about what was just done.
    await alice.limitUpload(2.5)
    for (const { page } of [alice, bob, carol]) await page.locator('.toast').waitFor({ state: 'detached' })
    await alice.openConversation('bob')
    await alice.page.getByRole('button', { name: 'Send something' }).click()
    const files = alice.page.getByRole('button', { name: 'Files', exact: true })
    const [chooser] = await Promise.all([alice.page.waitForEvent('filechooser'), files.click()])
    await chooser.setFiles(film)
    const sheet = alice.page.getByRole('region', { name: 'Send to bob' })
    await sheet.locator('img').waitFor()
    await sheet.getByRole('textbox', { name: 'Title', exact: true }).fill('The evening at the lake')
    await sheet.getByRole('textbox', { name: 'Text', exact: true }).fill('Wait for the boat')
    expect(await take(alice, 'sending')).toEqual([])
    await sheet.getByRole('button', { name: /^Send, / }).click()
    await sheet.waitFor({ state: 'detached' })
  })

  test('[WST7] it is watched while it arrives', async () => {
    const card = bob.card('The evening at the lake')
    await card.getByRole('button', { name: 'Watch', exact: true }).click()
    const video = card.locator('video')
    const secondsAt = () => video.evaluate((element) => (element as HTMLVideoElement).currentTime)
    await expect.poll(secondsAt, { timeout: 60_000 }).toBeGreaterThan(1)
    await card.getByRole('button', { name: 'Where it comes from' }).click()
    await card.getByText(/ left$/).waitFor()
    await bob.page.locator('.toast').waitFor({ state: 'detached' })
    await card.getByText('Waiting for the next part').waitFor({ state: 'hidden' })
    expect(await take(bob, 'watching')).toEqual([])
  })

  test('[WST7] its recipient has it, and its sender knows', async () => {
    const card = bob.card('The evening at the lake')
    await card.getByText('You have it').waitFor({ timeout: 120_000 })
    await bob.write('What a light')
    const mine = alice.card('The evening at the lake')
    await mine.getByText('has it').waitFor()
    await alice.page.getByRole('article').filter({ hasText: 'What a light' }).waitFor()
    await alice.page.locator('.toast').waitFor({ state: 'detached' })
    expect(await take(alice, 'conversation')).toEqual([])
    await alice.page
      .getByRole('link', { name: 'About alice' })
      .or(alice.page.getByRole('link', { name: 'About this conversation' }))
      .click()
    await alice.page.getByText('Safety number').waitFor()
    expect(await take(alice, 'contact')).toEqual([])
  })
})
