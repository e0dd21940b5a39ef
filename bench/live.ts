// Live pictures from browser to browser: from drawing a picture to seeing it, through the server and peer to peer, against an RTP track from page
// to page and one through Janus, interleaved in one run of one browser; how soon the first picture comes; and what is lost, doubled and
// late when a second viewer comes and goes.
// Rounds and seconds from the environment: DOORPOST_BENCH_ROUNDS (5), DOORPOST_BENCH_SECONDS (8). Less is printed and not kept.

import { type Browser, chromium as playwright, type Page } from 'playwright-core'
import { needs } from '../scripts/needs.ts'
import { openStage } from '../scenarios/stage.ts'
import { buildApp } from '../scenarios/web/built-app.ts'
import {
  drawCamera,
  drawnBy,
  encodedBy,
  flowOf,
  seenBy,
  type SeenPicture,
  watchEncoder,
  watchPictures,
} from '../scenarios/web/seen-pictures.ts'
import { NUMBERS } from '../scenarios/web/counted-picture.ts'
import { openWebPerson, type WebPerson } from '../scenarios/web/web-person.ts'
import { openRtp, startJanus } from './live-peers.ts'
import { medianOf, rowOf } from './plot.ts'
import { writeResults } from './results.ts'

const [chromium, janusProgram] = [needs('chromium'), needs('janus')]
const lacking = chromium.missing ?? janusProgram.missing
if (lacking !== undefined) {
  console.error(lacking)
  process.exit(69)
}
const { env } = process
const ROUNDS = Number(env['DOORPOST_BENCH_ROUNDS'] ?? 5)
const SECONDS = Number(env['DOORPOST_BENCH_SECONDS'] ?? 8)
const small = ROUNDS < 5 || SECONDS < 8
const CAMERA = { width: 640, height: 360, framesPerSecond: 30 }

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const percentile = (all: readonly number[], share: number) =>
  all.toSorted((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))] ?? Number.NaN

/** From drawing to seeing, ms, of every picture that was seen. */
function delaysOf(drawn: Readonly<Record<number, number>>, seen: readonly SeenPicture[]): number[] {
  return seen.flatMap(({ number, atMs }) => {
    const drawnMs = drawn[number]
    return drawnMs === undefined || atMs < drawnMs ? [] : [atMs - drawnMs]
  })
}

async function measured(source: Page, viewer: Page): Promise<number[]> {
  const from = (await seenBy(viewer)).length
  await after(SECONDS * 1_000)
  return delaysOf(await drawnBy(source), (await seenBy(viewer)).slice(from))
}

const button = (who: WebPerson, name: string) => who.page.getByRole('button', { name, exact: true })

interface Pair {
  readonly source: WebPerson
  readonly viewer: WebPerson
}

/** Two people who are contacts, with their conversations open. `blocked`: no peer-to-peer connection opens. */
async function openPair(
  browser: Browser,
  origin: string,
  names: readonly [string, string],
  blocked: boolean,
): Promise<Pair> {
  const [source, viewer] = await Promise.all(names.map((name) => openWebPerson(browser, origin, name)))
  if (!source || !viewer) throw new Error('two people')
  for (const { context } of [source, viewer]) {
    if (blocked) {
      await context.addInitScript(() => {
        const Real = RTCPeerConnection
        globalThis.RTCPeerConnection = class extends Real {
          constructor(configuration?: RTCConfiguration) {
            super({ ...configuration, iceServers: [], iceTransportPolicy: 'relay' })
          }
        }
      })
    }
  }
  await drawCamera(source.context, CAMERA)
  await source.open()
  await source.signUp()
  await meet(source, viewer)
  await watchEncoder(source.page)
  await source.page.reload()
  await source.openConversation(viewer.name)
  return { source, viewer }
}

async function meet(source: WebPerson, viewer: WebPerson): Promise<void> {
  await viewer.open(await source.invite())
  await watchPictures(viewer.page)
  await viewer.signUp()
  await viewer.openConversation(source.name)
  await viewer.page.reload()
  await viewer.openConversation(source.name)
}

/** Until the first picture, ms, from pressing Watch. */
async function begin({ source, viewer }: Pair, says: string): Promise<number> {
  const before = (await seenBy(viewer.page)).length
  await button(source, 'Show something').click()
  await button(source, 'Camera').click()
  const watch = button(viewer, `Watch ${source.name}`)
  await watch.waitFor()
  await viewer.page.evaluate(() =>
    addEventListener(
      'click',
      () => Object.assign(globalThis, { pressedMs: performance.timeOrigin + performance.now() }),
      {
        capture: true,
        once: true,
      },
    ),
  )
  await watch.click()
  await viewer.page.waitForFunction(
    (count) => (globalThis as unknown as { seenPictures: unknown[] }).seenPictures.length > count,
    before,
  )
  await viewer.page.getByText(says).waitFor()
  const pressedMs = await viewer.page.evaluate(() => (globalThis as unknown as { pressedMs: number }).pressedMs)
  return ((await seenBy(viewer.page))[before]?.atMs ?? Number.NaN) - pressedMs
}

async function stop({ source, viewer }: Pair): Promise<void> {
  await button(source, 'Stop showing').click()
  await viewer.page.getByRole('button', { name: 'Stop watching', exact: true }).waitFor({ state: 'detached' })
}

