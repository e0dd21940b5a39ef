import http2 from 'node:http2'
import net from 'node:net'
import { expect, test } from 'vitest'
import type { Handler } from './exchange.ts'
import { type TestPort, testPort } from './raw-caller.ts'

const echo: Handler = async (exchange) => ({
  status: 200,
  headers: { 'content-type': 'text/plain' },
  body: Buffer.from(await exchange.body.bytes(20_000_000)),
})

interface Http2Caller extends AsyncDisposable {
  readonly session: http2.ClientHttp2Session
  ask(fields: http2.OutgoingHttpHeaders, body?: string | Buffer): Promise<{ status: number; text: string }>
  /** The code of the GOAWAY frame, once the connection has ended. */
  readonly ended: Promise<number | undefined>
  readonly isEnded: boolean
}

async function http2Caller(port: TestPort): Promise<Http2Caller> {
  const session = http2.connect(`http://127.0.0.1:${port.port}`)
  let goaway: number | undefined
  let isEnded = false
  session.on('goaway', (code: number) => {
    goaway = code
  })
  session.on('error', () => {})
  const ended = new Promise<number | undefined>((resolve) => {
    session.on('close', () => {
      isEnded = true
      resolve(goaway)
    })
  })
  await new Promise((resolve) => session.once('remoteSettings', resolve))
  return {
    session,
    ask(fields, body) {
      return new Promise((resolve, reject) => {
        const stream = session.request(fields, { endStream: body === undefined })
        let status = 0
        let text = ''
        stream.on('response', (headers) => {
          status = headers[':status'] ?? 0
        })
        stream.on('data', (part: Buffer) => {
          text += part.toString()
        })
        stream.on('end', () => resolve({ status, text }))
        stream.on('error', reject)
        if (body !== undefined) stream.end(body)
      })
    },
    ended,
    get isEnded() {
      return isEnded
    },
    async [Symbol.asyncDispose]() {
      session.destroy()
      await ended
    },
  }
}

test('[H23] it says its bounds in its settings', async () => {
  await using port = await testPort(echo)
  await using caller = await http2Caller(port)
  expect(caller.session.remoteSettings).toMatchObject({
    maxConcurrentStreams: 64,
    maxHeaderListSize: 32 * 1024,
    enableConnectProtocol: false,
  })
})

const REFUSED: readonly [string, string, http2.OutgoingHttpHeaders, number | 'reset'][] = [
  // nghttp2 refuses some by itself: it ends the stream.
  ['H36', 'Authorization twice', { authorization: ['a', 'b'] as unknown as string }, 400],
  ['H36', 'Content-Length twice', { 'content-length': ['0', '0'] as unknown as string }, 'reset'],
  ['H6', 'host and :authority that differ', { ':authority': 'a', host: 'b' }, 400],
  ['H6', 'an :authority with a path', { ':authority': 'a/b' }, 'reset'],
  ['H6', 'asterisk-form', { ':path': '*' }, 'reset'],
  ['H12', 'a path with a dot segment', { ':path': '/a/%2E./b' }, 400],
  ['H3', 'a path over 8 KiB', { ':path': `/${'a'.repeat(8192)}` }, 414],
  ['H5', '101 fields', Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, 'y'])), 431],
  ['H5', '1000 fields', Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`x-${i}`, 'y'])), 'reset'],
  [
    'H5',
    'fields of 40 KiB',
    Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x-${i}`, 'y'.repeat(1024)])),
    431,
  ],
  ['H15', 'an expectation we do not know', { expect: 'tea' }, 417],
  ['H27', 'a session', { ':method': 'GET', ':path': '/session' }, 426],
]
for (const [rule, name, fields, status] of REFUSED) {
  test(`[${rule}] ${name}: ${status}`, async () => {
    await using port = await testPort(async () => ({ status: 204 }))
    const answer = await rawRequest(port.port, fields)
    expect(answer).toBe(status)
  })
}

/** One request whose fields Node's client would not send. */
async function rawRequest(port: number, fields: http2.OutgoingHttpHeaders): Promise<number | 'reset'> {
  const session = http2.connect(`http://127.0.0.1:${port}`, {
    strictSingleValueFields: false,
  } as http2.ClientSessionOptions)
  session.on('error', () => {})
  try {
    return await new Promise<number | 'reset'>((resolve) => {
      const stream = session.request({ ':method': 'SEND', ':path': '/', ...fields }, { endStream: true })
      stream.on('response', (headers) => resolve(headers[':status'] ?? 0))
      stream.on('error', () => resolve('reset'))
      stream.on('close', () => resolve('reset'))
    })
  } finally {
    session.destroy()
  }
}

test('[H9] a body announced too large is a 413 before it is sent', async () => {
  await using port = await testPort(echo)
  await using caller = await http2Caller(port)
  const stream = caller.session.request(
    { ':method': 'SEND', ':path': '/', 'content-length': '99999999' },
    { endStream: false },
  )
  stream.on('error', () => {})
  expect(await new Promise((resolve) => stream.once('response', (headers) => resolve(headers[':status'])))).toBe(413)
})

test('[H9] a body that grows over the bound without having said so is a 413', async () => {
  await using port = await testPort(echo, { limits: { bodyBytes: 100_000 } })
  await using caller = await http2Caller(port)
  const { status, text } = await caller.ask({ ':method': 'SEND', ':path': '/' }, Buffer.alloc(200_000))
  expect(status).toBe(413)
  expect(text).toContain('at most 100000 bytes')
})

