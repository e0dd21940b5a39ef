// The line by a session, to a server that is made up, under a fake clock. What all lines do is line.contract.ts's.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import type { UserAddress } from '@doorpost/protocol/address'
import type { Push } from '@doorpost/protocol/messages/session'
import { fakeClock, settle } from '../fake-clock.ts'
import { Trouble } from '../operations.ts'
import { backOffMs } from './back-off.ts'
import { laptop, openFakeServer, ORIGIN } from './fake-server.ts'
import { lineContract } from './line.contract.ts'
import { openSessionLine } from './session-line.ts'

lineContract('session', {
  open: (server, clock, as = laptop) => openSessionLine({ origin: ORIGIN, as, clock, connect: server.connect }),
})

async function openBoth() {
  const clock = fakeClock()
  const server = openFakeServer(clock)
  const line = openSessionLine({ origin: ORIGIN, as: laptop, clock, connect: server.connect })
  const states: string[] = []
  line.onState((state) => states.push(state))
  await clock.pass(0)
  return { clock, server, line, states }
}

const push: Push = { kind: 'presence', address: 'bob@example.org' as UserAddress, device: 'laptop' }

test('[L20] a session logs in, says that this device is on-line, and only then counts as on-line', async () => {
  const { server, line } = await openBoth()
  expect(server.log).toEqual([
    'AUTHORIZATION /users/alice/laptop',
    'AUTHORIZATION /users/alice/laptop',
    'SEND /presence',
  ])
  expect(server.presence).toEqual({ online: true, addresses: [] })
  expect(line.state).toBe('online')
  await line.close()
})

test('[L20] calls made while the line is connecting wait for it', async () => {
  const clock = fakeClock()
  const server = openFakeServer(clock)
  server.handlers.set('LIST /blocks', () => ({ status: 200, body: {} }))
  await using line = openSessionLine({ origin: ORIGIN, as: laptop, clock, connect: server.connect })
  expect(line.state).toBe('connecting')
  expect((await line.call('LIST', '/blocks')).status).toBe(200)
})

test('[L21] pushes come to all who listen, in order, until they stop listening', async () => {
  const { server, line } = await openBoth()
  const heard: string[] = []
  const stop = line.onPush((each) => heard.push(`first ${each.kind}`))
  line.onPush((each) => heard.push(`second ${each.kind}`))
  server.push(push)
  await settle()
  stop()
  server.push({ kind: 'contact', address: 'bob@example.org' as UserAddress, mutual: true })
  await settle()
  expect(heard).toEqual(['first presence', 'second presence', 'second contact'])
  await line.close()
})

test('[L22] a broken line comes back by itself, logs in again and says its addresses again', async () => {
  const { clock, server, line, states } = await openBoth()
  line.setAddresses(['192.0.2.7:4711'])
  await settle()
  server.presence = undefined
  server.cut(1001, 'The server is stopping.')
  await settle()
  expect(states.at(-1)).toBe('offline')
  expect(line.trouble).toMatchObject({
    code: 'server-unreachable',
    detail: expect.stringContaining('is stopping') as string,
  })
  await clock.pass(600)
  expect(states.slice(-3)).toEqual(['offline', 'connecting', 'online'])
  expect(server.presence).toEqual({ online: true, addresses: ['192.0.2.7:4711'] })
  await line.close()
})

test('[L22] the wait between tries doubles up to 30 s and is never the same for all', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, chance) => {
      const waitMs = backOffMs(failures, chance)
      expect(waitMs).toBeGreaterThanOrEqual(125)
      expect(waitMs).toBeLessThanOrEqual(30_000)
      expect(backOffMs(failures + 1, chance)).toBeGreaterThanOrEqual(waitMs)
      expect(backOffMs(failures, 1)).toBeGreaterThanOrEqual(4 * backOffMs(failures, 0))
    }),
  )
})

test('[L22] a server that is away for an hour is asked at most every 7.5 s at the end', async () => {
  const { clock, server, line } = await openBoth()
  let tries = 0
  line.onState((state) => {
    if (state === 'connecting') tries++
  })
  server.isUp = false
  server.cut(1006, '')
  await clock.pass(3600_000)
  expect(tries).toBeGreaterThan(100)
  expect(tries).toBeLessThan(3600 / 7.5 + 10)
  await line.close()
})

