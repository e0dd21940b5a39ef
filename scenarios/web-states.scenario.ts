// Every screen and every state of it, as people meet them from the first visit to a key that changed, looked at by axe-core in light and
// dark. DOORPOST_PICTURES names a folder where a picture of each is left.

import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { makeWebFilm } from './film.ts'
import { openStage, type Running, type Stage } from './stage.ts'
import { openAxe } from './web/axe.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { CANARIES } from './web/faults.ts'
import { openWebPerson, type WebPerson } from './web/web-person.ts'

const chromium = needs('chromium')
const ffmpeg = needs('ffmpeg')
const missing = chromium.missing ?? ffmpeg.missing
const pictures = process.env['DOORPOST_PICTURES']

/** From the first visit to a film that was sent and seen. */
const ON_THE_WAY = new Set([
  ...['first-visit', 'words', 'start', 'invitation', 'invited', 'contact-came', 'phone-list', 'empty-conversation'],
  ...['what-to-send', 'send-sheet', 'sent', 'phone-offered', 'phone-playing', 'being-fetched', 'phone-have', 'has-it'],
])
const FOR_INSIDERS = /\b(keys?|peers?|NATs?|pieces?|hash(es)?|encrypt\w*|fingerprints?|WebRTC)\b/i

const PHONE = { width: 390, height: 844 }

