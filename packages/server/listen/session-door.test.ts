import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Handler, SessionHandle } from './exchange.ts'
import { rawCaller, statusLines, testPort } from './raw-caller.ts'
import { answerMessage, parseCall } from './session-message.ts'

interface SessionCaller extends AsyncDisposable {
  readonly webSocket: WebSocket
  /** Messages as they came. */
  readonly messages: Record<string, unknown>[]
  until(count: number): Promise<Record<string, unknown>[]>
  readonly closed: Promise<{ code: number; reason: string }>
  readonly isClosed: boolean
}

async function sessionCaller(port: number, origin?: string): Promise<SessionCaller> {
  const webSocket = new WebSocket(
    `ws://127.0.0.1:${port}/session`,
    'doorpost.v1',
    origin === undefined ? {} : { origin },
  )
  const messages: Record<string, unknown>[] = []
  const waits = new Set<() => void>()
  let isClosed = false
  webSocket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString()) as Record<string, unknown>)
    for (const wait of waits) wait()
  })
  webSocket.on('error', () => {})
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    webSocket.once('close', (code, reason) => {
      isClosed = true
      resolve({ code, reason: reason.toString() })
    })
  })
  await new Promise((resolve, reject) => {
    webSocket.once('open', resolve)
    webSocket.once('error', reject)
  })
  return {
    webSocket,
    messages,
    until(count) {
      return new Promise((resolve) => {
        const wait = (): void => {
          if (messages.length >= count) resolve(messages)
        }
        waits.add(wait)
        wait()
      })
    },
    closed,
    get isClosed() {
      return isClosed
    },
    async [Symbol.asyncDispose]() {
      webSocket.terminate()
      await closed
    },
  }
}

const call = (id: number, target = '/', rest: object = {}): string =>
  JSON.stringify({ id, method: 'SEND', target, ...rest })
const noContent: Handler = async () => ({ status: 204 })

/** A handler that gives its session away. */
function handsOver(): { handler: Handler; session: Promise<SessionHandle> } {
  const { promise, resolve } = Promise.withResolvers<SessionHandle>()
  return {
    session: promise,
    handler: async (exchange) => {
      if (exchange.session) resolve(exchange.session)
      return { status: 204 }
    },
  }
}

