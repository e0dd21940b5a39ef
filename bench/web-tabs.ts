// A film from tab to tab and from an agent to a tab, by webrtc, verified and kept in the browser's storage, against a bare data channel
// between the same browsers, which drops what comes. In a network of namespaces, since Chromium gathers no candidates with loopback
// alone; each tab is a browser with a profile on the disk.

import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { giveOut } from '../scenarios/lab/lab-browser.ts'
import { type LabStage, openLabStage } from '../scenarios/lab/lab-stage.ts'
import { labMissing } from '../scenarios/lab/namespaces.ts'
import { until } from '../scenarios/stage.ts'
import { buildPage } from '../scenarios/web/build-page.ts'
import { type DeviceTab, openTab } from '../scenarios/web/device-tab.ts'
import { openProfile } from '../scenarios/web/profile.ts'
import { type TabWatch, watchTabs } from '../scenarios/web/tab-memory.ts'
import { makeFilm } from './film.ts'
import { medianOf, rowOf } from './plot.ts'
import { writeResults } from './results.ts'
import { type BareTab, bareBetween, bareFromProcess, openBarePage } from './web-bare.ts'
import { amountOf } from './web-size.ts'

/** A film, MiB. */
const SIZE_MIB = 1024
const ROUNDS = 3
const MIB = 1024 * 1024
const GIB = 1024 * MIB

export async function measureTabs(): Promise<void> {
  const { sizeBytes, rounds, counts, label } = amountOf(SIZE_MIB, ROUNDS)
  const missing = labMissing()
  if (missing !== undefined) {
    console.error(`tabs: not measured, ${missing}`)
    return
  }
  await using stage = await openLabStage()
  await stage.server()
  const page = join(stage.folder, 'device-page')
  await buildPage('device-page', page)
  const film = join(stage.folder, 'film.bin')
  await makeFilm(film, sizeBytes)
  await using ann = await openLabTab(stage, page, 'ann')
  await using bob = await openLabTab(stage, page, 'bob')
  const leo = await stage.settle('leo', 'public')
  await leo.agent('--no-fetch')
  const address = (await bob.tab.do('whoami', {})).address
  const { link } = await bob.tab.do('contacts.invite', {})
  await ann.tab.do('contacts.add', { who: link })
  await leo.json('contacts', 'add', (await bob.tab.do('contacts.invite', {})).link)
  const given = await ann.tab.chooseFromDisk(film)
  const sent = {
    tab: (await ann.tab.do('send', { to: [address], files: [given] })).id,
    agent: (await leo.json<{ id: string }>('send', '--to', address, film)).id,
  }
  for (const id of Object.values(sent))
    await until(`${id} to come`, async () => (await bob.tab.do('inbox', {})).some((entry) => entry.id === id))

  const [from, to] = [await bareTab(ann.tab), await bareTab(bob.tab)]
  const ms = emptyTurns()
  const turns: Record<keyof typeof ms, () => Promise<number>> = {
    'bare tab': () => bareBetween(from, to, { sizeBytes, messageBytes: 64 * 1024 }),
    'bare tab long': () => bareBetween(from, to, { sizeBytes, messageBytes: 256 * 1024 }),
    'our tab': () => fetchBy(bob.tab, sent.tab, sizeBytes),
    'bare agent': () => bareFromProcess(leo.place.command, to, sizeBytes),
    'our agent': () => fetchBy(bob.tab, sent.agent, sizeBytes),
  }
  const cpuMs = emptyTurns()
  for (let round = 0; round < rounds; round++) {
    const order = Object.entries(turns) as [keyof typeof ms, () => Promise<number>][]
    for (const [name, turn] of round % 2 === 0 ? order : order.toReversed()) {
      const before = (await ann.cpuMs()) + (await bob.cpuMs())
      ms[name].push(await turn())
      cpuMs[name].push(((await ann.cpuMs()) + (await bob.cpuMs()) - before) * (GIB / sizeBytes))
      const spent = `${((cpuMs[name].at(-1) ?? 0) / 1000).toFixed(1)} s of processor per GiB`
      console.error(
        `tabs round ${round + 1}: ${name} ${rateOf(ms[name].at(-1) ?? 0, sizeBytes).toFixed(1)} MB/s, ${spent}`,
      )
    }
  }
  const rates = (name: keyof typeof ms) => ms[name].map((one) => rateOf(one, sizeBytes))
  const bareRate = {
    agent: medianOf(rates('bare agent')),
    tab: Math.max(medianOf(rates('bare tab')), medianOf(rates('bare tab long'))),
  }
  const ratio = (name: 'tab' | 'agent') => (medianOf(rates(`our ${name}`)) / bareRate[name]).toFixed(2)
  const most = Math.max(ann.watch.stop(), bob.watch.stop())
  const verdict = `${label}: ratio to the bare channel ${ratio('tab')} from tab to tab, ${ratio('agent')} from an agent to a tab; the largest tab had ${Math.round(most / MIB)} MiB.`
  console.error(verdict)
  if (!counts) return
  await writeResults(
    'web-tabs',
    [
      {
        title: 'A film to a tab, by webrtc',
        unit: 'MB/s',
        better: 'more',
        rows: [
          rowOf(`${label}, tab to tab, bare channel, 64 KiB`, rates('bare tab'), true),
          rowOf(`${label}, tab to tab, bare channel, 256 KiB`, rates('bare tab long'), true),
          rowOf(`${label}, tab to tab, doorpost`, rates('our tab')),
          rowOf(`${label}, process to tab, bare channel`, rates('bare agent'), true),
          rowOf(`${label}, agent to tab, doorpost`, rates('our agent')),
        ],
      },
      {
        title: 'Processor time of both browsers for each GiB from tab to tab',
        unit: 's',
        better: 'less',
        rows: [
          rowOf('bare channel, messages of 64 KiB', cpuMs['bare tab'].map(inSeconds), true),
          rowOf('bare channel, messages of 256 KiB', cpuMs['bare tab long'].map(inSeconds), true),
          rowOf('doorpost', cpuMs['our tab'].map(inSeconds)),
        ],
      },
    ],
    [
      'All on one machine, whose cores both ends share. The bare channel sends the same buffer again and again from page to page, in messages of',
      '64 KiB and of 256 KiB, or from node-datachannel to a page, and drops what comes; the ratio is to the faster. Ours reads, encrypts and hashes every piece at the sender, hashes',
      'and decrypts it at the receiver, and keeps it in the storage of a browser with its profile on the disk. Rounds alternate who goes first.',
      '',
      verdict,
    ],
  )
}

