// Whoever runs a server looks at it in a browser: the plot, people, invitations, limits and refusals; what is done can be taken back there.
// Somebody else finds nothing at that address. The history of the plot is laid into the data folder before the server runs.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { dayOf } from '@doorpost/protocol/day'
import { openSqliteStorage } from '@doorpost/server/storage/sqlite'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { openStage, startCommand, type Stage } from './stage.ts'
import { openAxe } from './web/axe.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { LOOKS, wear } from './web/screens.ts'
import { openWebPerson, type WebPerson } from './web/web-person.ts'

const chromium = needs('chromium')

/** As in web-story. */
const whole = process.env['DOORPOST_WHOLE_STORY'] === '1'
/** A README is read on slow lines too, bytes. */
const PICTURE_BYTES_MAX = 150_000

const GB = 1e9

describe.skipIf(chromium.missing !== undefined)(`web-admin ${chromium.missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let browser: Browser
  let [ann, ben] = [] as unknown as [WebPerson, WebPerson]

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    await layHistory(stage.dataFolder)
    await stage.server()
    browser = await openChromium()
    stack.defer(() => browser.close())
    ann = stack.use(await openWebPerson(browser, stage.origin, 'ann'))
    ben = stack.use(await openWebPerson(browser, stage.origin, 'ben'))
    for (const person of [ann, ben]) {
      await person.open()
      await person.signUp()
    }
    for (const name of ['carol', 'crew-1', 'crew-2', 'dora']) await stage.join(name)
  })
  afterAll(() => stack.disposeAsync())

  test('[ADM50] the page comes to whom the server’s own machine named, and to nobody else', async () => {
    await ann.go('admin')
    await lost(ann).waitFor()
    expect(await ann.page.locator('.admin').count()).toBe(0)
    await using named = startCommand(['admin', 'add', 'ann', '--data', stage.dataFolder], stage.folder, {
      command: [],
      env: {},
    })
    await named.says(/ann runs the server now/)
    await expect
      .poll(
        async () => {
          // A running server looks into its data folder again within seconds.
          await ann.go('contacts')
          await ann.go('settings')
          return await ann.page.getByRole('link', { name: /^This server/ }).count()
        },
        { timeout: 30_000, interval: 1000 },
      )
      .toBe(1)
    await ann.page.getByRole('link', { name: /^This server/ }).click()
    await ann.page.getByRole('heading', { name: 'This server', level: 1 }).waitFor()
    await ben.go('admin')
    await lost(ben).waitFor()
    expect(await ben.page.locator('.admin').count()).toBe(0)
    // The browser says of itself that a request was refused; no page complained.
    expect([...ann.faults.all(), ...ben.faults.all()]).toEqual([])
  })

  test('[ADM50] the plot is above the fold, and its table has the same figures', async () => {
    await ann.go('admin')
    const plot = ann.page.getByRole('img', { name: /delivered to people, upwards/ })
    await plot.waitFor()
    const { bottom, height } = await plot.evaluate((drawing) => ({
      bottom: drawing.getBoundingClientRect().bottom,
      height: innerHeight,
    }))
    expect(bottom).toBeLessThanOrEqual(height)
    expect(await plot.locator('.admin-up').count()).toBe(30)
    await ann.page.getByText('The figures as a table').click()
    const rows = ann.page.getByRole('region', { name: 'The figures as a table' }).getByRole('row')
    // Heads, and thirty days: every one was counted, today by this story.
    expect(await rows.count()).toBe(31)
    await ann.page.getByRole('combobox', { name: 'Days shown' }).selectOption({ label: 'A year' })
    expect(await plot.locator('.admin-up').count()).toBe(52)
    await ann.page.getByRole('combobox', { name: 'Days shown' }).selectOption({ label: '30 days' })
    await ann.page.getByText('The figures as a table').click()
    expect(ann.faults.all()).toEqual([])
  })

  test('[ADM50] [ADM13] [AUE5] an account is closed and opened again where it was closed', async () => {
    await ann.page.getByRole('searchbox', { name: 'Name begins with' }).fill('ben')
    // With the keyboard: whatever takes a pressed button away, the focus stays in its row.
    const focused = () => ann.page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    await ann.page.getByRole('button', { name: 'Close the account of ben' }).press('Enter')
    await ann.page.locator('.toast').getByText('ben is logged out').waitFor()
    await expect.poll(focused).toMatch(/ ben$|of ben/)
    await ben.page.locator('.frame-offline').getByText('has closed this account').waitFor()
    await ann.page.locator('.toast').getByRole('button', { name: 'Undo' }).press('Enter')
    await expect.poll(focused).toMatch(/ ben$|of ben/)
    await ann.page.getByRole('button', { name: 'Close the account of ben' }).waitFor()
    await ben.page.reload()
    await ben.page.getByRole('link', { name: 'New conversation', exact: true }).waitFor()
    await expect.poll(() => ben.page.locator('.frame-offline').count(), { timeout: 30_000 }).toBe(0)
    await ann.page.getByRole('button', { name: 'Remove ben' }).click()
    await ann.page.getByRole('button', { name: 'Put ben back' }).click()
    await ann.page.getByRole('button', { name: 'Remove ben' }).waitFor()
    await ann.page.getByRole('searchbox', { name: 'Name begins with' }).fill('')
    await ann.page.getByText('carol', { exact: true }).waitFor()
    expect(ann.faults.all()).toEqual([])
  })

  test('[ADM50] [ADM20] an invitation lets one person in; one that was revoked by mistake is put back', async () => {
    const choose = (name: string) =>
      ann.page.getByRole('group', { name: 'Who may sign up' }).getByRole('radio', { name })
    await choose('Whoever is invited').check()
    await ann.page.locator('.toast').getByText('Saved').waitFor()
    await ann.page.getByRole('button', { name: 'Make an invitation' }).click()
    const link = (await ann.page.locator('.invite-link').textContent()) ?? ''
    await ann.page.getByRole('button', { name: /^Revoke: Made here/ }).click()
    await ann.page.locator('.toast').getByText('works no more').waitFor()
    await ann.page.locator('.toast').getByRole('button', { name: 'Undo' }).click()
    await ann.page.getByRole('button', { name: /^Revoke: Made here/ }).waitFor()
    const emil = stack.use(await openWebPerson(browser, stage.origin, 'emil'))
    await emil.open(link)
    await emil.signUp()
    await ann.go('settings')
    await ann.go('admin')
    await ann.page.getByText('emil', { exact: true }).waitFor()
    await ann.page.getByText('used', { exact: true }).waitFor()
    expect(ann.faults.all()).toEqual([])
  })

  test('[ADM50] [ADM40] a limit is saved, told as what it is otherwise, and put back', async () => {
    const field = ann.page.getByRole('textbox', { name: 'People at most' })
    const before = await field.inputValue()
    await field.fill('0')
    await ann.page.getByText('From 1 to 10,000,000.').waitFor()
    await field.fill('500')
    await ann.page.getByRole('button', { name: 'Save', exact: true }).click()
    await ann.page.getByText('Otherwise 100,000.').waitFor()
    await ann.page.getByRole('button', { name: 'Put back: People at most' }).click()
    await expect.poll(() => field.inputValue()).toBe(before)
    expect(ann.faults.all()).toEqual([])
  })

  test('[ADM50] [WST6] nothing is wrong with the page for axe-core, light and dark, phone and wide, in English and German', async () => {
    const { page } = ann
    const found: string[] = []
    for (const language of ['en', 'de']) {
      await page.evaluate((chosen) => localStorage.setItem('doorpost-language', chosen), language)
      await page.reload()
      await page.locator('.admin-plot svg').waitFor()
      await page.getByText('crew-2', { exact: true }).waitFor()
      for (const each of await page.locator('.admin details:not(:has(table)) > summary').all()) await each.click()
      const findings = await openAxe(page)
      for (const look of LOOKS) {
        await wear(page, look)
        for (const { rule, where } of await findings())
          found.push(`${language} ${look.look}: ${rule} ${where.join('\n')}`)
        const [wide, fits] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
        expect([language, look.look, wide]).toEqual([language, look.look, fits])
      }
    }
    expect(found).toEqual([])
    expect(ann.faults.all()).toEqual([])
  })

  test.runIf(whole)('[WST7] pictures of the page for the README', async () => {
    const folder = join(import.meta.dirname, '..', 'docs', 'pictures')
    await mkdir(folder, { recursive: true })
    const { page } = ann
    await page.evaluate(() => localStorage.setItem('doorpost-language', 'en'))
    await page.reload()
    await page.getByText('crew-2', { exact: true }).waitFor()
    for (const look of LOOKS) {
      await wear(page, look)
      const picture = await page.screenshot({ path: join(folder, `admin-${look.look}.png`) })
      expect(picture.length, look.look).toBeLessThan(PICTURE_BYTES_MAX)
    }
  })
})

const lost = ({ page }: WebPerson) => page.getByRole('heading', { level: 1 }).filter({ hasText: /nothing/i })

/** Weeks with their weekends, uneven and the same each time. */
async function layHistory(folder: string): Promise<void> {
  await using storage = await openSqliteStorage({ folder })
  const today = dayOf(Date.now())
  const wave = (day: number) => 1 + Math.sin(day / 2.3) * 0.4 + Math.sin(day * 2.7) * 0.3 + (day % 7 > 4 ? 0.9 : 0)
  for (let back = 120; back > 0; back--) {
    await storage.figures.add(
      today - back,
      {
        delivered: Math.round(86 * GB * wave(back)),
        telling: 7 + (back % 5),
        tunnel: Math.round(9 * GB * wave(back + 3)),
        messages: Math.round(0.02 * GB * wave(back)),
        live: Math.round(4 * GB * wave(back + 9)),
        web: Math.round(0.03 * GB),
        'refused:too-many': back % 3,
        'refused:invitation-needed': back % 2,
        'refused:login-refused': 2 + (back % 4),
      },
      0,
    )
  }
}
