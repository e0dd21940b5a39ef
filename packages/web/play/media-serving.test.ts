// The page's side and the service worker's together, over real channels, with media made of counted bytes.

import { afterEach, expect, test } from 'vitest'
import { answerMedia, type MediaRequest, type Pages } from '../service-worker/media-requests.ts'
import type { MediaReader } from './media-reader.ts'
import { createMediaServing, type ServeOptions, type WorkerDoor } from './served-media.ts'

const SIZE = 3_000_000
const byteAt = (offset: number) => (offset * 7 + (offset >> 8)) & 0xff
const bytesOf = (start: number, end: number) => Uint8Array.from({ length: end - start }, (_, at) => byteAt(start + at))

interface Reads extends MediaReader {
  readonly asked: number[]
  readonly aborted: number[]
}
function countedReader(more: Partial<MediaReader> = {}): Reads {
  const asked: number[] = []
  const aborted: number[] = []
  return {
    asked,
    aborted,
    sizeBytes: SIZE,
    async read(offset, length, signal) {
      asked.push(offset)
      signal.addEventListener('abort', () => aborted.push(offset))
      return bytesOf(offset, Math.min(SIZE, offset + length))
    },
    ...more,
  }
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** What a page hears is what is dispatched on `heard`. */
function workerDoor(): { readonly door: WorkerDoor; readonly heard: EventTarget } {
  const heard = new EventTarget()
  const door: WorkerDoor = {
    controller: null,
    addEventListener: heard.addEventListener.bind(heard),
    removeEventListener: heard.removeEventListener.bind(heard),
    startMessages: () => {},
  }
  return { door, heard }
}

/** One page with one worker behind it. */
function stage(reader: MediaReader = countedReader(), options: Partial<ServeOptions> = {}) {
  const { door, heard } = workerDoor()
  const page = {
    id: 'page',
    postMessage: (data: unknown, [port]: Transferable[]) =>
      void heard.dispatchEvent(Object.assign(new Event('message'), { data, ports: [port] })),
  }
  let isGone = false
  const pages: Pages = { matchAll: async () => (isGone ? [] : [page]), get: async () => (isGone ? undefined : page) }
  const served = createMediaServing(door).serve(reader, { type: 'video/mp4', name: 'Film é.mp4', ...options })
  closing.push(served.close)
  const ask = (range?: string, more: Partial<MediaRequest> = {}) =>
    answerMedia(
      {
        method: 'GET',
        url: `http://localhost${served.url}`,
        headers: new Headers(range === undefined ? {} : { range }),
        mode: 'no-cors',
        destination: 'video',
        ...more,
      },
      pages,
    )
  return { served, ask, leave: () => (isGone = true) }
}

test('[PLY1] a range is answered by exactly its bytes', async () => {
  const { ask } = stage()
  const answer = await ask('bytes=100000-2500000')
  expect(answer.status).toBe(206)
  expect(answer.headers.get('content-range')).toBe(`bytes 100000-2500000/${SIZE}`)
  expect(answer.headers.get('content-length')).toBe('2400001')
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytesOf(100_000, 2_500_001))
  const tail = await ask('bytes=-5')
  expect([tail.status, new Uint8Array(await tail.arrayBuffer())]).toEqual([206, bytesOf(SIZE - 5, SIZE)])
  const all = await ask()
  expect([all.status, (await all.arrayBuffer()).byteLength]).toEqual([200, SIZE])
})

test('[PLY1] a range beyond the end is a 416 that tells the size', async () => {
  const answer = await stage().ask(`bytes=${SIZE}-`)
  expect([answer.status, answer.headers.get('content-range')]).toEqual([416, `bytes */${SIZE}`])
})

test('[PLY2] nothing is asked of the page before somebody reads, and one read is under way at a time', async () => {
  const reader = countedReader()
  const answer = await stage(reader).ask('bytes=0-')
  expect(reader.asked).toEqual([])
  const body = answer.body?.getReader()
  await body?.read()
  expect(reader.asked).toEqual([0])
  await body?.read()
  expect(reader.asked).toEqual([0, 1_048_576])
  await body?.cancel()
})

