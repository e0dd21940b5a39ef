// GET of the web app's files. The page may run nothing but its own scripts, ask nobody but this server, and be framed by
// nobody: what comes from other people is text to it, whatever it claims to be.

import { Refusal } from '@doorpost/protocol/errors'
import { frontPage } from '../front.ts'
import type { Answer, Exchange } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import type { WebFile } from './web-files.ts'

/** Content Security Policy Level 3, with Trusted Types. `blob:` is media that the page itself verified, never a document. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types doorpost',
].join('; ')

/**
 * What the page may ask its user and the machine for, and what no script of any page here may: a feature of neither list is the
 * browser's to decide (Permissions Policy). What webrtc needs of local networks is left alone. Names that browsers have known for
 * years: of others they complain.
 */
const FEATURES = {
  own: [
    'autoplay',
    'camera',
    'clipboard-write',
    'display-capture',
    'fullscreen',
    'microphone',
    'picture-in-picture',
    'publickey-credentials-create',
    'publickey-credentials-get',
    'screen-wake-lock',
  ],
  nobodys: [
    'accelerometer',
    'browsing-topics',
    'clipboard-read',
    'encrypted-media',
    'gamepad',
    'geolocation',
    'gyroscope',
    'hid',
    'identity-credentials-get',
    'idle-detection',
    'keyboard-map',
    'local-fonts',
    'magnetometer',
    'midi',
    'otp-credentials',
    'payment',
    'serial',
    'storage-access',
    'sync-xhr',
    'usb',
    'window-management',
    'xr-spatial-tracking',
  ],
} as const

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // No page of elsewhere holds this one's window, and other names of the same site share no process with it where a browser can.
  'cross-origin-opener-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': [
    ...FEATURES.own.map((name) => `${name}=(self)`),
    ...FEATURES.nobodys.map((name) => `${name}=()`),
  ].join(', '),
}

/** The page itself: the same for every screen, which are told apart behind the `#` where the server does not look. */
export async function webPage(rooms: Rooms, { exchange }: Call): Promise<Answer> {
  const file = rooms.web?.get('/index.html')
  return file ? counted(rooms, answer(file, exchange)) : await frontPage(rooms)
}

/** A file beside the page, or one of its parts. */
export async function webFile(rooms: Rooms, { exchange }: Call): Promise<Answer> {
  const file = exchange.path === '/index.html' ? undefined : rooms.web?.get(exchange.path)
  if (!file) throw new Refusal('not-found')
  return counted(rooms, answer(file, exchange))
}

function counted({ metrics }: Rooms, given: Answer & { readonly body?: Uint8Array }): Answer {
  metrics.webBytes.inc(given.body?.length ?? 0)
  return given
}

function answer(file: WebFile, { headers }: Exchange): Answer & { readonly body?: Uint8Array } {
  const common = {
    ...HEADERS,
    etag: file.etag,
    vary: 'accept-encoding',
    'cache-control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  const known = headers.get('if-none-match')?.split(',') ?? []
  if (known.some((one) => one.trim().replace(/^W\//, '') === file.etag)) return { status: 304, headers: common }
  const accepted = (headers.get('accept-encoding') ?? '').split(',').map((one) => one.trim().toLowerCase())
  const takes = (coding: string) => accepted.some((one) => one === coding || one.startsWith(`${coding};q=1`))
  const coded =
    file.brotli && takes('br')
      ? { bytes: file.brotli, coding: 'br' }
      : file.gzip && takes('gzip')
        ? { bytes: file.gzip, coding: 'gzip' }
        : undefined
  return {
    status: 200,
    headers: { ...common, 'content-type': file.type, ...(coded && { 'content-encoding': coded.coding }) },
    body: coded?.bytes ?? file.bytes,
  }
}
