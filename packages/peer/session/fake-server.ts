// A server just large enough to hold lines to their contract: logins, presence, and answers made up for the test, reached by
// a WebSocket and a fetch that never leave this process.

import { base64 } from '@scure/base'
import { type DeviceAddress, splitDevice } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { problemOf } from '@doorpost/protocol/errors'
import { loginBytes } from '@doorpost/protocol/login'
import { proofSchema } from '@doorpost/protocol/messages/authorization'
import { callSchema, type Push } from '@doorpost/protocol/messages/session'
import { generateSigningKey, verify } from '@doorpost/protocol/signature'
import type { Clock } from '../clock.ts'
import { systemRandom as random } from '../random.ts'
import type { HttpLineOptions } from './http-line.ts'
import type { LoginKey } from './login.ts'
import type { Connect, WebSocketLike } from './session-socket.ts'

export const ORIGIN = 'https://example.org'
export const laptop: LoginKey = {
  address: 'alice@example.org/laptop' as DeviceAddress,
  deviceKey: generateSigningKey(random),
}

interface Request {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}
type Answer = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
/** Undefined: never answered. */
type Handler = (request: Request) => Answer | Promise<Answer> | undefined

export interface FakeServer {
  readonly connect: Connect
  readonly fetch: NonNullable<HttpLineOptions['fetch']>
  /** By `METHOD /target`: what is answered to those who are logged in. */
  readonly handlers: Map<string, Handler>
  /** `METHOD /target`, in order. */
  readonly log: string[]
  /** What each SEND /presence said last. */
  presence: unknown
  /** Whether anything can be reached. */
  isUp: boolean
  /** Takes everything and says nothing, like a line that died without a word. */
  isMute: boolean
  /** Whether proofs are accepted. */
  isRefusing: boolean
  tokenLifeMs: number
  readonly sessions: number
  push(push: Push): void
  /** A text to every session, as it is. */
  say(text: string): void
  /** Ends every session. */
  cut(code: number, reason: string): void
  /** Every token so far is dead. */
  forgetLogins(): void
}