test('[PLY2] a reader that leaves ends what was asked for it', async () => {
  let end: (aborted: string) => void = () => {}
  const ended = new Promise<string>((resolve) => (end = resolve))
  const reader = countedReader({
    read: (_offset, _length, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          end('aborted')
          reject(signal.reason as Error)
        })
      }),
  })
  const answer = await stage(reader).ask('bytes=0-')
  const body = answer.body?.getReader()
  const first = body?.read().catch(() => 'over')
  await body?.cancel()
  expect(await ended).toBe('aborted')
  await first
})

test('[PLY2] many ranges at once each get their own bytes', async () => {
  const { ask } = stage()
  const starts = Array.from({ length: 20 }, (_, at) => at * 100_000)
  const answers = await Promise.all(
    starts.map(async (start) => new Uint8Array(await (await ask(`bytes=${start}-${start + 99_999}`)).arrayBuffer())),
  )
  expect(answers).toEqual(starts.map((start) => bytesOf(start, start + 100_000)))
})

test('[PLY3] whatever a media is called, its response runs nothing and is taken for nothing else', async () => {
  for (const type of ['text/html', 'image/svg+xml', 'application/pdf', 'text/plain', 'application/xhtml+xml']) {
    const { headers } = await stage(countedReader(), { type }).ask()
    expect([type, headers.get('content-type')]).toEqual([type, 'application/octet-stream'])
  }
  const { headers } = await stage().ask()
  expect(headers.get('content-type')).toBe('video/mp4')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'self'; sandbox")
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('content-disposition')).toBeNull()
})

test('[PLY3] media that would become a document becomes a file', async () => {
  for (const more of [
    { mode: 'navigate' },
    { destination: 'iframe' },
    { destination: 'object' },
    { destination: 'embed' },
  ] as const) {
    const { headers } = await stage(countedReader(), { type: 'image/png' }).ask(undefined, more)
    expect([headers.get('content-type'), headers.get('content-disposition')]).toEqual([
      'application/octet-stream',
      'attachment',
    ])
  }
  const { headers } = await stage(countedReader(), { save: true, name: 'Übung; "a"\'(1)*.html' }).ask()
  expect(headers.get('content-disposition')).toBe(
    "attachment; filename*=UTF-8''%C3%9Cbung%3B%20%22a%22%27%281%29%2A.html",
  )
})

test('[PLY4] an address is forgotten with its page, and says so in words', async () => {
  const { ask, served, leave } = stage()
  served.close()
  expect((await ask()).status).toBe(404)
  leave()
  const gone = await ask()
  expect([gone.status, await gone.text()]).toEqual([
    504,
    'The page that this belongs to is closed. Open the conversation again.\n',
  ])
  expect(stage().served.url).not.toBe(served.url)
  expect(served.url).toMatch(/^\/media\/[0-9a-f]{32}\/Film%20%C3%A9\.mp4$/)
})

test('[PLY4] bytes that cannot come end the body, and the page hears why', async () => {
  const heard: string[] = []
  const { ask } = stage(countedReader({ read: () => Promise.reject(new Error('Ann’s device is asleep.')) }), {
    onTrouble: ({ message }) => heard.push(message),
  })
  await expect((await ask()).arrayBuffer()).rejects.toThrow('is closed')
  expect(heard).toEqual(['Ann’s device is asleep.'])
})

