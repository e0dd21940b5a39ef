// The third door: a WebSocket session (RFC 6455) at GET /session. This file decides who may open one and takes the
// connection over; what goes on in a session is session.ts.

import { WebSocketServer } from 'ws'
import type { DoorContext } from './door.ts'
import { Session, SessionSocket } from './session.ts'
import { answerPing, type UpgradeDoor, upgradeRefusal } from './upgrade.ts'

/** The one subprotocol; its name changes when the messages do (RFC 6455 section 1.9). */
export const SESSION_SUBPROTOCOL = 'doorpost.v1'
export const SESSION_PATH = '/session'

export interface SessionDoor extends UpgradeDoor {
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
    autoPong: false,
    WebSocket: SessionSocket,
  } as ConstructorParameters<typeof WebSocketServer>[0])

  return {
    path: SESSION_PATH,
    check: (head) => upgradeRefusal(head, context, 'A session', SESSION_SUBPROTOCOL),
    accept(head, socket, rest, caller) {
      const request = { method: head.method, url: head.path, headers: Object.fromEntries(head.headers), socket }
      upgrader.handleUpgrade(request as never, socket, Buffer.from(rest), (webSocket) => {
        webSocket.on('ping', answerPing)
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
