// Cards and sending in a real browser, with a device that only pretends: every state is there for those who listen and for those who
// have a keyboard, films get their picture, clips are recorded.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { createServer } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { sha256Of } from './film.ts'
import { openStage } from './stage.ts'
import { openAxe } from './web/axe.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { openWebPerson } from './web/web-person.ts'

const chromium = needs('chromium')
const ffmpeg = needs('ffmpeg')
const missing = chromium.missing ?? ffmpeg.missing

const WIDE = { width: 1280, height: 900 }
const PHONE = { width: 390, height: 844 }

describe.skipIf(missing !== undefined)(`web-cards ${missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let browser: Browser
  let origin = ''
  let folder = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doorpost-cards-'))
    stack.defer(() => rm(folder, { recursive: true }))
    const server = await createServer({
      root: join(import.meta.dirname, '..', 'packages', 'web'),
      configFile: false,
      cacheDir: join(folder, 'vite'),
      logLevel: 'error',
      server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
    })
    stack.defer(() => server.close())
    await server.listen()
    origin = server.resolvedUrls?.local[0] ?? ''
    browser = await openChromium({
      args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
    })
    stack.defer(() => browser.close())
  })
  afterAll(() => stack.disposeAsync())

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ locale: 'en-GB', viewport: WIDE, ...options })
    stack.defer(() => context.close())
    const page = await context.newPage()
    await page.goto(new URL(path, origin).href)
    return page
  }
  const states = async (options: BrowserContextOptions = {}) => {
    const page = await open('cards/states.html', options)
    await page.getByRole('group', { name: 'The wedding, all of it' }).first().waitFor()
    return page
  }
  const conversation = async () => {
    const page = await open('?pretend')
    await page
      .getByRole('navigation')
      .getByRole('link', { name: /crew@nordlicht/ })
      .first()
      .click()
    await page.getByRole('textbox', { name: /^Message to/ }).waitFor()
    return page
  }
  const choose = async (page: Page, what: string) => {
    await page.getByRole('button', { name: 'Send something' }).click()
    await page.getByRole('button', { name: what, exact: true }).click()
  }
  const give = async (page: Page, files: string[]) => {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), choose(page, 'Files')])
    await chooser.setFiles(files)
    return page.getByRole('region', { name: /^Send to/ })
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of [WIDE, PHONE]) {
      test(`[CRD18] every state of a card, ${colorScheme}, ${viewport.width} px: axe finds nothing, nothing is cut off`, async () => {
        const page = await states({ colorScheme, viewport })
        for (const fold of await page.getByRole('button', { name: 'Where it comes from' }).all()) await fold.click()
        const axe = await openAxe(page)
        expect(await axe()).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width)
      })
    }
  }

  test('[RGH10] a fetch of which nothing comes says so, instead of its last rate', async () => {
    const page = await states()
    await page.clock.install()
    await page.reload()
    const card = page.getByRole('group', { name: 'The wedding, all of it' }).filter({ hasText: '/s' }).first()
    await card.waitFor()
    await page.clock.runFor(20_000)
    await page.getByText('nothing comes at the moment').first().waitFor()
    expect(await page.getByRole('group').filter({ hasText: 'MB/s' }).count()).toBe(0)
  })

  test('[CRD19] with keys alone: declined, taken back, and where it comes from looked at', async () => {
    const page = await states()
    const card = page.getByRole('group', { name: 'The wedding, all of it' }).first()
    await card.getByRole('button', { name: 'Decline' }).focus()
    await page.keyboard.press('Enter')
    await card.getByText('You declined it').waitFor()
    await page.getByRole('button', { name: 'Undo' }).focus()
    await page.keyboard.press('Enter')
    await card.getByText('Ready to fetch').waitFor()
    const sources = page.getByRole('button', { name: 'Where it comes from' }).nth(1)
    await sources.focus()
    await page.keyboard.press('Space')
    expect(await sources.getAttribute('aria-expanded')).toBe('true')
    await page.getByText('through the server, sealed').waitFor()
  })

  test('[CRD20] a film gets a picture of a few seconds in, within its bounds; what is no film gets none', async () => {
    const film = join(folder, 'film.mp4')
    const source = ['-f', 'lavfi', '-i', 'testsrc=size=1920x1080:rate=10:duration=12']
    await promisify(execFile)('ffmpeg', [
      '-loglevel',
      'error',
      ...source,
      '-c:v',
      'libx264',
      '-pix_fmt',
      'yuv420p',
      film,
    ])
    const drawing = join(folder, 'drawing.svg')
    await writeFile(drawing, '<svg xmlns="http://www.w3.org/2000/svg" onload="document.title = 1"/>')
    const noFilm = join(folder, 'no-film.mp4')
    await writeFile(noFilm, 'these are no pictures')
    const page = await conversation()
    const sheet = await give(page, [film, drawing, noFilm])
    const rows = sheet.getByRole('listitem')
    const picture = rows.filter({ hasText: 'film.mp4' }).first().locator('img')
    await picture.waitFor()
    expect(await picture.getAttribute('src')).toMatch(/^blob:/)
    const sides = await picture.evaluate((element) => {
      const { naturalWidth, naturalHeight } = element as HTMLImageElement
      return [naturalWidth, naturalHeight]
    })
    expect(sides).toEqual([640, 360])
    expect(await rows.filter({ hasText: 'drawing.svg' }).locator('img').count()).toBe(0)
    expect(await rows.filter({ hasText: 'no-film.mp4' }).locator('img').count()).toBe(0)
    // One is left out, what is wrong is said where it stands, and what is right goes.
    await sheet.getByRole('button', { name: 'Leave drawing.svg out' }).click()
    expect(await rows.count()).toBe(2)
    await sheet.getByRole('button', { name: 'Date, copyright, other recipients' }).click()
    await sheet.getByRole('textbox', { name: 'Also to' }).fill('carol, an@')
    await sheet.getByText('“an@” is no address.').waitFor()
    expect(await sheet.getByRole('button', { name: /^Send, / }).isDisabled()).toBe(true)
    await sheet.getByRole('textbox', { name: 'Also to' }).fill('carol')
    await sheet.getByRole('textbox', { name: 'Title', exact: true }).fill('The test')
    await sheet.getByRole('button', { name: /^Send, / }).click()
    await sheet.getByRole('progressbar').waitFor()
    await page.getByText('Sent. It goes from this tab to them.').first().waitFor()
  })

  test('[CRD21] sending is stopped while it is read: nothing was sent, and everything that was written stands there', async () => {
    const file = join(folder, 'notes.txt')
    await writeFile(file, 'notes')
    const page = await conversation()
    const sheet = await give(page, [file])
    await sheet.getByRole('textbox', { name: 'Title', exact: true }).fill('Notes')
    await sheet.getByRole('button', { name: /^Send, / }).click()
    await sheet.getByRole('button', { name: 'Stop' }).click()
    await expect.poll(() => sheet.getByRole('textbox', { name: 'Title', exact: true }).inputValue()).toBe('Notes')
    expect(await page.getByText('Sent. It goes from this tab to them.').count()).toBe(0)
  })

  test('[CRD22] a clip is seen, recorded, looked at, and then given to be sent', async () => {
    const page = await conversation()
    await choose(page, 'Record yourself')
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.getByText(/Recording, 0:0[1-9]/).waitFor()
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByLabel('What you recorded').waitFor()
    await page.getByRole('button', { name: 'Use it' }).click()
    const row = page.getByRole('region', { name: /^Send to/ }).getByRole('listitem')
    await row.getByText(/^Clip \d{4}-\d\d-\d\d \d\d\.\d\d\.(mp4|webm)$/).waitFor()
    await row.locator('img').waitFor()
    expect(await row.count()).toBe(1)
  })

  test('[CRD24] what was closed comes back with Undo, and a clip is there again when its conversation was left in the middle', async () => {
    const file = join(folder, 'undone.txt')
    await writeFile(file, 'undone')
    const page = await conversation()
    const sheet = await give(page, [file])
    const title = sheet.getByRole('textbox', { name: 'Title', exact: true })
    const undo = page.getByRole('button', { name: 'Undo', exact: true })
    await title.fill('Undone')
    await sheet.getByRole('button', { name: 'Close', exact: true }).click()
    await sheet.waitFor({ state: 'detached' })
    await undo.click()
    await expect.poll(() => title.inputValue()).toBe('Undone')
    const recording = page.getByRole('region', { name: 'Record a clip' })
    const record = async () => {
      await recording.getByRole('button', { name: 'Record', exact: true }).click()
      await page.getByText(/Recording, .*kB$/).waitFor()
    }
    // Escape twice: it ends, and is dropped.
    await sheet.getByRole('button', { name: 'Add', exact: true }).click()
    await sheet.getByRole('button', { name: 'Record yourself', exact: true }).click()
    await record()
    await page.keyboard.press('Escape')
    await page.getByLabel('What you recorded').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('The clip is not kept.').first().waitFor()
    await undo.click()
    await expect.poll(() => sheet.getByRole('listitem').allInnerTexts()).toHaveLength(2)
    expect(await title.inputValue()).toBe('Undone')
    // Left while it records.
    await sheet.getByRole('button', { name: 'Add', exact: true }).click()
    await sheet.getByRole('button', { name: 'Record yourself', exact: true }).click()
    await record()
    const address = page.url()
    await page.evaluate(() => void (location.hash = '#/settings'))
    await recording.waitFor({ state: 'detached' })
    await page.evaluate((was) => void (location.hash = new URL(was).hash), address)
    await expect.poll(() => sheet.getByRole('listitem').allInnerTexts()).toHaveLength(3)
    expect(await title.inputValue()).toBe('Undone')
  })

  test('[AUE3] with the system’s own contrast colours a switch still shows whether it is on, a bar how far it is, a code is black on white', async () => {
    const page = await states({ forcedColors: 'active', colorScheme: 'dark' })
    const colour = (selector: string, before = '') =>
      page
        .locator(selector)
        .first()
        .evaluate((element, part) => getComputedStyle(element, part || null).backgroundColor, before)
    expect(await colour('.progress-done')).not.toBe(await colour('.progress-track'))
    await page.goto(new URL('?pretend#/settings/sharing', origin).href)
    const looks = async (isOn: boolean) =>
      await page
        .getByRole('switch', { checked: isOn })
        .first()
        .evaluate((element) => {
          const [all, knob] = [getComputedStyle(element), getComputedStyle(element, '::before')]
          return { paper: all.backgroundColor, knob: knob.backgroundColor }
        })
    const [off, on] = [await looks(false), await looks(true)]
    expect(off.knob).not.toBe(off.paper)
    expect(on.knob).not.toBe(on.paper)
    expect(on.paper).not.toBe(off.paper)
    await page.goto(new URL('?pretend#/contacts', origin).href)
    await page.getByRole('button', { name: 'Make a link' }).click()
    await page.locator('.qr').waitFor()
    expect(await colour('.qr')).toBe('rgb(255, 255, 255)')
  })

  test('[AUE1] a camera that goes, is in use or has no microphone is told as what it is; closing in the middle keeps the clip', async () => {
    const page = await conversation()
    await page.evaluate(giveOneCamera)
    const sheet = page.getByRole('region', { name: 'Record a clip' })
    const press = (name: string) => sheet.getByRole('button', { name, exact: true }).click()
    const camera = (what: Partial<OneCamera>) =>
      page.evaluate((change) => void Object.assign(globalThis, change), { ...what })
    const unplug = () => page.evaluate(() => (globalThis as unknown as { unplug(this: void): void }).unplug())
    await camera({ busy: true })
    await choose(page, 'Record yourself')
    await sheet.getByText('Another program uses the camera.').waitFor()
    // Without a microphone, and gone before anything was recorded.
    await camera({ busy: false })
    await press('Try again')
    await sheet.getByRole('button', { name: 'Record', exact: true }).waitFor()
    await unplug()
    await sheet.getByText('Nothing was recorded.').waitFor()
    await press('Try again')
    await press('Record')
    await sheet.getByText(/Recording, .*kB$/).waitFor()
    await unplug()
    await sheet.getByText('Recording stopped. What was recorded until then is here.').waitFor()
    await press('Record again')
    await sheet.getByRole('button', { name: 'Record', exact: true }).press('Enter')
    await sheet.getByText(/Recording, .*kB$/).waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Stop')
    await page.keyboard.press('Escape')
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Use it')
    expect(await sheet.getByText('Recording stopped.').count()).toBe(0)
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })
    await page.evaluate(() => {
      navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))
    })
    await choose(page, 'Record the screen')
    await sheet.getByText('No screen was chosen.').waitFor()
  })

  test('[CRD23] a page that was opened anew says that it has the file no more, and gives it out once it is chosen again', async () => {
    await buildApp()
    await using own = new AsyncDisposableStack()
    const stage = own.use(await openStage())
    await stage.server()
    const alice = own.use(await openWebPerson(browser, stage.origin, 'alice'))
    const bob = own.use(await openWebPerson(browser, stage.origin, 'bob'))
    await alice.open()
    await alice.signUp()
    await bob.open(await alice.invite())
    await bob.signUp()
    await alice.openConversation('bob')
    await bob.openConversation('alice')
    const file = join(stage.folder, 'notes.bin')
    await writeFile(file, randomBytes(3_000_000))
    await alice.send(file, { title: 'Notes' })
    await bob.card('Notes').waitFor()
    await alice.page.reload()
    await alice.openConversation('bob')
    const mine = alice.card('Notes')
    await mine.getByText('This tab does not have the file any more').waitFor()
    await bob.card('Notes').getByRole('button', { name: 'Fetch', exact: true }).click()
    const again = mine.getByRole('button', { name: 'Choose it again' })
    const [chooser] = await Promise.all([alice.page.waitForEvent('filechooser'), again.click()])
    await chooser.setFiles(file)
    await bob.card('Notes').getByText('You have it').waitFor({ timeout: 120_000 })
    await mine.getByText('has it').waitFor()
    expect(await sha256Of(await bob.save('Notes'))).toBe(await sha256Of(file))
  })
})

interface OneCamera {
  /** Another program has it. */
  readonly busy: boolean
}

/** In the page: from now on there is a camera that can be unplugged, and no microphone. */
function giveOneCamera(): void {
  const { mediaDevices } = navigator
  const open = mediaDevices.getUserMedia.bind(mediaDevices)
  const here = globalThis as unknown as Partial<OneCamera> & { unplug?(): void }
  mediaDevices.getUserMedia = async (wish) => {
    if (here.busy) throw new DOMException('', 'NotReadableError')
    if (wish?.audio) throw new DOMException('', 'NotFoundError')
    const stream = await open(wish)
    here.unplug = () => {
      for (const track of stream.getTracks()) {
        track.stop()
        // What a script stops tells nobody; what is unplugged does.
        track.dispatchEvent(new Event('ended'))
      }
    }
    return stream
  }
}
