// A link for somebody without an account: made with the command line, looked at by whatever looks at links, opened in a browser that has
// never been here, played while it arrives, kept, refused to others, taken back, over. What stands behind the # never leaves a browser.

import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { LinkStatus } from '@doorpost/peer/operations'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { sha256Of } from './film.ts'
import { linkDevices } from './link-devices.ts'
import { openStage, type Person, type Running, type Stage, until } from './stage.ts'
import { openAxe } from './web/axe.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { CANARIES, collectFaults, type Faults } from './web/faults.ts'
import { measureFirstLoad } from './web/first-load.ts'
import { LOOKS, wear } from './web/screens.ts'
import { openWebPerson } from './web/web-person.ts'

const chromium = needs('chromium')
const ffmpeg = needs('ffmpeg')
const curl = needs('curl')
const missing = chromium.missing ?? ffmpeg.missing ?? curl.missing

/** What a screen may take to show something, ms: other processes and a busy machine stand in between. */
const PATIENCE_MS = 90_000
const PATIENT = { timeout: PATIENCE_MS }
const FILM_S = 8
const MIB = 1024 * 1024
/** A first load, compressed, bytes. */
const FIRST_LOAD_BYTES_MAX = 150_000
/** Pictures of the screens, for people to look at; kept where that is said. */
const PICTURES = process.env['DOORPOST_PICTURES']

interface Visitor {
  readonly page: Page
  readonly faults: Faults
}

