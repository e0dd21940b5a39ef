// The line without a standing session: one HTTP request a call, for devices that poll and for one-off questions. Keeps a
// login token and renews it; nothing is pushed.

import { type Clock, systemClock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import { type Random, systemRandom } from '../random.ts'
import { Refusal } from '@doorpost/protocol/errors'
import type { Push } from '@doorpost/protocol/messages/session'
import { brokeProtocol, errorOf, isSuccess, type RawAnswer, readWhole, unreachable } from './answer.ts'
import type { CallOptions, Line, LineAnswer, LineState, LineTrouble, LoggedIn } from './line.ts'
import { listeners } from './listeners.ts'
import { type LoginKey, logIn, renewAfterMs } from './login.ts'
import { CALL_TIMEOUT_MS } from './session-socket.ts'
import { unreachableBy } from './why-unreachable.ts'

/** Longest answer read, bytes: a RETRIEVE of a few large messages. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024
/** How often a device without a session says that it is on-line, ms: twice within what the server waits. */
const PRESENCE_EVERY_MS = 15_000
/** Longest wait for QUIT's answer when closing, ms. */
const QUIT_MS = 1_000

export interface HttpLineOptions {
  readonly origin: string
  /** Absent: only what anybody may ask (FINGER, SEND /accounts). */
  readonly as?: LoginKey
  readonly clock?: Clock
  readonly random?: Random
  /** The runtime's own where nothing is said. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
}

export type HttpLine = Line & LoggedIn

/** Logs in with the first call. `online` once a call was answered, `offline` once one was not. */
export function openHttpLine({
  origin,
  as,
  clock = systemClock,
  random = systemRandom,
  fetch = (url, init) => globalThis.fetch(url, init),
}: HttpLineOptions): HttpLine {
  const pushes = listeners<Push>()
  const states = listeners<LineState>()
  const closing = new AbortController()
  let state: LineState = 'offline'
  let trouble: LineTrouble | undefined
  let login: { readonly token: string; readonly renewAtMs: number } | undefined
  let loggingIn: Promise<string> | undefined
  let addresses: readonly string[] | undefined
  let stopPresence = () => {}

  function become(next: LineState, why?: LineTrouble): void {
    trouble = why
    if (state === next) return
    state = next
    states.tell(next)
  }

  async function ask(
    method: string,
    target: string,
    { headers, body, signal }: CallOptions,
    timeoutMs = CALL_TIMEOUT_MS,
  ) {
    const late = new AbortController()
    const stop = clock.after(timeoutMs, () => late.abort())
    try {
      const answer = await exchange(fetch, `${origin}${target}`, method, {
        ...(headers && { headers }),
        body,
        signal: AbortSignal.any([late.signal, closing.signal, ...(signal ? [signal] : [])]),
      })
      become('online')
      return answer
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      const why = late.signal.aborted ? unreachable('The server did not answer in time.', error) : asTrouble(error)
      become('offline', { code: why.code as LineTrouble['code'], detail: why.message })
      throw why
    } finally {
      stop()
    }
  }

  async function token(signal?: AbortSignal, refused?: string): Promise<string> {
    if (login && login.token === refused) login = undefined
    if (login && clock.nowMs() < login.renewAtMs) return login.token
    if (!as) throw new Refusal('not-logged-in')
    loggingIn ??= logInNow(as).finally(() => {
      loggingIn = undefined
    })
    const made = await loggingIn
    signal?.throwIfAborted()
    return made
  }

  async function logInNow(key: LoginKey): Promise<string> {
    try {
      const made = await logIn((method, target, body) => ask(method, target, { body }), { origin, as: key, random })
      login = { token: made.token, renewAtMs: clock.nowMs() + renewAfterMs(made, clock.nowMs()) }
      return made.token
    } catch (error) {
      if (error instanceof Refusal) become('offline', { code: error.code, detail: error.message })
      throw error
    }
  }

  async function askAs(method: string, target: string, options: CallOptions): Promise<RawAnswer> {
    if (!as) return ask(method, target, options)
    const authorization = `Bearer ${await token(options.signal)}`
    return ask(method, target, { ...options, headers: { ...options.headers, authorization } })
  }

  async function call(method: string, target: string, options: CallOptions = {}): Promise<LineAnswer> {
    options.signal?.throwIfAborted()
    if (closing.signal.aborted) throw unreachable('The line is closed.')
    let answer = await askAs(method, target, options)
    if (answer.status === 401 && as) {
      const error = errorOf(answer)
      if (!(error instanceof Refusal) || error.code !== 'not-logged-in') throw error
      login = undefined
      answer = await askAs(method, target, options)
    }
    if (!isSuccess(answer)) throw errorOf(answer)
    return answer
  }

  function keepPresent(): void {
    stopPresence()
    if (closing.signal.aborted || addresses === undefined) return
    // A failure shows in `trouble`; the next beat tries again.
    call('SEND', '/presence', { body: { online: true, addresses } }).catch(() => {})
    stopPresence = clock.after(PRESENCE_EVERY_MS, keepPresent)
  }

  async function close(): Promise<void> {
    if (closing.signal.aborted) return
    stopPresence()
    addresses = undefined
    if (login) {
      const headers = { authorization: `Bearer ${login.token}` }
      // That the server is gone already is just as well.
      await ask('QUIT', '/', { headers }, QUIT_MS).catch(() => {})
    }
    login = undefined
    closing.abort()
    become('offline')
  }

  return {
    call,
    token,
    onPush: pushes.add,
    get state() {
      return state
    },
    onState: states.add,
    get trouble() {
      return trouble
    },
    setAddresses(next) {
      addresses = [...next]
      keepPresent()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function exchange(
  fetch: NonNullable<HttpLineOptions['fetch']>,
  url: string,
  method: string,
  { headers, body, signal }: { headers?: Readonly<Record<string, string>>; body: unknown; signal: AbortSignal },
): Promise<RawAnswer> {
  const isBytes = body instanceof Uint8Array
  const response = await fetch(url, {
    method,
    headers: {
      ...headers,
      ...(body !== undefined && { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }),
    },
    ...(body !== undefined && { body: isBytes ? Uint8Array.from(body) : JSON.stringify(body) }),
    // The token is for this origin, and cookies are nobody's business here.
    redirect: 'error',
    credentials: 'omit',
    cache: 'no-store',
    signal,
  })
  const bytes = await readWhole(response, ANSWER_BYTES_MAX)
  const type = response.headers.get('content-type') ?? ''
  const isJson = /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: bytes.length === 0 ? undefined : isJson ? parseJson(bytes) : bytes,
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw brokeProtocol('The server called something JSON that is none.', cause)
  }
}

function asTrouble(error: unknown): Trouble {
  return error instanceof Trouble ? error : unreachableBy(error)
}
