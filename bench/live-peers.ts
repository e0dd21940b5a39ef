// What live pictures are measured against, in the same browser: an RTP video track from page to page, and one through Janus (videoroom). The
// pictures are those of the same drawn camera, and what came is read from the decoded frames, before any of them waits for a screen.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { freePort } from '../scripts/free-port.ts'
import { BITS, type CountedFormat, NUMBER_BITS, numberIn, numberOf } from '../scenarios/web/counted-picture.ts'
import { drawCamera, type SeenPicture } from '../scenarios/web/seen-pictures.ts'

/** Ours comes to about as much at this size. */
const BITS_PER_SECOND = 700_000

interface PeerPage {
  connection: RTCPeerConnection
  seenPictures: SeenPicture[]
  drawnCamera(): MediaStream
  readTrack(track: MediaStreamTrack): void
}

declare global {
  var peerPage: PeerPage
}

export interface PeerFlow {
  /** Waits until pictures come; how long that took from asking, ms. */
  readonly firstMs: number
  readonly source: Page
  readonly viewer: Page
  close(): Promise<void>
}

async function openPages(browser: Browser, url: string, camera: CountedFormat): Promise<[Page, Page]> {
  const pages: Page[] = []
  for (let index = 0; index < 2; index++) {
    const context = await browser.newContext()
    const page = await context.newPage()
    await drawCamera(page, camera)
    await page.addInitScript({
      content: `(() => {
        const BITS = ${BITS}, NUMBER_BITS = ${NUMBER_BITS};
        const numberOf = ${numberOf.toString()}, numberIn = ${numberIn.toString()};
        const seenPictures = [];
        globalThis.seenPictures = seenPictures;
        globalThis.peerPage = {
          connection: undefined,
          seenPictures,
          drawnCamera: globalThis.drawnCamera,
          async readTrack(track) {
            const canvas = new OffscreenCanvas(16, 16);
            const context = canvas.getContext('2d', { alpha: false });
            const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
            for (;;) {
              const { done, value } = await reader.read();
              if (done) return;
              const { displayWidth: width, displayHeight: height } = value;
              if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
              context.drawImage(value, 0, 0);
              value.close();
              const atMs = performance.timeOrigin + performance.now();
              seenPictures.push({ number: numberIn(canvas) ?? -1, atMs });
            }
          },
        };
      })()`,
    })
    await page.goto(url)
    pages.push(page)
  }
  return pages as [Page, Page]
}

/** The page offers its drawn camera; its description with all candidates. */
async function offer(page: Page): Promise<RTCSessionDescriptionInit> {
  return await page.evaluate(async (maxBitrate) => {
    const connection = new RTCPeerConnection()
    globalThis.peerPage.connection = connection
    const stream = globalThis.peerPage.drawnCamera()
    const transceiver = connection.addTransceiver(stream.getVideoTracks()[0] as MediaStreamTrack, {
      direction: 'sendonly',
      streams: [stream],
      sendEncodings: [{ maxBitrate }],
    })
    const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? []
    transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType === 'video/H264'))
    await connection.setLocalDescription()
    while (connection.iceGatheringState !== 'complete') {
      await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', resolve, { once: true }))
    }
    return connection.localDescription?.toJSON() as RTCSessionDescriptionInit
  }, BITS_PER_SECOND)
}

async function answer(page: Page, description: RTCSessionDescriptionInit): Promise<RTCSessionDescriptionInit> {
  return await page.evaluate(async (given) => {
    const connection = new RTCPeerConnection()
    globalThis.peerPage.connection = connection
    connection.addEventListener('track', ({ track, receiver }) => {
      Object.assign(receiver, { jitterBufferTarget: 0 })
      globalThis.peerPage.readTrack(track)
    })
    await connection.setRemoteDescription(given)
    await connection.setLocalDescription()
    while (connection.iceGatheringState !== 'complete') {
      await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', resolve, { once: true }))
    }
    return connection.localDescription?.toJSON() as RTCSessionDescriptionInit
  }, description)
}

const accept = (page: Page, description: RTCSessionDescriptionInit) =>
  page.evaluate((given) => globalThis.peerPage.connection.setRemoteDescription(given), description)

async function firstSeen(viewer: Page, sinceMs: number): Promise<number> {
  await viewer.waitForFunction(() => globalThis.peerPage.seenPictures.length > 0)
  return (await viewer.evaluate(() => globalThis.peerPage.seenPictures[0]?.atMs ?? 0)) - sinceMs
}

const closeBoth = async (pages: readonly Page[]) => {
  for (const page of pages) await page.context().close()
}