describe.skipIf(missing !== undefined)(`web-link ${missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let alice: Person
  let agent: Running
  let browser: Browser
  let film = ''
  let large = ''
  /** All that passed between browsers and server, both ways, as text. */
  let wire = ''

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    await stage.server()
    alice = await stage.join('alice')
    agent = await alice.agent()
    film = join(stage.folder, 'wedding.mp4')
    makeFilm(film)
    large = join(stage.folder, 'large.bin')
    await writeFile(large, randomBytes(24 * MIB))
    const port = await listenIn(Number(new URL(stage.origin).port))
    browser = await openChromium({
      args: [
        '--autoplay-policy=no-user-gesture-required',
        `--host-resolver-rules=MAP ${new URL(stage.origin).host} 127.0.0.1:${port}`,
      ],
    })
    stack.defer(() => browser.close())
  })
  afterAll(() => stack.disposeAsync())

  /** Passes bytes on to the server and writes them down: where browsers are led in its place. */
  async function listenIn(serverPort: number): Promise<number> {
    const between = createServer((from) => {
      const to = connect(serverPort, '127.0.0.1')
      for (const [one, other] of [
        [from, to],
        [to, from],
      ] as const) {
        one.on('data', (bytes) => {
          if (wire.length < 64_000_000) wire += bytes.toString('latin1')
        })
        one.on('error', () => other.destroy())
        one.pipe(other)
      }
    })
    stack.defer(() => void between.close())
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve))
    return (between.address() as { port: number }).port
  }

  async function makeLink(file: string, ...more: string[]): Promise<LinkStatus> {
    return await alice.json<LinkStatus>('send', file, '--link', ...more)
  }
  async function statusOf({ id }: LinkStatus): Promise<LinkStatus | undefined> {
    return (await alice.json<LinkStatus[]>('links')).find((one) => one.id === id)
  }

  /** A browser profile that has never been here. */
  async function visit(link: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options })
    stack.defer(() => context.close())
    context.setDefaultTimeout(PATIENCE_MS)
    await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'showSaveFilePicker'))
    const faults = collectFaults(context, stage.origin)
    const page = await context.newPage()
    await faults.watch(page)
    await page.goto(link)
    return { page, faults }
  }
  const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name, level: 1 })
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

  async function picture(page: Page, name: string): Promise<void> {
    if (PICTURES === undefined) return
    for (const look of LOOKS) {
      await wear(page, look)
      await page.screenshot({ path: join(PICTURES, `link-${name}-${look.look}.png`), fullPage: true })
    }
  }

  test('[LNK10] [LNK11] [LNK12] a film by a link: looked at without being used up, played while it arrives, kept, signed for', async () => {
    const made = await makeLink(film, '--title', 'The wedding, all of it', '--text', CANARIES.text)
    expect(made).toMatchObject({ state: 'waiting', open: true })

    // What messengers, scanners and search engines do: fetch the address, and some of them run the page.
    for (const args of [['-sS'], ['-sSI']]) await promisify(execFile)(curl.path, [...args, made.link])
    const looker = await visit(made.link)
    await heading(looker.page, 'alice sent you a film').waitFor()
    expect(await statusOf(made)).toMatchObject({ state: 'waiting' })

    const bob = await visit(made.link)
    await heading(bob.page, 'alice sent you a film').waitFor()
    await bob.page.getByText(`alice@${stage.domain}`).waitFor()
    expect(await (await openAxe(bob.page))()).toEqual([])
    await picture(bob.page, 'offered')
    await button(bob.page, 'Watch').click()
    const video = bob.page.locator('video')
    await expect
      .poll(() => video.evaluate((one: HTMLVideoElement) => (one.error ? 'broken' : one.currentTime > 0.5)), PATIENT)
      .toBe(true)
    await until('the link to be somebody’s', async () => (await statusOf(made))?.state !== 'waiting')
    await bob.page.getByText('You have it').first().waitFor()
    await picture(bob.page, 'here')
    expect(await (await openAxe(bob.page))()).toEqual([])
    const [download] = await Promise.all([bob.page.waitForEvent('download'), button(bob.page, 'Save').click()])
    expect(await sha256Of(await download.path())).toBe(await sha256Of(film))
    await until('the sender to be told', async () => (await statusOf(made))?.state === 'fetched')

    // Its secret is in no byte that went either way.
    const [, secret = ''] = /#v1\.([\w-]{22})\./.exec(made.link) ?? []
    expect(secret).not.toBe('')
    expect(wire).toContain('GET /l HTTP/1.1')
    expect(wire).not.toContain(secret)
    expect(wire).not.toContain(Buffer.from(secret, 'base64url').toString('latin1'))

    // The one who only looked comes too late, and so does everybody else.
    await button(looker.page, 'Watch').click()
    await heading(looker.page, 'Another browser has this link').waitFor()
    await picture(looker.page, 'taken')

    // Loaded again, what is kept is here, with nobody there to give it.
    await agent.end('SIGTERM')
    await bob.page.reload()
    await bob.page.getByText('You have it').first().waitFor()
    agent = await alice.agent()
    await button(bob.page, 'Clear it').click()
    await picture(bob.page, 'clear')
    await button(bob.page, 'Clear all of it').click()
    await heading(bob.page, 'Nothing of it is here any more').waitFor()
    expect([...bob.faults.all(), ...looker.faults.all()]).toEqual([])
  })

  test('[LNK14] while the sender sleeps it waits, goes on by itself, and a page that is loaded again keeps what came', async () => {
    const made = await makeLink(large)
    await alice.run('prefs', 'serve', '--rate', '4M')
    await agent.end('SIGTERM')
    const { page, faults } = await visit(made.link)
    await heading(page, 'alice sent you a file').waitFor()
    await button(page, 'Fetch').click()
    await page.getByText('Waiting for alice’s device').first().waitFor()
    await picture(page, 'waiting')
    agent = await alice.agent()
    const kept = page.getByText(/of it are kept in this browser/)
    // So much takes longer than the second whose bytes are not kept for certain [BRO13].
    await expect.poll(() => page.locator('.figures').first().textContent(), PATIENT).toMatch(/[4-9]\d\s?%/)
    await picture(page, 'fetching')
    await agent.end('SIGTERM')
    await page.reload()
    await expect.poll(() => kept.textContent(), PATIENT).toMatch(/^[1-9][\d.]*\sMB/)
    agent = await alice.agent()
    await page.getByText('You have it').first().waitFor()
    await until('the sender to be told', async () => (await statusOf(made))?.state === 'fetched')
    expect(faults.all()).toEqual([])
  })

  test('[LNK9] taken back in the middle it stops, and says so to whoever opens it', async () => {
    await alice.run('prefs', 'serve', '--rate', '1M')
    const made = await makeLink(large)
    const { page, faults } = await visit(made.link)
    await button(page, 'Fetch').click()
    await expect.poll(() => page.locator('.figures').first().textContent(), PATIENT).toMatch(/\d\s?%/)
    await alice.json('links', 'revoke', made.id)
    const at = performance.now()
    await page.getByText('alice took it back').waitFor()
    process.stderr.write(`it stopped after ${Math.round(performance.now() - at)} ms\n`)
    await picture(page, 'gone')
    expect(await statusOf(made)).toMatchObject({ state: 'revoked', open: false })
    const late = await visit(made.link)
    await heading(late.page, 'This link was taken back').waitFor()
    await alice.run('prefs', 'serve', '--rate', 'none')
    expect([...faults.all(), ...late.faults.all()]).toEqual([])
  })

  test('[LNK17] what a link shows comes with little, and what fetches comes beside it', async () => {
    const made = await makeLink(film)
    const wanted = ['.card-actions .button-main']
    const { screenBytes, workerBytes, usableMs, files } = await measureFirstLoad(browser, made.link, {
      slowdown: 1,
      wanted,
    })
    process.stdout.write(
      `A link: ${(screenBytes / 1000).toFixed(1)} kB in ${files.length} files, beside it ${(workerBytes / 1000).toFixed(1)} kB; usable after ${Math.round(usableMs)} ms.\n`,
    )
    expect(screenBytes, JSON.stringify(files)).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX)
    await alice.json('links', 'revoke', made.id)
  })

  test('[LNK14] of two tabs one has the link, and the other goes on when that is closed', async () => {
    const made = await makeLink(film)
    const { page, faults } = await visit(made.link)
    await heading(page, 'alice sent you a film').waitFor()
    const other = await page.context().newPage()
    await other.goto(made.link)
    await heading(other, 'This link is open in another tab').waitFor()
    await page.close()
    await heading(other, 'alice sent you a film').waitFor()
    expect(faults.all()).toEqual([])
  })

  test('[LNK4] over, or not whole, it says so in plain words', async () => {
    const made = await makeLink(film, '--expires', '6s')
    const early = await visit(made.link)
    await heading(early.page, 'alice sent you a film').waitFor()
    await early.page.getByText(/^Gone since/).waitFor()
    await picture(early.page, 'over')
    await until('its time to be over', async () => Date.now() > Date.parse(made.expires))
    const late = await visit(made.link)
    await heading(late.page, 'This link does not work any more').waitFor()
    const cut = await visit(made.link.slice(0, -3))
    await heading(cut.page, 'This link is not whole').waitFor()
    expect(await statusOf(made)).toMatchObject({ state: 'expired' })
  })

  test('[LNK30] [LNK32] a link handed to a device that was linked after it was made is given out by that one when the first has gone', async () => {
    const made = await makeLink(film)
    const { page, faults } = await visit(made.link)
    await heading(page, 'alice sent you a film').waitFor()
    const tower = stage.newcomer('alice', 'alice-tower')
    await linkDevices(stage, alice, tower, 'tower')
    await tower.agent()
    await alice.json('links', 'hand-over', made.id, 'tower')
    await until('the tower to give it out', async () => (await statusOf(made))?.handed?.state === 'gives')
    await agent.end('SIGTERM')
    await button(page, 'Fetch').click()
    await page.getByText('You have it').first().waitFor()
    agent = await alice.agent()
    await until('its maker to be told', async () => (await statusOf(made))?.state === 'fetched')
    expect(faults.all()).toEqual([])
  })

  test('[LNK15] a link made in a browser gives out of that browser, shows its picture, and is taken back there', async () => {
    await using carol = await openWebPerson(browser, stage.origin, 'carol')
    await carol.open()
    await carol.signUp()
    await carol.page.evaluate(() => {
      location.hash = '#/settings/links'
    })
    await heading(carol.page, 'Links').waitFor()
    const [chooser] = await Promise.all([
      carol.page.waitForEvent('filechooser'),
      button(carol.page, 'Make a link').click(),
    ])
    await chooser.setFiles([film])
    const sheet = carol.page.getByRole('region', { name: 'Make a link' })
    await sheet.getByRole('textbox', { name: 'Title', exact: true }).fill('Down by the sea')
    await sheet.locator('.picture').first().waitFor()
    await picture(carol.page, 'sheet')
    await sheet.getByRole('button', { name: 'Make a link', exact: true }).click()
    const shown = carol.page.getByText(/\/l#v1\./)
    const link = (await shown.textContent()) ?? ''
    await picture(carol.page, 'made')
    const { page, faults } = await visit(link)
    await heading(page, 'carol sent you a film').waitFor()
    await page.locator('.card-picture').waitFor()
    await picture(page, 'pictured')
    await button(page, 'Fetch').click()
    await page.getByText('You have it').first().waitFor()
    await carol.page.getByText(/^Fetched, /).waitFor()
    await button(carol.page, 'Close').click()
    await picture(carol.page, 'own')
    expect(await (await openAxe(carol.page))()).toEqual([])
    await button(carol.page, 'Take it back').click()
    await carol.page.getByText('Taken back. Nothing more is given out by it.').first().waitFor()
    expect([...faults.all(), ...carol.faults.all()]).toEqual([])
  })
})

/** Noise over a moving picture, with its index in front. */
function makeFilm(path: string): void {
  const picture = `testsrc2=s=480x270:r=30:d=${FILM_S},noise=alls=40:allf=t`
  const args = `-f lavfi -i ${picture} -f lavfi -i sine=d=${FILM_S} -c:v libx264 -preset ultrafast -g 30 -c:a aac -movflags faststart -shortest ${path}`
  execFileSync(ffmpeg.path, ['-v', 'error', '-nostdin', ...args.split(' ')])
}
