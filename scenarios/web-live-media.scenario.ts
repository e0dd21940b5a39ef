// Pictures and sound of the live half inside one page of a real browser: a camera whose pictures carry their number is captured,
// encoded, decoded and drawn.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { buildPage } from './web/build-page.ts'
import { openChromium } from './web/chromium.ts'
import { countedCameraArgs, writeCountedCamera } from './web/counted-camera.ts'
import { serveFiles } from './web/serve-files.ts'

const chromium = needs('chromium')
const CAMERA = { width: 320, height: 180, framesPerSecond: 30, frames: 600 }
/** A machine may have much else to do. */
const PATIENT = { timeout: 60_000 }

describe.skipIf(chromium.missing)('a page that shows what it captures', () => {
  const stack = new AsyncDisposableStack()
  let browser: Browser
  let origin = ''
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doorpost-live-'))
    stack.defer(() => rm(folder, { recursive: true }))
    await buildPage('live-page', join(folder, 'page'))
    await writeCountedCamera(join(folder, 'camera.y4m'), CAMERA)
    const server = stack.use(await serveFiles(() => join(folder, 'page')))
    origin = server.origin
    browser = await openChromium({ args: countedCameraArgs(join(folder, 'camera.y4m')) })
    stack.defer(() => browser.close())
  })
  afterAll(() => stack.disposeAsync())

  async function opened({ hasProcessor = true, ...how }: { stills: boolean; hasProcessor?: boolean }) {
    const context = await browser.newContext()
    if (!hasProcessor) {
      await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'MediaStreamTrackProcessor'))
    }
    const page = await context.newPage()
    page.on('pageerror', (error) => process.stderr.write(`page: ${error.message}\n`))
    await page.goto(origin)
    const format: unknown = await page.evaluate((wanted) => globalThis.live.begin(wanted), how)
    return { page, format }
  }
  const seenBy = (page: Page) => page.evaluate(() => globalThis.live.seen)
  const encodedBy = (page: Page) => page.evaluate(() => globalThis.live.encoded)

  test('[LVW4] pictures of a camera are drawn in their order, each once; sound is encoded beside them', async () => {
    const { page, format } = await opened({ stills: false })
    expect(format).toMatchObject({
      decodes: ['h264', 'vp8', 'av1'],
      format: { picture: { codec: 'avc1.42E01F', width: 320, height: 180 }, audio: { codec: 'opus' } },
    })
    await expect.poll(async () => (await seenBy(page)).length, PATIENT).toBeGreaterThan(60)
    const seen = await seenBy(page)
    const numbers = seen.map(({ number }) => number)
    expect(numbers).not.toContain(undefined)
    const steps = numbers
      .slice(1)
      .map((number, index) => ((number ?? 0) - (numbers[index] ?? 0) + CAMERA.frames) % CAMERA.frames)
    // A loaded machine's camera leaves pictures out; none is shown twice and none goes back.
    expect(steps.filter((step) => step === 0 || step > CAMERA.frames / 2)).toEqual([])
    const encoded = await encodedBy(page)
    expect(encoded.find(({ kind }) => kind === 'picture')).toMatchObject({ isKey: true, layer: 0 })
    expect(encoded.filter(({ kind }) => kind === 'audio').length).toBeGreaterThan(30)
    expect(new Set(encoded.filter(({ kind }) => kind === 'picture').map(({ layer }) => layer)).size).toBeGreaterThan(1)
    const delays = seen.map(({ delayMs }) => delayMs).toSorted((a, b) => a - b)
    process.stdout.write(
      `${seen.length} pictures, captured to drawn: median ${delays[Math.floor(delays.length / 2)]?.toFixed(1)} ms\n`,
    )
    await page.context().close()
  })

  test('[LVW10] sound is in step with the pictures, within 80 ms', async () => {
    const { page } = await opened({ stills: false })
    const heardBy = () => page.evaluate(() => globalThis.live.heardMs)
    await expect.poll(async () => (await heardBy()).length, PATIENT).toBeGreaterThan(100)
    const middle = (all: readonly number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Infinity
    const soundMs = middle(await heardBy())
    const pictureMs = middle((await seenBy(page)).map(({ delayMs }) => delayMs))
    process.stdout.write(`sound ${soundMs.toFixed(1)} ms, picture ${pictureMs.toFixed(1)} ms after capture\n`)
    expect(Math.abs(soundMs - pictureMs)).toBeLessThan(80)
    await page.context().close()
  })

  test('[WKT7] where tracks give no frames to a page, pictures and sound are taken all the same', async () => {
    const { page, format } = await opened({ stills: false, hasProcessor: false })
    expect(format).toMatchObject({ format: { audio: { codec: 'opus' } } })
    await expect.poll(async () => (await seenBy(page)).length, PATIENT).toBeGreaterThan(20)
    expect((await seenBy(page)).map(({ number }) => number)).not.toContain(undefined)
    const heardBy = () => page.evaluate(() => globalThis.live.heardMs)
    await expect.poll(async () => (await heardBy()).length, PATIENT).toBeGreaterThan(50)
    await page.context().close()
  })

  test('[LVW30] the codec changes while pictures come: none is lost, none comes twice, none goes back', async () => {
    const { page, format } = await opened({ stills: false })
    const { pictures } = format as { pictures: { codec: string }[] }
    expect(pictures.map(({ codec }) => codec)).toEqual(['avc1.42E01F', 'vp8', 'av01.0.04M.08'])
    const keys = async () => (await encodedBy(page)).flatMap(({ codec }) => codec ?? [])
    await expect.poll(async () => (await seenBy(page)).length, PATIENT).toBeGreaterThan(10)
    for (const [index, codec] of [
      [1, 'vp8'],
      [2, 'av1'],
      [0, 'h264'],
    ] as const) {
      await page.evaluate((which) => {
        const { capture } = globalThis.live
        const picture = capture?.pictures[which]
        if (picture) capture.use(picture)
      }, index)
      await expect.poll(async () => (await keys()).at(-1), PATIENT).toBe(codec)
      const shown = (await seenBy(page)).length
      await expect.poll(async () => (await seenBy(page)).length, PATIENT).toBeGreaterThan(shown + 20)
    }
    await page.evaluate(() => globalThis.live.capture?.want({ pictures: false, stills: false }))
    // Whatever was encoded is drawn.
    const made = (await encodedBy(page)).filter(({ kind }) => kind === 'picture').length
    await expect.poll(async () => (await seenBy(page)).length, PATIENT).toBe(made)
    const numbers = (await seenBy(page)).map(({ number }) => number ?? Number.NaN)
    const steps = numbers.slice(1).map((at, index) => (at - (numbers[index] ?? 0) + CAMERA.frames) % CAMERA.frames)
    expect(steps.filter((step) => !(step > 0 && step < CAMERA.frames / 2))).toEqual([])
    await page.context().close()
  })

  test('[LVW4] after a key frame is asked for the next picture stands for itself', async () => {
    const { page } = await opened({ stills: false })
    await expect.poll(async () => (await seenBy(page)).length, PATIENT).toBeGreaterThan(10)
    const keys = async () => (await encodedBy(page)).filter(({ kind, isKey }) => kind === 'picture' && isKey).length
    const before = await keys()
    await page.evaluate(() => globalThis.live.capture?.wantKeyFrame())
    await expect.poll(keys, PATIENT).toBeGreaterThan(before)
    await page.context().close()
  })

  test('[LVW4] stills are pictures that stand for themselves, every few seconds, and no moving ones are made beside them', async () => {
    const { page } = await opened({ stills: true })
    await expect.poll(async () => (await seenBy(page)).length, PATIENT).toBeGreaterThan(1)
    const encoded = await encodedBy(page)
    expect(encoded.filter(({ kind }) => kind === 'picture')).toEqual([])
    expect(encoded.filter(({ kind }) => kind === 'still').every(({ isKey }) => isKey)).toBe(true)
    expect((await seenBy(page)).map(({ number }) => number)).not.toContain(undefined)
    await page.context().close()
  })
})
