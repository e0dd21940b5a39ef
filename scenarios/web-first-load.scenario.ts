// The first visit as a stranger to the page has it, and the next one: how much has to come before they can begin, and how long that
// takes on a slow machine.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { openStage, type Stage } from './stage.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { type FirstLoad, measureFirstLoad, measureLoad } from './web/first-load.ts'
import { openWebPerson } from './web/web-person.ts'

const chromium = needs('chromium')

/** A first load, compressed, bytes. */
const FIRST_LOAD_BYTES_MAX = 150_000
/** Every request costs a slow machine and a long line: page, styles, scripts, icon, manifest, and the question who may join. */
const REQUESTS_MAX = 10
/** As a cheap telephone is slower than a desk's machine. */
const SLOWDOWN = 4
/** The device's script, whatever the build names it. */
const DEVICE_SCRIPT = /\/assets\/device-worker-/

describe.skipIf(chromium.missing)(`web-first-load ${chromium.missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let browser: Browser

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    await stage.server()
    browser = await openChromium()
    stack.defer(() => browser.close())
  })
  afterAll(() => stack.disposeAsync())

  test('[WST5] the first screen needs at most 150 KB, and the device comes beside it', async () => {
    const load = await measureFirstLoad(browser, stage.origin, { slowdown: SLOWDOWN })
    say('First visit', load)
    expect([load.screenBytes > 0, load.workerBytes > 0]).toEqual([true, true])
    expect(load.screenBytes, JSON.stringify(load.files)).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX)
    expect(load.files.length, JSON.stringify(load.files)).toBeLessThanOrEqual(REQUESTS_MAX)
    // Of time no test judges: the machine may be busy with others.
    expect(load.interactiveMs).toBeGreaterThanOrEqual(load.paintedMs)
  })

  test('[SPD1] a name is typed and sent off before the device is here, which then does it', async () => {
    await using ann = await openWebPerson(browser, stage.origin, 'ann')
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    let isHeld = false
    await ann.context.route(DEVICE_SCRIPT, async (route) => {
      isHeld = true
      await released
      await route.continue()
    })
    await ann.open()
    await ann.page.getByRole('textbox', { name: 'Your name here' }).fill('ann')
    await ann.page.getByRole('button', { name: 'Begin' }).click()
    await expect.poll(() => isHeld).toBe(true)
    release()
    await ann.page.getByRole('link', { name: 'New conversation' }).waitFor()
  })

  test('[SPD2] who was here before has the frame before the device is here, and what is asked in it comes', async () => {
    await using bob = await openWebPerson(browser, stage.origin, 'bob', { serviceWorkers: 'block' })
    await bob.open()
    await bob.signUp()
    await bob.closeTab()
    say('Next visit', await measureLoad(bob.context, stage.origin, { slowdown: SLOWDOWN, wanted: ['.frame-head'] }))
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    await bob.context.route(DEVICE_SCRIPT, async (route) => {
      await released
      await route.continue()
    })
    await bob.open()
    await bob.page.getByRole('link', { name: 'Contacts' }).click()
    await bob.page.getByRole('heading', { name: 'Contacts' }).waitFor()
    const none = bob.page.getByText('You have no contacts yet.')
    expect(await none.count()).toBe(0)
    release()
    await none.waitFor()
  })
})

function say(what: string, { screenBytes, workerBytes, files, ...times }: FirstLoad): void {
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
  const { paintedMs, usableMs, interactiveMs, blockedMs } = times
  const ms = (value: number) => `${Math.round(value)} ms`
  process.stdout.write(
    `${what}: ${kilobytes(screenBytes)} in ${files.length} files, the device beside it ${kilobytes(workerBytes)}; at a ` +
      `processor ${SLOWDOWN} times slower painted after ${ms(paintedMs)}, usable ${ms(usableMs)}, interactive ` +
      `${ms(interactiveMs)}, blocked for ${ms(blockedMs)}.\n`,
  )
}
