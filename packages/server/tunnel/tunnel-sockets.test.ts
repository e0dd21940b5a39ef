// Answers through the tunnel over real sockets: as they come, in bounded memory, one slow reader among fifty, large ones, and
// several on one HTTP/2 connection. Asserts bytes, never time.

import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import http, { type IncomingMessage } from 'node:http'
import http2, { type ClientHttp2Session } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { enrolled, overHttp1 } from '../door-callers.ts'
import { envelopeFor, MESSAGE_ID, type Person } from '../in-memory-server.ts'
import { openLog } from '../log.ts'
import { type RunningServer, startServer } from '../server.ts'
import { TUNNEL_WINDOW_BYTES } from './relay.ts'

const MiB = 1024 * 1024
let folder = ''
let server: RunningServer
let alice: Person
let bob: Person
/** Named in the same message. */
let others: Person[]
const opened: { destroy(): unknown }[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-tunnel-'))
  server = await startServer({ port: 0, host: '127.0.0.1', dataFolder: folder, logger: openLog('silent') })
  const caller = overHttp1(server)
  opened.push({ destroy: () => caller.end() })
  const enrol = (name: string) => enrolled(caller, server, name)
  alice = await enrol('alice')
  bob = await enrol('bob')
  others = await Promise.all(['carol', 'dave', 'erin', 'fred'].map(enrol))
  const nowMs = Date.now()
  const dates = { date: new Date(nowMs).toISOString(), expires: new Date(nowMs + 3600_000).toISOString() }
  expect((await alice.ask('SEND', '/messages', envelopeFor(alice, [bob, ...others], dates))).status).toBe(202)
})

afterEach(async () => {
  for (const one of opened.splice(0)) one.destroy()
  await server.drain()
  await rm(folder, { recursive: true, force: true })
})

const fieldsOf = (who: Person) => ({ authorization: `Bearer ${who.token}` })

/** A request to alice's device; resolves when the answer begins, which nobody reads yet. */
function ask(who = bob): Promise<IncomingMessage> {
  const headers = { ...fieldsOf(who), 'doorpost-message': `${alice.device} ${MESSAGE_ID}`, 'content-length': 1 }
  const request = http.request(`${server.origin}/tunnels/alice/laptop`, {
    method: 'PIPE',
    headers,
    agent: new http.Agent(),
  })
  opened.push(request)
  request.on('error', () => {})
  request.end('?')
  return new Promise((resolve, reject) =>
    request.on('response', resolve).on('close', () => reject(new Error('closed'))),
  )
}

async function collect(): Promise<string> {
  const { headers } = await alice.ask('PIPE', '/tunnel')
  return headers['doorpost-pipe'] as string
}

/** Alice's device sends so many bytes as one answer; `taken` are those that left her process. */
function answer(id: string, bytes: number, length?: 'announced') {
  const headers = { ...fieldsOf(alice), ...(length && { 'content-length': bytes }) }
  const request = http.request(`${server.origin}/tunnel/${id}`, { method: 'SEND', headers, agent: new http.Agent() })
  opened.push(request)
  const one = { taken: 0, status: Promise.withResolvers<number>(), request }
  request.on('error', () => one.status.resolve(0))
  request.on('response', (response) => {
    response.resume()
    one.status.resolve(response.statusCode ?? 0)
  })
  const piece = Buffer.alloc(64 * 1024, 7)
  const write = (left: number) => {
    if (left === 0) return void request.end()
    const part = piece.subarray(0, left)
    request.write(part, (error) => {
      if (error) return
      one.taken += part.length
      write(left - part.length)
    })
  }
  write(bytes)
  return one
}

async function read(response: IncomingMessage): Promise<number> {
  let bytes = 0
  for await (const part of response as AsyncIterable<Buffer>) bytes += part.length
  return bytes
}

