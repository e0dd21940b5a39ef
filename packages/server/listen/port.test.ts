import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import http from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { promisify } from 'node:util'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../../../scripts/needs.ts'
import { createAdmission } from './admission.ts'
import type { Handler } from './exchange.ts'
import { spokenBy } from './first-bytes.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { listen } from './port.ts'
import { rawCaller, statusLines, testPort } from './raw-caller.ts'
import type { TlsFiles } from './tls.ts'

const run = promisify(execFile)

const curl = needs('curl')
const openssl = needs('openssl')

const tells: Handler = async (exchange) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    door: exchange.door,
    method: exchange.method,
    path: exchange.path,
    length: (await exchange.body.bytes(2_000_000)).length,
    address: exchange.remoteAddress,
    secure: exchange.secure,
  }),
})

describe('first bytes', () => {
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

  test('[H1] each cut of a beginning is decided as soon as it can be, and alike', () => {
    const hello = Buffer.from('1603010200010001fc0303', 'hex')
    for (let length = 0; length <= preface.length; length++) {
      expect(spokenBy(preface.subarray(0, length), true)).toBe(length === preface.length ? 'h2' : undefined)
    }
    for (let length = 0; length <= hello.length; length++) {
      expect(spokenBy(hello.subarray(0, length), true)).toBe(length < 3 ? undefined : 'tls')
    }
    expect(spokenBy(hello, false)).toBe('http/1.1')
    expect(spokenBy(Buffer.from('G'), true)).toBe('http/1.1')
    expect(spokenBy(Buffer.from('PRIVATE / HTTP/1.1'), true)).toBe('http/1.1')
    expect(spokenBy(Buffer.from('PRI * HTTP/1.1'), true)).toBe('http/1.1')
  })

  test('[H1] a beginning that comes byte by byte is understood', async () => {
    await using port = await testPort(tells)
    await using caller = await rawCaller(port.port)
    for (const letter of 'PRINT /a HTTP/1.1\r\nHost: a\r\n\r\n') {
      caller.send(letter)
      await port.settle()
    }
    expect(await caller.until('}')).toContain('"method":"PRINT"')
    await using second = await rawCaller(port.port)
    for (const byte of preface) {
      second.send(Buffer.from([byte]))
      await port.settle()
    }
    // The server's SETTINGS frame: type 4 on stream 0.
    await second.until('\x04\x00\x00\x00\x00\x00')
  })

  test('[H1] who says nothing, or too little, is closed after 10 s', async () => {
    await using port = await testPort(tells)
    await using silent = await rawCaller(port.port)
    await using short = await rawCaller(port.port)
    short.send('PRI')
    await port.settle()
    const turnedMs = await port.turnUntil(() => silent.isEnded && short.isEnded)
    expect(turnedMs).toBeGreaterThanOrEqual(10_000)
    expect(turnedMs).toBeLessThanOrEqual(12_000)
    expect(silent.text + short.text).toBe('')
  })
})