test('[L22] a refused login is told with its code and tried again later, not in a rush', async () => {
  const clock = fakeClock()
  const server = openFakeServer(clock)
  server.isRefusing = true
  await using line = openSessionLine({ origin: ORIGIN, as: laptop, clock, connect: server.connect })
  await clock.pass(0)
  expect(line.trouble).toMatchObject({ code: 'login-refused' })
  await clock.pass(60_000)
  expect(server.log.length).toBeLessThan(40)
  server.isRefusing = false
  await clock.pass(30_000)
  expect(line.state).toBe('online')
})

test('[L23] a server that fell silent is asked for a sign of life and left within 25 s', async () => {
  const { clock, server, line, states } = await openBoth()
  await clock.pass(60_000)
  expect(states.at(-1)).toBe('online')
  server.isMute = true
  await clock.pass(25_000)
  expect(states.at(-1)).toBe('offline')
  expect(line.trouble).toMatchObject({ code: 'server-unreachable' })
  server.isMute = false
  await clock.pass(30_000)
  expect(line.state).toBe('online')
  await line.close()
})

test('[LAB4] a session that does not answer after the addresses changed is left within 4 s and made anew', async () => {
  const { clock, server, line, states } = await openBoth()
  server.isMute = true
  line.setAddresses(['192.0.2.9:4711'])
  await clock.pass(3_900)
  expect(states.at(-1)).toBe('online')
  await clock.pass(100)
  expect(states.at(-1)).toBe('offline')
  server.isMute = false
  await clock.pass(1_000)
  expect(server.presence).toEqual({ online: true, addresses: ['192.0.2.9:4711'] })
  await line.close()
})

test('[L23] while something is heard nobody is asked', async () => {
  const { clock, server, line } = await openBoth()
  server.log.length = 0
  for (let i = 0; i < 10; i++) {
    await clock.pass(10_000)
    server.push(push)
    await settle()
  }
  expect(server.log).toEqual([])
  await line.close()
})

test('[L24] the login is renewed on the same session before its token ends', async () => {
  const { clock, server, line, states } = await openBoth()
  server.log.length = 0
  await clock.pass(13 * 60_000)
  expect(server.log.filter((asked) => asked.startsWith('AUTHORIZATION'))).toHaveLength(2)
  expect(states.at(-1)).toBe('online')
  expect(server.sessions).toBe(1)
  await line.close()
})

test('[L27] the token of the session serves exchanges beside it; a refused one is replaced by one login for all who noticed', async () => {
  const { clock, server, line } = await openBoth()
  server.log.length = 0
  const first = await line.token()
  expect(await line.token()).toBe(first)
  expect(server.log).toEqual([])
  const [one, other] = await Promise.all([line.token(undefined, first), line.token(undefined, first)])
  expect(one).not.toBe(first)
  expect(other).toBe(one)
  // Who noticed late that the old one is refused gets the new one.
  expect(await line.token(undefined, first)).toBe(one)
  expect(server.log.filter((asked) => asked.startsWith('AUTHORIZATION'))).toHaveLength(2)
  // The renewal that comes before its end replaces it too.
  await clock.pass(13 * 60_000)
  expect(await line.token()).not.toBe(one)
  await line.close()
  await expect(line.token()).rejects.toThrow(Trouble)
})

test('[L25] a message that is neither an answer nor a push ends the session with a clear error', async () => {
  const hostile = [
    'not JSON',
    '[]',
    '{}',
    '{"id":0}',
    '{"id":99999,"status":200}',
    '{"id":-1,"status":200}',
    '{"push":{"kind":"advert"}}',
    '{"push":{"kind":"presence","address":"bob","device":"laptop"}}',
    '{"id":0,"status":200,"body":"***","encoding":"base64"}',
    '{"id":0,"status":200,"extra":true}',
  ]
  for (const text of hostile) {
    const { server, line, states } = await openBoth()
    server.say(text)
    await settle()
    expect(states.at(-1), text).toBe('offline')
    expect(line.trouble, text).toMatchObject({ code: 'server-broke-protocol' })
    await line.close()
  }
})

test("[L25] an answer that comes after its call was given up is nobody's, and no error", async () => {
  const { server, line } = await openBoth()
  const { promise, resolve } = Promise.withResolvers<{ status: number }>()
  server.handlers.set('PIPE /tunnel', () => promise)
  const giveUp = new AbortController()
  const held = line.call('PIPE', '/tunnel', { signal: giveUp.signal }).catch(() => 'given up')
  await settle()
  giveUp.abort()
  expect(await held).toBe('given up')
  resolve({ status: 204 })
  await settle()
  expect(line.state).toBe('online')
  await line.close()
})

