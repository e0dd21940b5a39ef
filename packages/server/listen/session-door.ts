// The third door: a WebSocket session (RFC 6455) at GET /session. This file decides who may open one and takes the
// connection over; what goes on in a session is session.ts.

import type { Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import type { DoorContext } from './door.ts'
import type { Answer } from './exchange.ts'
import { listOfTokens } from './fields.ts'
import type { Caller } from './forwarded.ts'
import type { RequestHead } from './http1-framing.ts'
import { problem } from './problem.ts'
import { Session, SessionSocket } from './session.ts'

/** The one subprotocol; its name changes when the messages do (RFC 6455 section 1.9). */
export const SESSION_SUBPROTOCOL = 'doorpost.v1'
export const SESSION_PATH = '/session'

export interface SessionDoor {
  readonly path: string
  /** The answer to a request that may not become a session; undefined when it may. */
  check(head: RequestHead): Answer | undefined
  /** Turns a connection into a session. `rest` are bytes already read that came after the request. */
  accept(head: RequestHead, socket: Socket, rest: Uint8Array, caller: Caller): void
  readonly size: number
  /** Closes each session with 1001 as soon as its calls are answered. */
  drain(): void
}

export function createSessionDoor(context: DoorContext): SessionDoor {
  const { limits } = context
  const sessions = new Set<Session>()
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.sessionMessageBytes,
    handleProtocols: () => SESSION_SUBPROTOCOL,
    // In ws 8.23, not yet in its types: how long it waits for the other side's close frame.
    closeTimeout: limits.sessionCloseMs,
    WebSocket: SessionSocket,
  } as ConstructorParameters<typeof WebSocketServer>[0])

  function refuse(status: number, detail: string, headers: Record<string, string> = {}): Answer {
    const answer = problem(status, detail, context.phraseOf, true)
    return { ...answer, headers: { ...answer.headers, ...headers } }
  }

  return {
    path: SESSION_PATH,
    check(head) {
      const { headers } = head
      if (!head.upgradesToWebSocket) {
        return refuse(426, 'A session is a WebSocket: ask with Upgrade: websocket.', { upgrade: 'websocket' })
      }
      if (head.bodyLength !== 0) return refuse(400, 'A request for a session has no body.')
      if (headers.get('sec-websocket-version') !== '13') {
        return refuse(426, 'The version of WebSocket spoken here is 13.', {
          upgrade: 'websocket',
          'sec-websocket-version': '13',
        })
      }
      if (!WEBSOCKET_KEY.test(headers.get('sec-websocket-key') ?? '')) {
        return refuse(400, 'The field sec-websocket-key must be 16 bytes in base64.')
      }
      const origin = headers.get('origin')
      if (origin !== undefined && !context.isOwnOrigin(origin)) {
        return refuse(403, 'A session may be opened by pages of this server, and by programs that send no Origin.')
      }
      if (!listOfTokens(headers.get('sec-websocket-protocol')).includes(SESSION_SUBPROTOCOL)) {
        return refuse(400, `A session speaks the subprotocol ${SESSION_SUBPROTOCOL}.`)
      }
      if (context.isDraining()) return refuse(503, 'The server is stopping.')
      return undefined
    },
    accept(head, socket, rest, caller) {
      const request = { method: head.method, url: head.path, headers: Object.fromEntries(head.headers), socket }
      upgrader.handleUpgrade(request as never, socket, Buffer.from(rest), (webSocket) => {
        new Session(webSocket as SessionSocket, socket, caller, context, sessions)
        if (socket.isPaused()) socket.resume()
      })
    },
    get size() {
      return sessions.size
    },
    drain() {
      for (const session of sessions) session.drain()
    },
  }
}

/** RFC 6455 section 4.2.1: base64 of 16 bytes. */
const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{21}[AQgw]==$/
