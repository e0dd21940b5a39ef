// The player and the service worker in a real browser, with bytes that come slowly: films play before they are here, seek, and are saved
// equal; whatever a media is called, it runs nothing.

import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, openSync, readFileSync, writeSync, closeSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildServiceWorker } from '@doorpost/web/build-service-worker'
import { startServer } from '@doorpost/server/server'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { buildPage } from './web/build-page.ts'
import { openChromium } from './web/chromium.ts'
import { type DeviceTab, openTab } from './web/device-tab.ts'
import { serveFiles } from './web/serve-files.ts'
import { watchTabs } from './web/tab-memory.ts'

const chromium = needs('chromium')
const ffmpeg = needs('ffmpeg')
const MIB = 1024 * 1024
/** A machine may have much else to do. */
const PATIENT = { timeout: 60_000 }
const FILM_S = 40
/** Its encoder takes as long as the film. */
const WEBM_S = 12

describe.skipIf(chromium.missing || ffmpeg.missing)('players', () => {
  const stack = new AsyncDisposableStack()
  let browser: Browser
  let origin = ''
  let folder = ''
  const film = (name: string) => join(folder, name)
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doorpost-play-'))
    stack.defer(() => rm(folder, { recursive: true }))
    const page = film('page')
    await buildPage('play-page', page)
    await buildServiceWorker(page)
    const server = await startServer({ port: 0, dataFolder: film('data'), webFolder: page })
    stack.defer(() => server.drain())
    browser = await openChromium({ args: ['--autoplay-policy=no-user-gesture-required'] })
    stack.defer(() => browser.close())
    origin = server.origin
    makeFilm(film('tail.mp4'), FILM_S, '-c:v libx264 -preset ultrafast -g 30 -pix_fmt yuv420p -b:v 5M -c:a libmp3lame')
    ffmpegRun(`-i ${film('tail.mp4')} -c copy -movflags faststart ${film('head.mp4')}`)
    makeFilm(film('film.webm'), WEBM_S, '-c:v libvpx -deadline realtime -cpu-used 16 -g 30 -b:v 4M -c:a libopus')
    ffmpegRun(`-f lavfi -i sine=d=${FILM_S} -c:a libmp3lame ${film('sound.mp3')}`)
  })
  afterAll(() => stack.disposeAsync())

  async function openPage(file: string): Promise<Page> {
    const context = await browser.newContext({ acceptDownloads: true })
    const page = await context.newPage()
    page.on('pageerror', (error) => process.stderr.write(`page: ${error.message}\n`))
    page.on('console', (message) => {
      if (message.type() === 'error') process.stderr.write(`console: ${message.text()}\n`)
    })
    await page.goto(origin)
    await choose(page, file)
    return page
  }

  async function signedUp(name: string): Promise<DeviceTab> {
    const tab = await openTab(browser, origin)
    await tab.untilState('none')
    await tab.page.evaluate((wanted) => globalThis.device.signUp({ name: wanted }), name)
    await tab.untilState('open', true)
    return tab
  }

  test.each([
    ['head.mp4', 'video/mp4', FILM_S / 2],
    ['tail.mp4', 'video/mp4', FILM_S / 2],
    ['film.webm', 'video/webm', WEBM_S / 2],
  ])(
    '[PLY12] %s plays before it is here, and shows what stands in its middle soon after a jump there',
    async (name, type, middleS) => {
      const page = await openPage(film(name))
      await page.evaluate((as) => globalThis.play.show(as, { delayMs: 40 }), type)
      const first = await page.evaluate(firstFrame)
      const { takenBytes, sizeBytes } = await page.evaluate(() => ({
        takenBytes: globalThis.play.reader?.stats.takenBytes ?? 0,
        sizeBytes: globalThis.play.reader?.sizeBytes ?? 0,
      }))
      expect(takenBytes).toBeLessThan(sizeBytes)
      const jump = await page.evaluate(seekTo, middleS)
      expect(jump.atS).toBeGreaterThanOrEqual(middleS - 1)
      const later = await page.evaluate(firstFrame)
      expect(later.atS).toBeGreaterThan(middleS - 1)
      process.stdout.write(
        `${name}: first frame ${first.ms} ms, seek ${jump.ms} ms, ${takenBytes} of ${sizeBytes} bytes at first\n`,
      )
      await page.context().close()
    },
  )

  test('[PLY12] a sound plays; its player ends what was asked for it when it goes', async () => {
    const page = await openPage(film('sound.mp3'))
    await page.evaluate(() => globalThis.play.show('audio/mpeg', { delayMs: 20 }))
    const atS = () => page.evaluate(() => document.querySelector('audio')?.currentTime ?? 0)
    await expect.poll(atS, PATIENT).toBeGreaterThan(0.3)
    await page.evaluate(() => globalThis.play.leave())
    await expect.poll(() => page.evaluate(() => globalThis.play.reader?.stats.underWay), PATIENT).toBe(0)
    await page.context().close()
  })

  test('[PLY12] while nothing comes it says so, and goes on by itself; subtitles are shown as text', async () => {
    const page = await openPage(film('head.mp4'))
    const subtitles = `1\n00:00:00,000 --> 00:00:39,000\n<b>Hallo</b> <img src=x onerror="globalThis.ran=1">`
    await page.evaluate((text) => globalThis.play.show('video/mp4', { delayMs: 10, subtitles: text }), subtitles)
    await page.evaluate(firstFrame)
    expect(
      await page.evaluate(() => {
        const [track] = document.querySelector('video')?.textTracks ?? []
        return [track?.mode, track?.language, (track?.cues?.[0] as VTTCue | undefined)?.text]
      }),
    ).toEqual(['showing', 'en', 'Hallo'])
    await page.evaluate(() => {
      const { reader } = globalThis.play
      if (reader) reader.isAway = true
    })
    await page.evaluate(() => {
      const video = document.querySelector('video')
      if (video) video.currentTime = 30
    })
    await page.getByText('Waiting for the next part').waitFor()
    await page.evaluate(() => {
      const { reader } = globalThis.play
      if (reader) reader.isAway = false
    })
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 30.2)
    expect(await page.evaluate(() => (globalThis as { ran?: number }).ran)).toBeUndefined()
    await page.context().close()
  })

  test('[PLY1] the browser gets the ranges that it asks for, and a 416 beyond the end', async () => {
    const page = await openPage(film('sound.mp3'))
    const bytes = readFileSync(film('sound.mp3'))
    const part = await page.evaluate(() => globalThis.play.ask('audio/mpeg', 'bytes=1000-1999'))
    expect([
      part.status,
      part.headers['content-range'],
      Buffer.from(part.bytes).equals(bytes.subarray(1000, 2000)),
    ]).toEqual([206, `bytes 1000-1999/${bytes.length}`, true])
    const beyond = await page.evaluate((range) => globalThis.play.ask('audio/mpeg', range), `bytes=${bytes.length}-`)
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, `bytes */${bytes.length}`])
    await page.context().close()
  })

  test('[PLY3] a page, a drawing or a document that somebody sent runs nothing here', async () => {
    const page = await openPage(film('sound.mp3'))
    const evil = film('evil.html')
    const script = '<script>opener?.postMessage("ran","*");parent.postMessage("ran","*")</script>'
    await writeFile(
      evil,
      `<html>${script}<svg xmlns="http://www.w3.org/2000/svg" onload="parent.postMessage('ran','*')"/>`,
    )
    await choose(page, evil)
    for (const type of ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'application/pdf', 'image/png']) {
      const answer = await page.evaluate((as) => globalThis.play.ask(as), type)
      expect([type, answer.headers['content-type']]).toEqual([
        type,
        type === 'image/png' ? type : 'application/octet-stream',
      ])
      await page.evaluate((as) => globalThis.play.show(as, { delayMs: 0 }), type)
      await page.getByText('This browser cannot show it').waitFor()
      await page.evaluate(() => globalThis.play.leave())
    }
    await page.context().close()
  })

  test('[PLY5] a download and a saved file are equal byte for byte; memory stays flat', async () => {
    const large = film('large.bin')
    const expected = makeLarge(large, 1024)
    const page = await openPage(large)
    const watch = await watchTabs(browser)
    const coming = page.waitForEvent('download')
    const began = performance.now()
    const how = page.evaluate(() => globalThis.play.download(0))
    const download = await coming
    expect(download.suggestedFilename()).toBe('large.bin')
    expect(await how).toBe('given')
    const path = await download.path()
    const most = watch.stop()
    process.stdout.write(
      `download of 1 GiB: ${Math.round(performance.now() - began)} ms, ${Math.round(most / MIB)} MiB at most\n`,
    )
    expect(await hashOfFile(path)).toBe(expected)
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThan(300 * MIB)
    await page.context().close()
  })

  test('[PLY5] a file of the save picker is written as the bytes come', async () => {
    const page = await openPage(film('tail.mp4'))
    expect(await page.evaluate(() => globalThis.play.save())).toEqual({ how: 'saved', isEqual: true })
    await page.context().close()
  })

  test('[PLY15] a newer version waits until it is asked for, and then takes page and parts together', async () => {
    const [now, next] = [film('page'), film('next')]
    await cp(now, next, { recursive: true })
    const index = join(next, 'index.html')
    await writeFile(index, (await readFile(index, 'utf8')).replace('A player without', 'The next player without'))
    await rm(join(next, 'sw.js'))
    await buildServiceWorker(next)
    let given = now
    await using files = await serveFiles(() => given)
    const context = await browser.newContext()
    const page = await context.newPage()
    const open = async () => {
      await page.goto(files.origin)
      await page.waitForFunction(() => globalThis.play !== undefined)
      await page.evaluate(() => globalThis.play.showUpdate())
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    }
    await open()
    given = next
    await open()
    expect(await page.title()).toBe('A player without a device')
    await page.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration())?.update()))
    await page.getByText('A newer version is here.').waitFor()
    expect(await page.title()).toBe('A player without a device')
    await page.getByRole('button', { name: 'Reload to update' }).click()
    await expect.poll(() => page.title(), PATIENT).toBe('The next player without a device')
    await context.close()
  })

  test('[PLY14] a film that is sent plays from its sender while it arrives, stays here whole, and the sender learns that', async () => {
    const [ann, bob] = [await signedUp('ann'), await signedUp('bob')]
    const { link } = await ann.do('contacts.invite', {})
    await bob.do('contacts.add', { who: link })
    for (const one of [ann, bob])
      await expect
        .poll(async () => (await one.do('contacts.list', {})).map(({ state }) => state), PATIENT)
        .toEqual(['mutual'])
    await choose(ann.page, film('tail.mp4'))
    const given = await ann.page.evaluate(() => globalThis.device.registerFile(globalThis.play.chosen as File))
    const { id } = await ann.do('send', { to: [(await bob.do('whoami', {})).address], files: [given] })
    await expect.poll(async () => (await bob.do('inbox', {})).map((one) => one.id), PATIENT).toEqual([id])

    await bob.page.evaluate((which) => void globalThis.play.showSent(which), id)
    const first = await bob.page.evaluate(firstFrame)
    const jump = await bob.page.evaluate(seekTo, FILM_S / 2)
    process.stdout.write(`from a tab by the tunnel: first frame ${first.ms} ms, seek ${jump.ms} ms\n`)
    expect(jump.atS).toBeGreaterThanOrEqual(FILM_S / 2 - 1)

    const kept = () => bob.page.evaluate(async () => (await globalThis.device.storage()).kept[0])
    await expect.poll(async () => (await kept())?.path, PATIENT).toBeTypeOf('string')
    expect(await bob.hashOf((await kept())?.path ?? '')).toBe(await hashOfFile(film('tail.mp4')))
    await expect
      .poll(async () => (await ann.do('status', { id })).recipients.map(({ receipt }) => receipt), PATIENT)
      .toEqual(['verified'])
  })

  test('[PLY13] the page stands without a network', async () => {
    const page = await openPage(film('sound.mp3'))
    await page.evaluate(() => globalThis.play.ask('audio/mpeg', 'bytes=0-0'))
    await page.context().setOffline(true)
    await page.reload()
    expect(await page.evaluate(() => document.title)).toBe('A player without a device')
    await page.waitForFunction(() => globalThis.play !== undefined)
    await page.context().close()
  })
})

