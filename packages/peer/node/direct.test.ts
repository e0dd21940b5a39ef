// Direct paths over TCP and TLS on loopback, between honest ends and such as a device would never be.

import {
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign as signBytes,
  verify as verifyBytes,
  X509Certificate,
} from 'node:crypto'
import diagnostics from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect as connectTcp, createServer, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { concat, utf8 } from '@doorpost/protocol/bytes'
import { DIRECT_VERSION, encodeFrame, type Frame, LANE_MAGIC } from '@doorpost/protocol/piece-wire'
import { pathContract } from '../paths/path.contract.ts'
import type { Caller, Source } from '../paths/path.ts'
import { throwawayCertificate } from './certificate.ts'
import { type DirectCallOptions, DirectRefused, openDirect } from './direct-caller.ts'
import { type DirectListener, type DirectListenerOptions, listenDirect, type RefusedWhy } from './direct-listener.ts'
import { type Knock, knock as knockAt } from './knock.ts'
import { callerProof, laneMac, listenerProof, type Sign, type Verify } from './direct-proof.ts'

const { signal } = new AbortController()
const media = { messageId: 'AAAAAAAAAAAAAAAAAAAAAA', root: new Uint8Array(32).fill(5) }

function deviceOf(address: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const deviceKey = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'))
  const sign: Sign = (kind, body) => signBytes(null, concat(utf8(`doorpost/${kind}/v1\0`), body), privateKey)
  return { address, deviceKey, sign }
}
const verify: Verify = (kind, body, signature, deviceKey) => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(deviceKey).toString('base64url') }
  try {
    return verifyBytes(
      null,
      concat(utf8(`doorpost/${kind}/v1\0`), body),
      createPublicKey({ key: jwk, format: 'jwk' }),
      signature,
    )
  } catch {
    return false
  }
}
const alice = deviceOf('alice@example.org/tower')
const bob = deviceOf('bob@example.org/laptop')

/** Gives 1000 bytes for every piece. */
const plainSource: Source = {
  list: () => Promise.resolve({ state: 'here', list: new Uint8Array(32) }),
  piece: (_caller, _media, index) =>
    Promise.resolve({ state: 'here', bytes: new Uint8Array(1000).fill(index), release: () => undefined }),
  have: () => Promise.resolve({ state: 'here', have: Uint8Array.of(0xff) }),
  claim: () => Promise.resolve({ state: 'here', pieces: [] }),
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

type Listening = DirectListener & { refused: RefusedWhy[]; asked: Caller[] }
async function listen(options: Partial<DirectListenerOptions> = {}): Promise<Listening> {
  const refused: RefusedWhy[] = []
  const asked: Caller[] = []
  const listener = await listenDirect({
    host: '127.0.0.1',
    port: 0,
    ...alice,
    verify,
    permit: (caller) => {
      asked.push(caller)
      return Promise.resolve(true)
    },
    source: plainSource,
    onRefused: (_host, why) => refused.push(why),
    ...options,
    limits: { refuseAfterMs: 20, ...options.limits },
  })
  closing.push(() => listener.close())
  return Object.assign(listener, { refused, asked })
}
function call(listener: { port: number }, options: Partial<DirectCallOptions> = {}) {
  const { port } = listener
  return openDirect({ host: '127.0.0.1', port, ...bob, expect: alice, verify, signal, ...options }).then((path) => {
    closing.push(() => path.close())
    return path
  })
}
/** Proves itself as alice, and answers the first question with these bytes. */
async function lyingListener(lie: Uint8Array): Promise<number> {
  const { keyPem, certificatePem } = await throwawayCertificate(Date.now())
  const server = createTlsServer({ key: keyPem, cert: certificatePem }, (socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      void Promise.resolve(alice.sign('direct-listener', listenerProof(socket, alice.address, bob.address))).then(
        (signature) => {
          socket.write(encodeFrame({ type: 'listener-hello', version: DIRECT_VERSION, signature }))
          socket.once('data', () => socket.write(lie))
        },
      )
    })
  }).listen(0, '127.0.0.1')
  closing.push(() => server.close())
  await once(server, 'listening')
  return (server.address() as { port: number }).port
}
/** As a stranger, who says nothing yet. */
async function knock(listener: { port: number }): Promise<Knock> {
  const knocking = await knockAt(listener.port)
  closing.push(() => knocking.socket.destroy())
  return knocking
}
async function helloOf(socket: TLSSocket, device = bob, as = device.address): Promise<Uint8Array> {
  const signature = await device.sign('direct-caller', callerProof(socket, as))
  return encodeFrame({
    type: 'caller-hello',
    version: DIRECT_VERSION,
    address: as,
    deviceKey: device.deviceKey,
    signature,
  })
}
const closed = (socket: Socket) => (socket.destroyed ? Promise.resolve() : once(socket, 'close'))