await buildApp()
await using stage = await openStage()
await stage.server()
await using janus = await startJanus('janus')
const browser = await playwright.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--disable-features=WebRtcHideLocalIpsWithMdns'],
})
const ways = ['through the server', 'peer to peer', 'RTP, page to page', 'RTP through Janus'] as const
type Samples = Readonly<Record<(typeof ways)[number], number[]>>
const noSamples = () => Object.fromEntries(ways.map((way) => [way, [] as number[]])) as Samples
const [p50, p95, first] = [noSamples(), noSamples(), noSamples()]
const keep = (way: (typeof ways)[number], delays: readonly number[], firstMs: number) => {
  p50[way].push(percentile(delays, 0.5))
  p95[way].push(percentile(delays, 0.95))
  first[way].push(firstMs)
  console.error(
    `${way}: ${delays.length} pictures, p50 ${percentile(delays, 0.5).toFixed(1)} ms, p95 ${percentile(delays, 0.95).toFixed(1)} ms, first ${firstMs.toFixed(0)} ms`,
  )
}
const gaps: { readonly what: string; readonly ms: number[] }[] = [
  { what: 'a second viewer is let in', ms: [] },
  { what: 'the second viewer leaves', ms: [] },
]
let [lost, doubled, seenInAll] = [0, 0, 0]
try {
  const walled = await openPair(browser, stage.origin, ['ada', 'ben'], true)
  const open = await openPair(browser, stage.origin, ['ann', 'bob'], false)
  const third = await openWebPerson(browser, stage.origin, 'cora')
  await meet(open.source, third)
  await open.source.openConversation('bob')
  for (let round = 0; round < ROUNDS; round++) {
    const walledMs = await begin(walled, 'Through the server')
    keep(ways[0], await measured(walled.source.page, walled.viewer.page), walledMs)
    await stop(walled)

    const openMs = await begin(open, 'Straight from ann’s device')
    keep(ways[1], await measured(open.source.page, open.viewer.page), openMs)
    const from = (await seenBy(open.viewer.page)).length
    const longest = async (sinceMs: number) => {
      const seen = (await seenBy(open.viewer.page)).filter(({ atMs }) => atMs >= sinceMs)
      return Math.max(...seen.slice(1).map(({ atMs }, index) => atMs - (seen[index]?.atMs ?? atMs)))
    }
    await button(third, 'Show something').click()
    await button(third, 'Ask to see what ann shows').click()
    const letIn = button(open.source, 'Let in')
    await letIn.waitFor()
    const inMs = Date.now()
    await letIn.click()
    await third.page.getByText('Through the server').waitFor()
    await open.viewer.page.getByText('Through the server').waitFor()
    await after(2_000)
    gaps[0]?.ms.push(await longest(inMs))
    const outMs = Date.now()
    await button(third, 'Stop watching').click()
    await open.viewer.page.getByText('Straight from ann’s device').waitFor()
    await after(2_000)
    gaps[1]?.ms.push(await longest(outMs))
    const flow = flowOf((await seenBy(open.viewer.page)).slice(from), await encodedBy(open.source.page), NUMBERS)
    lost += flow.lost.length
    doubled += flow.doubled.length
    seenInAll += flow.pictures
    console.error(`switches: ${JSON.stringify({ ...flow, gaps: gaps.map(({ ms }) => ms.at(-1)) })}`)
    await stop(open)

    for (const [way, flowing] of [
      [ways[2], () => openRtp(browser, stage.origin, CAMERA)],
      [ways[3], () => janus.open(browser, stage.origin, CAMERA)],
    ] as const) {
      const peer = await flowing()
      keep(way, await measured(peer.source, peer.viewer), peer.firstMs)
      await peer.close()
    }
  }
} finally {
  await browser.close()
}
const rows = (all: Samples) => ways.map((way, index) => rowOf(way, all[way], index > 1))
const remarks = [
  `${CAMERA.width}x${CAMERA.height}, ${CAMERA.framesPerSecond} pictures a second, H.264, one Chromium, ${ROUNDS} rounds of ${SECONDS} s, interleaved; every figure is the median of rounds.`,
  `A second viewer came and went ${ROUNDS} times: of ${seenInAll} pictures that the first viewer saw, ${lost} were lost and ${doubled} doubled.`,
  `Janus adds ${(medianOf(p50[ways[3]]) - medianOf(p50[ways[2]])).toFixed(1)} ms to RTP from page to page; the server path is ${(medianOf(p50[ways[0]]) - medianOf(p50[ways[1]])).toFixed(1)} ms slower than peer to peer, and ${(medianOf(p50[ways[0]]) - medianOf(p50[ways[2]])).toFixed(1)} ms than RTP from page to page.`,
]
for (const remark of remarks) console.error(remark)
if (small) console.error('A small run: nothing is written to bench/results/.')
else {
  await writeResults(
    'live',
    [
      { title: 'From drawing to seeing, median', unit: 'ms', better: 'less', rows: rows(p50) },
      { title: 'From drawing to seeing, 95th percentile', unit: 'ms', better: 'less', rows: rows(p95) },
      { title: 'First picture', unit: 'ms', better: 'less', rows: rows(first) },
      {
        title: 'Longest time between two pictures at a switch',
        unit: 'ms',
        better: 'less',
        rows: gaps.map(({ what, ms }) => rowOf(what, ms)),
      },
    ],
    remarks,
  )
}
process.exit(0)
