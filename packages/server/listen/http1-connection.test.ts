// Bytes on a real socket, and what comes back: what is refused, what follows what, and how long somebody may hold a connection.

import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import type { DoorContext } from './door.ts'
import type { Exchange, Handler } from './exchange.ts'
import { writeAnswer } from './http1-answer.ts'
import { standardPhraseOf } from './problem.ts'
import { rawCaller, statusLines, testPort } from './raw-caller.ts'

const echo: Handler = async (exchange) => ({
  status: 200,
  headers: { 'content-type': 'text/plain' },
  body: `${exchange.method} ${exchange.path} ${Buffer.from(await exchange.body.bytes(1_000_000)).toString()}.`,
})

const unread: Handler = async (exchange) => ({ status: 401, body: exchange.path })

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'

test('[H4] [H34] a refused request gets a problem that says why, and a closed connection', async () => {
  await using port = await testPort(echo)
  await using caller = await rawCaller(port.port)
  caller.send('GET /a HTTP/1.1\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n')
  const text = await caller.ended
  expect(statusLines(text)).toEqual(['HTTP/1.1 400 Bad Request'])
  expect(text).toContain('content-type: application/problem+json')
  expect(text).toContain('connection: close')
  expect(JSON.parse(text.slice(text.indexOf('{')))).toEqual({
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: 'A line ends in a bare line feed; it must be CR LF.',
  })
})

const SMUGGLED: readonly [string, string, string][] = [
  [
    'H7',
    'a smuggled request behind two lengths',
    'Content-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n',
  ],
  [
    'H7',
    'a smuggled request behind a hidden coding',
    'Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n',
  ],
  [
    'H8',
    'a smuggled request behind a bad chunk',
    'Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n',
  ],
  [
    'H8',
    'a smuggled request behind a chunk extension',
    'Transfer-Encoding: chunked\r\n\r\n0;\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n',
  ],
]
for (const [rule, name, rest] of SMUGGLED) {
  test(`[${rule}] ${name} is never served`, async () => {
    const paths: string[] = []
    await using port = await testPort(async (exchange) => {
      paths.push(exchange.path)
      return echo(exchange)
    })
    await using caller = await rawCaller(port.port)
    caller.send(`SEND /front HTTP/1.1\r\nHost: a\r\n${rest}`)
    const text = await caller.ended
    expect(paths).not.toContain('/x')
    expect(statusLines(text)).toEqual(['HTTP/1.1 400 Bad Request'])
  })
}

