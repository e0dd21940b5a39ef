// Writes one answer to an HTTP/1.1 connection: status line with our phrase, fields, then the body whole or in chunks
// (RFC 9112 sections 4 to 7), never faster than the caller reads.

import type { Socket } from 'node:net'
import { abandon, answerFields, type DoorContext, hasNoContent } from './door.ts'
import type { Answer } from './exchange.ts'
import { WRITE_SLICE_BYTES } from './limits.ts'

export interface AnswerFrame {
  readonly method: string
  readonly minorVersion: 0 | 1
  /** The connection ends after this answer. */
  readonly close: boolean
  /** Fields that an answer has where it does not say them itself. */
  readonly beside: Readonly<Record<string, string>>
}

/** Waits until what was written has been taken; false when the connection is lost. */
export type Drained = () => Promise<boolean>

/** Resolves to false when the connection cannot be used for another answer. Throws what the body's stream throws. */
export async function writeAnswer(
  socket: Socket,
  answer: Answer,
  frame: AnswerFrame,
  context: DoorContext,
  drained: Drained,
): Promise<boolean> {
  const { body = '' } = answer
  const withoutContent = hasNoContent(frame.method, answer.status)
  if (typeof body === 'string' || body instanceof Uint8Array) {
    return writeWhole(socket, answer, body, withoutContent, frame, context, drained)
  }
  if (withoutContent) {
    await abandon(body)
    socket.write(`${head(answer, frame, context)}\r\n`)
    return drained()
  }
  return writeStream(socket, answer, body, frame, context, drained)
}

function head(answer: Answer, frame: AnswerFrame, context: DoorContext): string {
  let text = `HTTP/1.1 ${answer.status} ${context.phraseOf(answer.status)}\r\ndate: ${context.date()}\r\n`
  for (const [name, value] of answerFields(answer, frame.beside)) {
    text += `${name}: ${value}\r\n`
    // RFC 9110 section 7.8: who sends Upgrade names it in Connection.
    if (name === 'upgrade') text += 'connection: upgrade\r\n'
  }
  // RFC 9112 section 9.6: say it when it is the last answer; a 1.0 caller expects that anyway.
  if (frame.close) text += 'connection: close\r\n'
  return text
}

async function writeWhole(
  socket: Socket,
  answer: Answer,
  body: string | Uint8Array,
  withoutContent: boolean,
  frame: AnswerFrame,
  context: DoorContext,
  drained: Drained,
): Promise<boolean> {
  let text = head(answer, frame, context)
  // RFC 9110 section 8.6: not for 204; for 304 and HEAD the length the body would have.
  if (answer.status !== 204) text += `content-length: ${Buffer.byteLength(body)}\r\n`
  text += '\r\n'
  if (withoutContent || body.length === 0) {
    socket.write(text)
  } else if (typeof body === 'string' && body.length <= WRITE_SLICE_BYTES) {
    socket.write(text + body)
  } else {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    socket.write(text)
    for (let at = 0; at < bytes.length; at += WRITE_SLICE_BYTES) {
      if (!socket.write(bytes.subarray(at, at + WRITE_SLICE_BYTES)) && !(await drained())) return false
    }
  }
  return socket.writableNeedDrain ? drained() : !socket.destroyed
}

async function writeStream(
  socket: Socket,
  answer: Answer,
  body: AsyncIterable<Uint8Array>,
  frame: AnswerFrame,
  context: DoorContext,
  drained: Drained,
): Promise<boolean> {
  // RFC 9112 section 6.1: chunks are for 1.1 callers; to a 1.0 caller the end of the connection ends the body.
  const chunked = frame.minorVersion === 1
  socket.write(`${head(answer, frame, context)}${chunked ? 'transfer-encoding: chunked\r\n' : ''}\r\n`)
  for await (const part of body) {
    for (let at = 0; at < part.length; at += WRITE_SLICE_BYTES) {
      const slice = part.subarray(at, at + WRITE_SLICE_BYTES)
      socket.cork()
      if (chunked) socket.write(`${slice.length.toString(16)}\r\n`)
      socket.write(slice)
      if (chunked) socket.write('\r\n')
      socket.uncork()
      if (socket.destroyed || (socket.writableNeedDrain && !(await drained()))) return false
    }
  }
  if (chunked) socket.write('0\r\n\r\n')
  return drained()
}
