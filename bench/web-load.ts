// The first visit and the next one in a browser whose processor is four times slower, as Lighthouse has it for a telephone.

import { buildApp } from '../scenarios/web/built-app.ts'
import { openChromium } from '../scenarios/web/chromium.ts'
import { type FirstLoad, measureFirstLoad, measureLoad } from '../scenarios/web/first-load.ts'
import { openWebPerson } from '../scenarios/web/web-person.ts'
import { openStage } from '../scenarios/stage.ts'
import { medianOf, rowOf } from './plot.ts'
import { writeResults } from './results.ts'
import { amountOf } from './web-size.ts'

const SLOWDOWN = 4
const ROUNDS = 5

export async function measureLoads(): Promise<void> {
  const { rounds, counts } = amountOf(1, ROUNDS)
  await buildApp()
  await using stage = await openStage()
  await stage.server()
  const browser = await openChromium()
  await using _closing = { [Symbol.asyncDispose]: () => browser.close() }
  await using ann = await openWebPerson(browser, stage.origin, 'ann', { serviceWorkers: 'block' })
  await ann.open()
  await ann.signUp()
  await ann.closeTab()
  const first: FirstLoad[] = []
  const next: FirstLoad[] = []
  for (let round = 0; round < rounds; round++) {
    first.push(await measureFirstLoad(browser, stage.origin, { slowdown: SLOWDOWN }))
    next.push(await measureLoad(ann.context, stage.origin, { slowdown: SLOWDOWN, wanted: ['.frame-head'] }))
    const ms = (loads: FirstLoad[]) => `${Math.round(loads.at(-1)?.interactiveMs ?? 0)} ms`
    console.error(`load round ${round + 1}: first visit ${ms(first)}, next visit ${ms(next)}`)
  }
  const sizes = first[0]
  if (!sizes) throw new Error('nothing was measured')
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
  const times = [...timesOf('first visit', first), ...timesOf('next visit', next)]
  for (const { label, median } of times) console.error(`  ${label}: ${Math.round(median)} ms`)
  if (!counts) return
  await writeResults(
    'web-load',
    [{ title: `Opening the web app, processor ${SLOWDOWN} times slower`, unit: 'ms', better: 'less', rows: times }],
    [
      `The first visit loads ${kilobytes(sizes.screenBytes)} in ${sizes.files.length} files until a name can be typed, and`,
      `${kilobytes(sizes.workerBytes)} beside it for the device, all compressed. Times are from the first request on. Painted: first`,
      'contentful paint. Interactive, blocked: as Lighthouse has them (time to interactive, total blocking time), without throttling',
      'of the line. The next visit is that of somebody who has an account: the frame stands.',
      '',
      `Interactive at the first visit after ${Math.round(medianOf(first.map((one) => one.interactiveMs)))} ms.`,
    ],
  )
}

function timesOf(what: string, loads: readonly FirstLoad[]) {
  const row = (label: string, pick: (load: FirstLoad) => number) => rowOf(`${what}, ${label}`, loads.map(pick))
  return [
    row('painted', ({ paintedMs }) => paintedMs),
    row('interactive', ({ interactiveMs }) => interactiveMs),
    row('blocked', ({ blockedMs }) => blockedMs),
  ]
}