async function choose(page: Page, file: string): Promise<void> {
  await page.locator('#file').setInputFiles(file)
  await page.evaluate(() => {
    globalThis.play.chosen = (document.getElementById('file') as HTMLInputElement).files?.[0]
  })
}

function ffmpegRun(args: string): void {
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...args.split(' ')])
}

/** Noise over a moving picture: more bytes than a player takes ahead. */
function makeFilm(path: string, lastsS: number, codec: string): void {
  const picture = `testsrc2=s=320x180:r=30:d=${lastsS},noise=alls=40:allf=t`
  ffmpegRun(`-f lavfi -i ${picture} -f lavfi -i sine=d=${lastsS} ${codec} -shortest ${path}`)
}

/** A file of so many MiB, no two alike; answers its hash. */
function makeLarge(path: string, sizeMib: number): string {
  const hash = createHash('sha256')
  const part = randomBytes(MIB)
  const file = openSync(path, 'w')
  for (let at = 0; at < sizeMib; at++) {
    part.writeUInt32BE(at)
    hash.update(part)
    writeSync(file, part)
  }
  closeSync(file)
  return hash.digest('hex')
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path)) hash.update(part as Buffer)
  return hash.digest('hex')
}

/** Runs in the page: when the next picture is shown, and of which second of the film it is. */
function firstFrame(): Promise<{ ms: number; atS: number }> {
  const began = performance.now()
  return new Promise((resolve) => {
    const look = () => {
      const video = document.querySelector('video')
      if (!video) {
        setTimeout(look, 1)
        return
      }
      video.requestVideoFrameCallback((_now, { mediaTime }) =>
        resolve({ ms: Math.round(performance.now() - began), atS: mediaTime }),
      )
    }
    look()
  })
}

/** Runs in the page. */
function seekTo(atS: number): Promise<{ ms: number; atS: number }> {
  const began = performance.now()
  return new Promise((resolve) => {
    const video = document.querySelector('video')
    if (!video) throw new Error('no film')
    const look = () =>
      video.requestVideoFrameCallback((_now, { mediaTime }) => {
        // Pictures of before are still on their way to the screen.
        if (mediaTime < atS - 1) look()
        else resolve({ ms: Math.round(performance.now() - began), atS: mediaTime })
      })
    video.currentTime = atS
    look()
  })
}
