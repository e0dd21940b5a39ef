// Between a socket and the parser: one event when it is asked for, the caller held back while nobody asks,
// and the deadlines of reading. At most two reads of the socket (128 KiB) are ever held.

import type { Socket } from 'node:net'
import type { Deadlined, Deadlines } from './deadlines.ts'
import { lateBody, lateHead } from './http1-framing.ts'
import { createRequestParser, type ParserEvent } from './http1-parser.ts'
import type { DoorLimits } from './limits.ts'
import { isRelayed } from './relayed.ts'

/** What is waited for: the next request, or more of the body of this one. */
export type Awaited = 'request' | 'body'

export interface Http1Reader {
  /** The next event; undefined when the caller has ended, is lost, or stayed idle too long. A late one is a 408 refusal. */
  next(awaited: Awaited): ParserEvent | undefined | Promise<ParserEvent | undefined>
  /** The next event if the bytes at hand give one. */
  tryNext(): ParserEvent | undefined
  readonly bodyBytesLeft: number | undefined
  /** The caller has closed its side, or the connection is lost. */
  readonly isGone: boolean
  /** Called once when `isGone` becomes true; replaced at each request. */
  onGone: (() => void) | undefined
  /** Ends a wait for the next request, and those to come: draining. A request that has begun is still read. */
  stopIdling(): void
  /** Waits until what was written has been taken; false when the connection is lost. */
  drained(): Promise<boolean>
  /** Says the last word, lets the caller read it, drops what still comes, then tears the connection down. */
  linger(): void
  /** Lets go of the socket; gives back the bytes not looked at. */
  detach(): Uint8Array
}

export function createHttp1Reader(
  socket: Socket,
  first: Uint8Array,
  limits: DoorLimits,
  deadlines: Deadlines,
): Http1Reader {
  const parser = createRequestParser(limits)
  parser.feed(first)
  let awaited: Awaited | undefined
  let resolveWait: ((event: ParserEvent | undefined) => void) | undefined
  let resolveDrain: ((drained: boolean) => void) | undefined
  let requestStartedMs: number | undefined
  let isBodyRelayed = false
  let isEnded = false
  let isIdlingOver = false

  const deadline: Deadlined = { deadlineMs: Number.POSITIVE_INFINITY, expire }
  deadlines.add(deadline)

  function setReadDeadline(): void {
    const nowMs = deadlines.nowMs()
    if (requestStartedMs === undefined && !parser.isIdle) requestStartedMs = nowMs
    if (awaited === 'body') {
      const wholeMs = isBodyRelayed ? Number.POSITIVE_INFINITY : (requestStartedMs ?? nowMs) + limits.requestMs
      deadline.deadlineMs = Math.min(nowMs + limits.bodyIdleMs, wholeMs)
    } else if (requestStartedMs === undefined) deadline.deadlineMs = nowMs + limits.keepAliveMs
    else deadline.deadlineMs = requestStartedMs + limits.headMs
  }

  function expire(): void {
    if (resolveWait === undefined) {
      socket.destroy()
    } else if (awaited === 'request' && parser.isIdle) {
      settle(undefined)
    } else {
      settle({ kind: 'refusal', ...(awaited === 'body' ? lateBody(limits) : lateHead(limits)) })
    }
  }

  function settle(event: ParserEvent | undefined): void {
    const resolve = resolveWait
    resolveWait = undefined
    awaited = undefined
    deadline.deadlineMs = Number.POSITIVE_INFINITY
    resolve?.(event)
  }

  function onData(chunk: Buffer): void {
    parser.feed(chunk)
    if (!resolveWait) {
      socket.pause()
      return
    }
    const event = parser.next()
    if (event) {
      noteEvent(event)
      settle(event)
    } else setReadDeadline()
  }

  function noteEvent(event: ParserEvent): void {
    if (event.kind === 'head') {
      requestStartedMs ??= deadlines.nowMs()
      isBodyRelayed = isRelayed(event.head.method, event.head.path)
    } else if (event.kind === 'end') requestStartedMs = undefined
  }

  function onEnd(): void {
    if (isEnded) return
    isEnded = true
    reader.onGone?.()
    settle(undefined)
  }

  function onClose(): void {
    deadlines.remove(deadline)
    settleDrain(false)
    onEnd()
  }

  function onDrain(): void {
    settleDrain(true)
  }

  function settleDrain(drained: boolean): void {
    const resolve = resolveDrain
    if (!resolve) return
    resolveDrain = undefined
    deadline.deadlineMs = Number.POSITIVE_INFINITY
    resolve(drained)
  }

  function removeListeners(): void {
    socket.off('data', onData)
    socket.off('end', onEnd)
    socket.off('close', onClose)
    socket.off('drain', onDrain)
    deadlines.remove(deadline)
  }

  function take(): ParserEvent | undefined {
    const event = parser.next()
    if (event) noteEvent(event)
    return event
  }

  const reader: Http1Reader = {
    onGone: undefined,
    next(what) {
      const event = take()
      if (event) return event
      if (isEnded || (isIdlingOver && what === 'request' && parser.isIdle)) return undefined
      awaited = what
      setReadDeadline()
      if (socket.isPaused()) socket.resume()
      return new Promise((resolve) => {
        resolveWait = resolve
      })
    },
    tryNext: take,
    get bodyBytesLeft() {
      return parser.bodyBytesLeft
    },
    get isGone() {
      return isEnded
    },
    stopIdling() {
      isIdlingOver = true
      if (awaited === 'request' && parser.isIdle) settle(undefined)
    },
    drained() {
      if (socket.destroyed) return Promise.resolve(false)
      if (!socket.writableNeedDrain) return Promise.resolve(true)
      deadline.deadlineMs = deadlines.nowMs() + limits.writeStallMs
      return new Promise((resolve) => {
        resolveDrain = resolve
      })
    },
    linger() {
      if (socket.destroyed) return
      parser.takeRest()
      deadline.deadlineMs = deadlines.nowMs() + limits.lingerMs
      socket.once('end', () => socket.destroy())
      socket.end()
      if (isEnded) socket.destroySoon()
      else socket.resume()
    },
    detach() {
      removeListeners()
      return parser.takeRest()
    },
  }

  socket.on('data', onData)
  socket.on('end', onEnd)
  socket.on('close', onClose)
  socket.on('drain', onDrain)
  return reader
}
