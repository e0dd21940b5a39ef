// One exchange of VMIO over HTTP/1.1, written and read by hand over net or tls, so that a person can see exactly what goes
// over the wire (`doorpost vmio`). Programs use the lines in session/.

import https from 'node:https'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { brokeProtocol, unreachable } from '../session/answer.ts'

/** Longest answer shown, bytes: what fits a screen many times over. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024
/** Longest silence of the server, ms: PIPE holds 30 s. */
const SILENCE_MS = 45_000
/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

export interface VmioExchange {
  /** `https://example.org`, `http://localhost:8025`. */
  readonly origin: string
  readonly method: string
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  /** The bytes after the headers. */
  readonly body?: Uint8Array
  /** Every byte of the request as it is written, then of the answer as it comes. */
  readonly show: (direction: 'sent' | 'received', bytes: Uint8Array) => void
  readonly signal?: AbortSignal
}

/** The status of the answer. Throws RangeError for what no request can hold, Trouble `server-unreachable` or `server-broke-protocol`. */
export async function vmioExchange(exchange: VmioExchange): Promise<number> {
  const { origin, show, signal } = exchange
  const request = requestBytes(exchange)
  const url = new URL(origin)
  signal?.throwIfAborted()
  let socket: Socket | undefined
  const giveUp = () => socket?.destroy(new Error('given up'))
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    socket = await dial(url)
    signal?.throwIfAborted()
    const mine = socket
    mine.setTimeout(SILENCE_MS, () => mine.destroy(new Error('no answer in time')))
    mine.write(request)
    show('sent', request)
    const head: Buffer[] = []
    let total = 0
    for await (const chunk of mine as AsyncIterable<Buffer>) {
      show('received', chunk)
      total += chunk.length
      if (total > ANSWER_BYTES_MAX) throw brokeProtocol(`The answer is longer than ${ANSWER_BYTES_MAX} bytes.`)
      if (head.length === 0 || Buffer.concat(head).indexOf('\n') < 0) head.push(chunk)
    }
    const status = /^HTTP\/1\.1 ([1-5]\d\d)[ \r]/.exec(Buffer.concat(head).toString('latin1'))?.[1]
    if (status === undefined) throw brokeProtocol('What answered does not speak HTTP/1.1.')
    return Number(status)
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    if (error instanceof Error && error.name === 'Trouble') throw error
    throw unreachable('The server cannot be reached.', error)
  } finally {
    signal?.removeEventListener('abort', giveUp)
    socket?.destroy()
  }
}

async function dial({ protocol, hostname, port }: URL): Promise<Socket> {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (protocol === 'http:') return connectTcp({ host, port: Number(port || 80) })
  const options = {
    host,
    port: Number(port || 443),
    ALPNProtocols: ['http/1.1'],
    // RFC 6066 section 3: no addresses in SNI.
    ...(isIP(host) === 0 && { servername: host }),
  }
  // Where the process goes through a proxy, its agent knows the way (CONNECT), and what is dialled without.
  if (!('proxyEnv' in https.globalAgent.options)) return connectTls(options)
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const made = https.globalAgent.createConnection(options, (error, socket) => {
    if (error) reject(error)
    else resolve(socket as Socket)
  })
  // Without the proxy it is there at once.
  if (made instanceof TLSSocket) resolve(made)
  return await promise
}

function requestBytes({ origin, method, target, headers = {}, body }: VmioExchange): Uint8Array {
  if (!TOKEN.test(method)) throw new RangeError('a method is letters and a few signs, without spaces')
  if (!/^\/[\x21-\x7e]*$/.test(target)) throw new RangeError('a target begins with / and has no spaces')
  const fields = {
    Host: new URL(origin).host,
    ...headers,
    ...(body && { 'Content-Length': String(body.length) }),
    // One exchange, and the end of the answer is the end of the connection.
    Connection: 'close',
  }
  const lines = Object.entries(fields).map(([name, value]) => {
    if (!TOKEN.test(name) || !/^[\x20-\x7e]*$/.test(value))
      throw new RangeError(`not a header: ${JSON.stringify(name)}`)
    return `${name}: ${value}\r\n`
  })
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'),
    body ?? Buffer.alloc(0),
  ])
}
