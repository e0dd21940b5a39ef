// One request for media: finds the page that has its token, and gives out what that page verified, as fast as it is taken. The body is
// pulled: nothing is asked of the page before somebody reads, and one read is under way at a time, so memory stays flat. What
// a response may be is decided here once more: nothing active leaves this place, whatever a page or a sender says.

import { parseRange } from '../play/byte-range.ts'
import { MEDIA_FOLDER, type MediaFound, type MediaGiven, type MediaWish, type WhoHas } from '../play/media-messages.ts'
import { mayBeServedAs, PLAIN_BYTES } from '../play/media-types.ts'

/** Wait for a page to say that a token is its own, ms: it may be busy drawing; a person waits no longer for a first frame. */
const FIND_MS = 5_000
/** How often, while bytes are awaited, the pages are counted: one that crashed says no goodbye, ms. */
const LOOK_MS = 5_000
/** Bytes of one read: each is a way to the device and back, which gives no more than the rest of a piece at once. */
const READ_BYTES = 1024 * 1024

/** RFC 9110 section 15, in words for whoever sees them: the address of a media means nothing outside of its page. */
const GONE = 'The page that this belongs to is closed. Open the conversation again.'
const UNKNOWN = 'There is nothing at this address.'
const BUSY = 'Too much is being played at once. Close some of it.'

/** The pages of this origin: as much of Clients as is needed. */
export interface Pages {
  matchAll(which: { readonly type: 'window'; readonly includeUncontrolled: true }): Promise<readonly Page[]>
  /** Undefined once it is closed. */
  get(id: string): Promise<unknown>
}
interface Page {
  readonly id: string
  postMessage(message: unknown, transfer: Transferable[]): void
}
/** As much of a Request. */
export type MediaRequest = Pick<Request, 'method' | 'url' | 'headers' | 'mode' | 'destination'>

interface Found {
  readonly facts: Extract<MediaFound, { kind: 'found' }>
  readonly port: MessagePort
  readonly pageId: string
}

export async function answerMedia(request: MediaRequest, pages: Pages): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, UNKNOWN, { allow: 'GET, HEAD' })
  const token = new URL(request.url).pathname.slice(MEDIA_FOLDER.length).split('/')[0] ?? ''
  const found = await find(token, pages)
  if (typeof found === 'string') {
    if (found === 'gone') return plain(504, GONE)
    return found === 'busy' ? plain(503, BUSY) : plain(404, UNKNOWN)
  }
  const { port, facts } = found
  const { sizeBytes } = facts
  const range = parseRange(request.headers.get('range'), sizeBytes)
  if (range.kind === 'none') {
    close(port)
    return plain(416, UNKNOWN, { 'content-range': `bytes */${sizeBytes}` })
  }
  const { start, end } = range.kind === 'part' ? range : { start: 0, end: sizeBytes }
  const headers = new Headers({
    ...SAFE,
    ...describe(facts, request),
    'accept-ranges': 'bytes',
    'content-length': String(end - start),
    ...(range.kind === 'part' && { 'content-range': `bytes ${start}-${end - 1}/${sizeBytes}` }),
  })
  const status = range.kind === 'part' ? 206 : 200
  if (request.method === 'HEAD' || start === end) {
    close(port)
    return new Response(null, { status, headers })
  }
  return new Response(bodyOf(found, start, end, pages), { status, headers })
}

/** Asks every page; the first that says so has it. */
async function find(token: string, pages: Pages): Promise<Found | 'gone' | 'unknown' | 'busy'> {
  const all = await pages.matchAll({ type: 'window', includeUncontrolled: true })
  if (all.length === 0) return 'gone'
  return await new Promise((resolve) => {
    let waiting = all.length
    let isFound = false
    let isBusy = false
    const timer = setTimeout(() => done('gone'), FIND_MS)
    const done = (answer: Found | 'gone' | 'unknown' | 'busy') => {
      clearTimeout(timer)
      isFound = true
      resolve(answer)
    }
    for (const page of all) {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = ({ data }: MessageEvent<MediaFound>) => {
        port1.onmessage = null
        if (data.kind === 'found' && !isFound) {
          done({ facts: data, port: port1, pageId: page.id })
          return
        }
        close(port1)
        isBusy ||= data.kind === 'busy'
        waiting -= 1
        if (waiting === 0 && !isFound) done(isBusy ? 'busy' : 'unknown')
      }
      page.postMessage({ kind: 'media', token } satisfies WhoHas, [port2])
    }
  })
}

/**
 * Nothing is held but what one read brought: the stream has no queue of its own (highWaterMark 0), so a reader that stops, as a
 * paused player does, stops everything before it.
 */
function bodyOf({ port, pageId }: Found, start: number, end: number, pages: Pages): ReadableStream<Uint8Array> {
  let at = start
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const length = Math.min(READ_BYTES, end - at)
        const bytes = await readFrom(port, pageId, { kind: 'read', offset: at, length }, pages)
        if (!bytes || bytes.length === 0 || bytes.length > length) {
          close(port)
          controller.error(new Error(GONE))
          return
        }
        controller.enqueue(bytes)
        at += bytes.length
        if (at === end) {
          close(port)
          controller.close()
        }
      },
      cancel: () => close(port),
    },
    { highWaterMark: 0 },
  )
}

/** Undefined: it will not come. A source that is away for an hour is waited for; a page that is away is not. */
function readFrom(
  port: MessagePort,
  pageId: string,
  wish: Extract<MediaWish, { kind: 'read' }>,
  pages: Pages,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return new Promise((resolve) => {
    const done = (bytes: Uint8Array<ArrayBuffer> | undefined) => {
      clearInterval(look)
      resolve(bytes)
    }
    const look = setInterval(() => {
      void pages.get(pageId).then((page) => {
        if (!page) done(undefined)
      })
    }, LOOK_MS)
    port.onmessage = ({ data }: MessageEvent<MediaGiven>) => done(data.kind === 'bytes' ? data.bytes : undefined)
    port.postMessage(wish satisfies MediaWish)
  })
}

/** Tells the page that nobody reads any more. */
function close(port: MessagePort): void {
  port.postMessage({ kind: 'stop' } satisfies MediaWish)
  port.close()
}

/**
 * Whatever becomes of it, it runs nothing, asks nobody, is taken for nothing else, and stays in no cache. Framed it may be by this origin: WebKit
 * looks at that before it makes a download of what comes in a frame.
 */
const SAFE = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'self'; sandbox",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const

/** Media that would become a document of its own, in a tab or a frame, becomes a file instead. */
function describe(
  { type, saveAs }: Found['facts'],
  { mode, destination }: MediaRequest,
): { readonly 'content-type': string; readonly 'content-disposition'?: string } {
  const isDocument = mode === 'navigate' || ['document', 'iframe', 'frame', 'object', 'embed'].includes(destination)
  if (saveAs === undefined && !isDocument) return { 'content-type': mayBeServedAs(type) ? type : PLAIN_BYTES }
  return { 'content-type': PLAIN_BYTES, 'content-disposition': disposition(saveAs ?? '') }
}

/** RFC 6266 with RFC 8187: the name in UTF-8 alone, which every browser with service workers reads. */
function disposition(name: string): string {
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return encoded === '' ? 'attachment' : `attachment; filename*=UTF-8''${encoded}`
}

function plain(status: number, says: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${says}\n`, {
    status,
    headers: { ...SAFE, ...headers, 'content-type': 'text/plain; charset=utf-8' },
  })
}
