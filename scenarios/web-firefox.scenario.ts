// The same app in Firefox, which has other parts to it: somebody there and somebody in Chromium sign up, meet by a link, talk, and send each other
// a film that plays while it arrives.

import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { makeWebFilm, sha256Of } from './film.ts'
import { openStage, type Stage } from './stage.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { type Firefox, type FoxTab, openFirefox } from './web/firefox.ts'
import { openWebPerson, type WebPerson } from './web/web-person.ts'

const chromium = needs('chromium')
const ffmpeg = needs('ffmpeg')
const firefox = needs('firefox-esr')
const missing = chromium.missing ?? ffmpeg.missing ?? firefox.missing

describe.skipIf(missing !== undefined)(`web-firefox ${missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let browser: Browser
  let fox: Firefox
  let ann: FoxTab
  let bob: WebPerson
  let film = ''

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    await stage.server()
    film = join(stage.folder, 'lake.mp4')
    await makeWebFilm(film, 6_000_000)
    browser = await openChromium()
    stack.defer(() => browser.close())
    fox = stack.use(await openFirefox(firefox.path))
    ann = await fox.newPerson()
    bob = stack.use(await openWebPerson(browser, stage.origin, 'bob'))
  })
  afterAll(() => stack.disposeAsync())

  test('[WST10] somebody signs up in Firefox, and a link makes two people contacts across browsers', async () => {
    await ann.open(stage.origin)
    await ann.type('input[autocomplete=username]', 'ann')
    await ann.press('Begin')
    await ann.until(`document.querySelectorAll('.recovery-words li').length === 12`)
    await ann.press('Later')
    await ann.press('Contacts')
    // The screen before has such a button as well.
    await ann.untilText('Add a contact')
    await ann.press('Make a link')
    await bob.open(String(await ann.until(`document.querySelector('.invite-link')?.textContent`)).trim())
    await bob.signUp()
    await ann.untilText('bob and you are contacts now.')
    expect(fox.errors()).toEqual([])
  })

  test('[WST10] they talk, both ways', async () => {
    await ann.press(/^(BO)?bob/)
    await ann.type('.composer textarea', 'Hello from Firefox')
    await ann.press('Send')
    await bob.openConversation('ann')
    await bob.page.getByRole('article').filter({ hasText: 'Hello from Firefox' }).waitFor()
    await bob.write('Hello from Chromium')
    await ann.untilText('Hello from Chromium')
    await ann.untilText('Read')
    expect([...fox.errors(), ...bob.faults.all()]).toEqual([])
  })

  test('[WST10] a film from Firefox is saved byte for byte in Chromium, and its sender knows', async () => {
    await ann.choose('.composer input[type=file]', [film])
    await ann.until(`document.querySelector('.sheet img')`)
    await ann.type('.sheet input[type=text], .sheet input:not([type])', 'From Firefox')
    await ann.press(/^Send, /)
    const card = bob.card('From Firefox')
    await card.getByRole('button', { name: 'Fetch', exact: true }).click()
    await card.getByText('You have it').waitFor({ timeout: 120_000 })
    expect(await sha256Of(await bob.save('From Firefox'))).toBe(await sha256Of(film))
    await ann.untilText('bob has it')
    expect([...fox.errors(), ...bob.faults.all()]).toEqual([])
  })

  test('[WST10] a film from Chromium plays in Firefox while it arrives, and is there after the page was loaded anew', async () => {
    await bob.limitUpload(2)
    await bob.openConversation('ann')
    await bob.send(film, { title: 'From Chromium' })
    await ann.untilText('From Chromium')
    await ann.press('Watch')
    await ann.until(`(document.querySelector('.film video')?.currentTime ?? 0) > 0.3`)
    await ann.until(`(document.querySelector('.film')?.closest('.card').innerText ?? '').includes('You have it')`)
    await bob.card('From Chromium').getByText('has it').waitFor()
    await ann.open(`${stage.origin}/#/settings/storage`)
    await ann.untilText('lake.mp4')
    expect([...fox.errors(), ...bob.faults.all()]).toEqual([])
  })
})
