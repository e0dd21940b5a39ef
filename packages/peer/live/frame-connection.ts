// The connection to the server that frames go over: a WebSocket of binary messages, opened by a ticket (protocol/live/control.ts). It is
// opened again while whoever wants it wants it; what has to be sent again then is theirs to know.

import { FRAMES_PATH, FRAMES_SUBPROTOCOL, TICKET_PREFIX } from '@doorpost/protocol/live/control'
import type { Clock } from '../clock.ts'

/** Wait before a connection that ended is opened again, ms, doubled up to the longest with each failure. */
const AGAIN_MS = 100
const AGAIN_MS_MAX = 2_000
/** RFC 6455 section 7.4.1: what it was opened for is over. */
const CLOSE_OVER = 1000
/** Another connection with the same ticket took its place. */
const CLOSE_REPLACED = 4009

/** The part of a WebSocket that is used here; the runtime's own is one. */
export interface BinaryWebSocket {
  binaryType: string
  readonly bufferedAmount: number
  send(bytes: Uint8Array<ArrayBuffer>): void
  close(code?: number): void
  addEventListener(kind: 'open' | 'error', listener: () => void): void
  addEventListener(kind: 'close', listener: (event: { code: number }) => void): void
  addEventListener(kind: 'message', listener: (event: { data: unknown }) => void): void
}

export type ConnectFrames = (url: string, protocols: string[]) => BinaryWebSocket

export interface FrameConnection {
  readonly isOpen: boolean
  /** Given to `send` and not on its way, bytes. */
  readonly bufferedBytes: number
  /** False where there is no connection now. */
  send(message: Uint8Array<ArrayBuffer>): boolean
  /** Ends it for good. Idempotent. */
  close(): void
}

export interface FrameConnectionOptions {
  /** As dialled: `https://example.org`. */
  readonly origin: string
  readonly ticket: string
  readonly clock: Clock
  readonly connect?: ConnectFrames | undefined
  onMessage(message: Uint8Array): void
  /** Open, again or for the first time. */
  onOpen?(): void
  /** Not open any more; it will be again unless it `isOver`: the server said that there is nothing more, or that another took its place. */
  onLost?(isOver: boolean): void
}

export function openFrameConnection(options: FrameConnectionOptions): FrameConnection {
  const { origin, ticket, clock } = options
  const connect: ConnectFrames = options.connect ?? ((url, protocols) => new WebSocket(url, protocols))
  const url = `${origin.replace(/^http/, 'ws')}${FRAMES_PATH}`
  let socket: BinaryWebSocket | undefined
  let isOpen = false
  let closed = false
  let failures = 0
  let cancelAgain = () => {}

  function open(): void {
    const mine = connect(url, [FRAMES_SUBPROTOCOL, `${TICKET_PREFIX}${ticket}`])
    mine.binaryType = 'arraybuffer'
    socket = mine
    mine.addEventListener('open', () => {
      if (closed) return mine.close()
      isOpen = true
      failures = 0
      options.onOpen?.()
    })
    mine.addEventListener('message', ({ data }) => {
      if (!closed && data instanceof ArrayBuffer) options.onMessage(new Uint8Array(data))
    })
    // A close event follows.
    mine.addEventListener('error', () => {})
    mine.addEventListener('close', ({ code }) => {
      isOpen = false
      if (closed) return
      const isOver = code === CLOSE_OVER || code === CLOSE_REPLACED
      closed = isOver
      if (!isOver) cancelAgain = clock.after(Math.min(AGAIN_MS * 2 ** failures++, AGAIN_MS_MAX), open)
      options.onLost?.(isOver)
    })
  }
  open()

  return {
    get isOpen() {
      return isOpen
    },
    get bufferedBytes() {
      return socket?.bufferedAmount ?? 0
    },
    send(message) {
      if (!isOpen || closed) return false
      socket?.send(message)
      return true
    },
    close() {
      if (closed) return
      closed = true
      cancelAgain()
      socket?.close(CLOSE_OVER)
    },
  }
}