test('[PLY4] only GET and HEAD are answered', async () => {
  const { ask } = stage()
  expect((await ask(undefined, { method: 'POST' })).status).toBe(405)
  const head = await ask('bytes=0-9', { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([206, '10', ''])
})

test('[HDR4] nobody gets media by an address that was not given to them', async () => {
  const { ask, served } = stage()
  const [, , token = ''] = served.url.split('/')
  const cases = [
    `/media/${'0'.repeat(32)}/Film.mp4`,
    '/media/',
    '/media//',
    '/media/__proto__/x',
    '/media/constructor',
    `/media/${token.slice(0, -1)}`,
    `/media/${token}0`,
    `/media/${token.toUpperCase()}A`,
    `/media/%2e%2e/${token}`,
    `/media/x/${token}`,
    `/media/${token}%00`,
  ]
  for (const path of cases) {
    const answer = await ask('bytes=0-', { url: `http://localhost${path}` })
    expect([path, answer.status, await answer.text()]).toEqual([path, 404, 'There is nothing at this address.\n'])
    expect(answer.headers.get('content-security-policy')).toContain('sandbox')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  }
})

test.each([
  'video/mp4\r\nset-cookie: a=b',
  'text/html',
  'video/mp4;text/html',
  'image/svg+xml',
  'VIDEO/MP4',
  '',
  'toString',
])('[HDR4] a page that was lied to about a type (%j) gives out plain bytes', async (type) => {
  const { headers } = await stage(countedReader(), { type }).ask('bytes=0-1')
  expect(headers.get('content-type')).toBe('application/octet-stream')
  expect([...headers.keys()]).not.toContain('set-cookie')
})

test.each([
  ['a\r\nset-cookie: a=b', "attachment; filename*=UTF-8''a%0D%0Aset-cookie%3A%20a%3Db"],
  ['a"; filename="b.html', "attachment; filename*=UTF-8''a%22%3B%20filename%3D%22b.html"],
  ['\u202Egpj.exe\0', "attachment; filename*=UTF-8''%E2%80%AEgpj.exe%00"],
  ['\uD800', "attachment; filename*=UTF-8''%EF%BF%BD"],
  ['', 'attachment'],
])('[HDR4] a name (%j) is one field of one answer, whatever stands in it', async (name, disposition) => {
  const { headers } = await stage(countedReader(), { save: true, name }).ask()
  expect(headers.get('content-disposition')).toBe(disposition)
  expect(headers.get('content-type')).toBe('application/octet-stream')
  expect([...headers.keys()]).not.toContain('set-cookie')
})

test.each(['..', '.', '', '../..', '?a#b', '\\', '%2e%2e', '\uDC00'])(
  '[HDR4] a media that is called %j is found at its address, and at no other',
  async (name) => {
    const { served, ask } = stage(countedReader(), { name })
    const resolved = new URL(served.url, 'http://localhost')
    expect(resolved.pathname).toMatch(/^\/media\/[0-9a-f]{32}\/[^/]*$/)
    expect([resolved.search, resolved.hash]).toEqual(['', ''])
    const answer = await ask('bytes=0-1', { url: resolved.href })
    expect([answer.status, new Uint8Array(await answer.arrayBuffer())]).toEqual([206, bytesOf(0, 2)])
  },
)

test.each([
  'bytes=0-0,2-3',
  'bytes=-0',
  'bytes=9999999999999999-',
  `bytes=0-${'9'.repeat(15)}`,
  'bytes=1e3-2e3',
  'bytes=0x0-0xff',
  'bytes=--1',
  'items=0-1',
  `bytes=${'0,'.repeat(100_000)}`,
])('[HDR4] a range (%s) asks for nothing beyond the media', async (range) => {
  const reader = countedReader()
  const answer = await stage(reader).ask(range)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  if (answer.status === 416) expect(reader.asked).toEqual([])
  else expect(bytes.length).toBe(SIZE)
})

test('[HDR4] what a page hears from elsewhere than its worker, or in other words, gives nothing away', async () => {
  const { door, heard } = workerDoor()
  const reader = countedReader()
  const served = createMediaServing(door).serve(reader, { type: 'video/mp4', name: 'a' })
  closing.push(served.close)
  const [, , token] = served.url.split('/')
  const said = (data: unknown, ports: MessagePort[]) =>
    heard.dispatchEvent(Object.assign(new Event('message'), { data, ports }))
  for (const data of [
    null,
    'media',
    { kind: 'media', token },
    { kind: 'read', offset: 0, length: 9 },
    { kind: '__proto__' },
  ])
    said(data, [])
  for (const token of [undefined, null, 7, {}, '__proto__', 'toString']) {
    const { port1, port2 } = new MessageChannel()
    const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)))
    said({ kind: 'media', token }, [port2])
    expect(await answer).toEqual({ kind: 'not-mine' })
    port1.close()
  }
  expect(reader.asked).toEqual([])
})
