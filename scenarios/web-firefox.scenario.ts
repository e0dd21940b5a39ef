// The same app in Firefox, which has other parts to it: somebody opens a link there; then somebody there and somebody in Chromium sign up, meet,
// talk, send each other a film that plays while it arrives, and show each other their cameras.

import { join } from 'node:path'
import type { LinkStatus } from '@doorpost/peer/operations'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { makeWebFilm, sha256Of } from './film.ts'
import { openStage, type Stage, until } from './stage.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { drawn } from './web/engine-live.ts'
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
    browser = await openChromium({
      args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
    })
    stack.defer(() => browser.close())
    fox = stack.use(await openFirefox(firefox.path))
    ann = await fox.newPerson()
    bob = stack.use(await openWebPerson(browser, stage.origin, 'bob', { permissions: ['camera', 'microphone'] }))
  })
  afterAll(() => stack.disposeAsync())

  test('[ENG3] somebody without an account opens a link: it plays, is saved byte for byte, lasts, and is cleared away', async () => {
    const carol = await stage.join('carol')
    await using _agent = await carol.agent()
    const visitor = await fox.newPerson()
    const { id, link } = await carol.json<LinkStatus>('send', film, '--link', '--title', 'By a link')
    await visitor.open(link)
    await visitor.untilText('carol sent you a film')
    await visitor.press('Watch')
    await visitor.until(`document.querySelector('.film video')?.currentTime > 0.3`)
    await visitor.untilText('You have it')
    await visitor.press('Save')
    expect(await sha256Of(await visitor.downloaded())).toBe(await sha256Of(film))
    await until('carol to be told', async () => {
      const links = await carol.json<LinkStatus[]>('links')
      return links.find((one) => one.id === id)?.state === 'fetched'
    })
    await visitor.reload()
    await visitor.untilText('You have it')
    await visitor.press('Clear it')
    await visitor.press('Clear all of it')
    await visitor.untilText('Nothing of it is here any more')
    expect(fox.errors()).toEqual([])
  })

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

  test('[ENG4] [ENG5] a camera that Firefox shows is seen in Chromium, also out of a tab behind others, and one that Chromium shows in Firefox', async () => {
    await ann.until('document.hidden')
    await ann.press('Show something')
    await ann.press('Camera')
    await bob.button('Watch ann').click()
    const seen = async (pictures: number) => {
      await expect.poll(() => bob.page.evaluate(drawn(pictures)), { timeout: 60_000 }).toBe(true)
    }
    await seen(3)
    await ann.toFront()
    await seen(12)
    await ann.press('Stop showing')
    await bob.page.getByText('What ann showed is over.').first().waitFor()
    await bob.button('Show something').click()
    await bob.button('Camera').click()
    await ann.press('Watch bob')
    await ann.until(drawn(10))
    await bob.button('Stop showing').click()
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