describe('other people’s clients', () => {
  test.skipIf(curl.missing)(`[H2] curl over HTTP/1.1 and HTTP/2 gets the same document${curl.reason}`, async () => {
    await using port = await testPort(tells)
    const url = `http://127.0.0.1:${port.port}/users/bob`
    const { stdout: first } = await run('curl', ['-sS', '-X', 'FINGER', url])
    const { stdout: second } = await run('curl', ['-sS', '-X', 'FINGER', '--http2-prior-knowledge', url])
    expect(JSON.parse(first)).toMatchObject({ door: 'http/1.1', method: 'FINGER', path: '/users/bob' })
    expect({ ...(JSON.parse(second) as object), door: 'http/1.1' }).toEqual(JSON.parse(first))
  })

  test.skipIf(curl.missing)(`[H2] curl sends bodies in all its ways${curl.reason}`, async () => {
    await using port = await testPort(tells)
    const url = `http://127.0.0.1:${port.port}/mail`
    const body = 'x'.repeat(1_500_000)
    const ways = [
      [],
      ['-H', 'Transfer-Encoding: chunked'],
      ['-H', 'Expect: 100-continue'],
      ['--http2-prior-knowledge'],
      ['--http1.0'],
    ]
    for (const way of ways) {
      const child = run('curl', ['-sS', '-X', 'SEND', '--data-binary', '@-', ...way, url])
      child.child.stdin?.end(body)
      const { stdout } = await child
      expect([way, JSON.parse(stdout)]).toMatchObject([way, { method: 'SEND', length: body.length }])
    }
  })

  test('[H2] fetch and node:http send all methods, with bodies known and streamed', async () => {
    await using port = await testPort(tells)
    const url = `http://127.0.0.1:${port.port}/mail`
    for (const method of ['AUTHORIZATION', 'QUIT', 'LIST', 'RETRIEVE', 'REMOVE', 'FINGER', 'SEND', 'PIPE']) {
      const answer = await fetch(url, { method, body: 'hello' })
      expect(await answer.json()).toMatchObject({ method, length: 5 })
    }
    const text = await new Promise<string>((resolve) => {
      const request = http.request(url, { method: 'SEND' }, (response) => {
        response.setEncoding('utf8').on('data', resolve)
      })
      // Without a length: node:http sends chunks.
      request.write('hello ')
      request.end('world')
    })
    expect(JSON.parse(text)).toMatchObject({ method: 'SEND', length: 11 })
  })
})

describe('a named proxy', () => {
  test('[H25] [H26] its word counts, the word of others does not', async () => {
    const ask = async (port: number): Promise<unknown> => {
      const headers = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' }
      return (await fetch(`http://127.0.0.1:${port}/`, { method: 'LIST', headers })).json()
    }
    await using named = await testPort(tells, { trustedProxies: ['127.0.0.0/8'] })
    expect(await ask(named.port)).toMatchObject({ address: '192.0.2.1', secure: true })
    await using other = await testPort(tells, { trustedProxies: ['10.0.0.0/8'] })
    expect(await ask(other.port)).toMatchObject({ address: '127.0.0.1', secure: true })
  })
})

