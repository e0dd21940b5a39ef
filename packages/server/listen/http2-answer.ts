// Writes one answer to an HTTP/2 stream, never faster than the caller reads.

import http2, { type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Deadlined } from './deadlines.ts'
import { abandon, answerFields, type DoorContext, hasNoContent } from './door.ts'
import type { Answer } from './exchange.ts'
import { WRITE_SLICE_BYTES } from './limits.ts'

/** Connection-specific fields have no place in HTTP/2 (RFC 9113 section 8.2.2). */
const NOT_IN_HTTP2 = new Set(['upgrade', 'proxy-connection'])

/** `method` may be empty when the request was too broken to have one. `beside`: fields that an answer has where it does not say them. */
export async function writeHttp2Answer(
  stream: ServerHttp2Stream,
  answer: Answer,
  method: string,
  context: DoorContext,
  deadline: Deadlined,
  beside: Readonly<Record<string, string>>,
): Promise<void> {
  const { body = '' } = answer
  if (stream.destroyed || stream.headersSent) return abandon(body)
  const isWhole = typeof body === 'string' || body instanceof Uint8Array
  const headers: OutgoingHttpHeaders = { ':status': answer.status, date: context.date() }
  for (const [name, value] of answerFields(answer, beside)) if (!NOT_IN_HTTP2.has(name)) headers[name] = value
  if (isWhole && answer.status !== 204) headers['content-length'] = Buffer.byteLength(body)
  const withoutContent = hasNoContent(method, answer.status)
  if (withoutContent || body === '') {
    stopReading(stream, context, deadline)
    stream.respond(headers, { endStream: true })
    return abandon(body)
  }
  stream.respond(headers)
  for await (const part of isWhole ? [typeof body === 'string' ? Buffer.from(body) : body] : body) {
    for (let at = 0; at < part.length; at += WRITE_SLICE_BYTES) {
      if (stream.destroyed) return
      const isTaken = stream.write(part.subarray(at, at + WRITE_SLICE_BYTES))
      if (!isTaken && !(await drained(stream, context, deadline))) return
    }
  }
  // What is still in the stream's own buffer must be taken in time too.
  deadline.deadlineMs = context.deadlines.nowMs() + context.limits.writeStallMs
  stopReading(stream, context, deadline)
  stream.end()
}

/**
 * Drops a body nobody wanted. One that is too long, or does not come to its end soon after the answer, is stopped with
 * NO_ERROR (RFC 9113 section 8.1): a stream that is half open counts against its caller.
 */
function stopReading(stream: ServerHttp2Stream, context: DoorContext, deadline: Deadlined): void {
  if (stream.readableEnded || stream.destroyed) return
  const { limits, deadlines } = context
  const stop = (): void => stream.close(http2.constants.NGHTTP2_NO_ERROR)
  let left = limits.discardBytes
  stream.on('data', (part: Buffer) => {
    left -= part.length
    if (left < 0) stop()
  })
  stream.once('finish', () => {
    deadline.expire = stop
    deadline.deadlineMs = deadlines.nowMs() + limits.lingerMs
  })
}

function drained(stream: ServerHttp2Stream, context: DoorContext, deadline: Deadlined): Promise<boolean> {
  deadline.deadlineMs = context.deadlines.nowMs() + context.limits.writeStallMs
  return new Promise((resolve) => {
    const settle = (isTaken: boolean): void => {
      deadline.deadlineMs = Number.POSITIVE_INFINITY
      stream.off('drain', onDrain)
      stream.off('close', onClose)
      resolve(isTaken)
    }
    const onDrain = (): void => settle(true)
    const onClose = (): void => settle(false)
    stream.on('drain', onDrain)
    stream.on('close', onClose)
  })
}
