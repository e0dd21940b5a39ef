// A door for other programs (aria2c, curl): the ciphertext of a message by plain HTTP with ranges, to whoever holds a token. Every
// byte comes from the device's source, which asks for permission and compares whole pieces with the list before a range of one
// leaves. Off unless it is opened, on loopback unless told otherwise; nothing of a request is ever logged, since its path is secret.
// What a range is, is range-request.ts's; what a token opens, send/range-tokens.ts's.

import { createHash, type Hash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { pieceLength, pieceRange } from '@doorpost/protocol/piece-list'
import type { MediaRef, PathFault, PieceLease, Source } from '../paths/path.ts'
import type { RangeGrant, RangeTokens } from '../send/range-tokens.ts'
import { metalinkOf } from './range-metalink.ts'
import { rangeAnswer } from './range-request.ts'

/** Connections in all: a few programs with sixteen each, which is the most that aria2c opens. */
const CONNECTIONS_MAX = 64
/** Silence on a connection, in either direction, ms. */
const SILENCE_MS = 60_000
/** Longest that a request's head may take, ms, and its size, bytes. */
const HEAD_MS = 10_000
const HEAD_BYTES_MAX = 8 * 1024
/** Hashes of whole ciphertexts that are remembered. */
const DIGESTS_MAX = 1_000
/** How long to wait before asking again for what is away, s. */
const AWAY_RETRY_S = 30

export interface RangeDoor extends AsyncDisposable {
  readonly port: number
}

export async function openRangeDoor(options: {
  readonly host?: string
  readonly port: number
  readonly source: Source
  readonly tokens: RangeTokens
  onFault(error: unknown): void
}): Promise<RangeDoor> {
  const { host = '127.0.0.1', source, tokens } = options
  /** SHA-256 of whole ciphertexts, by message and root: known once one was given out from its first byte to its last. */
  const digests = new Map<string, Buffer>()

  const server = createServer(
    { maxHeaderSize: HEAD_BYTES_MAX, headersTimeout: HEAD_MS, requestTimeout: HEAD_MS, keepAliveTimeout: HEAD_MS },
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        options.onFault(error)
        response.destroy()
      })
    },
  )
  server.maxConnections = CONNECTIONS_MAX
  server.setTimeout(SILENCE_MS)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('cache-control', 'private, no-store, no-transform')
    response.setHeader('x-content-type-options', 'nosniff')
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const parts = /^\/([\w-]{1,100})\/([\w-]{43})(\.meta4)?$/.exec(request.url ?? '')
    const grant = tokens.find(parts?.[1] ?? '')
    const root = parts?.[2] ?? ''
    const sizeBytes = grant?.media.get(root)
    // A wrong token, a token that ran out and another root are one answer.
    if (!grant || sizeBytes === undefined) return plain(response, 404, 'There is nothing here.')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return plain(response, 405, 'This can be read, and nothing else.')
    }
    const media: MediaRef = { messageId: grant.messageId, root: fromBase64url(root) }
    const list = await source.list(grant.caller, media, gone.signal)
    if (list.state !== 'here') return refuse(response, list)
    if (parts?.[3] !== undefined) {
      const urls = [`${tokens.base ?? ''}/${parts[1] ?? ''}/${root}`, ...(grant.others.get(root) ?? [])]
      const sha256 = digests.get(digestKey(media, root))
      const xml = metalinkOf({ root, sizeBytes, list: list.list, urls, sha256 })
      response.writeHead(200, { 'content-type': 'application/metalink4+xml', 'content-length': Buffer.byteLength(xml) })
      return void response.end(request.method === 'HEAD' ? undefined : xml)
    }
    await give({ request, response, grant, media, root, sizeBytes, path: request.url ?? '', signal: gone.signal })
  }

  interface Giving {
    readonly request: IncomingMessage
    readonly response: ServerResponse
    readonly grant: RangeGrant
    readonly media: MediaRef
    readonly root: string
    readonly sizeBytes: number
    readonly path: string
    readonly signal: AbortSignal
  }

  async function give({ request, response, grant, media, root, sizeBytes, path, signal }: Giving): Promise<void> {
    const { headers } = request
    const etag = `"${root}"`
    const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(',') : value)
    const asked = { range: headers.range, ifRange: one(headers['if-range']), ifNoneMatch: headers['if-none-match'] }
    // Section 14.2: ranges are for GET.
    if (request.method === 'HEAD') asked.range = undefined
    const said = rangeAnswer(asked, sizeBytes, etag)
    response.setHeader('etag', etag)
    response.setHeader('accept-ranges', 'bytes')
    response.setHeader('link', linksOf(path, grant.others.get(root) ?? []))
    const digest = digests.get(digestKey(media, root))?.toString('base64')
    if (digest !== undefined) {
      response.setHeader('repr-digest', `sha-256=:${digest}:`)
      // What RFC 9530 replaced: aria2c knows no other.
      response.setHeader('digest', `SHA-256=${digest}`)
    }
    if (said.status === 304) return void response.writeHead(304).end()
    if (said.status === 416) {
      response.setHeader('content-range', `bytes */${sizeBytes}`)
      return plain(response, 416, 'One range at a time, and within the file.')
    }
    const { status, from, length } = said
    const head = {
      'content-type': 'application/octet-stream',
      'content-length': length,
      ...(status === 206 && { 'content-range': `bytes ${from}-${from + length - 1}/${sizeBytes}` }),
    }
    if (request.method === 'HEAD' || length === 0) return void response.writeHead(status, head).end()

    const isWhole = length === sizeBytes && digest === undefined
    const hash = isWhole ? createHash('sha256') : undefined
    const begin = () => {
      if (!response.headersSent) response.writeHead(status, head)
    }
    const range = { grant, media, sizeBytes, from, length }
    if ((await sendRange(response, range, signal, { begin, hash })) && hash)
      remember(digestKey(media, root), hash.digest())
  }

  /** Sends `length` bytes of the ciphertext, piece by piece. `begin` is called before each. False: it broke off, or nothing could be given. */
  async function sendRange(
    response: ServerResponse,
    {
      grant,
      media,
      sizeBytes,
      from,
      length,
    }: Pick<Giving, 'grant' | 'media' | 'sizeBytes'> & { readonly from: number; readonly length: number },
    signal: AbortSignal,
    { begin, hash }: { readonly begin: () => void; readonly hash: Hash | undefined },
  ): Promise<boolean> {
    const piece = (index: number) => source.piece(grant.caller, media, index, signal)
    const firstIndex = Math.floor(from / pieceLength(sizeBytes))
    const lastIndex = Math.floor((from + length - 1) / pieceLength(sizeBytes))
    let coming: Promise<PieceLease | PathFault> | undefined = piece(firstIndex)
    try {
      for (let index = firstIndex; coming; index++) {
        const lease: PieceLease | PathFault = await coming
        coming = undefined
        if (lease.state !== 'here') {
          // Before the first byte it can still be said in words; later the line breaks, and whoever asks again is told.
          if (response.headersSent) response.destroy()
          else refuse(response, lease)
          return false
        }
        // The next is made ready while this one leaves.
        if (index < lastIndex && !signal.aborted) coming = piece(index + 1)
        begin()
        const { offset, length: pieceBytes } = pieceRange(sizeBytes, index)
        const bytes = lease.bytes.subarray(Math.max(0, from - offset), Math.min(pieceBytes, from + length - offset))
        hash?.update(bytes)
        try {
          if (!(await written(response, bytes))) return false
        } finally {
          lease.release()
        }
      }
      response.end()
      return true
    } finally {
      void coming?.then((lease) => lease.state === 'here' && lease.release())
    }
  }

  function remember(key: string, digest: Buffer): void {
    const [oldest] = digests.keys()
    if (digests.size >= DIGESTS_MAX && oldest !== undefined) digests.delete(oldest)
    digests.set(key, digest)
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', options.onFault)
  const { port } = server.address() as AddressInfo
  tokens.base = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  return {
    port,
    async [Symbol.asyncDispose]() {
      tokens.base = undefined
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function digestKey({ messageId }: MediaRef, root: string): string {
  return `${messageId} ${root}`
}

/** RFC 6249: the same bytes elsewhere, best first, with entity tags that agree; and what describes them. */
function linksOf(path: string, others: readonly string[]): string[] {
  return [
    `<${path}.meta4>; rel=describedby; type="application/metalink4+xml"`,
    ...others.map((url, index) => `<${url}>; rel=duplicate; pri=${index + 1}; pref`),
  ]
}

function refuse(response: ServerResponse, fault: PathFault): void {
  switch (fault.state) {
    case 'refused':
      return plain(response, 404, 'There is nothing here.')
    case 'source-changed':
      return plain(response, 410, 'The file is not the one that was sent any more.')
    case 'source-away':
      response.setHeader('retry-after', AWAY_RETRY_S)
      return plain(response, 503, 'The file cannot be read now. It may come back.')
    case 'bad-piece':
    case 'line-broken':
      return void response.destroy()
  }
}

function plain(response: ServerResponse, status: number, says: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${says}\n`)
}

/** Resolves when the bytes have left this process: their buffer is lent. False: they hung up. */
function written(response: ServerResponse, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const closed = () => resolve(false)
    response.once('close', closed)
    response.write(bytes, (error) => {
      response.off('close', closed)
      resolve(!error)
    })
  })
}
