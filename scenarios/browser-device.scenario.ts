// Devices that live in browsers: two people sign up in two profiles, meet by an invitation, and a film goes from tab to tab.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '@doorpost/server/server'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { buildPage } from './web/build-page.ts'
import { openChromium } from './web/chromium.ts'
import { type DeviceTab, hashOfChosen, openTab } from './web/device-tab.ts'

const chromium = needs('chromium')
const MIB = 1024 * 1024

describe.skipIf(chromium.missing)('devices in browsers', () => {
  const stack = new AsyncDisposableStack()
  let browser: Browser
  let origin = ''
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doorpost-browser-'))
    stack.defer(() => rm(folder, { recursive: true }))
    await buildPage('device-page', join(folder, 'page'))
    const server = await startServer({ port: 0, dataFolder: join(folder, 'data'), webFolder: join(folder, 'page') })
    stack.defer(() => server.drain())
    browser = await openChromium()
    stack.defer(() => browser.close())
    origin = server.origin
  })
  afterAll(() => stack.disposeAsync())

  async function signedUp(name: string): Promise<DeviceTab> {
    const tab = await openTab(browser, origin)
    await tab.untilState('none')
    await tab.page.evaluate((wanted) => globalThis.device.signUp({ name: wanted }), name)
    await tab.untilState('open', true)
    return tab
  }

  async function friends(one: DeviceTab, other: DeviceTab): Promise<void> {
    const { link } = await one.do('contacts.invite', {})
    await other.do('contacts.add', { who: link })
    await expect.poll(async () => (await one.do('contacts.list', {})).map(({ state }) => state)).toEqual(['mutual'])
    await expect.poll(async () => (await other.do('contacts.list', {})).map(({ state }) => state)).toEqual(['mutual'])
  }

  test('[BRO10] two sign up, meet, write, and a film goes from tab to tab with its receipt', async () => {
    const ann = await signedUp('ann')
    const bob = await signedUp('bob')
    await friends(ann, bob)
    const words = await ann.page.evaluate(() => globalThis.device.recoveryWords())
    expect(words).toHaveLength(12)
    await ann.page.evaluate(() => globalThis.device.wordsKept())
    expect(await ann.page.evaluate(() => globalThis.device.recoveryWords())).toBeUndefined()

    const to = [(await bob.do('whoami', {})).address]
    await ann.do('send', { to, files: [], text: 'Hello Bob' })
    await expect.poll(async () => (await bob.do('inbox', {})).map(({ text }) => text)).toEqual(['Hello Bob'])

    const sizeBytes = 20 * MIB + 77
    const given = await ann.chooseFile('film.mp4', sizeBytes)
    const { id } = await ann.do('send', { to, files: [given], title: 'A film' })
    await expect.poll(async () => (await bob.do('inbox', {})).some((entry) => entry.id === id)).toBe(true)
    const got = await bob.do('get', { what: id, folder: '/kept' })
    expect(got.fetchedBytes).toBe(sizeBytes)
    expect(await bob.hashOf(got.files[0]?.file ?? '')).toBe(await hashOfChosen(sizeBytes))
    const stored = await bob.page.evaluate(() => globalThis.device.storage())
    expect(stored.kept.map(({ name, hereBytes }) => [name, hereBytes])).toEqual([['film.mp4', sizeBytes]])
    await expect
      .poll(async () => (await ann.do('status', { id })).recipients.map(({ state, receipt }) => [state, receipt]))
      .toEqual([['fetched', 'verified']])
  })
})
