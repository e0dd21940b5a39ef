// Browsers among the other devices, each at a site of its own in the lab: what goes between a tab and an agent, and between tabs, goes from
// one to the other by webrtc; and who has a film, or a part of it, gives it to the others when its sender's tab is closed.

import { join } from 'node:path'
import { connectControl } from '@doorpost/peer/node/control-client'
import type { LinkStatus, Peer } from '@doorpost/peer/operations'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { sha256Of } from './film.ts'
import { type LabBrowser, openLabBrowser, openLabChromium } from './lab/lab-browser.ts'
import { type LabStage, openLabStage, type Resident } from './lab/lab-stage.ts'
import { labMissing } from './lab/namespaces.ts'
import { watchedGet } from './lab/watched-get.ts'
import { until } from './stage.ts'
import { buildPage } from './web/build-page.ts'
import { buildApp } from './web/built-app.ts'
import { type DeviceTab, hashOfChosen, writeChosen } from './web/device-tab.ts'
import { keepPictures } from './web/screens.ts'

declare global {
  /** Peer connections that a page made. */
  var connectionsMade: number
}

const MIB = 1024 * 1024
const SIZE_BYTES = 12 * MIB + 77
/** So large and so slow that it is on its way while its sender's tab is closed. */
const LONG_BYTES = 48 * MIB + 5
const SLOW_BYTES_PER_SECOND = 4 * MIB
/** What the recipients give each other meanwhile: too little to be done before its sender has gone. */
const SLOWER_BYTES_PER_SECOND = MIB / 2
/** By a link: there is time to press something while it comes. */
const LINK_BYTES = 24 * MIB + 3
const LINK_BYTES_PER_SECOND = MIB
/** Nobody times anything here; it ends a story that would never end, ms. */
const SOON = { timeout: 60_000 }

const missing = needs('chromium').missing ?? labMissing()

