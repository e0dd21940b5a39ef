// The same app in WebKit, the engine of Safari, as WebKitGTK has it: without peer connections and without a file system of the page's own.
// Somebody opens a link there; then they and somebody at a terminal meet, talk, send each other films, and show each other what they see.

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { chatting } from './chatting.ts'
import type { LinkStatus } from '@doorpost/peer/operations'
import { makeWebFilm, sha256Of } from './film.ts'
import { comesTo } from './numbered-film.ts'
import { openStage, type Person, type Running, type Stage, until } from './stage.ts'
import { buildPage } from './web/build-page.ts'
import { buildApp } from './web/built-app.ts'
import { drawn, tracksOf } from './web/engine-live.ts'
import { BELOW_GROWN } from './web/grown-message.ts'
import { serveFiles } from './web/serve-files.ts'
import { openWebKit, type WebKitTab } from './web/webkit.ts'

const ffmpeg = needs('ffmpeg')
const driver = needs('WebKitWebDriver')
const display = needs('Xvfb')
const missing = ffmpeg.missing ?? driver.missing ?? display.missing

const FILM_BYTES = 6_000_000

/** In the page: the card that came last, and how much of it is there, percent. */
const NEWEST = `[...document.querySelectorAll('.card')].at(-1)`
const SHARE = `Number(/\\b(\\d+)%/.exec(${NEWEST}?.innerText)?.[1])`

interface Received {
  readonly id: string
  readonly title?: string
}
interface Watching {
  readonly shown: number
}
interface Status {
  readonly recipients: readonly { readonly receipt: string }[]
}