describe.skipIf(missing !== undefined)(`web-states ${missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let server: Running
  let browser: Browser
  let film = ''
  let [ann, bob, carol] = [] as unknown as [WebPerson, WebPerson, WebPerson]

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    server = await stage.server()
    film = join(stage.folder, 'lake.mp4')
    await makeWebFilm(film, 4_000_000)
    browser = await openChromium({ args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] })
    stack.defer(() => browser.close())
    ann = stack.use(await openWebPerson(browser, stage.origin, 'ann'))
    bob = stack.use(await openWebPerson(browser, stage.origin, 'bob', { viewport: PHONE }))
    carol = stack.use(await openWebPerson(browser, stage.origin, 'carol'))
  })
  afterAll(() => stack.disposeAsync())

  test('[WST9] [WST11] [SCR81] axe finds nothing on the way in: first visit, what is wrong with a name, another device, words', async () => {
    const looked = lookAt(ann)
    await ann.open()
    await ann.page.getByRole('textbox', { name: 'Your name here' }).waitFor()
    await looked('first-visit')
    await ann.button('Begin').click()
    await looked('no-name')
    await ann.page.getByRole('textbox', { name: 'Your name here' }).fill('Not A Name')
    await looked('bad-name')
    await ann.button('I have Doorpost on another device').click()
    await looked('join')
    await ann.button('Back').click()
    await ann.button('I have recovery words').click()
    await looked('come-back')
    await ann.button('Back').click()
    await ann.signUp()
    await ann.page.getByRole('heading', { name: 'Write these words down' }).waitFor()
    await looked('words')
    await ann.page.getByRole('main').getByRole('button', { name: 'Later' }).click()
    await ann.page.getByRole('heading', { name: 'Send someone a film' }).waitFor()
    await looked('start')
    await ann.page.getByRole('link', { name: 'Choose who sees it' }).click()
    await ann.page.getByRole('button', { name: 'Make a link' }).waitFor()
    await looked('nobody-to-show')
    const link = await ann.invite()
    await looked('invitation')
    await bob.open(link)
    await bob.page.getByText('invites you').waitFor()
    await lookAt(bob)('invited')
    await bob.signUp()
    await ann.page.locator('.toast').waitFor()
    await looked('contact-came')
    expect(findings()).toEqual([])
  })

  test('[WST9] [SCR14] [SCR81] axe finds nothing among people: requests, which can be declined and taken back, conversations in all their states, search, groups', async () => {
    const looked = lookAt(ann)
    const phone = lookAt(bob)
    await carol.open()
    await carol.signUp()
    await carol.go('new')
    await carol.page.getByRole('textbox', { name: 'To', exact: true }).fill('ann')
    await lookAt(carol)('new-typed')
    await carol.button('Write to 1 person').click()
    await carol.write(`We met on the boat ${CANARIES.text}`)
    await lookAt(carol)('to-a-stranger')
    await ann.go('')
    await ann.page.getByRole('link', { name: '1 contact request' }).click()
    await ann.page.getByText('We met on the boat').waitFor()
    await looked('request')
    await ann.button('Decline').click()
    await ann.button('Undo').click()
    await ann.page.getByText('We met on the boat').waitFor()
    await ann.button('Decline').click()
    await ann.page.getByText('Nobody waits for an answer.').waitFor()
    await looked('no-requests')
    await bob.go('')
    await phone('phone-list')
    await bob.openConversation('ann')
    await phone('phone-empty-conversation')
    await ann.openConversation('bob')
    await looked('empty-conversation')
    await ann.write('Shall we go on the lake?')
    await bob.page.getByRole('article').filter({ hasText: 'Shall we go' }).waitFor()
    await bob.page.getByRole('textbox', { name: /^Message to/ }).fill('Yes, on Sun')
    await ann.page.getByText('bob is writing').first().waitFor()
    await looked('typing')
    await bob.go('')
    await bob.page.getByText('Draft:').waitFor()
    await phone('phone-draft')
    await ann.go('')
    await ann.page.getByRole('searchbox').fill('lake')
    await ann.page.getByText('Messages', { exact: true }).waitFor()
    await looked('found')
    await ann.page.getByRole('searchbox').fill('no such word')
    await looked('found-nothing')
    await ann.page.getByRole('searchbox').fill('')
    await ann.go('contacts/carol')
    await looked('no-contact')
    await ann.go(`contacts/bob%40${stage.domain}`)
    await ann.page.getByText('Safety number').waitFor()
    await ann.page.locator('summary').click()
    await looked('contact')
    await ann.go('new')
    await ann.page.getByRole('checkbox', { name: 'bob' }).check()
    await ann.page.getByRole('textbox', { name: 'To', exact: true }).fill('carol')
    await looked('new-chosen')
    await ann.button('Write to 2 people').click()
    await ann.write('All three of us')
    await looked('group')
    await ann.page.getByRole('link', { name: 'About this conversation' }).click()
    await ann.page.getByRole('heading', { name: 'About this conversation', level: 1 }).waitFor()
    await looked('about-group')
    await ann.go('')
    await looked('start-with-contacts')
    await ann.page.getByRole('link', { name: 'Choose who sees it' }).click()
    await ann.page.getByRole('checkbox', { name: 'bob' }).check()
    await looked('whom-to-show')
    await ann.button('Choose what to show').click()
    const camera = ann.page.getByRole('button', { name: 'Camera', exact: true })
    await expect.poll(() => camera.evaluate((button) => button === document.activeElement)).toBe(true)
    await looked('what-to-show')
    await ann.page.keyboard.press('Escape')
    await camera.waitFor({ state: 'hidden' })
    expect(new URL(ann.page.url()).hash).not.toMatch(/show$/)
    await ann.go('nothing/here')
    await looked('lost')
    expect(findings()).toEqual([])
    expect(faults(ann, bob, carol)).toEqual([])
  })

  test('[WST9] [WST11] axe finds nothing where a film is sent, waited for, played and kept', async () => {
    const looked = lookAt(ann)
    const phone = lookAt(bob)
    await ann.limitUpload(0.4)
    await ann.openConversation('bob')
    await ann.button('Send something').click()
    await looked('what-to-send')
    await ann.button('Record yourself').click()
    await ann.page.getByRole('button', { name: 'Record', exact: true }).waitFor()
    await looked('recorder')
    await ann.page.keyboard.press('Escape')
    await ann.button('Send something').click()
    const [chooser] = await Promise.all([ann.page.waitForEvent('filechooser'), ann.button('Files').click()])
    await chooser.setFiles(film)
    const sheet = ann.page.getByRole('region', { name: /^Send to/ })
    await sheet.locator('img').waitFor()
    await looked('send-sheet')
    await ann.button('Date, copyright, other recipients').click()
    await sheet.getByRole('textbox', { name: 'Also to' }).fill('an@')
    await sheet.getByRole('textbox', { name: 'Copyright' }).fill(CANARIES.text)
    await looked('send-sheet-more')
    await sheet.getByRole('textbox', { name: 'Also to' }).fill('')
    await sheet.getByRole('textbox', { name: 'Title', exact: true }).fill('The lake')
    await sheet.getByRole('button', { name: /^Send, / }).click()
    await ann.card('The lake').waitFor()
    await bob.openConversation('ann')
    const card = bob.card('The lake')
    await card.getByRole('button', { name: 'Watch', exact: true }).waitFor()
    await phone('phone-offered')
    await looked('sent')
    await card.getByRole('button', { name: 'Decline' }).click()
    await phone('phone-declined')
    await bob.button('Undo').click()
    await card.getByRole('button', { name: 'Watch', exact: true }).click()
    await card.getByRole('button', { name: 'Where it comes from' }).click()
    await card.getByText('ann’s browser').waitFor()
    await phone('phone-playing')
    await ann.page.getByText(/fetching/).waitFor()
    await looked('being-fetched')
    await bob.button('Pause').click()
    await card.getByText(/^Paused at/).waitFor()
    await phone('phone-paused')
    await ann.limitUpload(0)
    await ann.openConversation('bob')
    await card.getByRole('button', { name: 'Go on' }).click()
    await card.getByText('You have it').waitFor({ timeout: 120_000 })
    await phone('phone-have')
    await ann.card('The lake').getByText('has it').waitFor()
    await looked('has-it')
    await bob.go('settings/storage')
    await bob.page.getByText('lake.mp4').waitFor()
    await phone('phone-storage')
    await bob.button('Clear all away').click()
    await bob.page.locator('.toast').getByRole('button', { name: 'Undo' }).waitFor()
    await phone('phone-storage-cleared')
    await bob.button('Undo').click()
    expect(findings()).toEqual([])
    expect(faults(ann, bob)).toEqual([])
  })

  test('[WST9] axe finds nothing in any part of the settings, nor in what opens there', async () => {
    const looked = lookAt(ann)
    await ann.go('settings')
    await looked('settings')
    for (const part of ['account', 'devices', 'fetching', 'sharing', 'sending', 'storage', 'about']) {
      await ann.go(`settings/${part}`)
      await ann.page.getByRole('link', { name: 'Back' }).waitFor()
      await looked(`settings-${part}`)
    }
    await ann.button('Check the connection').click()
    await ann.page.getByRole('button', { name: 'Check the connection' }).waitFor()
    await looked('checked')
    await ann.go('settings/devices')
    await ann.button('Add a device').click()
    await ann.page.locator('.invite .code').waitFor()
    await looked('add-device')
    await ann.go('settings/fetching')
    await ann.button('Add a rule').click()
    await looked('add-rule')
    await ann.page.getByRole('textbox', { name: 'From' }).fill('bob')
    await ann.page.getByRole('region', { name: 'Add a rule' }).getByRole('button', { name: 'Add a rule' }).click()
    await ann.page
      .getByRole('button', { name: /^Take rule 1|^Remove rule 1|rule 1/ })
      .first()
      .waitFor()
    await looked('rules')
    await ann.go('settings/account')
    await ann.button('Clear this browser').click()
    await looked('clear-asked')
    expect(findings()).toEqual([])
  })

  test('[WST9] axe finds nothing where one cannot go on: a second tab, a lock', async () => {
    const looked = lookAt(ann)
    const second = await ann.context.newPage()
    await second.goto(stage.origin)
    await second.getByRole('heading', { name: 'Doorpost is open in another tab' }).waitFor()
    const elsewhere = lookAt({ page: second })
    await elsewhere('another-tab')
    await second.close()
    await passkeys(ann.page)
    await ann.go('settings/account')
    await ann.button('Lock with a passkey').click()
    await ann.button('Lock now').click()
    await ann.page.getByRole('heading', { name: 'Doorpost is locked' }).waitFor()
    await looked('locked')
    await ann.button('Clear it away from this browser').click()
    await looked('locked-clear-asked')
    await ann.page.keyboard.press('Escape')
    await ann.button('Open').click()
    await ann.page.getByRole('link', { name: 'New conversation' }).waitFor()
    expect(findings()).toEqual([])
    expect(faults(ann, bob, carol)).toEqual([])
  })

  test('[WST9] [SCR26] a key that changed stops the conversation: it is said, and axe finds nothing', async () => {
    // A server that was put back to a time before Dan came: somebody else takes his name there.
    const before = join(stage.folder, 'before')
    await server.end('SIGTERM')
    await ann.page.locator('.frame-offline').waitFor()
    const looked = lookAt(ann)
    await looked('off-line')
    await cp(stage.dataFolder, before, { recursive: true })
    server = await stage.server()
    await ann.page.locator('.frame-offline').waitFor({ state: 'detached' })
    const dan = stack.use(await openWebPerson(browser, stage.origin, 'dan'))
    await dan.open(await ann.invite())
    await dan.signUp()
    await ann.openConversation('dan')
    await ann.write('Hello Dan')
    await dan.page.getByRole('navigation').getByText('Hello Dan').waitFor()
    await dan.closeTab()
    await server.end('SIGTERM')
    await rm(stage.dataFolder, { recursive: true })
    await cp(before, stage.dataFolder, { recursive: true })
    server = await stage.server()
    const another = stack.use(await openWebPerson(browser, stage.origin, 'dan'))
    await another.open()
    await another.signUp()
    await ann.page.locator('.frame-offline').waitFor({ state: 'detached' })
    await ann.openConversation('dan')
    // Not `write`: what was written may stay in the composer that the warning takes away.
    await ann.page.getByRole('textbox', { name: /^Message to/ }).fill('Are you there?')
    await ann.page.getByRole('button', { name: 'Send', exact: true }).click()
    await ann.page.getByRole('heading', { name: 'The key of dan changed' }).waitFor()
    await looked('key-changed')
    expect(await ann.page.getByRole('textbox', { name: /^Message to/ }).count()).toBe(0)
    await ann.go('contacts')
    await ann.page.getByRole('main').getByText('Key changed', { exact: true }).waitFor()
    await looked('contacts-key-changed')
    expect(findings()).toEqual([])
  })
})

/** What axe found since it was last asked. */
function findings(): readonly string[] {
  return FOUND.splice(0)
}

const FOUND: string[] = []

/** Has axe look at what a person sees now, light and dark. */
function lookAt(person: Pick<WebPerson, 'page'>): (state: string) => Promise<void> {
  return async (state) => {
    const { page } = person
    const axe = await openAxe(page)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${state}-${colorScheme}.png`) })
      for (const { rule, says, where } of await axe()) {
        FOUND.push(`${state} ${colorScheme}: ${rule}, ${says}: ${where.join('; ')}`)
      }
    }
    const told = ON_THE_WAY.has(state) ? FOR_INSIDERS.exec(await page.locator('body').innerText()) : null
    if (told) FOUND.push(`${state}: “${told[0]}” is a word for insiders`)
    const isTooWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
    if (isTooWide) FOUND.push(`${state}: wider than the window`)
  }
}

/** A finger that is always there. */
async function passkeys(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const options = {
    protocol: 'ctap2',
    ctap2Version: 'ctap2_1',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    hasPrf: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const
  await devtools.send('WebAuthn.addVirtualAuthenticator', { options })
}

function faults(...people: WebPerson[]): string[] {
  return people.flatMap((person) => person.faults.all().map((fault) => `${person.name}: ${fault}`))
}
