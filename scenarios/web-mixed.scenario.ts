// Somebody with a browser and somebody with a terminal: they talk, send each other films, and get signed receipts; then the one with the
// browser hands a film to an agent of her own and closes the tab.

import { join } from 'node:path'
import { openAgent } from '@doorpost/peer/node/agent'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { chatting } from './chatting.ts'
import { makeWebFilm, sha256Of } from './film.ts'
import { joinFrom } from './in-process.ts'
import { openStage, type Person, type Stage, until } from './stage.ts'
import { openAxe } from './web/axe.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { LOOKS, wear } from './web/screens.ts'
import { openWebPerson, type WebPerson } from './web/web-person.ts'

const chromium = needs('chromium')
const ffmpeg = needs('ffmpeg')
const missing = chromium.missing ?? ffmpeg.missing

const FILM_BYTES = 6 * 1024 * 1024
/** So slow that it can be looked at while it goes out, MB/s. */
const SLOW_RATE = 1

/** More than a page of them is at first (screens/message-window.ts). */
const LINES = 64
/** What nobody sees move, px. */
const NEAR_PX = 2

/** Nobody times anything here; it ends a story that would never end, ms. */
const SOON = { timeout: 30_000 }

interface Status {
  id: string
  recipients: { state: string; receipt: string }[]
}

declare global {
  /** Screens that are kept on now. */
  var keptOn: number
}

