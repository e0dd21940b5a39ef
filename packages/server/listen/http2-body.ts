// The body of one HTTP/2 request; the stream's flow-control window holds the caller back while the handler is slow.

import type { ServerHttp2Stream } from 'node:http2'
import type { HeldBody } from './body-memory.ts'
import type { Deadlined } from './deadlines.ts'
import { CallerGone, type DoorContext, RequestRefused } from './door.ts'
import { BodyTooLarge, type RequestBody } from './exchange.ts'
import { bodyTooLarge, lateBody } from './http1-framing.ts'
import type { Http2Head } from './http2-head.ts'
import { isRelayed } from './relayed.ts'

/** Events after which reading may go on, or will never. */
const ENDS = ['readable', 'end', 'close', 'aborted'] as const

export function createHttp2Body(
  stream: ServerHttp2Stream,
  head: Http2Head,
  context: DoorContext,
  deadline: Deadlined,
  held: HeldBody,
): RequestBody {
  const { limits, deadlines } = context
  const isBounded = !isRelayed(head.method, head.path)
  const wholeUntilMs = isBounded ? deadlines.nowMs() + limits.requestMs : Number.POSITIVE_INFINITY
  const closeStream = deadline.expire
  let isStarted = false
  let isLate = false
  let wake = (): void => {}

  function onMore(): void {
    wake()
  }

  function onLate(): void {
    isLate = true
    wake()
  }

  /** Waits until there may be more, or the caller is gone or late. */
  function more(): Promise<void> {
    deadline.deadlineMs = Math.min(deadlines.nowMs() + limits.bodyIdleMs, wholeUntilMs)
    return new Promise((resolve) => {
      wake = resolve
    })
  }

  async function* parts(): AsyncGenerator<Uint8Array, void> {
    if (isStarted) throw new Error('A request body can be read once only.')
    isStarted = true
    if (head.expectsContinue && !stream.headersSent && !stream.destroyed) stream.additionalHeaders({ ':status': 100 })
    let total = 0
    deadline.expire = onLate
    for (const event of ENDS) stream.on(event, onMore)
    try {
      for (;;) {
        const part = stream.read() as Buffer | null
        if (part) {
          total += part.length
          if (isBounded && total > limits.bodyBytes) throw new RequestRefused(bodyTooLarge(limits.bodyBytes))
          deadline.deadlineMs = Number.POSITIVE_INFINITY
          yield part
          continue
        }
        if (stream.readableEnded) return
        if (stream.aborted || stream.destroyed) throw new CallerGone()
        if (isLate) throw new RequestRefused(lateBody(limits))
        await more()
      }
    } finally {
      deadline.deadlineMs = Number.POSITIVE_INFINITY
      deadline.expire = closeStream
      for (const event of ENDS) stream.off(event, onMore)
    }
  }

  return {
    async bytes(limitBytes) {
      if (head.bodyLength !== undefined && head.bodyLength > limitBytes) throw new BodyTooLarge(limitBytes)
      return held.collect(parts(), limitBytes)
    },
    stream: parts,
  }
}
