// Somebody who uses the web app in a browser of their own: what they do, they do by what the screens say, as everybody would who
// sees them or has them read out.

import type { Browser, BrowserContext, BrowserContextOptions, FileChooser, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { collectFaults, type Faults } from './faults.ts'

/** What a screen may take to show something, ms: another process and a busy machine stand in between. */
const PATIENCE_MS = 30_000

type Files = Parameters<FileChooser['setFiles']>[0]

export interface WebPerson extends AsyncDisposable {
  readonly name: string
  readonly context: BrowserContext
  /** The tab they have open. */
  readonly page: Page
  readonly faults: Faults
  /** Opens the app, or what a link leads to. */
  open(url?: string): Promise<void>
  /** Goes to a screen by its address: what stands behind `#/`. */
  go(path: string): Promise<void>
  /** The button that is called so, and not merely has it in its name. */
  button(called: string | RegExp): Locator
  /** Where the screen says what just happened. */
  told(text: string): Locator
  /** Goes away and leaves the browser as it is. */
  closeTab(): Promise<void>
  /** Types their name and begins; `later`: leaves the recovery words for later where they are offered at once. */
  signUp(): Promise<void>
  /** A link that makes somebody their contact. */
  invite(): Promise<string>
  /** Begins, or goes on with, the conversation with somebody. */
  openConversation(withWhom: string): Promise<void>
  write(text: string): Promise<void>
  /** Chooses files in the open conversation and sends them with these words. */
  send(files: Files, words: { readonly title: string; readonly text?: string }): Promise<void>
  /** What stands in the conversation for media of this title. */
  card(title: string): Locator
  /** Presses Save on a card; answers where the browser put the file. */
  save(title: string): Promise<string>
  /** Everything this account gives out, at most, MB/s. */
  limitUpload(megabytesPerSecond: number): Promise<void>
}

export async function openWebPerson(
  browser: Pick<Browser, 'newContext'>,
  origin: string,
  name: string,
  options: BrowserContextOptions = {},
): Promise<WebPerson> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options })
  context.setDefaultTimeout(PATIENCE_MS)
  // A browser without a save picker, as most are: with one, a window of the system would ask.
  await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'showSaveFilePicker'))
  const faults = collectFaults(context, origin)
  let tab: Page | undefined

  const page = (): Page => {
    if (!tab) throw new Error(`${name} has no tab open`)
    return tab
  }
  /** Where the list is a screen of its own (screens/narrow.ts). */
  const isPhone = () => (page().viewportSize()?.width ?? Infinity) < 720
  const link = (called: string) => page().getByRole('link', { name: called, exact: true })
  const go = (path: string) => page().evaluate((hash) => void (location.hash = hash), `#/${path}`)
  const button = (called: string | RegExp) => page().getByRole('button', { name: called, exact: true })
  const card = (title: string) => page().getByRole('group', { name: title, exact: true })

  return {
    name,
    context,
    get page() {
      return page()
    },
    faults,
    async open(url = origin) {
      if (!tab) {
        tab = await context.newPage()
        await faults.watch(tab)
      }
      await tab.goto(url)
    },
    go,
    button,
    told: (text) => page().getByRole('region', { name: 'What just happened' }).getByText(text),
    async closeTab() {
      await tab?.close()
      tab = undefined
    },
    async signUp() {
      await page().getByRole('textbox', { name: 'Your name here' }).fill(name)
      await button('Begin').click()
      await page().getByRole('heading', { name: 'Write these words down', level: 1 }).waitFor()
    },
    async invite() {
      await link('Contacts').click()
      await button('Make a link').click()
      const shown = page().getByText(/\/i#v1\./)
      return (await shown.textContent()) ?? ''
    },
    async openConversation(withWhom) {
      // Theirs alone, not that of a group they are in.
      const called = new RegExp(`^${withWhom}(?! and|,)`)
      const listed = page()
        .getByRole(isPhone() ? 'main' : 'navigation')
        .getByRole('link', { name: called })
      if (isPhone()) await go('')
      if ((await listed.count()) > 0) {
        await listed.click()
      } else {
        await link('New conversation').click()
        await page().getByRole('checkbox', { name: withWhom }).check()
        await button(/^Write to/).click()
      }
      await page().getByRole('heading', { name: withWhom, level: 1 }).waitFor()
    },
    async write(text) {
      const composer = page().getByRole('textbox', { name: /^Message to/ })
      await composer.fill(text)
      await button('Send').click()
      await expect.poll(() => composer.inputValue(), { timeout: PATIENCE_MS }).toBe('')
    },
    async send(files, { title, text }) {
      await button('Send something').click()
      const [chooser] = await Promise.all([page().waitForEvent('filechooser'), button('Files').click()])
      await chooser.setFiles(files)
      const sheet = page().getByRole('region', { name: /^Send to/ })
      await sheet.getByRole('textbox', { name: 'Title', exact: true }).fill(title)
      if (text !== undefined) await sheet.getByRole('textbox', { name: 'Text', exact: true }).fill(text)
      await sheet.getByRole('button', { name: /^Send, / }).click()
      await sheet.waitFor({ state: 'detached' })
    },
    card,
    async save(title) {
      const save = card(title).getByRole('button', { name: 'Save', exact: true })
      const [download] = await Promise.all([page().waitForEvent('download'), save.click()])
      return await download.path()
    },
    async limitUpload(megabytesPerSecond) {
      await link('Settings').click()
      await page().getByRole('link', { name: 'What others see and get from you' }).click()
      await page().getByRole('spinbutton', { name: 'Most that goes out, MB/s' }).fill(String(megabytesPerSecond))
      await button('Save').click()
    },
    [Symbol.asyncDispose]: () => context.close(),
  }
}