describe.skipIf(missing !== undefined)(`web-mixed ${missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let browser: Browser
  let ann: WebPerson
  let tom: Person
  /** Ann’s, from when she has it. */
  let tower: Person
  let film = ''

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    await stage.server()
    film = join(stage.folder, 'harbour.mp4')
    await makeWebFilm(film, FILM_BYTES)
    browser = await openChromium()
    stack.defer(() => browser.close())
    ann = stack.use(await openWebPerson(browser, stage.origin, 'ann'))
    await ann.context.addInitScript(countScreensKeptOn)
    tom = await stage.join('tom')
    await tom.agent('--no-fetch')
    await ann.open()
    await ann.signUp()
    await tom.json('contacts', 'add', await ann.invite())
  })
  afterAll(() => stack.disposeAsync())

  const arrived = (id: string) =>
    until(`${id} to come`, async () => (await tom.json<{ id: string }[]>('inbox')).some((one) => one.id === id))
  const fetchedBy = async (title: string) => {
    const [entry] = (await tom.json<{ id: string; title?: string }[]>('inbox')).filter((one) => one.title === title)
    const got = await tom.json<{ files: { file: string }[] }>(
      'get',
      entry?.id ?? '',
      '--out',
      join(stage.folder, title),
    )
    return await sha256Of(got.files[0]?.file ?? '')
  }
  const sentTo = (title: string) => ann.card(title).getByRole('listitem').filter({ hasText: 'tom' })

  test('[BSR20] a chat in a terminal and one in a browser are the same conversation', async () => {
    const terminal = chatting(tom, 'ann', '--json')
    stack.defer(() => terminal.kill())
    await ann.openConversation('tom')
    await ann.write('Are you at the harbour?')
    await until('the terminal to show it', async () => terminal.out().includes('Are you at the harbour?'))
    await ann.page.getByText(/· Read$/).waitFor()
    terminal.types('On the pier, with the camera\n')
    await ann.page.getByRole('article').filter({ hasText: 'On the pier, with the camera' }).waitFor()
    await until('it to be read', async () => /"state":"read"/.test(terminal.out()))
    expect(await terminal.leaves()).toBe(0)
  })

  test('[SYN20] the line one reads stays where it is while messages come below and above it and a card above it grows', async () => {
    const { page } = ann
    const { home } = await joinFrom(stage.folder, stage.origin, 'pia')
    await using pia = await openAgent({ home })
    await pia.peer.do('contacts.add', { who: await ann.invite() })
    await ann.openConversation('pia')
    const say = (words: string) => pia.peer.do('talk.send', { to: ['ann'], text: words })
    await Promise.all(Array.from({ length: LINES }, (_, number) => say(`Wave ${number} came in from the west`)))
    const earlier = page.getByRole('button', { name: 'Show earlier messages' })
    await earlier.waitFor({ state: 'attached' })

    const read = await inMessages(30)
    await read.line.evaluate((line) => line.scrollIntoView({ block: 'center' }))
    await settled(page)
    const before = await read.place()
    await say('And one more')
    await page.getByText('And one more').last().waitFor({ state: 'attached' })
    await settled(page)
    expect(Math.abs((await read.place()) - before), 'below').toBeLessThanOrEqual(NEAR_PX)

    // Out of sight, as one does whose picture is there now.
    const { line: card } = await inMessages(3)
    await card.evaluate((one) => void ((one as HTMLElement).style.paddingBlockEnd = '240px'))
    await settled(page)
    expect(Math.abs((await read.place()) - before), 'a card').toBeLessThanOrEqual(NEAR_PX)

    await earlier.evaluate((button) => button.scrollIntoView())
    await settled(page)
    const top = await inMessages(0)
    const was = await top.place()
    await earlier.click()
    await expect.poll(async () => (await inMessages(0)).id, SOON).not.toBe(top.id)
    await settled(page)
    expect(Math.abs((await top.place()) - was), 'above').toBeLessThanOrEqual(NEAR_PX)
  })

  /** The message that stands there now, counted from the first on the page; `place`: how far below the top of what is scrolled, px. */
  async function inMessages(at: number) {
    const id = await ann.page.locator('.messages [data-id]').nth(at).getAttribute('data-id')
    const line = ann.page.locator(`.messages [data-id="${id}"]`)
    const place = () =>
      line.evaluate((one) => {
        const box = one.closest('.messages')
        return one.getBoundingClientRect().top - (box?.getBoundingClientRect().top ?? Number.NaN)
      })
    return { id, line, place }
  }

  test('[BSR21] films go from terminal to browser and from browser to terminal, each with a signed receipt', async () => {
    await ann.openConversation('tom')
    const { id } = await tom.json<{ id: string }>('send', film, '--to', 'ann', '--title', 'From the pier')
    await ann.card('From the pier').getByRole('button', { name: 'Fetch', exact: true }).click()
    await ann.card('From the pier').getByText('You have it').waitFor()
    expect(await sha256Of(await ann.save('From the pier'))).toBe(await sha256Of(film))
    await until('the receipt', async () => (await tom.json<Status>('status', id)).recipients[0]?.receipt === 'verified')

    await ann.send(film, { title: 'Back to you' })
    await ann.card('Back to you').getByText('This tab must stay open until they have it.').waitFor()
    await until('it to come', async () => (await tom.json<unknown[]>('inbox')).length > 1)
    expect(await fetchedBy('Back to you')).toBe(await sha256Of(film))
    await sentTo('Back to you').getByText('has it').waitFor()
    expect(await ann.card('Back to you').getByText('This tab must stay open').count()).toBe(0)
  })

  test('[BSR7] while somebody fetches the screen is kept on and closing is asked about, whichever screen is open; not after', async () => {
    await ann.limitUpload(SLOW_RATE)
    await ann.openConversation('tom')
    expect([await asksBeforeClosing(ann.page), await keptOn(ann.page)]).toEqual([false, 0])
    await ann.send(film, { title: 'Slowly' })
    await until('it to come', async () => (await tom.json<unknown[]>('inbox')).length > 2)
    expect([await asksBeforeClosing(ann.page), await keptOn(ann.page)]).toEqual([false, 0])
    const fetching = fetchedBy('Slowly')
    await expect.poll(() => asksBeforeClosing(ann.page), SOON).toBe(true)
    expect(await keptOn(ann.page)).toBe(1)
    await ann.page.getByRole('link', { name: 'Contacts', exact: true }).click()
    await ann.page.getByRole('heading', { name: 'Contacts', level: 1 }).waitFor()
    expect([await asksBeforeClosing(ann.page), await keptOn(ann.page)]).toEqual([true, 1])
    expect(await fetching).toBe(await sha256Of(film))
    await expect.poll(() => asksBeforeClosing(ann.page), SOON).toBe(false)
    expect(await keptOn(ann.page)).toBe(0)
    await ann.limitUpload(0)
  })

  test('[BSR8] kept copies are listed with their room, cleared one by one, and a cleared one can be fetched again', async () => {
    await tom.json('send', film, '--to', 'ann', '--title', 'Another')
    await ann.openConversation('tom')
    const card = ann.card('Another')
    await card.getByRole('button', { name: 'Fetch', exact: true }).click()
    await card.getByText('You have it').waitFor()
    const { page } = ann
    await page.getByRole('link', { name: 'Settings', exact: true }).click()
    await page.getByRole('link', { name: /^Storage/ }).click()
    const clear = page.getByRole('button', { name: 'Clear away harbour.mp4' })
    await expect.poll(() => clear.count(), SOON).toBe(2)
    await clear.first().click()
    expect(await clear.count()).toBe(1)
    // It happens when the line that offers to undo it goes.
    await page.locator('.toast').getByText('harbour.mp4 is cleared away.').waitFor({ state: 'detached' })
    await page.reload()
    await expect.poll(() => clear.count(), SOON).toBe(1)
    const offer = page.getByRole('switch', { name: /^Offer them to other recipients/ })
    await offer.uncheck()
    await page.reload()
    await offer.waitFor()
    expect(await offer.isChecked()).toBe(false)
    await offer.check()
    await ann.openConversation('tom')
    await card.or(ann.card('From the pier')).getByText('Ready to fetch').waitFor()
    await page.getByRole('button', { name: 'Fetch', exact: true }).click()
    await expect.poll(() => page.getByText('You have it').count(), SOON).toBe(2)
  })

  test('[BSR6] a film is handed to an agent of one’s own: the card says when the tab may be closed, and the agent gives it out', async () => {
    const { page } = ann
    // Sent before there was an agent: who finds that the tab has to stay open gets one then.
    await ann.send(film, { title: 'To keep' })
    tower = stage.newcomer('ann', 'ann-tower')
    await page.getByRole('link', { name: 'Settings', exact: true }).click()
    await page.getByRole('link', { name: /^Devices/ }).click()
    await page.getByRole('button', { name: 'Add a device' }).click()
    const code = (await page.locator('.invite .code').textContent()) ?? ''
    const joining = tower.run('join', stage.origin, '--link', code, '--device', 'tower', '--json')
    await page.getByRole('button', { name: 'Yes, add it' }).click()
    expect((await joining).code).toBe(0)
    await tower.agent('--no-fetch')

    await ann.openConversation('tom')
    const card = ann.card('To keep')
    await card.getByRole('button', { name: 'Hand it to tower' }).click()
    await card.getByText('tower has it and gives it to them').waitFor()
    await card.getByText('You can close this tab.').waitFor()
    expect(await card.getByText('This tab must stay open').count()).toBe(0)
    const axe = await openAxe(page)
    for (const look of LOOKS.slice(0, 2)) {
      await wear(page, look)
      expect(await axe()).toEqual([])
    }
    await ann.closeTab()
    const [entry] = (await tom.json<{ id: string; title?: string }[]>('inbox')).filter(
      ({ title }) => title === 'To keep',
    )
    await arrived(entry?.id ?? '')
    expect(await fetchedBy('To keep')).toBe(await sha256Of(film))
    await ann.open()
    await ann.openConversation('tom')
    await sentTo('To keep').getByText('has it').waitFor()
    expect(await ann.card('To keep').getByText('This tab does not have the file any more').count()).toBe(0)
    expect(ann.faults.all()).toEqual([])
  })

  test('[AUD3] a link made in a tab is handed to an agent: a page that was open before fetches from it, names it, and the tab may be closed', async () => {
    const { page } = ann
    await page.evaluate(() => void (location.hash = '#/settings/links'))
    const make = page.getByRole('button', { name: 'Make a link', exact: true })
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), make.click()])
    await chooser.setFiles(film)
    const sheet = page.getByRole('region', { name: 'Make a link' })
    await sheet.getByRole('textbox', { name: 'Title', exact: true }).fill('By a link')
    await sheet.getByRole('button', { name: 'Make a link', exact: true }).click()
    const link = (await page.getByText(/\/l#v1\./).textContent()) ?? ''
    await page.getByRole('region', { name: 'Here is the link' }).getByRole('button', { name: 'Close' }).click()
    const visitor = await browser.newContext({ locale: 'en-GB' })
    stack.defer(() => visitor.close())
    const opened = await visitor.newPage()
    await opened.goto(link)
    const fetch = opened.getByRole('button', { name: 'Fetch', exact: true })
    await fetch.waitFor(SOON)

    const made = page.getByRole('article').filter({ hasText: 'By a link' })
    await made.getByRole('button', { name: 'Hand it to tower' }).click()
    await made.getByText('You can close this tab.', { exact: true }).waitFor()
    expect(await asksBeforeClosing(page)).toBe(false)
    // So that it is seen where it comes from.
    await ann.limitUpload(SLOW_RATE)
    const rate = async () => (await tower.json<{ serve: { bytesPerSecond: number } }>('prefs')).serve.bytesPerSecond
    await expect.poll(rate, SOON).toBeGreaterThan(0)
    await ann.closeTab()
    await fetch.click()
    await opened.getByRole('button', { name: 'Where it comes from' }).click(SOON)
    await opened.getByText('ann’s tower').waitFor(SOON)
    await opened.getByText('You have it').first().waitFor(SOON)
    await ann.open()
    await ann.page.evaluate(() => void (location.hash = '#/settings/links'))
    await ann.page.getByText(/^Fetched, /).waitFor()
    expect(ann.faults.all()).toEqual([])
  })
})

/** Asks the page what the browser asks before a tab is closed. */
function asksBeforeClosing(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const event = new Event('beforeunload', { cancelable: true })
    dispatchEvent(event)
    return event.defaultPrevented
  })
}

function keptOn(page: Page): Promise<number> {
  return page.evaluate(() => globalThis.keptOn)
}

/** Runs in the page before all else. */
function countScreensKeptOn(): void {
  globalThis.keptOn = 0
  const { wakeLock } = navigator
  const request = wakeLock.request.bind(wakeLock)
  wakeLock.request = async (type) => {
    const sentinel = await request(type)
    globalThis.keptOn++
    sentinel.addEventListener('release', () => globalThis.keptOn--)
    return sentinel
  }
}

/** What was laid out is drawn, and whoever listens for scrolling and sizes has heard. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise((resolve) => void requestAnimationFrame(resolve))
  })
}
