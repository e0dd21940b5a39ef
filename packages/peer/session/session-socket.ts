// One WebSocket to the server while it lasts: numbers calls, hands answers to those who asked, and pushes on. Every message
// is checked; a server that breaks the protocol ends the socket. Logging in and coming back are session-line.ts's business.

import { base64 } from '@scure/base'
import { Refusal } from '@doorpost/protocol/errors'
import { parseJson } from '@doorpost/protocol/json'
import { PIPE_HOLD_MS, SEND_BODY_BYTES_MAX } from '@doorpost/protocol/limits'
import { answerSchema, type Push, pushSchema, SESSION_PATH, SUBPROTOCOL } from '@doorpost/protocol/messages/session'
import type { Clock } from '../clock.ts'
import { brokeProtocol, type RawAnswer, unreachable } from './answer.ts'
import type { CallOptions } from './line.ts'
import type { Trouble } from '../operations.ts'

/** Longest wait for an answer, ms: PIPE holds for PIPE_HOLD_MS, and a slow line takes its time. */
export const CALL_TIMEOUT_MS = PIPE_HOLD_MS + 15_000
/** For the connection and its handshake, ms. */
const OPEN_TIMEOUT_MS = 10_000
/** Calls without an answer at one time; the server pauses a session at 64. */
const IN_FLIGHT_MAX = 32
/** Calls that wait for one of those to be answered; a program that asks more is out of control. */
const WAITING_MAX = 1000
/** Longest call, characters: the largest SEND with its head. */
const CALL_LENGTH_MAX = SEND_BODY_BYTES_MAX + 16 * 1024
/** Call ids stay whole numbers the schema takes; a session does not last this many calls. */
const ID_MAX = 2 ** 31
/** RFC 6455 section 7.4.2: a page may close with 3000 to 4999 only. */
const CLOSE_BROKE_PROTOCOL = 4002

/** The part of a WebSocket that is used here; the runtime's own is one. */
export interface WebSocketLike {
  readonly protocol: string
  send(text: string): void
  close(code?: number, reason?: string): void
  addEventListener(kind: 'open' | 'error', listener: () => void): void
  addEventListener(kind: 'close', listener: (event: { code: number; reason: string }) => void): void
  addEventListener(kind: 'message', listener: (event: { data: unknown }) => void): void
}

export type Connect = (url: string, protocol: string) => WebSocketLike

export interface SessionSocket {
  /** Resolves with whatever status comes. Rejects Trouble, Refusal `too-many` or `too-large`, or the signal's reason. */
  ask(method: string, target: string, options?: CallOptions & { readonly timeoutMs?: number }): Promise<RawAnswer>
  /** When the last message came. */
  readonly heardMs: number
  /** Resolves with why it ended; never rejects. */
  readonly closed: Promise<Trouble>
  close(why: Trouble): void
}

interface Question {
  readonly message: string
  readonly answer: (answer: RawAnswer) => void
  readonly fail: (reason: unknown) => void
}

