// What every door behind a WebSocket upgrade (RFC 6455 section 4.2) has in common: its place in front of the handler table, and who is
// turned away whatever is spoken behind it.

import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { DoorContext } from './door.ts'
import type { Answer } from './exchange.ts'
import { listOfTokens } from './fields.ts'
import type { Caller } from './forwarded.ts'
import type { RequestHead } from './http1-framing.ts'
import { problem } from './problem.ts'

export interface UpgradeDoor {
  readonly path: string
  /** The answer to a request that may not be upgraded; undefined when it may. */
  check(head: RequestHead, caller: Caller): Answer | undefined
  /** Takes a connection over. `rest` are bytes already read that came after the request. */
  accept(head: RequestHead, socket: Socket, rest: Uint8Array, caller: Caller): void
  readonly size: number
}

/** RFC 6455 section 4.2.1: base64 of 16 bytes. */
const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{21}[AQgw]==$/

/** `what`: with its article, for sentences. */
export function upgradeRefusal(
  { headers, ...head }: RequestHead,
  context: DoorContext,
  what: string,
  subprotocol: string,
): Answer | undefined {
  function refuse(status: number, detail: string, fields: Record<string, string> = {}): Answer {
    const answer = problem(status, detail, context.phraseOf, true)
    return { ...answer, headers: { ...answer.headers, ...fields } }
  }
  if (!head.upgradesToWebSocket) {
    return refuse(426, `${what} is a WebSocket: ask with Upgrade: websocket.`, { upgrade: 'websocket' })
  }
  if (head.bodyLength !== 0) return refuse(400, `A request for ${what.toLowerCase()} has no body.`)
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
    return refuse(403, `${what} may be opened by pages of this server, and by programs that send no Origin.`)
  }
  if (!listOfTokens(headers.get('sec-websocket-protocol')).includes(subprotocol)) {
    return refuse(400, `${what} speaks the subprotocol ${subprotocol}.`)
  }
  if (context.isDraining()) return refuse(503, 'The server is stopping.')
  return undefined
}

/** What may wait for a far end beside its pongs, bytes: more than any honest end has pings under way. */
const PONGS_UNREAD_BYTES_MAX = 64 * 1024

/**
 * Answers a ping, unless what was said before is not read: whoever only asks would fill the memory with answers. RFC 6455 section 5.5.3 lets
 * an end answer the last of several alone.
 */
export function answerPing(this: WebSocket, data: Buffer): void {
  if (this.readyState === WebSocket.OPEN && this.bufferedAmount <= PONGS_UNREAD_BYTES_MAX) this.pong(data)
}
