// The door for frames: a WebSocket (RFC 6455) at GET /live, opened with a ticket that a session was given. Binary messages alone. Whose
// ticket it is and what the messages mean is the live room's; this file keeps the protocol, and knows no frame from another.

import type { Socket } from 'node:net'
import { FRAMES_PATH, FRAMES_SUBPROTOCOL, TICKET_PREFIX } from '@doorpost/protocol/live/control'
import { LIVE_FRAME_BYTES_MAX } from '@doorpost/protocol/live/limits'
import { WebSocket, WebSocketServer } from 'ws'
import type { DoorContext } from './door.ts'
import { trimOws } from './fields.ts'
import { problem } from './problem.ts'
import { answerPing, type UpgradeDoor, upgradeRefusal } from './upgrade.ts'

/** Why the server ends a frame connection (RFC 6455 section 7.4; 4000 and up are ours). */
export const FRAMES_CLOSED = {
  over: 1000,
  serverStops: 1001,
  textMessage: 1003,
  nonsense: 1007,
  unread: 4008,
  replaced: 4009,
  silent: 4010,
} as const

/** One open frame connection, as the live room sees it. */
export interface FrameConnection {
  /** Hands over one message. What the far end does not read stays in memory: look at `unsentBytes` first. */
  send(bytes: Uint8Array): void
  readonly unsentBytes: number
  /** Grows with everything that comes, answers to pings included. */
  readonly heardBytes: number
  /** Pings are counted from 1. */
  ping(): void
  /** The newest ping that was answered, so that what was sent before it has arrived. 0 before the first. */
  readonly answeredPings: number
  /** While held nothing is read. */
  hold(isHeld: boolean): void
  close(code: number, reason: string): void
  /** Ends it at once; what was handed over and not sent yet is not sent. */
  reset(): void
}

/** What the live room does with a connection. */
export interface FrameEnd {
  message(bytes: Uint8Array): void
  /** Once, whoever ended it. */
  closed(): void
}

export interface FrameRooms {
  /** Whether this ticket opens anything now. */
  knows(ticket: string): boolean
  /** Undefined: meanwhile it opens nothing any more. */
  open(ticket: string, connection: FrameConnection): FrameEnd | undefined
}

class FrameSocket extends WebSocket {
  end: FrameEnd | undefined = undefined
}

/** `rooms`: undefined until they are open. */
export function createFramesDoor(context: DoorContext, rooms: () => FrameRooms | undefined): UpgradeDoor {
  const framed = oneFramedForMany()
  let size = 0
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: LIVE_FRAME_BYTES_MAX,
    handleProtocols: () => FRAMES_SUBPROTOCOL,
    closeTimeout: context.limits.sessionCloseMs,
    autoPong: false,
    WebSocket: FrameSocket,
  } as ConstructorParameters<typeof WebSocketServer>[0])

  return {
    path: FRAMES_PATH,
    check(head, caller) {
      const refusal = upgradeRefusal(head, context, 'A frame connection', FRAMES_SUBPROTOCOL)
      if (refusal) return refusal
      if (!caller.secure) return problem(403, 'Frames are taken over https alone.', context.phraseOf, true)
      if (!rooms()?.knows(ticketIn(head.headers))) {
        return problem(401, 'This ticket opens nothing, or no longer.', context.phraseOf, true)
      }
      return undefined
    },
    accept(head, socket, rest) {
      const request = { method: head.method, url: head.path, headers: Object.fromEntries(head.headers), socket }
      upgrader.handleUpgrade(request as never, socket, Buffer.from(rest), (webSocket) => {
        const one = webSocket as FrameSocket
        size++
        one.on('message', onMessage)
        one.on('error', ignoreError)
        one.on('ping', answerPing)
        one.on('close', () => {
          size--
          one.end?.closed()
        })
        context.track(socket, { drain: () => stop(one), destroy: () => one.terminate() })
        one.end = rooms()?.open(ticketIn(head.headers), connectionOf(one, socket, framed))
        if (!one.end) one.close(FRAMES_CLOSED.over, 'This is over.')
        if (socket.isPaused()) socket.resume()
      })
    },
    get size() {
      return size
    },
  }
}

function ticketIn(headers: ReadonlyMap<string, string>): string {
  // Tickets are base64url: their case counts, unlike that of other lists of tokens.
  const tokens = (headers.get('sec-websocket-protocol') ?? '').split(',').map(trimOws)
  return tokens.find((token) => token.startsWith(TICKET_PREFIX))?.slice(TICKET_PREFIX.length) ?? ''
}

/**
 * A message as one WebSocket frame from the server (RFC 6455 section 5.2: final, binary, unmasked). The same message goes to many viewers
 * one after the other: it is framed once, and leaves by one write where ws would make two buffers of it for each. Without
 * compression ws keeps nothing between two frames, so that what it sends itself (pings, the end) can go before and after.
 */
function oneFramedForMany(): (bytes: Uint8Array) => Buffer {
  let last: { readonly bytes: Uint8Array; readonly frame: Buffer } | undefined
  return (bytes) => {
    if (last?.bytes === bytes) return last.frame
    const { length } = bytes
    const head = length < 126 ? 2 : length < 2 ** 16 ? 4 : 10
    const frame = Buffer.allocUnsafe(head + length)
    frame[0] = 0x82
    if (head === 2) frame[1] = length
    else if (head === 4) {
      frame[1] = 126
      frame.writeUInt16BE(length, 2)
    } else {
      frame[1] = 127
      frame.writeBigUInt64BE(BigInt(length), 2)
    }
    frame.set(bytes, head)
    last = { bytes, frame }
    return frame
  }
}

function connectionOf(webSocket: FrameSocket, socket: Socket, framed: (bytes: Uint8Array) => Buffer): FrameConnection {
  let pings = 0
  let answeredPings = 0
  // RFC 6455 section 5.5.3: an answer has the ping's own bytes, and may answer those before it too.
  webSocket.on('pong', (number: Buffer) => {
    if (number.length === 4) answeredPings = Math.max(answeredPings, Math.min(number.readUInt32BE(), pings))
  })
  return {
    send(bytes) {
      if (webSocket.readyState === WebSocket.OPEN) socket.write(framed(bytes))
    },
    get unsentBytes() {
      return webSocket.bufferedAmount
    },
    get heardBytes() {
      return socket.bytesRead
    },
    ping() {
      if (webSocket.readyState !== WebSocket.OPEN) return
      const number = Buffer.alloc(4)
      number.writeUInt32BE(++pings)
      webSocket.ping(number)
    },
    get answeredPings() {
      return answeredPings
    },
    hold(isHeld) {
      if (isHeld) webSocket.pause()
      else webSocket.resume()
    },
    close(code, reason) {
      webSocket.close(code, reason)
      // The closing handshake needs the other side's frame, which a paused socket would never read.
      webSocket.resume()
    },
    reset() {
      // A reset drops what the system still holds; inside TLS the end of the connection has to do.
      if ('encrypted' in socket) socket.destroy()
      else socket.resetAndDestroy()
    },
  }
}

function stop(webSocket: FrameSocket): void {
  webSocket.close(FRAMES_CLOSED.serverStops, 'The server is stopping.')
  webSocket.resume()
}

function onMessage(this: WebSocket, data: Buffer, isBinary: boolean): void {
  const { end } = this as FrameSocket
  if (isBinary) end?.message(data)
  else this.close(FRAMES_CLOSED.textMessage, 'Frames are binary messages.')
}

/** ws closes by itself with the right code (1002, 1009); the close event follows. */
function ignoreError(): void {}