describe.skipIf(missing !== undefined)(`web-sources${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: LabStage
  let [ann, bob, cora] = [] as unknown as [DeviceTab, DeviceTab, DeviceTab]
  let browsers: LabBrowser[]
  let leo: Resident
  let peer: Peer

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openLabStage())
    await stage.server()
    const page = join(stage.folder, 'device-page')
    await buildPage('device-page', page)
    leo = await stage.settle('leo', 'restricted')
    stack.use(await leo.agent('--no-fetch'))
    const control = await connectControl(leo.home)
    if (!control) throw new Error('the agent runs')
    peer = stack.use(control)
    browsers = []
    for (const kind of ['restricted', 'restricted', 'cone'] as const) {
      browsers.push(stack.use(await openLabBrowser(stage, await stage.network.site(kind), page)))
    }
    const tabs = await Promise.all(browsers.map((one) => one.tab()))
    const names = ['ann', 'bob', 'cora']
    for (const [at, tab] of tabs.entries()) {
      await tab.untilState('none')
      await tab.page.evaluate((name) => globalThis.device.signUp({ name }), names[at] ?? '')
      await tab.untilState('open', true)
    }
    ;[ann, bob, cora] = tabs as [DeviceTab, DeviceTab, DeviceTab]
    for (const [one, other] of [
      [ann, bob],
      [ann, cora],
      [bob, cora],
      [ann, { do: (...args: Parameters<Peer['do']>) => peer.do(...args) }],
    ] as [Pick<DeviceTab, 'do'>, Pick<DeviceTab, 'do'>][]) {
      const { link } = await one.do('contacts.invite', {})
      await other.do('contacts.add', { who: link })
      const { address } = await other.do('whoami', {})
      await until(`${address} to be a contact`, async () =>
        (await one.do('contacts.list', {})).some((line) => line.address === address && line.state === 'mutual'),
      )
    }
  })
  afterAll(() => stack.disposeAsync())

  async function arrived(who: Pick<DeviceTab, 'do'>, id: string): Promise<void> {
    await until(`${id} to come`, async () => (await who.do('inbox', {})).some((entry) => entry.id === id))
  }
  async function receipted(who: Pick<DeviceTab, 'do'>, id: string): Promise<void> {
    await until(`the receipts of ${id}`, async () =>
      (await who.do('status', { id })).recipients.every(({ receipt }) => receipt === 'verified'),
    )
  }
  const addressOf = async (who: Pick<DeviceTab, 'do'>) => (await who.do('whoami', {})).address

  test('[BSR10] a film goes from an agent to a tab, and from a tab to an agent, by webrtc', async () => {
    const film = join(stage.folder, 'agent.mp4')
    await writeChosen(film, SIZE_BYTES)
    const sent = await peer.do('send', { to: [await addressOf(ann)], files: [film] })
    await arrived(ann, sent.id)
    const { result, paths } = await ann.get(sent.id)
    expect(paths).toContain('webrtc')
    expect(await ann.hashOf(result.files[0]?.file ?? '')).toBe(hashOfChosen(SIZE_BYTES))
    await receipted(peer, sent.id)

    const given = await ann.chooseFile('tab.mp4', SIZE_BYTES)
    const { id } = await ann.do('send', { to: [leo.address], files: [given] })
    await arrived(peer, id)
    const got = await watchedGet(peer, id, join(stage.folder, 'leo'))
    expect(got.path).toBe('webrtc')
    expect(await sha256Of(got.file)).toBe(hashOfChosen(SIZE_BYTES))
    await receipted(ann, id)
  })

  test('[BSR11] between two tabs a film goes by webrtc', async () => {
    const given = await ann.chooseFile('film.mp4', SIZE_BYTES)
    const { id } = await ann.do('send', { to: [await addressOf(bob)], files: [given] })
    await arrived(bob, id)
    const { result, paths } = await bob.get(id, 'webrtc')
    expect(paths).toEqual(['webrtc'])
    expect(await bob.hashOf(result.files[0]?.file ?? '')).toBe(hashOfChosen(SIZE_BYTES))
    await receipted(ann, id)
  })

  test('[BSR12] its sender’s tab is closed in mid-fetch: two who have a part each give each other the rest', async () => {
    await pace(ann, SLOW_BYTES_PER_SECOND)
    for (const who of [bob, cora]) await pace(who, SLOWER_BYTES_PER_SECOND)
    const given = await ann.chooseFile('long.mp4', LONG_BYTES)
    const { id } = await ann.do('send', { to: [await addressOf(bob), await addressOf(cora)], files: [given] })
    await Promise.all([arrived(bob, id), arrived(cora, id)])
    // Between them they have all of it once the sender has given each piece once; neither has it alone.
    const both = Promise.all([bob.get(id), cora.get(id)])
    await until('each piece to be given', async () => (await ann.do('status', { id })).uploadedBytes > LONG_BYTES + MIB)
    await ann.page.close()
    const [atBobs, atCoras] = await Promise.all([bob, cora].map(async (who) => verified(who, id)))
    expect(Math.min(atBobs ?? 0, atCoras ?? 0)).toBeLessThan(LONG_BYTES)
    for (const who of [bob, cora]) await pace(who, 0)
    const [ofBob, ofCora] = await both
    expect(await bob.hashOf(ofBob.result.files[0]?.file ?? '')).toBe(hashOfChosen(LONG_BYTES))
    expect(await cora.hashOf(ofCora.result.files[0]?.file ?? '')).toBe(hashOfChosen(LONG_BYTES))
  })

  test('[BSR13] a browser’s user links an agent, and hands it a film: the tab is closed, and the agent gives the same message out', async () => {
    const tower = stage.newcomer('bob', 'bob-tower', leo.place)
    const { code } = await bob.do('devices.offer', {})
    const joining = tower.run('join', stage.origin, '--link', code, '--device', 'tower', '--json')
    const asks = await bob.do('devices.await', { code })
    expect(asks.name).toBe('tower')
    await bob.do('devices.confirm', { code, fingerprint: asks.fingerprint, yes: true })
    const joined = await joining
    expect([joined.code, joined.stderr]).toEqual([0, expect.stringContaining(asks.fingerprint)])
    stack.use(await tower.agent('--no-fetch'))
    const listens = async () => (await bob.do('devices', {})).devices.find(({ name }) => name === 'tower')?.listens
    await expect.poll(listens, SOON).toBe(true)

    const given = await bob.chooseFile('handed.mp4', SIZE_BYTES)
    const { id } = await bob.do('send', { to: [await addressOf(cora)], files: [given] })
    await arrived(cora, id)
    await bob.do('send.handOver', { id, device: 'tower' })
    await expect.poll(async () => (await bob.do('status', { id })).handed?.state, SOON).toBe('has')
    await bob.page.close()
    const { result, paths } = await cora.get(id)
    expect(paths).toContain('webrtc')
    expect(await cora.hashOf(result.files[0]?.file ?? '')).toBe(hashOfChosen(SIZE_BYTES))
  })

  test('[BSR14] an agent’s user links a browser, which knows whom they know, and what the agent sent is fetched there', async () => {
    const { code } = await peer.do('devices.offer', {})
    const tab = await browsers[1]?.tab()
    if (!tab) throw new Error('a browser is open')
    await tab.untilState('none')
    const joining = tab.joinByLink(code, 'browser')
    const asks = await peer.do('devices.await', { code })
    await peer.do('devices.confirm', { code, fingerprint: asks.fingerprint, yes: true })
    expect(await joining).toBe(asks.fingerprint)
    await tab.untilState('open', true)
    await expect
      .poll(async () => (await tab.do('contacts.list', {})).map(({ state }) => state), SOON)
      .toEqual(['mutual'])
    const film = join(stage.folder, 'agent.mp4')
    const [friend] = await peer.do('contacts.list', {})
    const { id } = await peer.do('send', { to: [friend?.address ?? ''], files: [film] })
    const own = async () => (await tab.do('inbox', { show: 'all' })).find((entry) => entry.id === id)?.hidden
    await expect.poll(own, SOON).toBe('own')
    const { result, paths } = await tab.get(id)
    expect(paths).toContain('webrtc')
    expect(await tab.hashOf(result.files[0]?.file ?? '')).toBe(hashOfChosen(SIZE_BYTES))
  })

  test('[LNK20] [LNK21] [LNK23] a link’s page makes no peer connection until whoever opened it says so, and where its maker agreed too the film comes by webrtc from then on', async () => {
    await pace({ do: (...args) => peer.do(...args) }, LINK_BYTES_PER_SECOND)
    const film = join(stage.folder, 'linked.mp4')
    await writeChosen(film, LINK_BYTES)
    const [opened, closed] = [true, false].map((opens) => peer.do('links.make', { files: [film], opens }))
    const { id, link } = await (opened as Promise<LinkStatus>)
    await using there = await openLabChromium(stage, await stage.network.site('cone'))
    const context = await there.chromium.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB' })
    await context.addInitScript(() => {
      const Own = globalThis.RTCPeerConnection
      globalThis.connectionsMade = 0
      globalThis.RTCPeerConnection = class extends Own {
        constructor(...given: ConstructorParameters<typeof Own>) {
          super(...given)
          globalThis.connectionsMade++
        }
      }
    })
    const page = await context.newPage()
    const made = () => page.evaluate(() => globalThis.connectionsMade)
    const straight = page.getByRole('switch', { name: 'Fetch straight from leo’s device' })
    const comesBy = (path: string) => page.locator(`.source[data-path=${path}]`).first().waitFor(SOON)

    await page.goto(link)
    await page.getByRole('button', { name: 'Fetch', exact: true }).click()
    await page.getByRole('button', { name: 'Where it comes from' }).click()
    await comesBy('tunnel')
    expect([await straight.isChecked(), await made()]).toEqual([false, 0])
    await keepPictures({ page }, 'link-straight')
    await straight.check()
    await comesBy('webrtc')
    const [first] = (await peer.do('links.list', {})).filter((one) => one.id === id)
    expect(first?.state).toBe('fetching')
    await pace({ do: (...args) => peer.do(...args) }, 0)
    await page.getByText('You have it').first().waitFor(SOON)
    await until('its maker to be told', async () =>
      (await peer.do('links.list', {})).some((one) => one.id === id && one.state === 'fetched'),
    )

    // By default there is nothing to agree to.
    await page.goto((await (closed as Promise<LinkStatus>)).link)
    await page.getByRole('button', { name: 'Fetch', exact: true }).click()
    await page.getByText('You have it').first().waitFor(SOON)
    expect([await straight.count(), await made()]).toEqual([0, 0])
  })

  const pace = (who: Pick<DeviceTab, 'do'>, bytesPerSecond: number) =>
    who.do('prefs.change', { edits: [{ set: { serve: { bytesPerSecond } } }] })
  const verified = async (who: DeviceTab, id: string) =>
    (await who.do('inbox', {})).find((one) => one.id === id)?.media[0]?.verifiedBytes ?? 0
})