/** Rejects Trouble `server-unreachable` when there is no session within 10 s. */
export async function openSessionSocket({
  origin,
  connect,
  clock,
  signal,
  onPush,
}: {
  readonly origin: string
  readonly connect: Connect
  readonly clock: Clock
  /** Ends the socket, opened or not. */
  readonly signal: AbortSignal
  readonly onPush: (push: Push) => void
}): Promise<SessionSocket> {
  const webSocket = connect(`${origin.replace(/^http/, 'ws')}${SESSION_PATH}`, SUBPROTOCOL)
  const ended = Promise.withResolvers<Trouble>()
  const opened = Promise.withResolvers<void>()
  const asked = new Map<number, Question>()
  const waiting = new Map<number, Question>()
  let nextId = 0
  let heardMs = clock.nowMs()
  let over: Trouble | undefined

  function end(why: Trouble): void {
    if (over) return
    over = why
    for (const { fail } of [...asked.values(), ...waiting.values()]) fail(why)
    asked.clear()
    waiting.clear()
    signal.removeEventListener('abort', abandon)
    opened.reject(why)
    ended.resolve(why)
  }

  function close(why: Trouble): void {
    end(why)
    webSocket.close(why.code === 'server-broke-protocol' ? CLOSE_BROKE_PROTOCOL : 1000)
  }

  function abandon(): void {
    close(unreachable('The line is closed.'))
  }

  function sendMore(): void {
    for (const [id, question] of waiting) {
      if (asked.size >= IN_FLIGHT_MAX) return
      waiting.delete(id)
      asked.set(id, question)
      webSocket.send(question.message)
    }
  }

  function take(data: unknown): void {
    heardMs = clock.nowMs()
    const message = typeof data === 'string' ? parseJson(data) : undefined
    const push = pushSchema.safeParse(message)
    if (push.success) return onPush(push.data.push)
    const answer = answerSchema.safeParse(message)
    const body = answer.success ? bodyOf(answer.data) : undefined
    if (!answer.success || body === undefined || answer.data.id < 0 || answer.data.id >= nextId) {
      return close(brokeProtocol('The server sent a message that is neither an answer nor a push.'))
    }
    // An answer nobody waits for any more: its call ran out of time or was given up.
    asked
      .get(answer.data.id)
      ?.answer({ status: answer.data.status, headers: answer.data.headers ?? {}, body: body.value })
  }

  webSocket.addEventListener('open', () => {
    if (over) return webSocket.close()
    if (webSocket.protocol === SUBPROTOCOL) return opened.resolve()
    close(brokeProtocol(`The server does not speak ${SUBPROTOCOL}.`))
  })
  // What went wrong is told to nobody (the page might be probing); the close event follows.
  webSocket.addEventListener('error', () => end(unreachable('The connection to the server failed.')))
  webSocket.addEventListener('close', ({ code, reason }) => {
    end(
      unreachable(
        reason === '' ? `The server closed the session (${code}).` : `The server closed the session: ${reason}`,
      ),
    )
  })
  webSocket.addEventListener('message', ({ data }) => {
    if (!over) take(data)
  })

  if (signal.aborted) abandon()
  else signal.addEventListener('abort', abandon, { once: true })
  const stopWaiting = clock.after(OPEN_TIMEOUT_MS, () =>
    close(unreachable('The server did not open a session in time.')),
  )
  try {
    await opened.promise
  } finally {
    stopWaiting()
  }

  return {
    async ask(method, target, { headers, body, signal, timeoutMs = CALL_TIMEOUT_MS } = {}) {
      signal?.throwIfAborted()
      if (over) throw over
      if (waiting.size >= WAITING_MAX)
        throw new Refusal('too-many', { detail: 'Too many questions to the server at once.' })
      const id = nextId++
      if (nextId >= ID_MAX) close(unreachable('This session is used up.'))
      // Bytes travel as a string of base64 (PIPE, SEND /tunnel/ID).
      const sent = body instanceof Uint8Array ? base64.encode(body) : body
      const message = JSON.stringify({ id, method, target, headers, body: sent })
      if (message.length > CALL_LENGTH_MAX)
        throw new Refusal('too-large', { detail: 'This is too large for the server.' })
      const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
      const giveUp = () => reject(signal?.reason)
      const stopTimer = clock.after(timeoutMs, () => reject(unreachable('The server did not answer in time.')))
      signal?.addEventListener('abort', giveUp, { once: true })
      waiting.set(id, { message, answer: resolve, fail: reject })
      sendMore()
      try {
        return await promise
      } finally {
        stopTimer()
        signal?.removeEventListener('abort', giveUp)
        waiting.delete(id)
        asked.delete(id)
        if (!over) sendMore()
      }
    },
    get heardMs() {
      return heardMs
    },
    closed: ended.promise,
    close,
  }
}

/** The body of an answer; undefined when it claims to be base64 and is not. */
function bodyOf({
  body,
  encoding,
}: {
  body?: unknown
  encoding?: 'base64' | undefined
}): { value: unknown } | undefined {
  if (encoding === undefined) return { value: body }
  try {
    return typeof body === 'string' ? { value: base64.decode(body) } : undefined
  } catch {
    return undefined
  }
}