for (const { how, lane } of [
  { how: 'with a plain lane', lane: true },
  { how: 'inside TLS', lane: false },
]) {
  describe(`${how}`, () => {
    pathContract('direct', async (source) => {
      const device = deviceOf('bob@example.org/laptop')
      const listener = await listen({ source, lane })
      const path = await call(listener, { ...device, lane })
      if (listener.counts().lanes !== (lane ? 1 : 0)) throw new Error(`not ${how}`)
      return {
        path,
        breakLine: () => void listener.close(),
        close: async () => {
          path.close()
          await listener.close()
        },
      }
    })
  })
}

describe('proofs', () => {
  test('[D1] TLS 1.3 and nothing older; no connection is resumed; the certificate names nobody', async () => {
    const listener = await listen()
    const old = connectTls({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
    await expect(once(old, 'secureConnect')).rejects.toThrow(/protocol|ECONNRESET|socket/i)
    const { socket } = await knock(listener)
    expect(socket.getProtocol()).toBe('TLSv1.3')
    expect(socket.getPeerCertificate().subject).toEqual({ CN: 'throwaway' })
    const session = socket.getSession()
    const again = connectTls({
      host: '127.0.0.1',
      port: listener.port,
      rejectUnauthorized: false,
      ...(session && { session }),
    })
    closing.push(() => again.destroy())
    again.on('error', () => undefined)
    await once(again, 'secureConnect')
    expect(again.isSessionReused()).toBe(false)
  })

  test('[D1] every start has a certificate of its own, valid now and signed by itself', async () => {
    const certificates = await Promise.all([1, 2].map(() => throwawayCertificate(Date.now())))
    const [one, other] = certificates.map(({ certificatePem }) => new X509Certificate(certificatePem))
    expect(one?.verify(one.publicKey)).toBe(true)
    expect(one?.fingerprint256).not.toBe(other?.fingerprint256)
    expect(new Date(one?.validFrom ?? '').getTime()).toBeLessThan(Date.now())
    expect(new Date(one?.validTo ?? '').getTime()).toBeGreaterThan(Date.now() + 86_400_000)
  })

  test('[D2] the caller proves itself first; a listener says nothing before', async () => {
    const listener = await listen({ limits: { authenticateMs: 100 } })
    const { socket, bytes } = await knock(listener)
    await closed(socket)
    expect(bytes()).toBe(0)
    expect(listener.refused).toEqual(['not-proved'])
    expect(listener.asked).toEqual([])
  })

  test('[D2] the permit is asked with the proved address and key', async () => {
    const listener = await listen()
    await call(listener)
    expect(listener.asked).toEqual([{ address: bob.address, deviceKey: bob.deviceKey, via: 'direct' }])
  })

  test.each([
    ['not permitted', bob, bob.address, 'not-permitted'],
    ['a signature by another key', { ...bob, sign: alice.sign }, bob.address, 'not-proved'],
  ] as const)('[D3] %s: closed without a byte, no sooner than any other refusal', async (_, device, as, why) => {
    const listener = await listen({ permit: () => Promise.resolve(false), limits: { refuseAfterMs: 60 } })
    const { socket, bytes } = await knock(listener)
    const saidAtMs = performance.now()
    socket.write(await helloOf(socket, device, as))
    await closed(socket)
    expect(bytes()).toBe(0)
    expect(performance.now() - saidAtMs).toBeGreaterThanOrEqual(55)
    expect(listener.refused).toEqual([why])
    await expect(call(listener)).rejects.toThrow(DirectRefused)
  })

  test('[D3] a permit that fails is a refusal', async () => {
    const listener = await listen({ permit: () => Promise.reject(new Error('no store')) })
    await expect(call(listener)).rejects.toThrow(DirectRefused)
  })

  test('[D4] a caller goes no further with a listener that is not whom it expected', async () => {
    const listener = await listen({ ...deviceOf(alice.address) })
    await expect(call(listener)).rejects.toThrow('is not alice@example.org/tower')
    const named = await listen({ ...alice, address: 'alice@example.org/phone' })
    await expect(call(named)).rejects.toThrow(DirectRefused)
    while (named.counts().connections > 0) await new Promise(setImmediate)
    expect(named.counts().callers).toBe(0)
  })

  test('[D5] a proof made on one connection is worth nothing on another', async () => {
    const listener = await listen()
    const [one, other] = [await knock(listener), await knock(listener)]
    other.socket.write(await helloOf(one.socket))
    await closed(other.socket)
    expect(other.bytes()).toBe(0)
    expect(listener.asked).toEqual([])
    one.socket.write(await helloOf(one.socket))
    while (one.heard.length === 0) await once(one.socket, 'data')
    expect(one.heard[0]?.type).toBe('listener-hello')
  })

  test('[D5] a proof is for one address: the same signature under another name is refused', async () => {
    const listener = await listen()
    const { socket, bytes } = await knock(listener)
    const signature = await bob.sign('direct-caller', callerProof(socket, bob.address))
    const address = 'mallory@example.org/box'
    socket.write(
      encodeFrame({ type: 'caller-hello', version: DIRECT_VERSION, address, deviceKey: bob.deviceKey, signature }),
    )
    await closed(socket)
    expect(bytes()).toBe(0)
  })

  test('[D4] opening ends when it is given up, and when nobody speaks TLS there', async () => {
    const deaf = createServer().listen(0, '127.0.0.1')
    await once(deaf, 'listening')
    closing.push(() => deaf.close())
    deaf.on('connection', (socket) => closing.push(() => socket.destroy()))
    const { port } = deaf.address() as { port: number }
    const stop = new AbortController()
    const opening = call({ port }, { signal: stop.signal })
    stop.abort(new Error('given up'))
    await expect(opening).rejects.toThrow('given up')
    deaf.close()
    await expect(call({ port: 1 })).rejects.toThrow('ECONNREFUSED')
  })
})

describe('the framing of strangers and friends', () => {
  const permitted = async (listener: Listening) => {
    const friend = await knock(listener)
    friend.socket.write(await helloOf(friend.socket))
    while (friend.heard.length === 0) await once(friend.socket, 'data')
    return friend
  }

  test.each([
    ['a huge frame', Uint8Array.of(0xff, 0xff, 0xff, 0xff)],
    ['an unknown frame', Uint8Array.of(0, 0, 0, 1, 200)],
    ['a question before the hello', encodeFrame({ type: 'want-list', seq: 0, maxBytes: 9, ...media })],
    ['random bytes', randomBytes(5000)],
  ])('[D6] before the hello, %s closes the connection', async (_, bytes) => {
    const listener = await listen()
    const { socket, bytes: heard } = await knock(listener)
    socket.write(bytes)
    await closed(socket)
    expect(heard()).toBe(0)
  })

  test.each([
    ['a huge frame', Uint8Array.of(0x7f, 0xff, 0xff, 0xff)],
    ['a second hello', undefined],
    ['what only a listener says', encodeFrame({ type: 'lane-ready' })],
    ['bulk', encodeFrame({ type: 'piece', seq: 0, length: 10 })],
  ])('[D6] after the hello, %s closes the connection', async (_, bytes) => {
    const listener = await listen()
    const { socket } = await permitted(listener)
    socket.write(bytes ?? (await helloOf(socket)))
    await closed(socket)
    expect(listener.counts().callers).toBe(0)
  })

  test('[D9] a caller with too many open questions is closed', async () => {
    const listener = await listen({
      source: { ...plainSource, piece: () => new Promise(() => undefined) },
      limits: { questions: 4 },
    })
    const { socket } = await permitted(listener)
    for (let seq = 0; seq < 6; seq++)
      socket.write(encodeFrame({ type: 'want-piece', seq, piece: 0, lane: false, ...media }))
    await closed(socket)
    expect(socket.destroyed).toBe(true)
  })

  test('[D9] a silent connection is closed', async () => {
    const listener = await listen({ limits: { idleMs: 50 } })
    const { socket } = await permitted(listener)
    await closed(socket)
    expect(socket.destroyed).toBe(true)
  })

  test('[D9] connections from one address, and those that have not proved themselves, are bounded', async () => {
    const listener = await listen({ limits: { connectionsPerAddress: 3 } })
    for (let i = 0; i < 3; i++) await knock(listener)
    await expect(knock(listener)).rejects.toThrow(/ECONNRESET|socket/)
    expect(listener.refused).toEqual(['too-many'])
    const shy = await listen({ limits: { unproved: 1 } })
    await permitted(shy)
    await knock(shy)
    await expect(knock(shy)).rejects.toThrow(/ECONNRESET|socket/)
    expect(shy.counts()).toMatchObject({ connections: 2, unproved: 1, callers: 1 })
  })

  test('[D6] a listener that lies to its caller ends the path and nothing else', async () => {
    const lies = [
      encodeFrame({ type: 'piece', seq: 7, length: 1000 }),
      encodeFrame({ type: 'list', seq: 0, length: 100 }),
      encodeFrame({ type: 'have', seq: 0, length: 1 }),
      encodeFrame({ type: 'claim', seq: 0, length: 4 }),
      encodeFrame({ type: 'fault', seq: 99, code: 'refused', piece: 0 }),
      encodeFrame({ type: 'want-list', seq: 0, maxBytes: 1, ...media }),
      Uint8Array.of(0, 1, 0, 0),
    ]
    for (const lie of lies) {
      const port = await lyingListener(lie)
      const path = await call({ port }, { lane: false })
      const asked = path.piece(media, { index: 0, length: 1000 }, () => new Uint8Array(1000), signal)
      expect((await asked).state).toBe('line-broken')
    }
  })
})

describe('the plain lane', () => {
  test('[D7] both ends must see the same private line: where one does not, all stays inside TLS', async () => {
    for (const options of [{ lane: false }, { interfaces: () => ({}) }] satisfies Partial<DirectListenerOptions>[]) {
      const listener = await listen(options)
      const path = await call(listener)
      const answer = await path.piece(media, { index: 1, length: 1000 }, () => new Uint8Array(1000), signal)
      if (options.lane === false) expect(answer).toMatchObject({ state: 'here', proven: true })
      // Loopback needs no interface to be known.
      else expect(answer).toMatchObject({ state: 'here', proven: false })
    }
  })

  test('[D7] a caller that sees other addresses than the listener gets no lane', async () => {
    const listener = await listen()
    const { socket, heard } = await knock(listener)
    socket.write(await helloOf(socket))
    const lines = { callerHost: '127.0.0.1', callerPort: 1, listenerHost: '127.0.0.1', listenerPort: listener.port }
    socket.write(encodeFrame({ type: 'want-lane', ...lines }))
    while (heard.length < 2) await once(socket, 'data')
    expect(heard[1]?.type).toBe('no-lane')
  })

  const granted = async (listener: Listening) => {
    const { socket, heard } = await knock(listener)
    socket.write(await helloOf(socket))
    while (heard.length < 1) await once(socket, 'data')
    const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket
    const line = {
      callerHost: localAddress,
      callerPort: localPort,
      listenerHost: remoteAddress,
      listenerPort: remotePort,
    }
    socket.write(encodeFrame({ type: 'want-lane', ...line }))
    while (heard.length < 2) await once(socket, 'data')
    const frame = heard[1] as Frame
    if (frame.type !== 'lane') throw new Error(`no lane but ${frame.type}`)
    return { socket, heard, id: frame.id, mac: laneMac(socket, frame.id) }
  }
  const openLane = async (listener: Listening, ...preface: Uint8Array[]) => {
    const lane = connectTcp({ host: '127.0.0.1', port: listener.port })
    closing.push(() => lane.destroy())
    lane.on('error', () => undefined)
    lane.resume()
    lane.write(concat(...preface))
    await once(lane, 'connect')
    return lane
  }

  test('[D8] opens by the MAC of its connection, once; a second use of the same token is refused', async () => {
    const listener = await listen()
    const { socket, heard, id, mac } = await granted(listener)
    const lane = await openLane(listener, LANE_MAGIC, id, mac)
    while (heard.length < 3) await once(socket, 'data')
    expect(heard[2]?.type).toBe('lane-ready')
    await closed(await openLane(listener, LANE_MAGIC, id, mac))
    expect(listener.counts().lanes).toBe(1)
    socket.destroy()
    await closed(lane)
    await closed(await openLane(listener, LANE_MAGIC, id, mac))
    expect(listener.refused).toEqual(['not-proved', 'not-proved'])
  })

  test("[D8] a wrong MAC, another connection's MAC or other magic opens nothing, and uses the token up", async () => {
    const listener = await listen()
    const one = await granted(listener)
    const other = await granted(listener)
    await closed(await openLane(listener, LANE_MAGIC, one.id, other.mac))
    await closed(await openLane(listener, LANE_MAGIC, one.id, one.mac))
    await closed(await openLane(listener, utf8('DPLANE2\n'), other.id, other.mac))
    await closed(await openLane(listener, LANE_MAGIC, randomBytes(16), randomBytes(32)))
    await closed(await openLane(listener, LANE_MAGIC, randomBytes(16), randomBytes(40)))
    await closed(await openLane(listener, utf8('GET / HTTP/1.1\r\n\r\n')))
    expect(listener.counts().lanes).toBe(0)
  })

  test('[D8] a header on the lane that fits no question ends the lane alone; what is asked next comes inside TLS', async () => {
    const accepted: Socket[] = []
    const note = (message: unknown) => void accepted.push((message as { socket: Socket }).socket)
    diagnostics.subscribe('net.server.socket', note)
    closing.push(() => diagnostics.unsubscribe('net.server.socket', note))
    const listener = await listen()
    const path = await call(listener)
    const take = () => new Uint8Array(1000)
    const first = await path.piece(media, { index: 1, length: 1000 }, take, signal)
    expect(first).toMatchObject({ state: 'here', proven: false })
    const [, lane] = accepted
    lane?.write(new Uint8Array(8).fill(0xee))
    while (listener.counts().lanes > 0) await new Promise(setImmediate)
    const second = await path.piece(media, { index: 2, length: 1000 }, take, signal)
    expect(second).toMatchObject({ state: 'here', proven: true, bytes: new Uint8Array(1000).fill(2) })
  })
})
