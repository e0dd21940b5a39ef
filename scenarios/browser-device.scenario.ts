// Devices that live in browsers: two people sign up in two profiles, meet by an invitation, and a film goes from tab to tab.

import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAgent, type RunningAgent } from '@doorpost/peer/node/agent'
import { openHome } from '@doorpost/peer/node/home'
import { openSqliteStore } from '@doorpost/peer/node/sqlite-store'
import { join as joinServer } from '@doorpost/peer/session/join'
import { startServer } from '@doorpost/server/server'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { buildPage } from './web/build-page.ts'
import { openChromium } from './web/chromium.ts'
import { type DeviceTab, hashOfChosen, openTab, writeChosen } from './web/device-tab.ts'
import { openProfile } from './web/profile.ts'

const chromium = needs('chromium')
const MIB = 1024 * 1024
/** Chromium finds no way to another tab where there is nothing but loopback. */
const hasNetwork = Object.values(networkInterfaces()).some((all) => all?.some(({ internal }) => !internal))
const PATHS = hasNetwork ? (['tunnel', 'webrtc'] as const) : (['tunnel'] as const)
/** Nobody times anything here; it ends a story that would never end, ms. */
const SOON = { timeout: 60_000 }

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
    await expect
      .poll(async () => (await one.do('contacts.list', {})).map(({ state }) => state), SOON)
      .toEqual(['mutual'])
    await expect
      .poll(async () => (await other.do('contacts.list', {})).map(({ state }) => state), SOON)
      .toEqual(['mutual'])
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
    await expect.poll(async () => (await bob.do('inbox', {})).map(({ text }) => text), SOON).toEqual(['Hello Bob'])

    const sizeBytes = 20 * MIB + 77
    const given = await ann.chooseFile('film.mp4', sizeBytes)
    for (const path of PATHS) {
      const { id } = await ann.do('send', { to, files: [given], title: `By ${path}` })
      await arrived(bob, id)
      const { result, paths } = await bob.get(id, path)
      expect(result.fetchedBytes).toBe(sizeBytes)
      expect(paths).toEqual([path])
      expect(await bob.hashOf(result.files[0]?.file ?? '')).toBe(hashOfChosen(sizeBytes))
      await expect
        .poll(
          async () => (await ann.do('status', { id })).recipients.map(({ state, receipt }) => [state, receipt]),
          SOON,
        )
        .toEqual([['fetched', 'verified']])
    }
    const stored = await bob.page.evaluate(() => globalThis.device.storage())
    expect(stored.kept.map(({ name, hereBytes }) => [name, hereBytes])).toEqual(
      PATHS.map(() => ['film.mp4', sizeBytes]),
    )
    for (const { id, root } of stored.kept) {
      await bob.page.evaluate((what) => globalThis.device.dropKept(what), { id, root })
    }
    expect((await bob.page.evaluate(() => globalThis.device.storage())).kept).toEqual([])
  })

  test('[BRO11] a player reads a film while it comes, from where it is, and the fetch goes on to the end', async () => {
    const ann = await signedUp('carla')
    const bob = await signedUp('dan')
    await friends(ann, bob)
    const sizeBytes = 60 * MIB + 5
    const given = await ann.chooseFile('long.mp4', sizeBytes)
    const to = [(await bob.do('whoami', {})).address]
    const { id, media } = await ann.do('send', { to, files: [given] })
    await arrived(bob, id)
    const root = media[0]?.root ?? ''
    const wholeAt = () => bob.do('inbox', {}).then((all) => all.find((entry) => entry.id === id)?.state)
    // The end first, as players of some films do; then the beginning, through a port as a service worker reads.
    const end = await bob.read({ id, root, offset: sizeBytes - 3, length: 100, keep: true })
    expect(end).toEqual([0, 0, 4])
    expect(await wholeAt()).not.toBe('ready')
    const start = await bob.read({ id, root, offset: 0, length: 6, keep: true }, 'port')
    expect(start).toEqual([0, 0, 0, 0, 4, 5])
    const middle = await bob.read({ id, root, offset: 30 * MIB + 4, length: 2, keep: true })
    expect(middle).toEqual([4, 5])
    await expect.poll(wholeAt, SOON).toBe('ready')
    expect(await bob.read({ id, root, offset: 31 * MIB, length: 6, keep: true })).toEqual([1, 240, 0, 0, 4, 5])
    expect(await bob.read({ id, root, offset: sizeBytes, length: 6, keep: true })).toEqual([])
    await expect
      .poll(async () => (await ann.do('status', { id })).recipients.map(({ receipt }) => receipt), SOON)
      .toEqual(['verified'])
  })

  test('[BRO12] what is only played leaves no copy and no receipt', async () => {
    const ann = await signedUp('eva')
    const bob = await signedUp('finn')
    await friends(ann, bob)
    const given = await ann.chooseFile('once.mp4', 5 * MIB)
    const { id, media } = await ann.do('send', { to: [(await bob.do('whoami', {})).address], files: [given] })
    await arrived(bob, id)
    const root = media[0]?.root ?? ''
    expect(await bob.read({ id, root, offset: 4 * MIB, length: 6, keep: false })).toEqual([0, 64, 0, 0, 4, 5])
    expect(await bob.read({ id, root, offset: 6, length: 2, keep: false })).toEqual([6, 7])
    expect((await bob.page.evaluate(() => globalThis.device.storage())).kept).toEqual([])
    expect((await ann.do('status', { id })).recipients.map(({ receipt }) => receipt)).toEqual(['none'])
  })

  test('[BRO13] a tab that is loaded again in mid-fetch goes on where it was', async () => {
    const ann = await signedUp('gina')
    const bob = await signedUp('hugo')
    await friends(ann, bob)
    await ann.do('prefs.change', { edits: [{ set: { serve: { bytesPerSecond: 10 * MIB } } }] })
    const sizeBytes = 60 * MIB
    const given = await ann.chooseFile('slow.mp4', sizeBytes)
    const { id } = await ann.do('send', { to: [(await bob.do('whoami', {})).address], files: [given] })
    await arrived(bob, id)
    const begun = bob.page.evaluate(
      (what) =>
        new Promise<number>((resolve) => {
          const onProgress = (progress: { kind: string; doneBytes?: number }) => {
            if ((progress.doneBytes ?? 0) > 25 * 1024 * 1024) resolve(progress.doneBytes ?? 0)
          }
          globalThis.device.do('get', { what, folder: '/kept' }, { onProgress }).catch(() => {})
        }),
      id,
    )
    expect(await begun).toBeLessThan(sizeBytes)
    await bob.page.reload()
    await bob.page.waitForFunction(() => globalThis.device !== undefined)
    await bob.untilState('open', true)
    await ann.do('prefs.change', { edits: [{ set: { serve: { bytesPerSecond: 0 } } }] })
    const { result } = await bob.get(id)
    expect(result.fetchedBytes).toBeLessThanOrEqual(sizeBytes - 12 * MIB)
    expect(await bob.hashOf(result.files[0]?.file ?? '')).toBe(hashOfChosen(sizeBytes))
  })

  test('[BRO14] one tab is the device; another says so, takes over, and is the same person', async () => {
    const first = await signedUp('ines')
    const second = await openTab(browser, origin, first.context)
    await second.untilState('elsewhere')
    await second.page.evaluate(() => globalThis.device.takeOver())
    await second.untilState('open', true)
    await first.untilState('elsewhere')
    await second.page.close()
    await first.untilState('open', true)
    expect((await first.do('whoami', {})).device).toBe('browser')
  })

  test('[BRO15] a passkey locks the keys: locked after a reload, opened by it, and free again without it', async () => {
    const tab = await signedUp('jana')
    const devtools = await tab.context.newCDPSession(tab.page)
    await devtools.send('WebAuthn.enable')
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        hasPrf: true,
      },
    })
    expect(await tab.page.evaluate(() => globalThis.device.canProtect())).toBe(true)
    await tab.page.evaluate(() => globalThis.device.protect())
    await tab.untilState('open', true)
    await tab.page.reload()
    await tab.page.waitForFunction(() => globalThis.device !== undefined)
    await tab.untilState('locked')
    await tab.page.evaluate(() => globalThis.device.unlock())
    await tab.untilState('open', true)
    await tab.page.evaluate(() => globalThis.device.lock())
    await tab.untilState('locked')
    await expect(tab.do('whoami', {})).rejects.toThrow('locked')
    await tab.page.evaluate(() => globalThis.device.unlock())
    await tab.untilState('open', true)
    expect(await tab.page.evaluate(() => globalThis.device.recoveryWords())).toHaveLength(12)
    await tab.page.evaluate(() => globalThis.device.unprotect())
    await tab.untilState('open', true)
    await tab.page.evaluate(() => globalThis.device.forget())
    await tab.untilState('none')
  })

  test('[BRO20] another browser joins by a code after a yes, and the words bring the account back', async () => {
    const first = await signedUp('nils')
    const words = (await first.page.evaluate(() => globalThis.device.recoveryWords())) ?? []
    const { code } = await first.do('devices.offer', {})
    const second = await openTab(browser, origin)
    await second.untilState('none')
    const joining = second.joinByLink(code, 'tablet')
    const asks = await first.do('devices.await', { code })
    expect(asks.name).toBe('tablet')
    await first.do('devices.confirm', { code, fingerprint: asks.fingerprint, yes: true })
    expect(await joining).toBe(asks.fingerprint)
    await second.untilState('open', true)
    expect(await second.page.evaluate(() => globalThis.device.recoveryWords())).toBeUndefined()

    const third = await openTab(browser, origin)
    await third.untilState('none')
    await third.page.evaluate(
      (given) => globalThis.device.recover({ address: 'nils', words: given, device: 'new' }),
      words.join(' '),
    )
    await third.untilState('open', true)
    const { devices } = await third.do('devices', {})
    expect(devices.filter(({ revokedAt }) => revokedAt === undefined).map(({ name }) => name)).toEqual(['new'])
  })

  test('[BRO16] a film goes from an agent to a tab, and from a tab to an agent', async () => {
    const kim = await signedUp('kim')
    const agent = await agentOf('leo')
    const { link } = await kim.do('contacts.invite', {})
    await agent.peer.do('contacts.add', { who: link })
    await expect
      .poll(async () => (await agent.peer.do('contacts.list', {})).map(({ state }) => state), SOON)
      .toEqual(['mutual'])
    const sizeBytes = 12 * MIB + 3
    const film = await mkdtemp(join(tmpdir(), 'doorpost-film-'))
    stack.defer(() => rm(film, { recursive: true }))
    await writeChosen(join(film, 'agent.mp4'), sizeBytes)
    const kimAddress = (await kim.do('whoami', {})).address
    const leoAddress = (await agent.peer.do('whoami', {})).address
    const sent = await agent.peer.do('send', { to: [kimAddress], files: [join(film, 'agent.mp4')] })
    await arrived(kim, sent.id)
    const { result } = await kim.get(sent.id)
    expect(await kim.hashOf(result.files[0]?.file ?? '')).toBe(hashOfChosen(sizeBytes))
    await expect
      .poll(async () => (await agent.peer.do('status', { id: sent.id })).recipients.map(({ receipt }) => receipt), SOON)
      .toEqual(['verified'])

    const given = await kim.chooseFile('tab.mp4', sizeBytes)
    const { id } = await kim.do('send', { to: [leoAddress], files: [given] })
    await expect.poll(async () => (await agent.peer.do('inbox', {})).some((entry) => entry.id === id), SOON).toBe(true)
    const got = await agent.peer.do('get', { what: id, folder: join(film, 'got') })
    const bytes = await readFile(got.files[0]?.file ?? '')
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(hashOfChosen(sizeBytes))
    await expect
      .poll(async () => (await kim.do('status', { id })).recipients.map(({ receipt }) => receipt), SOON)
      .toEqual(['verified'])
  })

  async function agentOf(user: string): Promise<RunningAgent> {
    const home = await mkdtemp(join(tmpdir(), 'doorpost-agent-'))
    stack.defer(() => rm(home, { recursive: true }))
    const opened = await openHome(home)
    if (opened.kind !== 'open') throw new Error(opened.kind)
    const store = await openSqliteStore(opened.home.database)
    await joinServer({ store, origin, user, device: 'laptop', showRecoveryWords() {} })
    await store[Symbol.asyncDispose]()
    await opened.home[Symbol.asyncDispose]()
    return stack.use(await openAgent({ home }))
  }

  test('[RGH4] a browser that clears what a device keeps, while it is open, closes it with the reason', async () => {
    const eve = await signedUp('eve')
    const states = await eve.page.evaluateHandle(() => {
      const seen: string[] = []
      globalThis.device.onState(({ state }) => seen.push(state))
      return seen
    })
    // As a browser does that slept: what was kept is all there.
    const [worker] = eve.page.workers()
    await worker?.evaluate(() => {
      const { transaction } = IDBDatabase.prototype
      IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args) {
        IDBDatabase.prototype.transaction = transaction
        queueMicrotask(() => this.dispatchEvent(new Event('close')))
        return transaction.apply(this, args)
      }
      const { open } = IDBFactory.prototype
      IDBFactory.prototype.open = function (this: IDBFactory, ...args) {
        Object.assign(globalThis, { hasReopened: true })
        return open.apply(this, args)
      }
    })
    // Of what is asked for, not all is read from there; these are.
    await eve.page.evaluate(() => globalThis.device.recoveryWords().catch(() => undefined))
    await expect.poll(() => worker?.evaluate(() => 'hasReopened' in globalThis), SOON).toBe(true)
    await expect.poll(() => eve.do('whoami', {}).catch(() => undefined), SOON).toMatchObject({ online: true })
    expect(await states.jsonValue()).not.toContain('closed')
    const inspector = await eve.context.newCDPSession(eve.page)
    await inspector.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })
    await eve.untilState('closed')
    expect(await whyClosed(eve.page)).toBe('cleared')
    await eve.page.reload()
    await eve.page.waitForFunction(() => globalThis.device !== undefined)
    await eve.untilState('none')
    await eve.context.close()
  })

  test('[RGH5] a browser that keeps nothing for the page says so, and not that another tab is the device', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doorpost-blocked-'))
    stack.defer(() => rm(folder, { recursive: true }))
    const blocked = { profile: { default_content_setting_values: { cookies: 2 } } }
    await mkdir(join(folder, 'Default'))
    await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify(blocked))
    await using context = await openProfile(folder)
    const page = await context.newPage()
    await page.goto(origin)
    await page.waitForFunction(() => globalThis.device?.state.state === 'closed')
    expect(await whyClosed(page)).toBe('no-storage')
  })

  async function arrived(tab: DeviceTab, id: string): Promise<void> {
    await expect.poll(async () => (await tab.do('inbox', {})).some((entry) => entry.id === id), SOON).toBe(true)
  }
})

function whyClosed(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    const { state } = globalThis.device
    return state.state === 'closed' ? state.why : undefined
  })
}
