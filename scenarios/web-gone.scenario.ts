// Tabs whose right to be there ends while they are open: revoked while one gives a film out and another is off-line, and a server that began
// anew. What each says, what it still does, and the way on. What devices make of it one by one is packages/peer's own tests' business.

import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { openStage, type Person, type Running, type Stage } from './stage.ts'
import { openAxe } from './web/axe.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { keepPictures } from './web/screens.ts'
import { openWebPerson, type WebPerson } from './web/web-person.ts'

const { missing } = needs('chromium')
/** A line tries again after half a minute at most; a busy machine takes its time besides, ms. */
const PATIENT = { timeout: 90_000 }
/** A film that takes a minute at what its giver lets out, MB/s. */
const FILM_BYTES = 30_000_000
const SLOWLY = 0.5

describe.skipIf(missing !== undefined)(`web-gone ${missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let server: Running
  let browser: Browser
  let ann: Person
  let bob: WebPerson
  let [tablet, phone] = [] as unknown as [WebPerson, WebPerson]

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    server = await stage.server()
    browser = await openChromium()
    stack.defer(() => browser.close())
    ann = await stage.join('ann')
    await ann.agent()
    bob = stack.use(await openWebPerson(browser, stage.origin, 'bob'))
    await bob.open((await ann.json<{ link: string }>('contacts', 'invite')).link)
    await bob.signUp()
    await bob.page.getByRole('main').getByRole('button', { name: 'Later' }).click()
    tablet = stack.use(await addedTo(ann, 'tablet'))
    phone = stack.use(await addedTo(ann, 'phone'))
  })
  afterAll(() => stack.disposeAsync())

  /** A browser that is a device of somebody's, by the code that their first one shows. */
  async function addedTo(first: Person, name: string): Promise<WebPerson> {
    const added = await openWebPerson(browser, stage.origin, name)
    const adding = first.start('devices', 'add', '--yes', '--json')
    const code = (await adding.says(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){6}$/)).trim()
    await added.open()
    await added.button('I have Doorpost on another device').click()
    await added.page.getByRole('textbox', { name: 'Code or link' }).fill(code)
    await added.page.getByRole('textbox', { name: 'What this browser is called' }).fill(name)
    await added.button('Add this browser').click()
    await added.page.getByRole('link', { name: 'New conversation', exact: true }).waitFor()
    await adding.ended()
    return added
  }
  const line = ({ page }: WebPerson) => page.locator('.frame-offline')

  test('[GON1] [GON2] [GON3] revoked while it gives a film out, a tab says so and gives no more; who fetched from it is told', async () => {
    const film = join(stage.folder, 'lake.mp4')
    await writeFile(film, randomBytes(FILM_BYTES))
    await tablet.limitUpload(SLOWLY)
    await tablet.openConversation('bob')
    await tablet.send(film, { title: 'The lake' })
    await bob.openConversation('ann')
    await bob
      .card('The lake')
      .getByRole('button', { name: /^(Fetch|Save)/ })
      .first()
      .click()
    await tablet
      .card('The lake')
      .getByText(/fetching [1-9]/)
      .waitFor()
    await ann.json('devices', 'revoke', 'tablet')
    await line(tablet).getByText('not one of your devices any more').waitFor(PATIENT)
    await tablet.card('The lake').getByText('not given out from here any more').waitFor(PATIENT)
    expect(await tablet.page.getByRole('textbox', { name: /^Message to/ }).count()).toBe(0)
    await bob.card('The lake').getByText("is not ann's device any more").waitFor()
    expect(await bob.card('The lake').getByText('Watch').count()).toBe(0)
  })

  test('[GON1] a tab that was off-line when it was revoked says so when it is back, and is cleared after a question', async () => {
    await phone.openConversation('bob')
    // It notices after half a minute; until then it believes that it is on-line.
    await phone.context.setOffline(true)
    await phone.write('On my way')
    await ann.json('devices', 'revoke', 'phone')
    await phone.context.setOffline(false)
    await line(phone).getByText('not one of your devices any more').waitFor(PATIENT)
    expect(await phone.page.getByText('On my way').count()).toBeGreaterThan(0)
    await line(phone).getByRole('link', { name: 'What to do' }).click()
    await phone.page.getByRole('heading', { name: 'This browser was revoked', level: 1 }).waitFor()
    expect(await (await openAxe(phone.page))()).toEqual([])
    await keepPictures(phone, 'revoked')
    await phone.button('Clear this browser').click()
    await phone.page.getByText('If this is your only device').waitFor()
    await phone.button('Clear this browser').click()
    await phone.button('I have Doorpost on another device').waitFor()
  })

  test('[GON5] where the server began anew a tab says that it knows nobody of its name, and what is written waits', async () => {
    await server.end('SIGTERM')
    await rm(stage.dataFolder, { recursive: true })
    server = await stage.server()
    await line(bob).getByText('does not know your name any more').waitFor(PATIENT)
    await bob.write('Are you there?')
    await bob.page.getByText('Waiting here for the server').waitFor()
    expect(await line(bob).getByRole('link', { name: 'What to do' }).count()).toBe(1)
  })
})