describe('opening a session', () => {
  const upgrade = (fields: Record<string, string | undefined>): string => {
    const all: Record<string, string | undefined> = {
      Host: 'a',
      Connection: 'keep-alive, Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol': 'other, doorpost.v1',
      ...fields,
    }
    const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]))
    return `GET /session HTTP/1.1\r\n${lines.join('')}\r\n`
  }

  const requests: readonly [string, string, number, Record<string, string | undefined>][] = [
    ['H27', 'a program without Origin', 101, {}],
    ['H27', 'a page of another origin', 403, { Origin: 'https://evil.example' }],
    ['H27', 'a page without an origin of its own', 403, { Origin: 'null' }],
    ['H27', 'an origin that only begins like ours', 403, { Origin: 'http://localhost:80250' }],
    ['H27', 'no Upgrade', 426, { Upgrade: undefined }],
    ['H27', 'no Connection: Upgrade', 426, { Connection: 'keep-alive' }],
    ['H27', 'another version', 426, { 'Sec-WebSocket-Version': '8' }],
    ['H27', 'no key', 400, { 'Sec-WebSocket-Key': undefined }],
    ['H27', 'a key of 15 bytes', 400, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j' }],
    ['H27', 'another subprotocol', 400, { 'Sec-WebSocket-Protocol': 'doorpost.v2' }],
    ['H27', 'no subprotocol', 400, { 'Sec-WebSocket-Protocol': undefined }],
    ['H27', 'a body', 400, { 'Content-Length': '5' }],
  ]
  for (const [rule, name, status, fields] of requests) {
    test(`[${rule}] ${name} gets ${status}`, async () => {
      await using port = await testPort(noContent)
      await using caller = await rawCaller(port.port)
      caller.send(upgrade(fields))
      const text = await caller.until('\r\n\r\n')
      expect(statusLines(text)[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
      expect(/"detail"/.test(await (status === 101 ? text : caller.ended))).toBe(status !== 101)
      expect(/upgrade: websocket\r\nconnection: upgrade\r\n/.test(text)).toBe(status === 426)
      expect(port.counts().sessions).toBe(status === 101 ? 1 : 0)
      expect(text).not.toMatch(/extensions/i)
    })
  }

  test('[H27] a page of this server', async () => {
    await using port = await testPort(noContent)
    await using caller = await sessionCaller(port.port, `http://localhost:${port.port}`)
    expect(caller.webSocket.protocol).toBe('doorpost.v1')
    expect(port.counts().sessions).toBe(1)
  })

  test('[H27] a call sent in the same packet as the request, after another request, is not lost', async () => {
    await using port = await testPort(noContent)
    await using caller = await rawCaller(port.port)
    const mask = [1, 2, 3, 4]
    const text = Buffer.from(call(7))
    const frame = Buffer.concat([
      Buffer.from([0x81, 0x80 | text.length, ...mask]),
      text.map((byte, i) => byte ^ (mask[i % 4] as number)),
    ])
    caller.send(Buffer.concat([Buffer.from(`GET /first HTTP/1.1\r\nHost: a\r\n\r\n${upgrade({})}`), frame]))
    await caller.until('{"id":7,"status":204}')
    expect(statusLines(caller.text)).toEqual(['HTTP/1.1 204 No Content', 'HTTP/1.1 101 Switching Protocols'])
  })
})

describe('calls', () => {
  test('[H28] a call is answered under its id, whether a number or text', async () => {
    await using port = await testPort(async (exchange) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: await exchange.body.bytes(1000),
    }))
    await using caller = await sessionCaller(port.port)
    caller.webSocket.send(call(1, '/', { body: { a: 1 } }))
    caller.webSocket.send(JSON.stringify({ id: 'x', method: 'SEND', target: '/', body: null }))
    expect(await caller.until(2)).toEqual([
      { id: 1, status: 200, headers: { 'content-type': 'application/json' }, body: { a: 1 } },
      { id: 'x', status: 200, headers: { 'content-type': 'application/json' }, body: null },
    ])
  })

  const wrongCalls: readonly [string, string, object, number][] = [
    ['H28', 'no method', { id: 1, target: '/' }, 400],
    ['H28', 'a method that is no token', { id: 1, method: 'A B', target: '/' }, 400],
    ['H28', 'no target', { id: 1, method: 'SEND' }, 400],
    ['H28', 'a target that is no path', { id: 1, method: 'SEND', target: 'mail' }, 400],
    ['H28', 'headers in a list', { id: 1, method: 'SEND', target: '/', headers: [] }, 400],
    ['H28', 'a header that is no text', { id: 1, method: 'SEND', target: '/', headers: { a: 1 } }, 400],
    ['H28', 'a header with a line end', { id: 1, method: 'SEND', target: '/', headers: { a: 'b\r\nc' } }, 400],
    ['H28', 'a header name with a space', { id: 1, method: 'SEND', target: '/', headers: { 'a b': 'c' } }, 400],
    [
      'H36',
      'Authorization in two writings',
      { id: 1, method: 'SEND', target: '/', headers: { authorization: 'a', Authorization: 'b' } },
      400,
    ],
    [
      'H5',
      '101 headers',
      {
        id: 1,
        method: 'SEND',
        target: '/',
        headers: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x${i}`, ''])),
      },
      431,
    ],
  ]
  for (const [rule, name, message, status] of wrongCalls) {
    test(`[${rule}] ${name} is answered ${status}`, async () => {
      await using port = await testPort(noContent)
      await using caller = await sessionCaller(port.port)
      caller.webSocket.send(JSON.stringify(message))
      expect(await caller.until(1)).toMatchObject([{ id: 1, status, body: { status } }])
    })
  }

  const noCalls: readonly [string, string, string | Buffer, number][] = [
    ['H28', 'what is not JSON', '{', 1007],
    ['H28', 'a list', '[]', 1007],
    ['H28', 'a call without id', '{"method":"SEND","target":"/"}', 1007],
    ['H28', 'an id that is an object', '{"id":{},"method":"SEND","target":"/"}', 1007],
    ['H28', 'an id of 65 letters', `{"id":"${'x'.repeat(65)}","method":"SEND","target":"/"}`, 1007],
    ['H28', 'an id with a fraction', '{"id":1.5,"method":"SEND","target":"/"}', 1007],
    ['H28', 'a binary message', Buffer.from(call(1)), 1003],
    ['H28', 'a message of more than 1 MiB', call(1, '/', { body: 'x'.repeat(1024 * 1024) }), 1009],
  ]
  for (const [rule, name, message, code] of noCalls) {
    test(`[${rule}] ${name} ends the session with ${code}`, async () => {
      await using port = await testPort(noContent)
      await using caller = await sessionCaller(port.port)
      caller.webSocket.send(message)
      expect((await caller.closed).code).toBe(code)
      expect(caller.messages).toEqual([])
    })
  }

  test('[H28] bytes of no text type are base64, text is text', () => {
    const bytes = Buffer.from([0, 255])
    expect(JSON.parse(answerMessage(1, { status: 200 }, bytes))).toEqual({
      id: 1,
      status: 200,
      encoding: 'base64',
      body: 'AP8=',
    })
    expect(JSON.parse(answerMessage(1, { status: 200 }, 'a"'))).toEqual({ id: 1, status: 200, body: 'a"' })
    expect(parseCall('{"id":1,"method":"A","target":"/a?b"}', 9)).toMatchObject({ path: '/a', query: 'b' })
  })

  test('[H29] 64 calls are in flight, further ones wait in order, and none is dropped', async () => {
    const waiting: (() => void)[] = []
    const order: string[] = []
    let most = 0
    await using port = await testPort(async (exchange) => {
      order.push(exchange.path)
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        most = Math.max(most, waiting.length)
      })
      return { status: 204 }
    })
    await using caller = await sessionCaller(port.port)
    const paths = Array.from({ length: 3000 }, (_, i) => `/${i}`)
    for (const [id, path] of paths.entries()) caller.webSocket.send(call(id, path))
    while (order.length < paths.length || waiting.length > 0) {
      await port.settle()
      expect(waiting.length).toBeLessThanOrEqual(64)
      waiting.shift()?.()
      // Mostly many at once, sometimes one.
      if (order.length % 3 > 0) for (const resolve of waiting.splice(0)) resolve()
    }
    expect(order).toEqual(paths)
    expect(most).toBe(64)
    expect((await caller.until(3000)).map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b))).toEqual([
      ...paths.keys(),
    ])
  })

  test('[H29] a session whose calls all wait leaves the rest in the caller’s hands', async () => {
    const { promise: release, resolve } = Promise.withResolvers<void>()
    let count = 0
    await using port = await testPort(async () => {
      count++
      await release
      return { status: 204 }
    })
    await using caller = await sessionCaller(port.port)
    const body = 'x'.repeat(100_000)
    for (let id = 0; id < 500; id++) caller.webSocket.send(call(id, '/', { body }))
    for (let i = 0; i < 50; i++) await port.settle()
    expect(count).toBe(64)
    expect(caller.webSocket.bufferedAmount).toBeGreaterThan(10_000_000)
    resolve()
    await caller.until(500)
  })
})

describe('a long session', () => {
  test('[H30] it is pinged each 15 s', async () => {
    await using port = await testPort(noContent)
    await using caller = await sessionCaller(port.port)
    let pings = 0
    caller.webSocket.on('ping', () => pings++)
    const turnedMs = await port.turnUntil(() => pings === 4)
    expect(turnedMs).toBeGreaterThanOrEqual(60_000)
    expect(turnedMs).toBeLessThanOrEqual(62_000)
    expect(caller.isClosed).toBe(false)
  })

  test('[H30] a silent one is gone within 35 s of its last byte, not before 30 s', async () => {
    const { handler, session } = handsOver()
    await using port = await testPort(handler)
    await using caller = await sessionCaller(port.port)
    caller.webSocket.send(call(1))
    const { closed } = await session
    // The caller's pongs: whoever does not read does not answer pings either.
    caller.webSocket.pause()
    await port.settle()
    const turnedMs = await port.turnUntil(() => closed.aborted)
    expect(turnedMs).toBeLessThanOrEqual(35_000)
    expect(turnedMs).toBeGreaterThanOrEqual(30_000)
    expect(port.counts().sessions).toBe(0)
  })

  test('[H28] the handler binds data to it, pushes over it and ends it', async () => {
    const { handler, session } = handsOver()
    await using port = await testPort(handler)
    await using caller = await sessionCaller(port.port)
    caller.webSocket.send(call(1))
    const handle = await session
    handle.data.set('login', 'alice')
    expect(handle.data.get('login')).toBe('alice')
    expect(handle.push({ hello: 'there' })).toBe(true)
    expect(await caller.until(2)).toContainEqual({ push: { hello: 'there' } })
    handle.close(4001, 'Logged in elsewhere.')
    expect(await caller.closed).toEqual({ code: 4001, reason: 'Logged in elsewhere.' })
    await port.settle()
    expect(handle.closed.aborted).toBe(true)
    expect(handle.push({})).toBe(false)
  })

  test('[H31] pushes are refused at 1 MiB unread, and taken again when it was read', async () => {
    const { handler, session } = handsOver()
    await using port = await testPort(handler)
    await using caller = await sessionCaller(port.port)
    caller.webSocket.send(call(1))
    const handle = await session
    await caller.until(1)
    caller.webSocket.pause()
    const text = 'x'.repeat(64 * 1024)
    let pushed = 0
    // The kernel takes some, then the bound is met.
    while (handle.push({ text })) {
      if (++pushed % 8 === 0) await port.settle()
      expect(pushed).toBeLessThan(1000)
    }
    expect(handle.push({ text })).toBe(false)
    caller.webSocket.resume()
    await caller.until(1 + pushed)
    await port.settle()
    expect(handle.push({ text })).toBe(true)
  })

  test('[H31] one that calls but does not read ends with 4008, and its answers do not pile up', async () => {
    let calls = 0
    const { promise, resolve } = Promise.withResolvers<SessionHandle>()
    await using port = await testPort(async (exchange) => {
      calls++
      if (exchange.session) resolve(exchange.session)
      return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(100_000) }
    })
    await using caller = await sessionCaller(port.port)
    caller.webSocket.pause()
    for (let id = 0; id < 5000; id++) caller.webSocket.send(call(id))
    const { closed } = await promise
    for (let i = 0; i < 20; i++) await port.settle()
    // What the kernel took, 1 MiB, and the calls then in flight.
    expect(calls).toBeLessThan(500)
    // It pings, so it is not silent: not reading alone ends it.
    for (let i = 0; i < 33; i++) {
      caller.webSocket.ping()
      await port.settle()
      port.clock.turn(1000)
    }
    caller.webSocket.resume()
    expect((await caller.closed).code).toBe(4008)
    await port.settle()
    expect(closed.aborted).toBe(true)
  })

  test('[H33] draining answers the calls in flight, then closes with 1001', async () => {
    const begun = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    await using port = await testPort(async () => {
      begun.resolve()
      await release.promise
      return { status: 204 }
    })
    await using idle = await sessionCaller(port.port)
    await using caller = await sessionCaller(port.port)
    caller.webSocket.send(call(1))
    await begun.promise
    const closing = port.close(20_000)
    expect((await idle.closed).code).toBe(1001)
    expect(caller.isClosed).toBe(false)
    release.resolve()
    expect((await caller.closed).code).toBe(1001)
    expect(caller.messages).toEqual([{ id: 1, status: 204 }])
    await closing
  })
})
