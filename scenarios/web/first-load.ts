// What somebody waits for who opens the page for the first time: the bytes that come until they can begin, and how long it takes on
// a slow machine.

import type { Browser, Response } from 'playwright-core'

export interface FirstLoad {
  /** As they went over the line, compressed: page, styles and scripts that the page waits for. */
  readonly screenBytes: number
  /** The device's own script, which arrives beside it. */
  readonly workerBytes: number
  /** From the first request until the name can be typed and the button pressed. */
  readonly usableMs: number
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
}

/** `slowdown`: how many times slower than this machine's the processor is. */
export async function measureFirstLoad(browser: Browser, origin: string, slowdown: number): Promise<FirstLoad> {
  await using context = await browser.newContext({ locale: 'en-GB', serviceWorkers: 'block' })
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
  const answers: Response[] = []
  page.on('response', (response) => answers.push(response))
  await page.goto(origin, { waitUntil: 'commit' })
  await page.getByRole('textbox', { name: 'Your name here' }).fill('alice')
  await page.getByRole('button', { name: 'Begin' }).click({ trial: true })
  const usableMs = await page.evaluate(() => performance.now())
  const files = await Promise.all(
    answers.map(async (answer) => {
      const { responseBodySize } = await answer.request().sizes()
      return { path: new URL(answer.url()).pathname, bytes: responseBodySize }
    }),
  )
  const screenBytes = files.reduce((all, { bytes }) => all + bytes, 0)
  const workers = await Promise.all(page.workers().map((worker) => compressedBytes(worker.url())))
  return { screenBytes, workerBytes: workers.reduce((all, bytes) => all + bytes, 0), usableMs, files }
}

/** What a worker asks for is not the page's request: it is asked for again. */
async function compressedBytes(url: string): Promise<number> {
  const answer = await fetch(url, { headers: { 'accept-encoding': 'br' } })
  await answer.arrayBuffer()
  return Number(answer.headers.get('content-length'))
}
