// The tunnel's exchanges on Node: an answer goes up as one request whose body streams, a chunk as it comes, held back by the
// socket; answers come down the same way. Through the process's own agents, so that HTTPS_PROXY holds for them too.

import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { parseJson } from '@doorpost/protocol/json'
import { PIPE_BYTES_MAX, PIPE_HOLD_MS } from '@doorpost/protocol/limits'
import {
  answerTarget,
  askHeaders,
  askTarget,
  collectedOf,
  type TunnelAnswer,
  createPartUpload,
  partTarget,
  type TunnelHttp,
  type TunnelHttpOptions,
  type Upload,
} from '../paths/tunnel-http.ts'
import { brokeProtocol, errorOf, unreachable } from '../session/answer.ts'

/** Longest problem document read, bytes. */
const PROBLEM_BYTES_MAX = 64 * 1024
/** For an answer to begin, ms: the hold, and a slow line. */
const ANSWER_TIMEOUT_MS = PIPE_HOLD_MS + 15_000

/** What a proxy says to a body whose length it was not told, or that is longer than it takes: parts from then on. */
const NO_STREAMING = [411, 413, 501]
/** Reads of a socket taken ahead of whoever reads the answer, 64 KiB each. */
const PARTS_AHEAD_MAX = 4

type Asked = { readonly method: string; readonly target: string; readonly headers?: Record<string, string | number> }

export function createNodeTunnelHttp({ origin, token }: Pick<TunnelHttpOptions, 'origin' | 'token'>): TunnelHttp {
  const { request: begin } = origin.startsWith('https:') ? https : http
  /** Something on the way does not let a body stream. */
  let isInParts = false

  function open({ method, target, headers }: Asked, used: string): ClientRequest {
    return begin(`${origin}${target}`, { method, headers: { ...headers, authorization: `Bearer ${used}` } })
  }

  /** Once more with a new login where the old one ended early. */
  async function exchange(asked: Asked, body: Uint8Array, signal: AbortSignal): Promise<IncomingMessage> {
    const once = async (used: string) => {
      const request = open({ ...asked, headers: { ...asked.headers, 'content-length': body.length } }, used)
      // Never with an error: a socket that was given back already has nobody to hear of it.
      const timer = setTimeout(() => request.destroy(), ANSWER_TIMEOUT_MS)
      // Not the request's own option: that would end the connection later, when it is another request's.
      const giveUp = () => request.destroy()
      signal.addEventListener('abort', giveUp, { once: true })
      request.on('close', () => signal.removeEventListener('abort', giveUp))
      try {
        return await responseTo(request, () => request.end(body))
      } catch (error) {
        if (signal.aborted) throw signal.reason
        throw unreachable('The server cannot be reached.', error)
      } finally {
        clearTimeout(timer)
      }
    }
    const used = await token(signal)
    const response = await once(used)
    if (response.statusCode !== 401) return await checked(response)
    response.resume()
    return await checked(await once(await token(signal, used)))
  }

  return {
    // Whoever asks first is told what went wrong.
    ready: () => void token(undefined).catch(() => {}),
    async ask(target, request, signal) {
      const asked = { method: 'PIPE', target: askTarget(target), headers: askHeaders(target) }
      const response = await exchange(asked, request, signal)
      return answerIn(response)
    },
    async collect(signal) {
      const response = await exchange({ method: 'PIPE', target: '/tunnel' }, new Uint8Array(0), signal)
      const bytes = await whole(response, PIPE_BYTES_MAX)
      if (response.statusCode === 204) return undefined
      return collectedOf((name) => String(response.headers[name] ?? ''), bytes)
    },
    answer(id) {
      const target = answerTarget(id)
      if (!isInParts) {
        const refused = (status: number) => {
          isInParts ||= NO_STREAMING.includes(status)
        }
        return stream((used) => open({ method: 'SEND', target }, used), token, refused)
      }
      return createPartUpload(async (bytes, { number, more }, signal) => {
        const part = { method: 'SEND', target: partTarget(id, number, more) }
        const response = await exchange(part, bytes, signal)
        response.resume()
      })
    },
  }
}