test('[H15] 100 Continue is sent when the handler reads the body', async () => {
  await using port = await testPort(echo)
  await using caller = await http2Caller(port)
  const stream = caller.session.request(
    { ':method': 'SEND', ':path': '/', expect: '100-continue' },
    { endStream: false },
  )
  await new Promise<void>((resolve) => stream.once('continue', resolve))
  stream.end('hello')
  let text = ''
  for await (const part of stream) text += String(part)
  expect(text).toBe('hello')
})

test('[H16] a large body that nobody reads is stopped after the answer, and the connection lives on', async () => {
  await using port = await testPort(async (exchange) => ({ status: exchange.path === '/next' ? 200 : 401, body: 'no' }))
  await using caller = await http2Caller(port)
  const stream = caller.session.request({ ':method': 'SEND', ':path': '/' }, { endStream: false })
  stream.on('error', () => {})
  stream.write(Buffer.alloc(10_000_000))
  const status = await new Promise((resolve) => stream.once('response', (headers) => resolve(headers[':status'])))
  expect(status).toBe(401)
  await new Promise((resolve) => stream.once('close', resolve).resume())
  expect((await caller.ask({ ':method': 'LIST', ':path': '/next' })).status).toBe(200)
})

test('[H16] a caller that leaves its requests open after their answers does not use up its streams', async () => {
  await using port = await testPort(async () => ({ status: 401, body: 'no' }))
  await using caller = await http2Caller(port)
  let closed = 0
  for (let i = 0; i < 64; i++) {
    const stream = caller.session.request({ ':method': 'SEND', ':path': '/' }, { endStream: false }).resume()
    stream.on('error', () => {})
    stream.on('close', () => {
      if (stream.rstCode === http2.constants.NGHTTP2_NO_ERROR) closed++
    })
  }
  const turnedMs = await port.turnUntil(() => closed === 64)
  expect(turnedMs).toBeLessThan(10_000)
})

test('[H20] a stream is not written ahead of a caller that does not read it, which is cut off after 30 s', async () => {
  let given = 0
  let isReturned = false
  await using port = await testPort(async (exchange) => ({
    status: 200,
    body:
      exchange.path === '/other'
        ? 'other'
        : (async function* () {
            try {
              for (;;) {
                given++
                yield Buffer.alloc(65_536)
              }
            } finally {
              isReturned = true
            }
          })(),
  }))
  await using caller = await http2Caller(port)
  const stream = caller.session.request({ ':path': '/' })
  stream.on('error', () => {})
  for (let i = 0; i < 20; i++) await port.settle()
  const before = given
  expect(before).toBeLessThan(32)
  // One slow stream does not hold up its neighbours.
  expect((await caller.ask({ ':path': '/other' })).text).toBe('other')
  expect(given).toBe(before)
  const turnedMs = await port.turnUntil(() => isReturned)
  expect(turnedMs).toBeGreaterThanOrEqual(30_000)
})

test('[H16] a body is held back while the handler is slow', async () => {
  const begun = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  await using port = await testPort(async (exchange) => {
    begun.resolve()
    await release.promise
    return echo(exchange)
  })
  await using caller = await http2Caller(port)
  const stream = caller.session.request({ ':method': 'SEND', ':path': '/' }, { endStream: false })
  stream.end(Buffer.alloc(8_000_000))
  await begun.promise
  for (let i = 0; i < 20; i++) await port.settle()
  expect(stream.writableLength + (caller.session.state.outboundQueueSize ?? 0)).toBeGreaterThan(0)
  release.resolve()
  let total = 0
  for await (const part of stream) total += (part as Buffer).length
  expect(total).toBe(8_000_000)
})

test('[H19] a body that falls silent for 30 s is a 408', async () => {
  await using port = await testPort(echo)
  await using caller = await http2Caller(port)
  const stream = caller.session.request({ ':method': 'SEND', ':path': '/' }, { endStream: false })
  stream.on('error', () => {})
  stream.write('he')
  let status = 0
  stream.on('response', (headers) => {
    status = headers[':status'] ?? 0
  })
  await port.settle()
  const turnedMs = await port.turnUntil(() => status !== 0)
  expect(status).toBe(408)
  expect(turnedMs).toBeGreaterThanOrEqual(30_000)
})

test('[H23] a connection without requests is closed after 60 s', async () => {
  await using port = await testPort(echo)
  await using caller = await http2Caller(port)
  await caller.ask({ ':path': '/' })
  const turnedMs = await port.turnUntil(() => caller.isEnded)
  expect(turnedMs).toBeGreaterThanOrEqual(60_000)
  expect(await caller.ended).toBe(0)
})

test('[H23] a caller that resets stream after stream is cut off', async () => {
  let begun = 0
  await using port = await testPort(async (exchange) => {
    begun++
    await new Promise<void>((resolve) => exchange.signal.addEventListener('abort', () => resolve()))
    return { status: 204 }
  })
  await using caller = await http2Caller(port)
  for (let i = 0; i < 2000 && !caller.isEnded; i++) {
    const stream = caller.session.request({ ':path': '/' })
    stream.on('error', () => {})
    stream.close(http2.constants.NGHTTP2_CANCEL)
    if (i % 10 === 9) await port.settle()
  }
  expect(await caller.ended).toBe(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM)
  expect(begun).toBeLessThan(300)
})

test('[H23] frames that are none end the connection and harm nobody', async () => {
  await using port = await testPort(echo)
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  for (const junk of [Buffer.alloc(64, 0xff), Buffer.from('000000040000000000000001010500000001ff', 'hex')]) {
    const socket = net.connect(port.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(Buffer.concat([preface, junk]))
    socket.resume()
    await new Promise((resolve) => socket.once('close', resolve))
  }
  await port.settle()
  expect(port.counts().connections).toBeLessThanOrEqual(1)
})
