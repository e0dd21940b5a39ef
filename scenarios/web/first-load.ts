// What somebody waits for who opens the page for the first time, or comes back to it: the bytes that come until they can begin, when
// something is seen, and when the page does what it is asked, on a slow machine.

import type { Browser, BrowserContext, Response } from 'playwright-core'

export interface FirstLoad {
  /** As they went over the line, compressed: page, styles and scripts that the page waits for; nothing where the browser had them. */
  readonly screenBytes: number
  /** The device's own script, which arrives beside it. */
  readonly workerBytes: number
  /** The first contentful paint, from the first request on, as the other times. */
  readonly paintedMs: number
  /** What was looked for stands there, and a frame with it was made. */
  readonly usableMs: number
  /** Lighthouse's time to interactive without its wait for the line: the end of the last task over 50 ms that is followed by 5 s without one. */
  readonly interactiveMs: number
  /** Lighthouse's total blocking time: of each such task between paint and interactive what is over 50 ms. */
  readonly blockedMs: number
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
}

interface Seen {
  usableMs?: number
  readonly long: { readonly startMs: number; readonly endMs: number }[]
}

declare global {
  var firstLoad: Seen | undefined
}

/** A task that is longer keeps people waiting (Lighthouse, W3C Long Tasks), ms. */
const LONG_MS = 50
/** After so long without a long task the page counts as interactive from the end of the last one, ms. */
const QUIET_MS = 5_000

/** What has to stand there, enabled, at the first visit: where the name is typed, and what is pressed then. */
const NAME_FORM = ['input[autocomplete=username]', 'button[type=submit]'] as const

export interface FirstLoadOptions {
  /** How many times slower than this machine's the processor is. */
  readonly slowdown: number
  /** Selectors of what has to be there. */
  readonly wanted?: readonly string[]
}

/** Opens the page in a browser that knows nothing of it. */
export async function measureFirstLoad(
  browser: Browser,
  origin: string,
  options: FirstLoadOptions,
): Promise<FirstLoad> {
  await using context = await browser.newContext({ locale: 'en-GB', serviceWorkers: 'block' })
  return await measureLoad(context, origin, options)
}

/** Opens the page in a tab of this browser context, and closes it. */
export async function measureLoad(
  context: BrowserContext,
  origin: string,
  { slowdown, wanted = NAME_FORM }: FirstLoadOptions,
): Promise<FirstLoad> {
  const page = await context.newPage()
  await page.addInitScript(watch, wanted)
  const devtools = await context.newCDPSession(page)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
  const answers: Response[] = []
  page.on('response', (response) => answers.push(response))
  await page.goto(origin, { waitUntil: 'commit' })
  await page.waitForFunction(() => globalThis.firstLoad?.usableMs !== undefined)
  const untilUsable = [...answers]
  await page.waitForFunction(
    (quietMs) => performance.now() - (globalThis.firstLoad?.long.at(-1)?.endMs ?? 0) > quietMs,
    QUIET_MS,
    { polling: 250 },
  )
  const { paintedMs, usableMs, long } = await page.evaluate(() => ({
    paintedMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    usableMs: globalThis.firstLoad?.usableMs ?? Number.NaN,
    long: globalThis.firstLoad?.long ?? [],
  }))
  const interactiveMs = Math.max(paintedMs, usableMs, ...long.map(({ endMs }) => endMs))
  const late = long.map(({ startMs, endMs }) => Math.max(0, endMs - Math.max(startMs, paintedMs) - LONG_MS))
  const files = await Promise.all(
    untilUsable.map(async (answer) => {
      const { responseBodySize } = await answer.request().sizes()
      return { path: new URL(answer.url()).pathname, bytes: Math.max(0, responseBodySize) }
    }),
  )
  const isWorker = ({ path }: { path: string }) => /\/(device|link)-worker-/.test(path)
  const workers = await Promise.all(page.workers().map((worker) => compressedBytes(worker.url())))
  await page.close()
  return {
    screenBytes: files.filter((file) => !isWorker(file)).reduce((all, { bytes }) => all + bytes, 0),
    workerBytes: workers.reduce((all, bytes) => all + bytes, 0),
    paintedMs,
    usableMs,
    interactiveMs,
    blockedMs: late.reduce((all, ms) => all + ms, 0),
    files: files.filter((file) => !isWorker(file)),
  }
}

/** Runs in the page before all else. */
function watch(wanted: readonly string[]): void {
  const seen: Seen = { long: [] }
  globalThis.firstLoad = seen
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      seen.long.push({ startMs: startTime, endMs: startTime + duration })
  }).observe({ type: 'longtask', buffered: true })
  const looking = new MutationObserver(() => {
    const found = wanted.map((selector) => document.querySelector(selector))
    if (!found.every((one) => one && !('disabled' in one && one.disabled))) return
    looking.disconnect()
    // The frame is made, and the page listens again.
    requestAnimationFrame(() => setTimeout(() => (seen.usableMs = performance.now())))
  })
  looking.observe(document, { childList: true, subtree: true, attributes: true })
}

/** What a worker asks for is not the page's request: it is asked for again. */
async function compressedBytes(url: string): Promise<number> {
  const answer = await fetch(url, { headers: { 'accept-encoding': 'br' } })
  await answer.arrayBuffer()
  return Number(answer.headers.get('content-length'))
}