/** An RTP track from page to page. */
export async function openRtp(browser: Browser, url: string, camera: CountedFormat): Promise<PeerFlow> {
  const pages = await openPages(browser, url, camera)
  const [source, viewer] = pages
  const sinceMs = Date.now()
  await accept(source, await answer(viewer, await offer(source)))
  return { source, viewer, firstMs: await firstSeen(viewer, sinceMs), close: () => closeBoth(pages) }
}

export interface Janus extends AsyncDisposable {
  open(browser: Browser, url: string, camera: CountedFormat): Promise<PeerFlow>
}

interface JanusAnswer {
  readonly data?: { readonly id: number }
  readonly plugindata?: { readonly data: Record<string, unknown> }
  readonly jsep?: RTCSessionDescriptionInit
  readonly janus?: string
  readonly error?: unknown
}

/** Debian's Janus with its own defaults, one room, on free ports. */
export async function startJanus(program: string): Promise<Janus> {
  const folder = await mkdtemp(join(tmpdir(), 'doorpost-janus-'))
  const port = await freePort()
  await writeFile(
    join(folder, 'janus.transport.http.jcfg'),
    `general: { http = true\n port = ${port}\n ip = "127.0.0.1" }\nadmin: { admin_http = false }\n`,
  )
  await writeFile(
    join(folder, 'janus.plugin.videoroom.jcfg'),
    'room-1: { description = "bench"\n publishers = 6\n bitrate = 2000000\n fir_freq = 10\n videocodec = "h264" }\n',
  )
  const others = ['audiobridge', 'duktape', 'echotest', 'lua', 'nosip', 'recordplay', 'sip', 'streaming', 'textroom']
  const disabled = [...others, 'videocall', 'voicemail'].map((name) => `libjanus_${name}.so`).join(',')
  await writeFile(
    join(folder, 'janus.jcfg'),
    `general: { debug_level = 2 }
media: { ipv6 = false }
plugins: { disable = "${disabled}" }
`,
  )
  const child: ChildProcess = spawn(program, ['-F', folder], { stdio: 'ignore' })
  const base = `http://127.0.0.1:${port}/janus`
  const call = async (path: string, body: Record<string, unknown>): Promise<JanusAnswer> => {
    const answered = await fetch(`${base}${path}`, {
      method: 'POST',
      body: JSON.stringify({ ...body, transaction: crypto.randomUUID() }),
    })
    return (await answered.json()) as JanusAnswer
  }
  for (let tries = 0; ; tries++) {
    try {
      await call('', { janus: 'info' })
      break
    } catch (error) {
      if (tries > 300 || child.exitCode !== null) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  /** A handle of the room, and what it says: asynchronous answers come by long poll. */
  async function attach() {
    const session = (await call('', { janus: 'create' })).data?.id
    const handle = (await call(`/${session}`, { janus: 'attach', plugin: 'janus.plugin.videoroom' })).data?.id
    return {
      async say(body: Record<string, unknown>, jsep?: RTCSessionDescriptionInit): Promise<JanusAnswer> {
        await call(`/${session}/${handle}`, { janus: 'message', body, ...(jsep && { jsep }) })
        for (;;) {
          const event = (await (await fetch(`${base}/${session}?maxev=1`)).json()) as JanusAnswer
          if (event.plugindata) return event
          if (event.error !== undefined) throw new Error(JSON.stringify(event.error))
        }
      },
      destroy: () => call(`/${session}`, { janus: 'destroy' }),
    }
  }
  return {
    async open(browser, url, camera) {
      const pages = await openPages(browser, url, camera)
      const [source, viewer] = pages
      const publisher = await attach()
      const joined = await publisher.say({ request: 'join', ptype: 'publisher', room: 1 })
      const feed = joined.plugindata?.data['id']
      const published = await publisher.say({ request: 'publish', bitrate: 2_000_000 }, await offer(source))
      await accept(source, published.jsep as RTCSessionDescriptionInit)
      const sinceMs = Date.now()
      const subscriber = await attach()
      const join = () => subscriber.say({ request: 'join', ptype: 'subscriber', room: 1, streams: [{ feed }] })
      let offered = await join()
      // The room has nothing to offer before the publisher's own connection stands.
      for (let tries = 0; !offered.jsep && tries < 100; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        offered = await join()
      }
      await subscriber.say({ request: 'start' }, await answer(viewer, offered.jsep as RTCSessionDescriptionInit))
      return {
        source,
        viewer,
        firstMs: await firstSeen(viewer, sinceMs),
        async close() {
          await publisher.destroy()
          await subscriber.destroy()
          await closeBoth(pages)
        },
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await new Promise((resolve) => child.once('exit', resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