type Turns = Record<'bare tab' | 'bare tab long' | 'our tab' | 'bare agent' | 'our agent', number[]>

function emptyTurns(): Turns {
  return { 'bare tab': [], 'bare tab long': [], 'our tab': [], 'bare agent': [], 'our agent': [] }
}

async function bareTab({ page }: DeviceTab): Promise<BareTab> {
  return { page, door: await openBarePage(page) }
}

interface LabTab extends AsyncDisposable {
  readonly tab: DeviceTab
  readonly watch: TabWatch
  /** Processor time of all processes of its browser since it began. */
  cpuMs(): Promise<number>
}

/** A browser at a site of its own, with a profile on the disk and somebody in it. */
async function openLabTab(stage: LabStage, page: string, name: string): Promise<LabTab> {
  const site = await stage.network.site('public')
  const executable = join(stage.folder, `chromium-${name}`)
  await writeFile(executable, `#!/bin/sh\nexec ${site.device.command.join(' ')} /usr/bin/chromium "$@"\n`)
  await chmod(executable, 0o755)
  const context = await openProfile(join(stage.folder, `profile-${name}`), {
    executable,
    args: ['--ignore-certificate-errors'],
  })
  const browser = context.browser()
  if (!browser) throw new Error('a profile has a browser')
  await giveOut(context, stage.origin, page)
  const tab = await openTab(browser, stage.origin, context)
  await tab.untilState('none')
  await tab.page.evaluate((wanted) => globalThis.device.signUp({ name: wanted }), name)
  await tab.untilState('open', true)
  const devtools = await browser.newBrowserCDPSession()
  return {
    tab,
    watch: await watchTabs(browser),
    async cpuMs() {
      const { processInfo } = await devtools.send('SystemInfo.getProcessInfo')
      return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0)
    },
    [Symbol.asyncDispose]: () => context.close(),
  }
}

/** Fetched and kept, and cleared away again; ms. */
async function fetchBy(tab: DeviceTab, id: string, sizeBytes: number): Promise<number> {
  const beganMs = performance.now()
  const { result, paths } = await tab.get(id, 'webrtc')
  const ms = performance.now() - beganMs
  if (result.fetchedBytes !== sizeBytes || paths.some((path) => path !== 'webrtc')) {
    throw new Error(`${result.fetchedBytes} bytes came by ${paths.join(', ')}`)
  }
  await tab.page.evaluate(async () => {
    for (const { id: message, root } of (await globalThis.device.storage()).kept)
      await globalThis.device.dropKept({ id: message, root })
  })
  return ms
}

function inSeconds(ms: number): number {
  return ms / 1000
}

function rateOf(ms: number, sizeBytes: number): number {
  return sizeBytes / 1e6 / (ms / 1000)
}