describe('the number of connections', () => {
  test('[H22] one address has its bound, loopback and named proxies only the total', () => {
    const admission = createAdmission(
      { connections: 8, connectionsPerAddress: 2 },
      (address) => address === '127.0.0.1',
    )
    expect([admission.enter('192.0.2.1'), admission.enter('192.0.2.1')]).toEqual([undefined, undefined])
    expect(admission.enter('192.0.2.1')).toMatchObject({ status: 429, detail: /Your address has 2 connections/ })
    admission.leave('192.0.2.1')
    expect(admission.enter('192.0.2.1')).toBeUndefined()
    expect(admission.enter('2001:db8::1')).toBeUndefined()
    expect(admission.enter('2001:db8::2:3')).toBeUndefined()
    expect(admission.enter('2001:db8::ffff')).toMatchObject({ status: 429 })
    expect(admission.enter('2001:db8:0:1::1')).toBeUndefined()
    for (let i = 0; i < 3; i++) expect(admission.enter('127.0.0.1')).toBeUndefined()
    expect(admission.enter('127.0.0.1')).toMatchObject({ status: 503, detail: /The server has 8 connections/ })
  })

  test('[H22] [H34] who is turned away is told why', async () => {
    await using port = await testPort(tells, { limits: { connections: 1 } })
    await using first = await rawCaller(port.port)
    first.send('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
    await first.until('}')
    await using second = await rawCaller(port.port)
    const text = await second.ended
    expect(statusLines(text)).toEqual(['HTTP/1.1 503 Service Unavailable'])
    expect(text).toContain('The server has 1 connections, the most it may have.')
    expect(port.counts().connections).toBe(1)
  })

  test('[H22] a connection that ends makes room', async () => {
    await using port = await testPort(tells, { limits: { connections: 1 } })
    for (let i = 0; i < 5; i++) {
      await using caller = await rawCaller(port.port)
      caller.send('GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      expect(statusLines(await caller.ended)).toEqual(['HTTP/1.1 200 OK'])
      while (port.counts().connections > 0) await new Promise(setImmediate)
    }
  })
})

describe('the address', () => {
  test('[H35] localhost is both families, on one port', async () => {
    const hasIpv6 = await new Promise<boolean>((resolve) => {
      const probe = net.createServer().once('error', () => resolve(false))
      probe.listen(0, '::1', () => probe.close(() => resolve(true)))
    })
    await using port = await testPort(tells, { host: 'localhost' })
    for (const host of hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']) {
      await using caller = await rawCaller(port.port, host)
      caller.send('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
      expect(await caller.until('}')).toContain(`"address":"${host}","secure":true`)
    }
  })

  test('[H35] a port that somebody has on one of them is not taken on the other', async () => {
    await using port = await testPort(tells)
    const options = { port: port.port, host: 'localhost', handler: tells, origins: [] }
    await expect(listen(options)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

describe('TLS', () => {
  let folder = ''
  let files: TlsFiles = { cert: '', key: '' }
  let others: TlsFiles = { cert: '', key: '' }
  async function certificate(name: string): Promise<TlsFiles> {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    await run('openssl', [
      'req',
      '-x509',
      ...kind,
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=DNS:localhost',
      '-keyout',
      key,
      '-out',
      cert,
    ])
    return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }
  }

  beforeAll(async () => {
    if (openssl.missing) return
    folder = await mkdtemp(join(tmpdir(), 'doorpost-tls-'))
    files = await certificate('localhost')
    others = await certificate('renewed')
  })

  afterAll(async () => {
    if (folder !== '') await rm(folder, { recursive: true })
  })

  function connect(port: number, options: tls.ConnectionOptions): Promise<tls.TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () =>
        resolve(socket),
      )
      socket.once('error', reject)
    })
  }

  test.skipIf(openssl.missing)(
    `[H24] ALPN picks the door, and without it HTTP/1.1 is spoken${openssl.reason}`,
    async () => {
      await using port = await testPort(tells, { tls: files })
      const picked: (string | false | null)[] = []
      for (const protocols of [['h2', 'http/1.1'], ['http/1.1'], undefined]) {
        const socket = await connect(port.port, protocols ? { ALPNProtocols: protocols } : {})
        picked.push(socket.alpnProtocol)
        socket.destroy()
      }
      expect(picked).toEqual(['h2', 'http/1.1', false])
      await expect(connect(port.port, { ALPNProtocols: ['spdy/3'] })).rejects.toThrow('alert')
      const socket = await connect(port.port, {})
      socket.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
      const text = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))))
      expect(text).toContain('"door":"http/1.1"')
      expect(text).toContain('"secure":true')
      socket.destroy()
    },
  )

  test.skipIf(openssl.missing)(`[H24] plain HTTP is still understood on the same port${openssl.reason}`, async () => {
    await using port = await testPort(tells, { tls: files })
    await using caller = await rawCaller(port.port)
    caller.send('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(statusLines(await caller.until('"door":"http/1.1"'))).toEqual(['HTTP/1.1 200 OK'])
  })

  test.skipIf(openssl.missing)(
    `[H24] no session is resumed, in TLS 1.2 or 1.3, and 1.1 is refused${openssl.reason}`,
    async () => {
      await using port = await testPort(tells, { tls: files })
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const offer = { minVersion: version, maxVersion: version }
        const first = await connect(port.port, offer)
        let session = first.getSession()
        first.on('session', (later) => {
          session = later
        })
        first.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
        await new Promise((resolve) => first.once('data', resolve))
        first.destroy()
        const second = await connect(port.port, { ...offer, ...(session ? { session } : {}) })
        expect([version, second.getProtocol(), second.isSessionReused()]).toEqual([version, version, false])
        second.destroy()
      }
      await expect(connect(port.port, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' })).rejects.toThrow(
        /alert|protocol/,
      )
    },
  )

  test.skipIf(openssl.missing)(`[H24] a new certificate is taken while running${openssl.reason}`, async () => {
    await using port = await testPort(tells, { tls: files })
    const before = await connect(port.port, {})
    port.reloadTls(others)
    const after = await connect(port.port, {})
    expect([before.getPeerCertificate().subject.CN, after.getPeerCertificate().subject.CN]).toEqual([
      'localhost',
      'renewed',
    ])
    before.destroy()
    after.destroy()
    expect(() => port.reloadTls({ cert: 'no', key: 'no' })).toThrow('PEM')
  })

  test.skipIf(openssl.missing)(
    `[H1] a handshake that does not come to an end is cut off, and counted out${openssl.reason}`,
    async () => {
      await using port = await testPort(tells, { tls: files, limits: { peekMs: 50 } })
      await using caller = await rawCaller(port.port)
      caller.send('\x16\x03\x01\x02\x00\x01')
      await caller.ended
      await port.settle()
      expect(port.counts().connections).toBeLessThanOrEqual(1)
    },
  )

  test.skipIf(openssl.missing)(
    `[H27] [H33] a session over TLS, and draining all that came by TLS${openssl.reason}`,
    async () => {
      await using port = await testPort(tells, { tls: files })
      const h2 = await connect(port.port, { ALPNProtocols: ['h2'] })
      h2.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0')
      const h1 = await connect(port.port, { ALPNProtocols: ['http/1.1'] })
      for (const socket of [h2, h1]) socket.resume().on('error', () => {})
      const webSocket = new WebSocket(`wss://127.0.0.1:${port.port}/session`, 'doorpost.v1', {
        rejectUnauthorized: false,
      })
      await new Promise((resolve) => webSocket.once('open', resolve))
      webSocket.send('{"id":1,"method":"LIST","target":"/"}')
      const message = await new Promise<Buffer>((resolve) => webSocket.once('message', resolve))
      expect(JSON.parse(message.toString())).toMatchObject({ body: { door: 'session', secure: true } })
      expect(port.counts()).toEqual({ connections: 3, sessions: 1 })
      const ends = [h2, h1].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
      const code = new Promise((resolve) => webSocket.once('close', resolve))
      await port.close(DEFAULT_LIMITS.peekMs)
      await Promise.all(ends)
      expect(await code).toBe(1001)
      expect(port.counts()).toEqual({ connections: 0, sessions: 0 })
    },
  )

  test.skipIf(openssl.missing)(
    `[H30] a session over TLS that answers pings lives on, a silent one does not${openssl.reason}`,
    async () => {
      await using port = await testPort(tells, { tls: files })
      const options = { rejectUnauthorized: false }
      const webSocket = new WebSocket(`wss://127.0.0.1:${port.port}/session`, 'doorpost.v1', options)
      let isClosed = false
      webSocket.on('close', () => {
        isClosed = true
      })
      let pings = 0
      webSocket.on('ping', () => pings++)
      await new Promise((resolve) => webSocket.once('open', resolve))
      await port.turnUntil(() => pings === 6)
      expect(isClosed).toBe(false)
      webSocket.pause()
      await port.turnUntil(() => port.counts().sessions === 0)
      webSocket.resume()
      await new Promise((resolve) => (isClosed ? resolve(undefined) : webSocket.once('close', resolve)))
    },
  )

  test.skipIf(openssl.missing)(`[H22] beyond the bound a TLS caller is just closed${openssl.reason}`, async () => {
    await using port = await testPort(tells, { tls: files, limits: { connections: 1 } })
    const first = await connect(port.port, {})
    await expect(connect(port.port, {})).rejects.toThrow(/disconnected|ECONNRESET|socket/)
    first.destroy()
  })
})
