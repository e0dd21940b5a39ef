// One session: calls in, answers and pushes out, in bounded numbers. Who is logged in on it is the handler's.
// Ten thousand of these may idle, so a session is one object with a few numbers: no timer, no closure of its own.

import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { BODY_MEMORY_FULL } from './body-memory.ts'
import type { Deadlined } from './deadlines.ts'
import { answerSafely, type Connection, type DoorContext } from './door.ts'
import { type Answer, BodyTooLarge, type Exchange, type RequestBody, type SessionHandle } from './exchange.ts'
import type { Caller } from './forwarded.ts'
import { problem } from './problem.ts'
import { answerMessage, type Call, type CallId, parseCall, pushMessage } from './session-message.ts'

/** Why the server ends a session (RFC 6455 section 7.4; 4000 and up are ours). */
export const SESSION_CLOSED = {
  done: 1000,
  serverStops: 1001,
  binaryMessage: 1003,
  notACall: 1007,
  /** The caller does not read what is sent to it. */
  unread: 4008,
} as const

/** A WebSocket that knows its session, so that all share the same listeners. */
export class SessionSocket extends WebSocket {
  session: Session | undefined = undefined
}

/** The sessions of one door; a session takes itself out when it ends. */
export type Sessions = Set<Session>

export class Session implements SessionHandle, Connection, Deadlined {
  readonly id = randomUUID()
  /** Always due: a session is looked at in every sweep. */
  deadlineMs = 0
  private readonly webSocket: SessionSocket
  private readonly socket: Socket
  private readonly caller: Caller
  private readonly context: DoorContext
  private readonly sessions: Sessions
  private callsInFlight = 0
  /** Calls that had been read from the socket when the bound was met: at most one read's worth. */
  private waiting: string[] | undefined = undefined
  private awaitsDrain = false
  private isDraining = false
  private isEnded = false
  private end: AbortController | undefined = undefined
  private room: Map<string, unknown> | undefined = undefined
  private bytesReadSeen = 0
  private heardMs: number
  private pingedMs: number
  private bytesTakenSeen = 0
  private takenMs: number

  constructor(webSocket: SessionSocket, socket: Socket, caller: Caller, context: DoorContext, sessions: Sessions) {
    this.webSocket = webSocket
    this.socket = socket
    this.caller = caller
    this.context = context
    this.sessions = sessions
    this.heardMs = this.pingedMs = this.takenMs = context.deadlines.nowMs()
    webSocket.session = this
    webSocket.on('message', onMessage)
    webSocket.on('close', onClose)
    webSocket.on('error', onError)
    sessions.add(this)
    context.deadlines.add(this)
    context.track(socket, this)
  }

  get closed(): AbortSignal {
    if (!this.end) {
      this.end = new AbortController()
      if (this.isEnded) this.end.abort()
    }
    return this.end.signal
  }

  get data(): Map<string, unknown> {
    this.room ??= new Map()
    return this.room
  }

  set data(room: Map<string, unknown>) {
    this.room = room
  }

  push(message: object): boolean {
    if (this.webSocket.readyState !== WebSocket.OPEN || this.isBacklogged()) return false
    this.webSocket.send(pushMessage(message))
    return true
  }

  close(code: number, reason: string): void {
    this.waiting = undefined
    this.webSocket.close(code, reason)
    // The closing handshake needs the other side's frame, which a paused socket would never read.
    this.webSocket.resume()
  }

  drain(): void {
    this.isDraining = true
    if (this.callsInFlight > 0 || this.waiting?.length) return
    this.close(SESSION_CLOSED.serverStops, 'The server is stopping.')
  }

  destroy(): void {
    this.webSocket.terminate()
  }

  /** Looked at in every sweep: silence, whether what was sent is taken, and the heartbeat. */
  expire(): void {
    const { limits, deadlines } = this.context
    const nowMs = deadlines.nowMs()
    const { bytesRead, bytesWritten, writableLength } = this.socket
    if (bytesRead !== this.bytesReadSeen || this.webSocket.isPaused) {
      this.bytesReadSeen = bytesRead
      this.heardMs = nowMs
    } else if (nowMs - this.heardMs >= limits.sessionSilenceMs - 2 * limits.sweepMs) {
      // Noticed within the limit: the last byte may be one sweep older than heardMs, the next look is one sweep away.
      return this.destroy()
    }
    const bytesTaken = bytesWritten - writableLength
    if (bytesTaken !== this.bytesTakenSeen || writableLength === 0) {
      this.bytesTakenSeen = bytesTaken
      this.takenMs = nowMs
    } else if (nowMs - this.takenMs >= limits.writeStallMs) {
      return this.endUnread()
    }
    if (nowMs - this.pingedMs >= limits.sessionPingMs) {
      this.pingedMs = nowMs
      this.webSocket.ping()
    }
  }

  receive(text: string): void {
    if (this.webSocket.readyState !== WebSocket.OPEN) return
    if (this.waiting?.length || this.isFull()) {
      this.waiting ??= []
      this.waiting.push(text)
      this.webSocket.pause()
      this.awaitDrain()
      return
    }
    this.begin(text)
  }

