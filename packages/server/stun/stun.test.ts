import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { startServer } from '../server.ts'
import { ANSWER_MORE_BYTES_MAX, bindingSuccess, HEADER_BYTES, readBindingRequest } from './stun-message.ts'
import { ANSWERS_PER_SECOND, ANSWERS_PER_SOURCE, openStun, stunHostOf, type StunServer } from './stun-server.ts'

const transaction = Uint8Array.from(Buffer.from('b7e7a701bc34d686fa87dfae', 'hex'))

/** A Binding request with these attributes (type, value), its length right. */
function requestWith(...attributes: [number, Uint8Array][]): Buffer {
  const body = Buffer.concat(
    attributes.map(([type, value]) => {
      const head = Buffer.alloc(4)
      head.writeUInt16BE(type, 0)
      head.writeUInt16BE(value.length, 2)
      return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)])
    }),
  )
  const head = Buffer.from('000100002112a442', 'hex')
  head.writeUInt16BE(body.length, 2)
  return Buffer.concat([head, transaction, body])
}
function fingerprinted(request: Buffer): Buffer {
  const bytes = Buffer.concat([request, Buffer.from('8028000400000000', 'hex')])
  bytes.writeUInt16BE(bytes.length - HEADER_BYTES, 2)
  bytes.writeUInt32BE((crc32(bytes.subarray(0, -8)) ^ 0x5354554e) >>> 0, bytes.length - 4)
  return bytes
}
const software: [number, Uint8Array] = [0x8022, Buffer.from('libjuice')]

describe('what is a request', () => {
  test('[RTC1] a bare one, one with attributes that may be passed over, and one with a right FINGERPRINT at its end', () => {
    expect(readBindingRequest(requestWith())).toEqual({ transaction, fingerprint: false })
    expect(readBindingRequest(requestWith(software, [0xc0de, new Uint8Array(3)]))?.fingerprint).toBe(false)
    expect(readBindingRequest(fingerprinted(requestWith(software)))).toEqual({ transaction, fingerprint: true })
  })

  const altered = (change: (bytes: Buffer) => void) => {
    const bytes = fingerprinted(requestWith(software))
    change(bytes)
    return bytes
  }
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['no whole header', requestWith().subarray(0, 19)],
    ['an answer', altered((bytes) => bytes.writeUInt16BE(0x0101, 0))],
    ['an indication', altered((bytes) => bytes.writeUInt16BE(0x0011, 0))],
    ['another method', altered((bytes) => bytes.writeUInt16BE(0x0003, 0))],
    ['no cookie (RFC 3489)', altered((bytes) => bytes.writeUInt32BE(0x2112a443, 4))],
    ['a length that is not its own', altered((bytes) => bytes.writeUInt16BE(0, 2))],
    ['a length that is no multiple of 4', Buffer.concat([requestWith(), Buffer.alloc(3)])],
    ['a wrong FINGERPRINT', altered((bytes) => bytes.writeUInt8((bytes.at(-1) as number) ^ 1, bytes.length - 1))],
    ['something after FINGERPRINT', requestWith([0x8028, Buffer.alloc(4)], software)],
    ['an attribute longer than all', altered((bytes) => bytes.writeUInt16BE(0xffff, 22))],
    ['credentials', requestWith([0x0006, Buffer.from('u:v')], [0x0008, new Uint8Array(20)])],
    ['a connectivity check', requestWith([0x0024, new Uint8Array(4)])],
    ['"answer from elsewhere" (RFC 5780)', requestWith([0x0003, new Uint8Array(4)])],
    ['"answer to elsewhere" (RFC 5780)', requestWith([0x0027, new Uint8Array(8)])],
    ['more than a request has', requestWith([0x8022, new Uint8Array(540)])],
    ['TLS', Buffer.from('160301020001000001fc0303', 'hex')],
  ])('[RTC2] %s is nobody’s', (_, bytes) => {
    expect(readBindingRequest(bytes)).toBeUndefined()
  })

  test('[RTC2] no bytes break the parser, and an answer is never much longer than what was asked', () => {
    const from = fc.oneof(
      fc.record({ address: fc.ipV4(), port: fc.nat(65_535) }),
      fc.record({ address: fc.ipV6(), port: fc.nat(65_535) }),
    )
    const nearly = fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.nat(600)).map(([body, at]) => {
      const bytes = requestWith([0x8022, body])
      if (at < bytes.length) bytes.writeUInt8((bytes.readUInt8(at) + 1) & 0xff, at)
      return new Uint8Array(bytes)
    })
    fc.assert(
      fc.property(fc.oneof(nearly, fc.uint8Array({ maxLength: 700 })), from, (bytes, source) => {
        const request = readBindingRequest(bytes)
        if (!request) return
        expect(bindingSuccess(request, source).length).toBeLessThanOrEqual(bytes.length + ANSWER_MORE_BYTES_MAX)
      }),
    )
  })
})