async function figure(name: string): Promise<number> {
  const text = await (await fetch(`${server.origin}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

/** Asks until it is as it should be, or as it stays: whoever polls learns of other sockets no other way. */
async function stays(what: () => number): Promise<number> {
  for (let before = what(), rounds = 0; ; rounds++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    if (what() === before && rounds > 3) return before
    before = what()
  }
}

describe('over HTTP/1.1', () => {
  test('[TUN1] the requester has the first bytes before the source has sent its last', async () => {
    const asked = ask()
    const id = await collect()
    const headers = fieldsOf(alice)
    const sending = http.request(`${server.origin}/tunnel/${id}`, { method: 'SEND', headers })
    sending.write('first ')
    const response = await asked
    expect(response.headers).toMatchObject({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    const parts = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    expect(String((await parts.next()).value)).toBe('first ')
    sending.end('last')
    expect(String((await parts.next()).value)).toBe('last')
    expect((await parts.next()).done).toBe(true)
    const [told] = (await once(sending, 'response')) as [IncomingMessage]
    expect(told.resume().statusCode).toBe(204)
  })

  test('[TUN13] an answer may be longer than any body that is held, announced or not; other bodies may not', async () => {
    for (const length of [undefined, 'announced'] as const) {
      const asked = ask()
      const sent = answer(await collect(), 20 * MiB, length)
      expect(await read(await asked)).toBe(20 * MiB)
      expect(await sent.status.promise).toBe(204)
    }
    const other = http.request(`${server.origin}/messages`, {
      method: 'SEND',
      headers: { ...fieldsOf(alice), 'content-length': 20 * MiB },
    })
    opened.push(other)
    const answered = once(other, 'response')
    other.flushHeaders()
    const [refused] = (await answered) as [IncomingMessage]
    expect(refused.resume().statusCode).toBe(413)
  })

  test('[TUN4] fifty tunnels at once with one reader who does not read: the others finish, and what the server holds is bounded', async () => {
    const bytes = 3 * MiB
    // A device has ten open at another's: five devices ask alice's.
    const readers = [bob, ...others].flatMap((who) => Array.from({ length: 10 }, () => who))
    const begun: { response: IncomingMessage; sent: ReturnType<typeof answer> }[] = []
    for (const [index, who] of readers.entries()) {
      const asked = ask(who)
      // The first is the one who does not read.
      const sent = answer(await collect(), index === 0 ? 64 * MiB : bytes)
      begun.push({ response: await asked, sent })
    }
    expect(begun).toHaveLength(50)
    expect(await figure('doorpost_tunnel_window_bytes')).toBeLessThanOrEqual(50 * TUNNEL_WINDOW_BYTES)
    const [slow, ...fast] = begun
    expect(await Promise.all(fast.map(({ response }) => read(response)))).toEqual(fast.map(() => bytes))
    for (const { sent } of fast) expect(await sent.status.promise).toBe(204)
    // One window for the one that nobody reads; its source was held back by what two sockets take.
    expect(await figure('doorpost_tunnel_window_bytes')).toBeLessThanOrEqual(TUNNEL_WINDOW_BYTES)
    expect(await figure('doorpost_tunnels_open')).toBe(1)
    expect(await stays(() => slow?.sent.taken ?? 0)).toBeLessThan(48 * MiB)
    slow?.response.destroy()
    expect(await slow?.sent.status.promise).not.toBe(204)
  })

  test('[TUN7] a requester whose connection breaks ends the source’s request at once, also while it waits for more', async () => {
    const asked = ask()
    const id = await collect()
    const sending = http.request(`${server.origin}/tunnel/${id}`, { method: 'SEND', headers: fieldsOf(alice) })
    opened.push(sending)
    sending.on('error', () => {})
    sending.write('first')
    const response = await asked
    response.once('error', () => {})
    response.destroy()
    const [told] = (await once(sending, 'response')) as [IncomingMessage]
    expect(told.resume().statusCode).toBe(404)
  })

  test('[TUN7] a source that breaks off never looks like the end of its answer', async () => {
    const asked = ask()
    const id = await collect()
    const sending = http.request(`${server.origin}/tunnel/${id}`, { method: 'SEND', headers: fieldsOf(alice) })
    sending.on('error', () => {})
    sending.write('first')
    const response = await asked
    const whole = read(response)
    sending.destroy()
    await expect(whole).rejects.toThrow('aborted')
  })
})

describe('over HTTP/2', () => {
  const stream = (session: ClientHttp2Session, who: Person, method: string, path: string, more = {}) =>
    session.request({ ':method': method, ':path': path, ...fieldsOf(who), ...more }, { endStream: false })

  test('[TUN14] on one connection a tunnel that is not read slows no other: neither its source nor its requester', async () => {
    const [asking, answering] = [http2.connect(server.origin), http2.connect(server.origin)]
    opened.push(asking, answering)
    for (const one of [asking, answering]) one.on('error', () => {})
    const begin = async () => {
      const headers = { 'doorpost-message': `${alice.device} ${MESSAGE_ID}` }
      const asked = stream(asking, bob, 'PIPE', '/tunnels/alice/laptop', headers)
      asked.on('error', () => {})
      asked.end('?')
      const sent = stream(answering, alice, 'SEND', `/tunnel/${await collect()}`)
      sent.on('error', () => {})
      return { asked, sent }
    }
    const slow = await begin()
    // Far more than the windows of a stream and of a connection.
    slow.sent.end(Buffer.alloc(4 * MiB))
    const fast = await begin()
    fast.sent.end(Buffer.alloc(8 * MiB))
    let bytes = 0
    for await (const part of fast.asked as AsyncIterable<Buffer>) bytes += part.length
    expect(bytes).toBe(8 * MiB)
    expect(await figure('doorpost_tunnel_window_bytes')).toBeLessThanOrEqual(TUNNEL_WINDOW_BYTES)
    expect(slow.sent.writableFinished).toBe(false)
  })
})
