// One exchange over HTTP/2, by prior knowledge on plain TCP (RFC 9113 section 3.3) or with TLS. Its frames are binary, so
// what is shown are the fields and bytes in them, one a line, pseudo-fields first.

import { connect, constants } from 'node:http2'
import { Trouble } from '@doorpost/peer/operations'
import type { VmioExchange } from '@doorpost/peer/node/vmio-exchange'

/** Longest silence of the server, ms: PIPE holds 30 s. */
const SILENCE_MS = 45_000
/** Longest answer shown, bytes. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024

/** The status of the answer. Throws Trouble `server-unreachable` or `server-broke-protocol`. */
export async function h2Exchange(exchange: VmioExchange): Promise<number> {
  const { origin, method, target, headers = {}, body, show, signal } = exchange
  const session = connect(origin)
  const giveUp = () => session.destroy(new Error('given up'))
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    return await new Promise<number>((resolve, reject) => {
      session.on('error', reject)
      const url = new URL(origin)
      const fields = {
        [constants.HTTP2_HEADER_METHOD]: method,
        [constants.HTTP2_HEADER_SCHEME]: url.protocol.slice(0, -1),
        [constants.HTTP2_HEADER_AUTHORITY]: url.host,
        [constants.HTTP2_HEADER_PATH]: target,
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
        ...(body !== undefined && { 'content-length': String(body.length) }),
      }
      show('sent', fieldBytes(fields))
      const stream = session.request(fields, { endStream: body === undefined })
      stream.setTimeout(SILENCE_MS, () => stream.destroy(new Error('no answer in time')))
      stream.on('error', reject)
      if (body !== undefined) {
        show('sent', body)
        stream.end(body)
      }
      let status = 0
      let total = 0
      stream.on('response', (answer) => {
        status = Number(answer[':status'])
        show('received', fieldBytes(answer))
      })
      stream.on('data', (bytes: Buffer) => {
        total += bytes.length
        if (total > ANSWER_BYTES_MAX) stream.destroy(new Error('the answer is too long to show'))
        else show('received', bytes)
      })
      stream.on('end', () => {
        if (status > 0) resolve(status)
        else reject(new Trouble('server-broke-protocol', 'The server ended the stream without an answer.'))
      })
    })
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    if (error instanceof Trouble) throw error
    throw new Trouble('server-unreachable', 'The server does not answer over HTTP/2.', { cause: error })
  } finally {
    signal?.removeEventListener('abort', giveUp)
    session.destroy()
  }
}

function fieldBytes(fields: Record<string, unknown>): Uint8Array {
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${String(value)}\n`)
  return Buffer.from(`${lines.join('')}\n`, 'utf8')
}