  ended(): void {
    this.isEnded = true
    this.waiting = undefined
    this.sessions.delete(this)
    this.context.deadlines.remove(this)
    this.end?.abort()
  }

  private begin(text: string): void {
    const { limits, phraseOf } = this.context
    const call = parseCall(text, limits.headerFields)
    if ('reason' in call) return this.close(SESSION_CLOSED.notACall, call.reason)
    if ('status' in call) return this.sendProblem(call.id, problem(call.status, call.detail, phraseOf))
    if (this.isDraining) return this.sendProblem(call.id, problem(503, 'The server is stopping.', phraseOf))
    // The text stays in memory, parsed, as long as the call does; its length is near enough.
    if (!this.context.bodyMemory.take(text.length)) {
      return this.sendProblem(call.id, problem(BODY_MEMORY_FULL.status, BODY_MEMORY_FULL.detail, phraseOf))
    }
    this.callsInFlight++
    void this.serve(call, text.length)
  }

  private async serve(call: Call, heldBytes: number): Promise<void> {
    let answer = await answerSafely(this.context, exchangeOf(this, this.caller, call, heldBytes))
    this.context.bodyMemory.give(heldBytes)
    let body: Uint8Array | string
    try {
      body = await wholeBody(answer.body, this.context.limits.sessionMessageBytes)
    } catch (error) {
      this.context.report({ door: 'session', method: call.method, path: call.path, error })
      answer = problem(500, 'The answer could not be put into one message; ask over HTTP.', this.context.phraseOf)
      body = answer.body as string
    }
    this.callsInFlight--
    this.send(call.id, answer, body)
    if (answer.close) this.close(SESSION_CLOSED.done, 'Closed after this answer.')
    else if (this.waiting || this.webSocket.isPaused) this.goOn()
    if (this.isDraining) this.drain()
  }

  private sendProblem(id: CallId, answer: Answer): void {
    this.send(id, answer, answer.body as string)
  }

  private send(id: CallId, answer: Answer, body: Uint8Array | string): void {
    if (this.webSocket.readyState !== WebSocket.OPEN) return
    if (this.webSocket.bufferedAmount > this.context.limits.sessionUnreadHardBytes) return this.endUnread()
    this.webSocket.send(answerMessage(id, answer, body))
  }

  /** Takes up the calls that waited, then the socket. */
  private goOn(): void {
    while (this.waiting?.length && !this.isFull()) this.begin(this.waiting.shift() as string)
    if (this.waiting?.length) return this.awaitDrain()
    this.waiting = undefined
    // Half-way down rather than at once: one pause and resume for many calls, not for each.
    if (this.callsInFlight * 2 <= this.context.limits.sessionCalls && !this.isFull()) this.webSocket.resume()
    else this.awaitDrain()
  }

  private awaitDrain(): void {
    if (this.awaitsDrain || !this.isBacklogged()) return
    this.awaitsDrain = true
    this.socket.once('drain', () => {
      this.awaitsDrain = false
      this.goOn()
    })
  }

  private isFull(): boolean {
    return this.callsInFlight >= this.context.limits.sessionCalls || this.isBacklogged()
  }

  private isBacklogged(): boolean {
    return this.webSocket.bufferedAmount > this.context.limits.sessionUnreadBytes
  }

  private endUnread(): void {
    // The close frame stands behind what is not read; whoever reads on within the closing time still sees why.
    this.close(SESSION_CLOSED.unread, 'The session does not read what is sent to it.')
  }
}

function exchangeOf(session: Session, caller: Caller, call: Call, size: number): Exchange {
  return {
    door: 'session',
    method: call.method,
    path: call.path,
    query: new URLSearchParams(call.query),
    headers: call.headers,
    body: jsonBody(call.body, size),
    remoteAddress: caller.remoteAddress,
    secure: caller.secure,
    session,
    get signal() {
      return session.closed
    },
  }
}

function onMessage(this: WebSocket, data: Buffer, isBinary: boolean): void {
  const { session } = this as SessionSocket
  if (isBinary) session?.close(SESSION_CLOSED.binaryMessage, 'A session carries text messages only.')
  else session?.receive(data.toString())
}

function onClose(this: WebSocket): void {
  ;(this as SessionSocket).session?.ended()
}

/** ws closes the session with the right code by itself (1002, 1007, 1009); the close event follows. */
function onError(): void {}

function jsonBody(value: unknown, size: number): RequestBody {
  const bytes = () => (value === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(value)))
  return {
    ...(value !== undefined && { parsed: { value, size } }),
    async bytes(limitBytes) {
      const body = bytes()
      if (body.length > limitBytes) throw new BodyTooLarge(limitBytes)
      return body
    },
    async *stream() {
      if (value !== undefined) yield bytes()
    },
  }
}

async function wholeBody(body: Answer['body'], limitBytes: number): Promise<Uint8Array | string> {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return body ?? ''
  const parts: Uint8Array[] = []
  let total = 0
  for await (const part of body) {
    total += part.length
    if (total > limitBytes) throw new Error(`The answer is larger than ${limitBytes} bytes.`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}