export function openFakeServer(clock: Clock): FakeServer {
  const handlers = new Map<string, Handler>()
  const sockets = new Set<{ say(text: string): void; end(code: number, reason: string): void }>()
  const nonces = new Set<string>()
  let tokens = new Set<string>()
  let logins = new Set<object>()

  const refused = (code: Parameters<typeof problemOf>[0], detail?: string): Answer => {
    const problem = problemOf(code, detail === undefined ? {} : { detail })
    return { status: problem.status, headers: { 'content-type': 'application/problem+json' }, body: problem }
  }

  function authorize({ body }: Request, session: object | undefined): Answer {
    const expiresAt = new Date(clock.nowMs() + server.tokenLifeMs).toISOString()
    if (body === undefined) {
      const nonce = toBase64url(random(32))
      nonces.add(nonce)
      return { status: 401, headers: { 'www-authenticate': 'Doorpost' }, body: { nonce, expiresAt } }
    }
    const { origin, serverNonce, deviceNonce, signature } = proofSchema.parse(body)
    const bytes = loginBytes({ origin, device: laptop.address, serverNonce, deviceNonce })
    const isRight = verify('login', bytes, fromBase64url(signature), laptop.deviceKey.public)
    if (server.isRefusing || !isRight || origin !== ORIGIN || !nonces.delete(serverNonce))
      return refused('login-refused')
    const token = toBase64url(random(32))
    tokens.add(token)
    if (session) logins.add(session)
    return { status: 200, body: { token, expiresAt } }
  }

  function handle(request: Request, session?: object): Answer | Promise<Answer> | undefined {
    const asked = `${request.method} ${request.target}`
    server.log.push(asked)
    const { user, device } = splitDevice(laptop.address)
    if (asked === `AUTHORIZATION /users/${user.split('@')[0]}/${device}`) return authorize(request, session)
    if (asked === 'FINGER /') return { status: 200, body: { anybody: true } }
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    if (session ? !logins.has(session) : !tokens.has(token)) return refused('not-logged-in')
    if (asked === 'SEND /presence') {
      server.presence = request.body
      return { status: 204 }
    }
    if (asked === 'QUIT /') return { status: 204 }
    const handler = handlers.get(asked)
    return handler ? handler(request) : refused('not-found', `no ${asked}`)
  }

  function connect(url: string, protocol: string): WebSocketLike {
    if (url !== 'wss://example.org/session') throw new Error(`not this server: ${url}`)
    const heard: Record<string, ((event: never) => void)[]> = { open: [], message: [], close: [], error: [] }
    // As a browser does: never in the same turn as what caused it.
    const tell = (kind: string, event: unknown) =>
      queueMicrotask(() => {
        for (const listener of heard[kind] ?? []) listener(event as never)
      })
    let isOver = false
    const session = {
      say: (data: string) => tell('message', { data }),
      end(code: number, reason: string) {
        if (isOver) return
        isOver = true
        sockets.delete(session)
        tell('close', { code, reason })
      },
    }
    if (!server.isUp) {
      isOver = true
      tell('error', {})
      tell('close', { code: 1006, reason: '' })
    } else if (!server.isMute) {
      sockets.add(session)
      tell('open', {})
    }
    return {
      protocol,
      addEventListener: (kind: string, listener: (event: never) => void) => void heard[kind]?.push(listener),
      send(text) {
        if (isOver || server.isMute) return
        const call = callSchema.parse(JSON.parse(text))
        const asked = handle({ ...call, headers: call.headers ?? {}, body: call.body }, session)
        void Promise.resolve(asked).then((answer) => {
          if (answer && !isOver) session.say(JSON.stringify({ id: call.id, ...sessionBody(answer) }))
        })
      },
      close: (code = 1000, reason = '') => session.end(code, reason),
    }
  }

  const server: FakeServer = {
    handlers,
    log: [],
    presence: undefined,
    isUp: true,
    isMute: false,
    isRefusing: false,
    tokenLifeMs: 15 * 60_000,
    connect,
    async fetch(url, { method = 'GET', headers, body, signal }) {
      if (!server.isUp) throw new TypeError('fetch failed')
      const silence = Promise.withResolvers<never>()
      signal?.addEventListener('abort', () => silence.reject(signal.reason))
      signal?.throwIfAborted()
      const sent = new Request(url, { method, ...(headers && { headers }), ...(body && { body }) })
      const type = sent.headers.get('content-type')
      const bytes = new Uint8Array(await sent.arrayBuffer())
      const request = {
        method,
        target: url.slice(ORIGIN.length),
        headers: Object.fromEntries(sent.headers),
        body: bytes.length === 0 ? undefined : type === 'application/json' ? parse(bytes) : bytes,
      }
      const asked = server.isMute ? undefined : handle(request)
      const answer = await Promise.race([asked === undefined ? silence.promise : asked, silence.promise])
      return httpResponse(answer)
    },
    get sessions() {
      return sockets.size
    },
    push: (push) => server.say(JSON.stringify({ push })),
    say(text) {
      for (const socket of sockets) socket.say(text)
    },
    cut(code, reason) {
      for (const socket of sockets) socket.end(code, reason)
    },
    forgetLogins() {
      tokens = new Set()
      logins = new Set()
    },
  }
  return server
}

/** As the session door writes answers: bytes as base64. */
function sessionBody({ status, headers, body }: Answer): Answer & { encoding?: string } {
  if (!(body instanceof Uint8Array)) return { status, ...(headers && { headers }), ...(body !== undefined && { body }) }
  return { status, ...(headers && { headers }), body: base64.encode(body), encoding: 'base64' }
}

function httpResponse({ status, headers, body }: Answer): Response {
  if (body === undefined) return new Response(null, { status, ...(headers && { headers }) })
  if (body instanceof Uint8Array) {
    return new Response(Uint8Array.from(body), {
      status,
      headers: { 'content-type': 'application/octet-stream', ...headers },
    })
  }
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes))
}