describe('what is answered', () => {
  test('[RTC1] the address and port it came from, XORed as in the vectors of RFC 5769', () => {
    const four = bindingSuccess({ transaction, fingerprint: false }, { address: '192.0.2.1', port: 32_853 })
    expect(Buffer.from(four).toString('hex')).toBe(
      `0101000c2112a442${Buffer.from(transaction).toString('hex')}002000080001a147e112a643`,
    )
    const six = { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 }
    expect(Buffer.from(bindingSuccess({ transaction, fingerprint: false }, six)).toString('hex')).toBe(
      `010100182112a442${Buffer.from(transaction).toString('hex')}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`,
    )
    const mapped = bindingSuccess({ transaction, fingerprint: false }, { address: '::ffff:192.0.2.1', port: 32_853 })
    expect(mapped).toEqual(four)
  })

  test('[RTC1] a FINGERPRINT is given to whoever sent one', () => {
    const answer = Buffer.from(
      bindingSuccess({ transaction, fingerprint: true }, { address: '192.0.2.1', port: 32_853 }),
    )
    const bare = answer.subarray(0, -8)
    expect(answer.subarray(-8, -4).toString('hex')).toBe('80280004')
    expect(answer.readUInt32BE(answer.length - 4)).toBe((crc32(bare) ^ 0x5354554e) >>> 0)
    expect(answer.readUInt16BE(2)).toBe(answer.length - HEADER_BYTES)
  })
})

describe('over UDP', () => {
  const closing: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close()
  })
  const open = async (host = '127.0.0.1', nowMs = () => 0): Promise<StunServer> => {
    const stun = await openStun(host, 0, { onFault: () => {}, nowMs })
    closing.push(() => stun.close())
    return stun
  }
  const client = async (kind: 'udp4' | 'udp6' = 'udp4'): Promise<{ socket: Socket; heard: Buffer[] }> => {
    const socket = createSocket(kind)
    const heard: Buffer[] = []
    socket.on('message', (bytes) => heard.push(bytes))
    socket.bind(0, kind === 'udp4' ? '127.0.0.1' : '::1')
    await once(socket, 'listening')
    closing.push(() => socket.close())
    return { socket, heard }
  }

  test('[RTC1] each asker is told its own address, in both families on localhost', async () => {
    const { port } = await open('localhost')
    for (const [kind, address] of [
      ['udp4', '127.0.0.1'],
      ['udp6', '::1'],
    ] as const) {
      const { socket, heard } = await client(kind)
      socket.send(requestWith(), port, address)
      await once(socket, 'message')
      const expected = bindingSuccess({ transaction, fingerprint: false }, { address, port: socket.address().port })
      expect(heard).toEqual([Buffer.from(expected)])
    }
  })

  test('[RTC3] one source, and all sources, get so many answers a second and no more', async () => {
    let nowMs = 0
    const { port } = await open('127.0.0.1', () => nowMs)
    const { socket, heard } = await client()
    for (let i = 0; i < ANSWERS_PER_SOURCE + 20; i++) socket.send(requestWith(), port, '127.0.0.1')
    while (heard.length < ANSWERS_PER_SOURCE) await once(socket, 'message')
    nowMs = 1_000
    socket.send(fingerprinted(requestWith()), port, '127.0.0.1')
    await once(socket, 'message')
    // The next that came is the one of the next second: the 20 in between were not answered.
    expect(heard.length).toBe(ANSWERS_PER_SOURCE + 1)
    expect(heard.at(-1)?.length).toBe(40)
    expect(ANSWERS_PER_SECOND).toBeGreaterThan(ANSWERS_PER_SOURCE)
  })

  test('[RTC4] a server answers on the UDP port of its TCP port, elsewhere, or nowhere; a port that is taken stops nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doorpost-stun-'))
    closing.push(() => rm(folder, { recursive: true, force: true }))
    const start = async (stunPort?: number) => {
      const dataFolder = join(folder, String(Math.random()))
      const server = await startServer({
        port: 0,
        dataFolder,
        logger: pino({ level: 'silent' }),
        ...(stunPort !== undefined && { stunPort }),
      })
      closing.push(() => server.drain())
      return server
    }
    const usual = await start()
    expect(usual.stunPort).toBe(usual.port)
    expect((await start(0)).stunPort).toBeUndefined()
    const { socket } = await client()
    expect((await start(socket.address().port)).stunPort).toBeUndefined()
    expect(['localhost', '127.0.0.1', '::1', '0.0.0.0'].map((host) => stunHostOf(host, true))).toEqual([
      'localhost',
      '127.0.0.1',
      '::1',
      '0.0.0.0',
    ])
    // Behind a proxy on the same machine.
    expect(['localhost', '127.0.0.1', '192.0.2.1'].map((host) => stunHostOf(host, false))).toEqual([
      '::',
      '::',
      '192.0.2.1',
    ])
  })
})
