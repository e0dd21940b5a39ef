// What people do with the app besides writing and sending: they sit before a television with a remote, hold a code before the camera, are told
// of messages while they look elsewhere, write half a sentence, and clear everything away.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { makeWebFilm } from './film.ts'
import { openStage, type Stage } from './stage.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { openWebPerson, type WebPerson } from './web/web-person.ts'

const chromium = needs('chromium')
const ffmpeg = needs('ffmpeg')
const missing = chromium.missing ?? ffmpeg.missing

const TELEVISION = { width: 1920, height: 1080 }

describe.skipIf(missing !== undefined)(`web-habits ${missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let browser: Browser
  /** The film that the browser's camera sees: opened whenever the camera is. */
  let camera: string
  let [ann, bob] = [] as unknown as [WebPerson, WebPerson]

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    await stage.server()
    camera = join(stage.folder, 'camera.y4m')
    browser = await openChromium({
      args: [
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        `--use-file-for-fake-video-capture=${camera}`,
      ],
    })
    stack.defer(() => browser.close())
    ann = stack.use(await openWebPerson(browser, stage.origin, 'ann', { viewport: TELEVISION }))
    bob = stack.use(await openWebPerson(browser, stage.origin, 'bob', { permissions: ['notifications'] }))
    // A television has none; this one is asked as if it were another machine.
    await ann.context.addInitScript(() => {
      navigator.mediaDevices.enumerateDevices = () => Promise.resolve([])
    })
    await ann.open()
    await ann.signUp()
  })
  afterAll(() => stack.disposeAsync())

  test('[SCR24] without a camera nothing speaks of codes; with one an invitation is read off another screen and makes contacts', async () => {
    // What Chromium brings a reader for on phones it has none for here: the one that comes with the app reads.
    await ann.invite()
    expect(await ann.page.getByRole('button', { name: 'Scan a code' }).count()).toBe(0)
    await holdBeforeCamera(ann.page.getByRole('img', { name: 'The link as a picture to scan' }))
    await bob.context.addInitScript(() => {
      const { mediaDevices } = navigator
      const open = mediaDevices.getUserMedia.bind(mediaDevices)
      mediaDevices.getUserMedia = async (wish) => {
        const stream = await open(wish)
        Object.assign(globalThis, { camera: stream })
        return stream
      }
    })
    await bob.open()
    await bob.signUp()
    await bob.page.getByRole('link', { name: 'Contacts' }).click()
    await bob.page.getByRole('button', { name: 'Scan a code' }).click()
    await bob.page.locator('.toast').getByText('ann and you are contacts now.').waitFor()
    await ann.page.locator('.toast').getByText('bob and you are contacts now.').waitFor()
    const tracks = await bob.page.evaluate(() =>
      (globalThis as unknown as { camera: MediaStream }).camera.getTracks().map(({ readyState }) => readyState),
    )
    expect(tracks).toEqual(['ended'])
    // A safety number is compared the same way; what the camera sees first is none.
    await hash(bob.page, `contacts/ann%40${stage.domain}`)
    await bob.page.getByRole('button', { name: 'Scan the picture ann sees' }).click()
    await bob.page.getByText('It is another number.').waitFor()
    await hash(ann.page, `contacts/bob%40${stage.domain}`)
    await holdBeforeCamera(ann.page.getByRole('img', { name: 'The safety number as a picture to compare' }))
    await bob.page.getByRole('button', { name: 'Scan the picture ann sees' }).click()
    await bob.page.getByText('It is the same.').waitFor()
  })

  /** What is drawn there, as a camera held at a slant sees it. */
  async function holdBeforeCamera(picture: Locator): Promise<void> {
    const seen = join(stage.folder, 'seen.png')
    await expect.poll(() => picture.locator('path').count()).toBe(1)
    await picture.screenshot({ path: seen })
    const view = 'scale=380:380,pad=640:480:(ow-iw)/2:(oh-ih)/2:gray,rotate=0.15:c=gray,format=yuv420p'
    execFileSync(ffmpeg.path, ['-v', 'error', '-nostdin', '-y', '-i', seen, '-vf', view, '-frames:v', '1', camera])
  }

  test('[SCR21] a remote gets everywhere: out of every field of the settings, into choices, and back', async () => {
    const { page } = ann
    await hash(page, '')
    const row = page.getByRole('link', { name: /^bob/ })
    await row.waitFor()
    await page.getByRole('searchbox').focus()
    await keys(page, 'ArrowUp')
    expect(await focused(page)).toBe('Show them')
    await keys(page, 'ArrowUp')
    await expect.poll(() => focused(page)).toMatch(/New conversation|Contacts|Settings|Doorpost/)
    await hash(page, 'settings/sharing')
    await page.getByRole('heading', { name: 'What others see and get from you' }).waitFor()
    const nobody = page.getByRole('radio', { name: /^Nobody/ })
    await page.getByRole('link', { name: 'Back' }).focus()
    // Down through all of it: nothing changes by being passed, and nothing holds the focus.
    const passed: string[] = []
    for (let step = 0; step < 14; step++) {
      await keys(page, 'ArrowDown')
      passed.push(await focused(page))
    }
    expect(passed.some((name) => name.startsWith('Nobody'))).toBe(true)
    expect(passed.some((name) => name.startsWith('Most that goes out'))).toBe(true)
    expect(new Set(passed).size).toBeGreaterThan(6)
    expect(await nobody.isChecked()).toBe(false)
    expect(await page.getByRole('spinbutton', { name: /^Most that goes out/ }).inputValue()).toBe('0')
    await nobody.focus()
    await keys(page, 'Enter')
    await expect.poll(() => nobody.isChecked()).toBe(true)
    await page.getByRole('radio', { name: /^Contacts, and how/ }).focus()
    await keys(page, 'Enter')
    await expect.poll(() => nobody.isChecked()).toBe(false)
    const copies = page.getByRole('switch', { name: /^Give copies on/ })
    await copies.focus()
    await keys(page, 'Enter')
    await expect.poll(() => copies.isChecked()).toBe(false)
    await keys(page, 'Enter')
  })

  test('[SCR21] Back closes what is open before it leaves', async () => {
    const { page } = ann
    await ann.openConversation('bob')
    const menu = page.getByRole('button', { name: 'Files', exact: true })
    await page.getByRole('button', { name: 'Send something' }).focus()
    await keys(page, 'Enter')
    await menu.waitFor()
    await back(page)
    await menu.waitFor({ state: 'hidden' })
    await page.getByRole('heading', { name: 'bob', level: 1 }).waitFor()
    await hash(page, 'settings/fetching')
    await page.getByRole('button', { name: 'Add a rule' }).focus()
    await keys(page, 'Enter')
    const sheet = page.getByRole('region', { name: 'Add a rule' })
    await sheet.waitFor()
    // A list stays as it is when arrows pass it.
    const kinds = sheet.getByRole('combobox', { name: 'What' })
    await kinds.focus()
    await keys(page, 'ArrowDown')
    expect(await kinds.inputValue()).toBe('')
    expect(await focused(page)).not.toBe('What')
    await back(page)
    await sheet.waitFor({ state: 'detached' })
    await page.getByRole('heading', { name: 'What is fetched by itself' }).waitFor()
    await back(page)
    await page.getByRole('heading', { name: 'bob', level: 1 }).waitFor()
  })

  test('[AUE5] a film is watched with a remote alone: its card is reached, the player has the keys, and Back closes it where it was opened', async () => {
    const { page } = ann
    const film = join(stage.folder, 'short.mp4')
    await makeWebFilm(film, 300_000)
    await bob.openConversation('ann')
    await bob.write('Look at this')
    await bob.send(film, { title: 'A short film' })
    await ann.openConversation('bob')
    const watch = ann.card('A short film').getByRole('button', { name: 'Watch', exact: true })
    await watch.waitFor()
    await page.getByRole('textbox', { name: /^Message to/ }).focus()
    const passed: string[] = []
    // Up into the row of the card's buttons, and along it.
    for (const key of ['ArrowUp', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft']) {
      if (passed.at(-1) === 'Watch') break
      await keys(page, key)
      passed.push(await focused(page))
    }
    expect(passed.at(-1), passed.join(', ')).toBe('Watch')
    await keys(page, 'Enter')
    const video = ann.card('A short film').locator('video')
    await expect.poll(() => video.evaluate((element) => element === document.activeElement)).toBe(true)
    await back(page)
    await video.waitFor({ state: 'detached' })
    await expect.poll(() => focused(page)).toMatch(/^(Watch|Save)$/)
    await page.getByRole('heading', { name: 'bob', level: 1 }).waitFor()
  })

  test('[TLK9] half a sentence is there again in its conversation, also after the page was loaded anew', async () => {
    const composer = ann.page.getByRole('textbox', { name: /^Message to/ })
    await composer.fill('What I meant to say')
    await hash(ann.page, '')
    await ann.page.getByText('Draft:').waitFor()
    await ann.page.reload()
    await ann.page.getByText('Draft:').waitFor()
    await ann.openConversation('bob')
    await expect.poll(() => composer.inputValue()).toBe('What I meant to say')
  })

  test('[AUD2] a file let go of beside a conversation changes nothing; one pasted anywhere in it is to be sent', async () => {
    const { page } = ann
    await ann.openConversation('bob')
    const isRefused = await page.evaluate(() => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File(['a film'], 'film.mp4'))
      const over = new DragEvent('dragover', { bubbles: true, cancelable: true, dataTransfer })
      const drop = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer })
      const list = document.querySelector('nav')
      list?.dispatchEvent(over)
      list?.dispatchEvent(drop)
      return over.defaultPrevented && drop.defaultPrevented
    })
    expect(isRefused).toBe(true)
    await page.evaluate(() => {
      const clipboardData = new DataTransfer()
      clipboardData.items.add(new File(['a picture'], 'pasted.png', { type: 'image/png' }))
      document.body.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData }))
    })
    const sheet = page.getByRole('region', { name: 'Send to bob' })
    await sheet.getByText('pasted.png').waitFor()
    expect(await sheet.locator('.send-file').count()).toBe(1)
    await sheet.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('textbox', { name: /^Message to/ }).waitFor()
  })

  test('[EYE3] a film that is let go of on the first screen goes to whoever is chosen then, or stands where a link is made', async () => {
    const { page } = bob
    const letGoOf = async () => {
      await bob.go('')
      await page.getByRole('heading', { name: 'Send someone a film', level: 1 }).waitFor()
      await page.evaluate(() => {
        const dataTransfer = new DataTransfer()
        dataTransfer.items.add(new File(['a film'], 'dropped.mp4', { type: 'video/mp4' }))
        // What a script puts into a drop has no entry, unlike what a hand does.
        DataTransferItem.prototype.webkitGetAsEntry = function (this: DataTransferItem) {
          const dropped = this.getAsFile() as File
          return { isFile: true, name: dropped.name, file: (done: (file: File) => void) => done(dropped) } as never
        }
        const drop = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer })
        document.querySelector('.blank')?.dispatchEvent(drop)
      })
      await page.getByText('dropped.mp4').waitFor()
    }
    await letGoOf()
    await page.getByRole('link', { name: 'Send a film by link' }).click()
    const link = page.getByRole('region', { name: 'Make a link' })
    await link.getByText('dropped.mp4').waitFor()
    await link.getByRole('button', { name: 'Close' }).click()
    await letGoOf()
    await page.getByRole('checkbox', { name: 'ann' }).check()
    await bob.button('Write to 1 person').click()
    const sheet = page.getByRole('region', { name: 'Send to ann' })
    await sheet.getByText('dropped.mp4').waitFor()
    expect(await sheet.locator('.send-file').count()).toBe(1)
    await sheet.getByRole('button', { name: 'Close' }).click()
    // It was taken along once.
    await bob.go('new')
    await page.getByRole('heading', { name: 'New conversation', level: 1 }).waitFor()
  })

  test('[AUE6] where the browser refuses to notify, the switch goes back and says so', async () => {
    const { page } = ann
    await page.evaluate(() => {
      let permission = 'default'
      Object.defineProperty(Notification, 'permission', { configurable: true, get: () => permission })
      Notification.requestPermission = () => Promise.resolve((permission = 'denied') as NotificationPermission)
    })
    await hash(page, 'settings/account')
    const notify = page.getByRole('switch', { name: /^Tell me of new messages/ })
    await notify.click()
    await page.getByText('The browser does not let this page notify.').waitFor()
    await expect.poll(() => notify.isChecked()).toBe(false)
    await ann.openConversation('bob')
  })

  test('[SCR25] permission is asked for by the switch; a message is told while one looks elsewhere, and pressing that opens it', async () => {
    const { page } = bob
    await hash(page, 'settings/account')
    expect(await page.evaluate(() => localStorage.getItem('doorpost-notify'))).toBe(null)
    await page.getByRole('switch', { name: /^Tell me of new messages/ }).check()
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready
      // Somebody looks at another tab.
      Object.defineProperty(document, 'hidden', { get: () => true })
    })
    await ann.page.getByRole('button', { name: 'Send', exact: true }).click()
    const shown = () =>
      page.evaluate(async () => {
        const { active, getNotifications } = await navigator.serviceWorker.ready
        const all = await getNotifications.call(await navigator.serviceWorker.ready)
        return { isThere: active !== null, texts: all.map(({ title, body }) => `${title}: ${body}`) }
      })
    await expect.poll(shown).toEqual({ isThere: true, texts: ['ann: What I meant to say'] })
    const [worker] = bob.context.serviceWorkers()
    await worker?.evaluate(async () => {
      const { registration } = globalThis as unknown as ServiceWorkerGlobal
      const [notification] = await registration.getNotifications()
      const press = new NotificationEvent('notificationclick', { notification })
      dispatchEvent(press)
    })
    await page.getByRole('heading', { name: 'ann', level: 1 }).waitFor()
    await page.getByRole('article').filter({ hasText: 'What I meant to say' }).waitFor()
    await expect.poll(async () => (await shown()).texts).toEqual([])
  })

  test('[SCR23] clearing a browser leaves nothing of anybody in it', async () => {
    const { page } = bob
    await page.evaluate(() => localStorage.setItem('doorpost-positions', '[["root",12]]'))
    await hash(page, 'settings/account')
    await page.getByRole('button', { name: 'Clear this browser' }).click()
    await page.getByRole('region').getByRole('button', { name: 'Clear this browser' }).click()
    // The page is loaded anew, and stands at its start.
    await page.waitForURL(`${stage.origin}/`)
    await page.getByRole('textbox', { name: 'Your name here' }).waitFor()
    const left = await page.evaluate(async () => {
      const files: string[] = []
      for await (const name of (await navigator.storage.getDirectory()).keys()) files.push(name)
      const databases = await indexedDB.databases()
      const records: string[] = []
      for (const { name = '' } of databases) {
        const open = indexedDB.open(name)
        await new Promise((resolve) => (open.onsuccess = resolve))
        for (const store of open.result.objectStoreNames) {
          const count = open.result.transaction(store).objectStore(store).count()
          await new Promise((resolve) => (count.onsuccess = resolve))
          if (count.result > 0) records.push(`${name}/${store}`)
        }
        open.result.close()
      }
      return {
        wishes: Object.keys(localStorage),
        ofThisTab: Object.keys(sessionStorage),
        files,
        records,
        caches: (await caches.keys()).filter((name) => !name.startsWith('doorpost-shell-')),
      }
    })
    expect(left).toEqual({ wishes: [], ofThisTab: [], files: [], records: [], caches: [] })
    expect([...ann.faults.all(), ...bob.faults.all()]).toEqual([])
  })
})

/** What a page's types do not know of a service worker's. */
interface ServiceWorkerGlobal {
  readonly registration: ServiceWorkerRegistration
}

declare const NotificationEvent: new (type: string, about: { notification: Notification | undefined }) => Event

async function hash(page: Page, path: string): Promise<void> {
  await page.evaluate((wanted) => {
    location.hash = wanted
  }, `#/${path}`)
}

async function keys(page: Page, key: string): Promise<void> {
  await page.keyboard.press(key)
}

/** Playwright has no such key; remotes do. */
async function back(page: Page): Promise<void> {
  await page.evaluate(() => dispatchEvent(new KeyboardEvent('keydown', { key: 'GoBack', cancelable: true })))
}

/** What a reader would say of what has the focus: its label, or its own words. */
async function focused(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const element = document.activeElement
    const labels = element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? element.labels : null
    return (labels?.[0]?.textContent ?? element?.getAttribute('aria-label') ?? element?.textContent ?? '').trim()
  })
}
