// A large film from tab to tab: neither tab holds it in memory.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '@doorpost/server/server'
import { expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { buildPage } from './web/build-page.ts'
import { openChromium } from './web/chromium.ts'
import { openTab, writeChosen } from './web/device-tab.ts'

const chromium = needs('chromium')
const MIB = 1024 * 1024
/** What a tab may take at any size of film (issue 4), bytes. */
const TAB_BYTES_MAX = 300 * MIB
const SIZE_BYTES = 512 * MIB
const LOOK_EVERY_MS = 250

test.skipIf(chromium.missing)(`[BRO17] 512 MiB from tab to tab${chromium.reason}`, { timeout: 480_000 }, async () => {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'doorpost-large-'))
  stack.defer(() => rm(folder, { recursive: true }))
  await buildPage('device-page', join(folder, 'page'))
  const server = await startServer({ port: 0, dataFolder: join(folder, 'data'), webFolder: join(folder, 'page') })
  stack.defer(() => server.drain())
  const browser = await openChromium()
  stack.defer(() => browser.close())
  const tabs = []
  for (const name of ['ann', 'bob']) {
    const tab = await openTab(browser, server.origin)
    await tab.untilState('none')
    await tab.page.evaluate((wanted) => globalThis.device.signUp({ name: wanted }), name)
    await tab.untilState('open', true)
    tabs.push(tab)
  }
  const [ann, bob] = tabs
  if (!ann || !bob) throw new Error('two tabs were opened')
  const { link } = await ann.do('contacts.invite', {})
  await bob.do('contacts.add', { who: link })
  const film = join(folder, 'large.mp4')
  await writeChosen(film, SIZE_BYTES)
  const given = await ann.chooseFromDisk(film)
  const devtools = await browser.newBrowserCDPSession()
  let largest = 0
  const look = async () => {
    const { processInfo } = await devtools.send('SystemInfo.getProcessInfo')
    for (const { id, type } of processInfo)
      if (type === 'renderer') largest = Math.max(largest, await residentBytes(id))
  }
  const looking = setInterval(() => void look().catch(() => {}), LOOK_EVERY_MS)
  stack.defer(() => clearInterval(looking))
  const { id } = await ann.do('send', { to: [(await bob.do('whoami', {})).address], files: [given] })
  await expect
    .poll(async () => (await bob.do('inbox', {})).some((entry) => entry.id === id), { timeout: 60_000 })
    .toBe(true)
  const startedMs = performance.now()
  const { result, paths } = await bob.get(id)
  const seconds = (performance.now() - startedMs) / 1000
  expect(result.fetchedBytes).toBe(SIZE_BYTES)
  const rate = (SIZE_BYTES / MIB / seconds).toFixed(1)
  process.stderr.write(`${rate} MiB/s by ${paths.join(', ')}; largest tab ${(largest / MIB).toFixed(0)} MiB\n`)
  expect(largest).toBeGreaterThan(0)
  expect(largest).toBeLessThan(TAB_BYTES_MAX)
})

/** What a process has in memory that is its own (Linux alone). */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0)
  return (kib('RssAnon') + kib('RssShmem')) * 1024
}
