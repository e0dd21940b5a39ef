// What every door must do alike: the same request gives the handler the same exchange and the caller the same answer.

import { describe, expect, test } from 'vitest'
import { type Answer, BodyTooLarge, type Exchange, type Handler } from './exchange.ts'
import { type TestPort, testPort } from './raw-caller.ts'

export interface DoorRequest {
  readonly method: string
  readonly target: string
  readonly headers?: Record<string, string>
  /** JSON text. */
  readonly body?: string
}

export interface DoorAnswer {
  readonly status: number
  readonly headers: Record<string, string>
  /** JSON is compact; otherwise as it was. */
  readonly body: string
}

/** One caller on one connection. */
export interface DoorCaller extends AsyncDisposable {
  ask(request: DoorRequest): Promise<DoorAnswer>
  /** Resolves when the server has ended the connection. */
  readonly ended: Promise<unknown>
  /** Goes away without a word. */
  vanish(): void
}

export function describeDoor(door: Exchange['door'], open: (port: number) => Promise<DoorCaller>): void {
  async function withDoor(handler: Handler): Promise<{ port: TestPort; caller: DoorCaller } & AsyncDisposable> {
    const port = await testPort(handler)
    const caller = await open(port.port)
    return {
      port,
      caller,
      async [Symbol.asyncDispose]() {
        await caller[Symbol.asyncDispose]()
        await port[Symbol.asyncDispose]()
      },
    }
  }

  /** Asks once; gives back what the handler saw. */
  async function seen(request: DoorRequest): Promise<Exchange> {
    let exchange: Exchange | undefined
    await using opened = await withDoor(async (given) => {
      exchange = given
      return { status: 204 }
    })
    expect((await opened.caller.ask(request)).status).toBe(204)
    return exchange as Exchange
  }

  async function answered(answer: Answer | (() => Answer), method = 'FINGER'): Promise<DoorAnswer> {
    await using opened = await withDoor(async () => (typeof answer === 'function' ? answer() : answer))
    return await opened.caller.ask({ method, target: '/' })
  }

  describe(`door ${door}`, () => {
    test.each(['AUTHORIZATION', 'QUIT', 'LIST', 'RETRIEVE', 'REMOVE', 'FINGER', 'SEND', 'PIPE', 'GET'])(
      '[H2] %s reaches the handler as it is',
      async (method) => {
        const exchange = await seen({ method, target: '/users/bob%40example.org?a=1&a=%20b' })
        expect(exchange.method).toBe(method)
        expect(exchange.door).toBe(door)
        expect(exchange.path).toBe('/users/bob%40example.org')
        expect([...exchange.query]).toEqual([
          ['a', '1'],
          ['a', ' b'],
        ])
      },
    )

    test('[H2] fields reach the handler in lower case', async () => {
      const { headers } = await seen({
        method: 'LIST',
        target: '/',
        headers: { Authorization: 'Doorpost x', 'X-A': 'b' },
      })
      expect(headers.get('authorization')).toBe('Doorpost x')
      expect(headers.get('x-a')).toBe('b')
    })

    test('[H2] a body reaches the handler, whole or as a stream', async () => {
      await using opened = await withDoor(async (exchange) => {
        if (exchange.path === '/whole') return { status: 200, body: await exchange.body.bytes(100_000) }
        const parts: Uint8Array[] = []
        for await (const part of exchange.body.stream()) parts.push(part)
        return { status: 200, headers: { 'content-type': 'text/plain' }, body: Buffer.concat(parts) }
      })
      const body = JSON.stringify({ text: 'Größe '.repeat(10_000), list: [1, null] })
      expect((await opened.caller.ask({ method: 'SEND', target: '/stream', body })).body).toBe(body)
      const whole = await opened.caller.ask({ method: 'SEND', target: '/whole', body })
      expect(Buffer.from(whole.body, 'base64').toString()).toBe(body)
    })

    test('[H2] loopback is secure and has its address', async () => {
      const exchange = await seen({ method: 'LIST', target: '/', headers: { 'x-forwarded-for': '192.0.2.1' } })
      expect([exchange.remoteAddress, exchange.secure]).toEqual(['127.0.0.1', true])
    })

    test('[H2] an answer of ours arrives with status, fields and JSON body', async () => {
      const body = JSON.stringify({ a: ['Größe', 1] })
      const answer = await answered({ status: 461, headers: { 'Content-Type': 'application/json', 'X-A': 'b' }, body })
      expect(answer).toMatchObject({ status: 461, headers: { 'content-type': 'application/json', 'x-a': 'b' }, body })
    })

    test('[H2] an answer without body arrives without body', async () => {
      expect((await answered({ status: 204 })).body).toBe('')
      expect((await answered({ status: 200 })).body).toBe('')
    })

    test('[H2] a streamed answer arrives whole', async () => {
      const answer = await answered(() => ({
        status: 200,
        headers: { 'content-type': 'text/plain' },
        body: (async function* () {
          for (let i = 0; i < 5; i++) yield Buffer.alloc(100_000, String(i))
        })(),
      }))
      expect(answer.body).toBe([0, 1, 2, 3, 4].map((i) => String(i).repeat(100_000)).join(''))
    })

    test.each(['/%zz', '/%ff', '/a/../b', '/%2e%2e/b', '/a%00', '/a%0d%0a'])(
      '[H12] [H34] %s is a 400 that says so',
      async (target) => {
        await using opened = await withDoor(async () => ({ status: 204 }))
        const answer = await opened.caller.ask({ method: 'FINGER', target })
        expect(answer.headers['content-type']).toBe('application/problem+json')
        expect(JSON.parse(answer.body)).toMatchObject({ status: 400, detail: /request target/ })
      },
    )

    test('[H9] [H34] a body over the handler’s limit is a 413 that names the limit', async () => {
      await using opened = await withDoor(async (exchange) => {
        await exchange.body.bytes(1000)
        return { status: 204 }
      })
      const answer = await opened.caller.ask({ method: 'SEND', target: '/', body: JSON.stringify('x'.repeat(2000)) })
      expect(answer.headers['content-type']).toBe('application/problem+json')
      expect(JSON.parse(answer.body)).toMatchObject({ status: 413, detail: new BodyTooLarge(1000).message })
    })

    test('[H37] [H34] bodies in memory are bounded together, and make room when they are answered', async () => {
      const begun = Promise.withResolvers<void>()
      const release = Promise.withResolvers<void>()
      await using port = await testPort(
        async (exchange) => {
          await exchange.body.bytes(10_000)
          if (exchange.path === '/slow') {
            begun.resolve()
            await release.promise
          }
          return { status: 204 }
        },
        { limits: { bodyMemoryBytes: 2500 } },
      )
      await using slow = await open(port.port)
      await using caller = await open(port.port)
      const body = JSON.stringify('x'.repeat(1500))
      const slowly = slow.ask({ method: 'SEND', target: '/slow', body })
      await begun.promise
      const refused = await caller.ask({ method: 'SEND', target: '/', body })
      expect(JSON.parse(refused.body)).toMatchObject({ status: 503, detail: /as many request bodies as it may/ })
      release.resolve()
      expect((await slowly).status).toBe(204)
      await using next = await open(port.port)
      expect((await next.ask({ method: 'SEND', target: '/', body })).status).toBe(204)
    })

    test('[H3] a method of 65 letters is a 501', async () => {
      await using opened = await withDoor(async () => ({ status: 204 }))
      expect((await opened.caller.ask({ method: 'M'.repeat(65), target: '/' })).status).toBe(501)
    })

    test('[H18] a handler that throws is a 500 without its words, and a fault for the log', async () => {
      await using opened = await withDoor(async () => {
        throw new Error('the secret')
      })
      const answer = await opened.caller.ask({ method: 'SEND', target: '/mail?token=secret' })
      expect(answer.status).toBe(500)
      expect(answer.body).not.toContain('secret')
      expect(opened.port.faults).toEqual([{ door, method: 'SEND', path: '/mail', error: new Error('the secret') }])
    })

    test.each([
      ['a field value with a line end', { status: 200, headers: { x: 'a\r\nset-cookie: b' } }],
      ['a field name with a space', { status: 200, headers: { 'x y': 'a' } }],
      ['a field value outside ASCII', { status: 200, headers: { x: 'ä' } }],
      ['a status that is none', { status: 99 }],
    ])('[H18] %s from a handler is a 500', async (_name, answer) => {
      await using opened = await withDoor(async () => answer)
      const got = await opened.caller.ask({ method: 'FINGER', target: '/' })
      expect(got.status).toBe(500)
      expect(got.headers['set-cookie']).toBeUndefined()
      expect(opened.port.faults).toHaveLength(1)
    })

    test('[H32] after an answer that closes (QUIT) the connection ends', async () => {
      await using opened = await withDoor(async () => ({ status: 200, body: '{}', close: true }))
      expect((await opened.caller.ask({ method: 'QUIT', target: '/' })).status).toBe(200)
      await opened.caller.ended
    })

    test('[H21] the signal is aborted when the caller vanishes', async () => {
      const begun = Promise.withResolvers<void>()
      const gone = Promise.withResolvers<void>()
      await using opened = await withDoor(async (exchange) => {
        exchange.signal.addEventListener('abort', () => gone.resolve())
        begun.resolve()
        await gone.promise
        return { status: 204 }
      })
      const asked = opened.caller.ask({ method: 'PIPE', target: '/' }).catch(() => 'vanished')
      await begun.promise
      opened.caller.vanish()
      await gone.promise
      expect(await asked).toBe('vanished')
    })

    test('[H33] draining lets the exchange in progress end, then ends the connection', async () => {
      const begun = Promise.withResolvers<void>()
      const release = Promise.withResolvers<void>()
      await using opened = await withDoor(async () => {
        begun.resolve()
        await release.promise
        return { status: 200, body: '{}' }
      })
      const asked = opened.caller.ask({ method: 'SEND', target: '/' })
      await begun.promise
      const closed = opened.port.close(20_000)
      release.resolve()
      expect((await asked).status).toBe(200)
      await opened.caller.ended
      await closed
      expect(opened.port.counts()).toEqual({ connections: 0, sessions: 0 })
    })

    test('[H33] an exchange that does not end in time is cut off', async () => {
      const begun = Promise.withResolvers<void>()
      await using opened = await withDoor(async () => {
        begun.resolve()
        return new Promise<Answer>(() => {})
      })
      const asked = opened.caller.ask({ method: 'PIPE', target: '/' }).catch(() => 'cut off')
      await begun.promise
      await opened.port.close(1)
      expect(await asked).toBe('cut off')
    })
  })
}