test('[L26] at most 32 calls are under way at one time; the others wait, and too many are refused', async () => {
  const { server, line } = await openBoth()
  let underWay = 0
  let most = 0
  const held: (() => void)[] = []
  server.handlers.set('PIPE /tunnel', () => {
    most = Math.max(most, ++underWay)
    const { promise, resolve } = Promise.withResolvers<{ status: number }>()
    held.push(() => {
      underWay--
      resolve({ status: 204 })
    })
    return promise
  })
  const calls = Array.from({ length: 32 + 1000 }, () => line.call('PIPE', '/tunnel'))
  await settle()
  expect(most).toBe(32)
  await expect(line.call('PIPE', '/tunnel')).rejects.toMatchObject({ code: 'too-many' })
  while (held.length > 0) {
    for (const answer of held.splice(0)) answer()
    await settle()
  }
  expect((await Promise.all(calls)).every(({ status }) => status === 204)).toBe(true)
  expect(most).toBe(32)
  await line.close()
})

test('[L26] a call larger than any SEND may be is refused here', async () => {
  const { line } = await openBoth()
  const body = 'x'.repeat(4 * 1024 * 1024 + 16 * 1024)
  await expect(line.call('SEND', '/messages', { body })).rejects.toMatchObject({ code: 'too-large' })
  expect(line.state).toBe('online')
  await line.close()
})

test('[L20] a server that does not open a session within 10 s is tried again later', async () => {
  const clock = fakeClock()
  const server = openFakeServer(clock)
  server.isMute = true
  await using line = openSessionLine({ origin: ORIGIN, as: laptop, clock, connect: server.connect })
  await clock.pass(10_000)
  expect(line.state).toBe('offline')
  expect(line.trouble).toMatchObject({ code: 'server-unreachable' })
})

test("[L20] the runtime's own WebSocket carries a session over a real socket", async () => {
  const clock = fakeClock()
  const fake = openFakeServer(clock)
  fake.handlers.set('LIST /blocks', () => ({ status: 200, body: { blocked: ['ü'.repeat(100_000)] } }))
  const real = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'doorpost.v1' })
  await once(real, 'listening')
  real.on('connection', (socket, request) => {
    expect(request.url).toBe('/session')
    const inner = fake.connect('wss://example.org/session', 'doorpost.v1')
    inner.addEventListener('message', ({ data }) => socket.send(data as string))
    inner.addEventListener('close', () => socket.close(1001, 'gone'))
    socket.on('message', (data: Buffer) => inner.send(data.toString()))
    socket.on('close', () => inner.close())
  })
  const { port } = real.address() as AddressInfo
  // The fake knows one origin; a device signs what it dialled.
  const line = openSessionLine({
    origin: ORIGIN,
    as: laptop,
    connect: () => new WebSocket(`ws://127.0.0.1:${port}/session`, 'doorpost.v1'),
  })
  const { promise: pushed, resolve } = Promise.withResolvers<Push>()
  line.onPush(resolve)
  expect((await line.call('LIST', '/blocks')).body).toEqual({ blocked: ['ü'.repeat(100_000)] })
  fake.push(push)
  expect(await pushed).toEqual(push)
  const { promise: offline, resolve: gone } = Promise.withResolvers<void>()
  line.onState((state) => {
    if (state === 'offline') gone()
  })
  fake.cut(1001, 'stop')
  await offline
  await line.close()
  for (const client of real.clients) client.terminate()
  real.close()
})

test('[GON8] a session that cannot be had is asked about beside it, and what is found out is told from the next try on, until there is one', async () => {
  const clock = fakeClock()
  const server = openFakeServer(clock)
  server.isUp = false
  let says: string | undefined = 'The certificate of the server has run out, so nothing is said to it.'
  const explain = async () => says
  await using line = openSessionLine({ origin: ORIGIN, as: laptop, clock, connect: server.connect, explain })
  await clock.pass(0)
  expect(line.trouble).toMatchObject({ code: 'server-unreachable' })
  await clock.pass(31_000)
  expect(line.trouble).toEqual({ code: 'server-unreachable', detail: says, why: says })
  await expect(line.call('LIST', '/blocks')).rejects.toMatchObject({ message: says })
  says = undefined
  await clock.pass(120_000)
  expect(line.trouble?.why).toBeUndefined()
  server.isUp = true
  await clock.pass(31_000)
  expect([line.state, line.trouble]).toEqual(['online', undefined])
})