describe.skipIf(missing !== undefined)(`web-webkit ${missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let ann: WebKitTab
  let bob: Person
  let agent: Running
  let film = ''

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    await stage.server()
    film = join(stage.folder, 'lake.mp4')
    await makeWebFilm(film, FILM_BYTES)
    bob = await stage.join('bob')
    agent = await bob.agent('--no-fetch')
    ann = stack.use(await openWebKit({ driver: driver.path, display: display.path }))
  })
  afterAll(() => stack.disposeAsync())

  /** By the list beside it: the contact of the same name leads elsewhere. */
  const openConversation = () =>
    ann.until(`((row) => row && (row.click(), true))(document.querySelector('a[href^="#/with/"]'))`)
  const receiptOf = async (id: string) => (await bob.json<Status>('status', id)).recipients[0]?.receipt

  test('[ENG3] somebody without an account opens a link: it plays, is saved byte for byte, lasts, and is cleared away', async () => {
    const { id, link } = await bob.json<LinkStatus>('send', film, '--link', '--title', 'By a link')
    await ann.open(link)
    await ann.untilText('bob sent you a film')
    await ann.press('Watch')
    await ann.until(`document.querySelector('.film video')?.currentTime > 0.3`)
    await ann.untilText('You have it')
    await ann.press('Save')
    expect(await sha256Of(await ann.downloaded())).toBe(await sha256Of(film))
    await until('bob to be told', async () => {
      const links = await bob.json<LinkStatus[]>('links')
      return links.find((one) => one.id === id)?.state === 'fetched'
    })
    await ann.reload()
    await ann.untilText('You have it')
    await ann.press('Clear it')
    await ann.press('Clear all of it')
    await ann.untilText('Nothing of it is here any more')
    expect(ann.errors()).toEqual([])
  })

  test('[WKT4] somebody signs up in WebKit, and a link makes two people contacts', async () => {
    await ann.open(stage.origin)
    await ann.type('input[autocomplete=username]', 'ann')
    await ann.press('Begin')
    await ann.until(`document.querySelectorAll('.recovery-words li').length === 12`)
    await ann.press('Later')
    await ann.press('Contacts')
    // The screen before has such a button as well.
    await ann.untilText('Add a contact')
    await ann.press('Make a link')
    const link = String(await ann.until(`document.querySelector('.invite-link')?.textContent`)).trim()
    await bob.json('contacts', 'add', link)
    await ann.untilText('bob and you are contacts now.')
    expect(ann.errors()).toEqual([])
  })

  test('[WKT4] they talk, both ways', async () => {
    const terminal = chatting(bob, 'ann', '--json')
    stack.defer(() => terminal.kill())
    await openConversation()
    await ann.type('.composer textarea', 'Hello from WebKit')
    await ann.press('Send')
    await until('the terminal to show it', async () => terminal.out().includes('Hello from WebKit'))
    terminal.types('Hello from a terminal\n')
    await ann.untilText('Hello from a terminal')
    await ann.untilText('Read')
    expect(await terminal.leaves()).toBe(0)
    expect(ann.errors()).toEqual([])
  })

  test('[SCR82] what grows right after a scroll leaves its reader at the foot; who went up stays there', async () => {
    const below = `(globalThis.growing ??= ${BELOW_GROWN}.then((all) => (globalThis.grown = all)), globalThis.grown)`
    expect(await ann.until(`(${below})`)).toEqual([0, 0, 1400])
  })

  test('[ENG4] a camera that WebKit shows is seen and heard at a terminal', async () => {
    await ann.press('Show something')
    await ann.press('Camera')
    await ann.untilText('Nobody watches yet.')
    const into = join(stage.folder, 'ann.mkv')
    const watching = bob.start('watch', `ann@${stage.domain}`, '--into', into, '--json')
    await ann.untilText('1 person watches')
    await comesTo<Watching>(watching, 'pictures in the terminal', ({ shown }) => shown > 10)
    await ann.press('Stop showing')
    await until('it to be over', async () => watching.process.exitCode === 0)
    const [pictures, sound] = await tracksOf(into)
    // WebKitGTK claims H.264 as well.
    expect(pictures?.codec).toBe('vp8')
    expect(pictures?.frames).toBeGreaterThan(10)
    expect(sound?.codec).toBe('opus')
    expect(ann.errors()).toEqual([])
  })

  test('[ENG4] what a terminal shows is seen in WebKit', async () => {
    const showing = bob.start('live', '--from', film, '--to', `ann@${stage.domain}`, '--again', '--json')
    await ann.press('Watch bob')
    await ann.until(drawn(10))
    await ann.press('Stop watching')
    showing.process.kill('SIGINT')
    expect(ann.errors()).toEqual([])
  })

  test('[WKT5] a film is kept in the database, plays, is saved byte for byte, and its sender has a signed receipt', async () => {
    const { id } = await bob.json<{ id: string }>('send', film, '--to', 'ann', '--title', 'From the terminal')
    await ann.untilText('From the terminal')
    await ann.press('Fetch')
    await ann.untilText('You have it')
    await ann.press('Watch')
    await ann.until(`document.querySelector('.film video')?.currentTime > 0.3`)
    await ann.press('Save')
    expect(await sha256Of(await ann.downloaded())).toBe(await sha256Of(film))
    await until('the receipt', async () => (await receiptOf(id)) === 'verified')
    expect(ann.errors()).toEqual([])
  })

  test('[WKT5] a film from WebKit arrives, and its sender is told who has it', async () => {
    await ann.choose('.composer input[type=file]', [film])
    await ann.type('.sheet input[type=text], .sheet input:not([type])', 'From WebKit')
    await ann.press(/^Send, /)
    let sent: Received | undefined
    await until('it to come', async () => {
      sent = (await bob.json<Received[]>('inbox')).find(({ title }) => title === 'From WebKit')
      return sent !== undefined
    })
    const got = await bob.json<{ files: { file: string }[] }>('get', sent?.id ?? '', '--out', join(stage.folder, 'got'))
    expect(await sha256Of(got.files[0]?.file ?? '')).toBe(await sha256Of(film))
    await ann.untilText('bob has it')
    expect(ann.errors()).toEqual([])
  })

  test('[WKT6] it is shown while it arrives; a page that is loaded anew in mid-fetch goes on where it was', async () => {
    await bob.json('prefs', 'set', 'serve-rate', '500K')
    await bob.json('send', film, '--to', 'ann', '--title', 'Slowly')
    await ann.untilText('Slowly')
    await ann.press('Watch', 'Slowly')
    await ann.until(`${SHARE} >= 30`)
    await agent.end()
    // Its player wants much of it before it goes on from the first picture.
    await ann.until(`[...document.querySelectorAll('.film video')].at(-1)?.videoWidth > 0`)
    expect(ann.errors()).toEqual([])
    await ann.reload()
    await ann.untilText('Waiting for bob')
    await bob.agent('--no-fetch')
    // At this rate it would take seconds to get there from nothing.
    expect(await ann.until(`${SHARE} >= 0 && ${SHARE}`)).toBeGreaterThan(15)
    await bob.json('prefs', 'set', 'serve-rate', 'none')
    await ann.until(`${NEWEST}.innerText.includes('You have it')`)
    await ann.press('Save', 'Slowly')
    expect(await sha256Of(await ann.downloaded())).toBe(await sha256Of(film))
  })

  test('[WKT3] store, crypto, files and parts keep their contracts in WebKit', async () => {
    const page = join(stage.folder, 'page')
    await buildPage('contract-page', page)
    await using server = await serveFiles(() => page)
    await ann.open(server.origin)
    const ran = `globalThis.contracts?.then((all) => (globalThis.ran = all), (error) => (globalThis.ran = String(error))), globalThis.ran`
    expect(await ann.until(`(${ran})`)).toEqual({ ran: 25, failed: [] })
  })
})