/** By its events: its iterator would put together what came meanwhile, a copy of every byte. */
function answerIn(response: IncomingMessage): TunnelAnswer {
  const parts: Uint8Array[] = []
  let isWhole = false
  let isOver = false
  let wake = () => {}
  response.on('data', (part: Uint8Array) => {
    parts.push(part)
    if (parts.length >= PARTS_AHEAD_MAX) response.pause()
    wake()
  })
  response.on('end', () => {
    isWhole = true
    wake()
  })
  response.on('close', () => {
    isOver = true
    wake()
  })
  response.pause()
  return {
    async read() {
      for (;;) {
        const part = parts.shift()
        if (part) return part
        if (isWhole) return undefined
        if (isOver) throw unreachable('The answer broke off.')
        response.resume()
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}

/** What is written before the login is at hand waits for it, in order. */
function stream(
  open: (used: string) => ClientRequest,
  token: TunnelHttpOptions['token'],
  refused: (status: number) => void,
): Upload {
  const done = Promise.withResolvers<void>()
  // Whoever does not wait for it learns of the end by `onGone`.
  done.promise.catch(() => {})
  const gone = new Set<() => void>()
  let early: (() => void)[] | undefined = []
  let request: ClientRequest | undefined
  let isOver = false

  const finish = (error?: unknown) => {
    if (isOver) return
    isOver = true
    early = undefined
    if (error === undefined) done.resolve()
    else done.reject(error)
    for (const left of gone) left()
    gone.clear()
  }
  const begin = async () => {
    const used = await token(undefined)
    if (isOver) return
    const sending = open(used)
    request = sending
    const answered = responseTo(sending, () => {
      for (const write of early ?? []) write()
      early = undefined
    })
    const response = await answered
    // The next answer is given with another login; this one's bytes have gone.
    if (response.statusCode === 401) await token(undefined, used)
    const { statusCode = 0 } = response
    if (statusCode >= 200 && statusCode < 300) {
      response.resume()
      return finish()
    }
    refused(statusCode)
    await checked(response)
  }
  begin().catch((error: unknown) => {
    finish(error)
    request?.destroy()
  })

  const soon = (write: () => void) => {
    if (early) early.push(write)
    else write()
  }
  return {
    write(bytes, onGone) {
      if (isOver) return onGone?.()
      const left = () => {
        if (gone.delete(left)) onGone?.()
      }
      gone.add(left)
      soon(() => request?.write(bytes, () => left()))
    },
    end: () => soon(() => request?.end()),
    abort(cause) {
      finish(cause)
      request?.destroy()
    },
    done: done.promise,
  }
}

function responseTo(request: ClientRequest, send: () => void): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  request.on('response', (response) => {
    // Whoever reads it is told; nobody may be reading just then.
    response.on('error', () => {})
    resolve(response)
  })
  request.on('error', reject)
  request.on('close', () => reject(new Error('the connection was closed')))
  send()
  return promise
}

async function checked(response: IncomingMessage): Promise<IncomingMessage> {
  const { statusCode = 0 } = response
  if (statusCode >= 200 && statusCode < 300) return response
  // One that breaks off, or is too long, says no more than its status.
  const text = await whole(response, PROBLEM_BYTES_MAX).then(
    (bytes) => Buffer.from(bytes).toString(),
    () => '',
  )
  const body = parseJson(text)
  const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
  throw errorOf({ status: statusCode, headers, body })
}

async function whole(response: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let total = 0
  for await (const part of response as AsyncIterable<Uint8Array>) {
    total += part.length
    if (total > bytesMax) throw brokeProtocol(`The server's answer is longer than ${bytesMax} bytes.`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}