test('[H13] pipelined requests are answered in order, one at a time', async () => {
  let running = 0
  let most = 0
  await using port = await testPort(async (exchange) => {
    most = Math.max(most, ++running)
    // Later ones would be done sooner if they ran side by side.
    for (let i = 0; i < 10 - Number(exchange.path.slice(1)); i++) await port.settle()
    running--
    return { status: 200, body: `<${exchange.path}>` }
  })
  await using caller = await rawCaller(port.port)
  const paths = Array.from({ length: 10 }, (_, i) => `/${i}`)
  caller.send(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
  const text = await caller.until('</9>')
  expect(text.match(/<[^>]*>/g)).toEqual(paths.map((path) => `<${path}>`))
  expect(most).toBe(1)
})

test('[H13] a caller that sends ahead is held back after two reads', async () => {
  const begun = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  await using port = await testPort(async () => {
    begun.resolve()
    await release.promise
    return { status: 200 }
  })
  await using caller = await rawCaller(port.port)
  caller.send(GET)
  await begun.promise
  const megabyte = Buffer.from(GET.repeat(35_000))
  for (let i = 0; i < 64; i++) caller.send(megabyte)
  for (let i = 0; i < 20; i++) await port.settle()
  // What the kernel buffers on both ends is its own; the rest stays with the caller.
  expect(caller.socket.writableLength).toBeGreaterThan(32 * megabyte.length)
  release.resolve()
  await caller.until('HTTP/1.1 200', 100)
})

test('[H14] a connection is kept for the next request, until close is asked for', async () => {
  await using port = await testPort(echo)
  await using caller = await rawCaller(port.port)
  caller.send(GET)
  expect(await caller.until('GET /a .')).not.toContain('connection:')
  caller.send('SEND /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi')
  const text = await caller.ended
  expect(text).toContain('SEND /b hi.')
  expect(text).toContain('connection: close')
})

test('[H14] HTTP/1.0 is answered and the connection closed, a stream ended by that', async () => {
  await using port = await testPort(async () => ({
    status: 200,
    body: (async function* () {
      yield Buffer.from('one ')
      yield Buffer.from('two')
    })(),
  }))
  await using caller = await rawCaller(port.port)
  caller.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
  const text = await caller.ended
  expect(text).not.toContain('transfer-encoding')
  expect(text.endsWith('\r\n\r\none two')).toBe(true)
})

test('[H15] 100 Continue is sent when the handler reads the body, and not before', async () => {
  const read = Promise.withResolvers<void>()
  await using port = await testPort(async (exchange) => {
    await read.promise
    return echo(exchange)
  })
  await using caller = await rawCaller(port.port)
  caller.send('SEND /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n')
  await port.settle()
  expect(caller.text).toBe('')
  read.resolve()
  await caller.until('HTTP/1.1 100 Continue\r\n\r\n')
  caller.send('hello')
  await caller.until('SEND /a hello.')
})

test('[H15] a refused body is never asked for, and the connection closed since it may come all the same', async () => {
  await using port = await testPort(unread)
  await using caller = await rawCaller(port.port)
  caller.send('SEND /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n')
  expect(statusLines(await caller.ended)).toEqual(['HTTP/1.1 401 Unauthorized'])
})

test('[H9] a body announced too large is refused before a byte of it is asked for', async () => {
  await using port = await testPort(echo)
  await using caller = await rawCaller(port.port)
  caller.send('SEND /a HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n')
  const text = await caller.ended
  expect(statusLines(text)).toEqual(['HTTP/1.1 413 Payload Too Large'])
  expect(text).toContain('A request body has at most 16777216 bytes here.')
})

test('[H16] a small body that nobody read is dropped, a large one ends the connection', async () => {
  await using port = await testPort(unread)
  await using caller = await rawCaller(port.port)
  caller.send(`SEND /a HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n`)
  await caller.until('/a')
  caller.send(
    `${'x'.repeat(60_000)}SEND /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  )
  await caller.until('/b')
  caller.send('SEND /c HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n')
  expect(await caller.ended).toMatch(/connection: close\r\ncontent-length: 2\r\n\r\n\/c$/)
})

test('[H16] the rest of a body that is not HTTP is never taken for a request', async () => {
  await using port = await testPort(unread)
  await using caller = await rawCaller(port.port)
  caller.send(`SEND /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n${GET}`)
  expect(statusLines(await caller.ended)).toEqual(['HTTP/1.1 401 Unauthorized'])
})

test('[H17] an answer has our phrase, a date and its length', async () => {
  await using port = await testPort(async () => ({ status: 461, headers: { 'X-A': 'b' }, body: 'Größe' }), {
    phraseOf: (status) => (status === 461 ? 'Not A Contact' : 'Other'),
  })
  await using caller = await rawCaller(port.port)
  caller.send(GET)
  const text = await caller.until('\r\n\r\nGr')
  expect(text).toMatch(
    /^HTTP\/1\.1 461 Not A Contact\r\ndate: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 2026 [0-9:]{8} GMT\r\n/,
  )
  expect(text).toContain('\r\nx-a: b\r\n')
  expect(text).toContain('content-length: 7\r\n')
})

test('[H17] HEAD, 204 and 304 carry no body', async () => {
  let ended = 0
  await using port = await testPort(async (exchange) => ({
    status: Number(exchange.path.slice(1)),
    body: exchange.query.has('stream')
      ? (async function* () {
          try {
            yield Buffer.from('body')
          } finally {
            ended++
          }
        })()
      : 'body',
  }))
  await using caller = await rawCaller(port.port)
  for (const request of ['HEAD /200', 'GET /204', 'GET /304', 'HEAD /200?stream']) {
    caller.send(`${request} HTTP/1.1\r\nHost: a\r\n\r\n`)
  }
  caller.send('GET /200 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const text = await caller.ended
  expect(text.split('body')).toHaveLength(2)
  expect(statusLines(text)).toHaveLength(5)
  expect(text.match(/content-length: [0-9]+/g)).toEqual(['content-length: 4', 'content-length: 4', 'content-length: 4'])
  expect(ended).toBe(0)
})

test('[H17] a stream is sent in chunks', async () => {
  await using port = await testPort(async () => ({
    status: 200,
    body: (async function* () {
      yield Buffer.from('hello')
      yield new Uint8Array(0)
      yield Buffer.from(' world')
    })(),
  }))
  await using caller = await rawCaller(port.port)
  caller.send(GET)
  expect(await caller.until('0\r\n\r\n')).toContain(
    'transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
  )
})

test('[H17] a stream that breaks off is never ended as if it were whole', async () => {
  await using port = await testPort(async () => ({
    status: 200,
    body: (async function* () {
      yield Buffer.from('half')
      throw new Error('The disk is gone.')
    })(),
  }))
  await using caller = await rawCaller(port.port)
  caller.send(GET)
  const text = await caller.ended
  expect(text).toContain('4\r\nhalf\r\n')
  expect(text).not.toContain('0\r\n\r\n')
  expect(port.faults).toMatchObject([{ method: 'GET', path: '/a', error: { message: 'The disk is gone.' } }])
})

test('[H19] headers that do not come to an end in 10 s get a 408', async () => {
  await using port = await testPort(echo)
  await using caller = await rawCaller(port.port)
  caller.send('GET /a HTTP/1.1\r\n')
  await port.settle()
  // A byte now and then does not help: the ten seconds are for all of them.
  let turns = 0
  const turnedMs = await port.turnUntil(() => {
    if (turns++ < 12 && !caller.isEnded) caller.send('X')
    return caller.isEnded
  })
  expect(statusLines(caller.text)).toEqual(['HTTP/1.1 408 Request Timeout'])
  expect(caller.text).toContain('within 10 s')
  expect(turnedMs).toBeGreaterThanOrEqual(10_000)
})

test('[H19] a body that falls silent for 30 s gets a 408', async () => {
  await using port = await testPort(echo)
  await using caller = await rawCaller(port.port)
  caller.send('SEND /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe')
  await port.settle()
  const turnedMs = await port.turnUntil(() => caller.isEnded)
  expect(statusLines(caller.text)).toEqual(['HTTP/1.1 408 Request Timeout'])
  expect(turnedMs).toBeGreaterThanOrEqual(30_000)
})

test('[H19] a body that drips must be whole in 300 s', async () => {
  await using port = await testPort(echo)
  await using caller = await rawCaller(port.port)
  caller.send('SEND /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n')
  await port.settle()
  const turnedMs = await port.turnUntil(() => {
    if (!caller.isEnded) caller.send('x')
    return caller.isEnded
  })
  expect(statusLines(caller.text)).toEqual(['HTTP/1.1 408 Request Timeout'])
  expect(turnedMs).toBeGreaterThanOrEqual(300_000)
})

test('[H19] the clock of a body stands while the handler is the slow one', async () => {
  const begun = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  await using port = await testPort(async (exchange) => {
    begun.resolve()
    await release.promise
    return echo(exchange)
  })
  await using caller = await rawCaller(port.port)
  caller.send('SEND /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe')
  await begun.promise
  for (let i = 0; i < 60; i++) port.clock.turn(1000)
  release.resolve()
  await port.settle()
  caller.send('llo')
  expect(statusLines(await caller.until('SEND /a hello.'))).toEqual(['HTTP/1.1 200 OK'])
})

test('[H19] an idle connection is closed after 60 s without a word', async () => {
  await using port = await testPort(echo)
  await using caller = await rawCaller(port.port)
  caller.send(GET)
  const answer = await caller.until('GET /a .')
  const turnedMs = await port.turnUntil(() => caller.isEnded)
  expect(caller.text).toBe(answer)
  expect(turnedMs).toBeGreaterThanOrEqual(60_000)
})

test('[H20] a caller that does not read is waited for 30 s, and the stream is not read ahead', async () => {
  let given = 0
  let isReturned = false
  await using port = await testPort(async () => ({
    status: 200,
    body: (async function* () {
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
  await using caller = await rawCaller(port.port)
  caller.socket.pause()
  caller.send(GET)
  for (let i = 0; i < 50; i++) await port.settle()
  const before = given
  // The kernel takes some MiB on loopback; then it stops.
  expect(before * 65_536).toBeLessThan(64 * 1024 * 1024)
  for (let i = 0; i < 20; i++) await port.settle()
  expect(given).toBe(before)
  const turnedMs = await port.turnUntil(() => isReturned)
  expect(turnedMs).toBeGreaterThanOrEqual(30_000)
})

test('[H20] a large answer is not written ahead of its reader', async () => {
  const sizeBytes = 32 * 1024 * 1024
  await using port = await testPort(async () => ({ status: 200, body: Buffer.alloc(sizeBytes, 'x') }))
  await using caller = await rawCaller(port.port)
  caller.socket.pause()
  caller.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  for (let i = 0; i < 10; i++) await port.settle()
  caller.socket.resume()
  const text = await caller.ended
  expect(text.length - text.indexOf('\r\n\r\n') - 4).toBe(sizeBytes)
})

test('[H20] a large answer waits in the handler’s memory alone', () => {
  const socket = new Writable({ highWaterMark: 65_536, write() {} })
  const context = { phraseOf: standardPhraseOf, date: () => '' } as unknown as DoorContext
  const frame = { method: 'GET', minorVersion: 1, close: false, beside: {} } as const
  const answer = { status: 200, body: Buffer.alloc(8 * 1024 * 1024) }
  void writeAnswer(socket as Socket, answer, frame, context, () => new Promise(() => {}))
  expect(socket.writableLength).toBeGreaterThan(0)
  expect(socket.writableLength).toBeLessThan(256 * 1024)
})

test('[H21] the handler learns that its caller has gone', async () => {
  const begun = Promise.withResolvers<Exchange>()
  const gone = Promise.withResolvers<void>()
  await using port = await testPort(async (exchange) => {
    begun.resolve(exchange)
    exchange.signal.addEventListener('abort', () => gone.resolve())
    await gone.promise
    return { status: 200 }
  })
  await using caller = await rawCaller(port.port)
  caller.send(GET)
  expect((await begun.promise).signal.aborted).toBe(false)
  caller.socket.destroy()
  await gone.promise
})

test('[H21] a handler that stops because its caller is gone is no fault', async () => {
  const stopped = Promise.withResolvers<void>()
  await using port = await testPort(async (exchange) => {
    await new Promise((_resolve, reject) => {
      exchange.signal.addEventListener('abort', () => {
        reject(exchange.signal.reason as Error)
        stopped.resolve()
      })
      caller.socket.destroy()
    })
    return { status: 200 }
  })
  await using caller = await rawCaller(port.port)
  caller.send(GET)
  await stopped.promise
  await port.settle()
  expect(port.faults).toEqual([])
})

test('[H21] a caller that closes its side after its requests still gets all answers', async () => {
  await using port = await testPort(async (exchange) => {
    await port.settle()
    return echo(exchange)
  })
  await using caller = await rawCaller(port.port)
  caller.socket.end(`${GET}${GET}`)
  expect(statusLines(await caller.ended)).toHaveLength(2)
})

test('[H21] a body cut off by its caller throws in the handler and is no fault of the server', async () => {
  const thrown = Promise.withResolvers<unknown>()
  await using port = await testPort(async (exchange) => {
    try {
      return await echo(exchange)
    } catch (error) {
      thrown.resolve(error)
      throw error
    }
  })
  await using caller = await rawCaller(port.port)
  caller.socket.end('SEND /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe')
  expect(await thrown.promise).toMatchObject({ name: 'CallerGone' })
  expect(port.faults).toEqual([])
})

test('[H16] a body can be read once, as a stream, held back while the handler is slow', async () => {
  const sizeBytes = 16 * 1024 * 1024
  const begun = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  await using port = await testPort(async (exchange) => {
    let total = 0
    for await (const part of exchange.body.stream()) {
      total += part.length
      begun.resolve()
      await release.promise
    }
    await expect(exchange.body.bytes(sizeBytes)).rejects.toThrow('once only')
    return { status: 200, body: `${total}.` }
  })
  await using caller = await rawCaller(port.port)
  caller.send(`SEND /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${16 * 1024 * 1024}\r\n\r\n`)
  caller.send(Buffer.alloc(16 * 1024 * 1024))
  await begun.promise
  for (let i = 0; i < 20; i++) await port.settle()
  expect(caller.socket.writableLength).toBeGreaterThan(8 * 1024 * 1024)
  release.resolve()
  await caller.until(`${16 * 1024 * 1024}.`)
})
