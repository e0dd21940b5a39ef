// A whole server on real sockets: three doors on one port, starting, stopping and starting again.

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import http2 from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fingerprintOf } from '@doorpost/protocol/signature'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { needs } from '../../scripts/needs.ts'
import { createInvitation } from './accounts/admin-invitations.ts'
import { type Caller, overHttp1, overHttp2, overSession } from './door-callers.ts'
import { envelopeFor, inMemoryServer, newPerson, type Person, type Question } from './in-memory-server.ts'
import { openLog } from './log.ts'
import { type RunningServer, startServer } from './server.ts'
import type { ServerOptions } from './start-options.ts'

const curl = needs('curl')
const openssl = needs('openssl')

let folder = ''
const running: RunningServer[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-server-'))
})
afterEach(async () => {
  for (const server of running.splice(0)) await server.drain()
  await rm(folder, { recursive: true, force: true })
})

async function start(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const server = await startServer({
    port: 0,
    host: '127.0.0.1',
    dataFolder: folder,
    logger: openLog('silent'),
    ...options,
  })
  running.push(server)
  return server
}

/** Somebody registered at a running server, logged in over HTTP/1.1. */
async function enrol(server: RunningServer, name: string): Promise<Person> {
  const caller = overHttp1(server)
  const person = newPerson(caller, name, 'laptop', server.domain)
  const { status } = await caller.ask({ method: 'SEND', target: '/accounts', body: { deviceList: person.list } })
  expect(status).toBe(201)
  await person.logIn({ origin: server.origin })
  return person
}

/** Logs a person's laptop in by asking through this caller. */
async function logInOver(caller: Caller, server: RunningServer, person: Person): Promise<string> {
  const target = `/users/${person.name}/laptop`
  const { nonce } = (await caller.ask({ method: 'AUTHORIZATION', target })).json as { nonce: string }
  const body = person.proofFor(nonce, { origin: server.origin })
  return ((await caller.ask({ method: 'AUTHORIZATION', target, body })).json as { token: string }).token
}

describe('the doors', () => {
  test.skipIf(curl.missing)(
    `[V7] curl -X FINGER gets one document over HTTP/1.1 and HTTP/2${curl.reason}`,
    async () => {
      const server = await start()
      const bob = await enrol(server, 'bob')
      const url = `http://127.0.0.1:${server.port}/users/bob`
      const finger = async (...options: string[]) =>
        (
          await promisify(execFile)(curl.path, [
            '-s',
            '-w',
            '\n%{http_version} %{http_code}',
            '-X',
            'FINGER',
            ...options,
            url,
          ])
        ).stdout.split('\n')
      const [old, ofOld] = await finger('--http1.1')
      const [young, ofYoung] = await finger('--http2-prior-knowledge')
      expect([ofOld, ofYoung]).toEqual(['1.1 200', '2 200'])
      expect(young).toBe(old)
      expect(JSON.parse(old ?? '')).toEqual({
        address: bob.address,
        accountKey: bob.list.key,
        fingerprint: fingerprintOf(bob.list.key),
        deviceList: bob.list,
      })
      const nobody = await finger('--http1.1', '-H', 'Authorization: Bearer x')
      expect(nobody[0]).toBe(old)
    },
  )

  test('[V7] all three doors answer the same, from LIST without login to SEND and LIST with one', async () => {
    const server = await start()
    const [alice, bob] = [await enrol(server, 'alice'), await enrol(server, 'bob')]
    const callers = [overHttp1(server), overHttp2(server), await overSession(server)]
    const seen: unknown[][] = [[], [], []]
    const envelope = envelopeFor(alice, [bob], {
      date: new Date().toISOString(),
      expires: new Date(Date.now() + 3600_000).toISOString(),
    })
    expect((await alice.ask('SEND', '/messages', envelope)).status).toBe(202)
    for (const [index, caller] of callers.entries()) {
      const note = async (question: Question) => {
        const { status, headers, json } = await caller.ask(question)
        seen[index]?.push([
          question.method,
          question.target,
          status,
          headers['content-type'],
          headers['cache-control'],
          json,
        ])
      }
      await note({ method: 'LIST', target: '/messages' })
      await note({ method: 'LIST', target: '/nowhere' })
      await note({ method: 'FINGER', target: '/users/bob' })
      await note({ method: 'FINGER', target: '/users/nemo' })
      const token = await logInOver(caller, server, alice)
      await note({ method: 'SEND', target: '/messages', token, body: envelope })
      await note({ method: 'LIST', target: '/contacts', token })
      await note({ method: 'PIPE', target: '/messages', token })
      caller.end()
    }
    expect(seen[0]?.map((each) => (each as unknown[])[2])).toEqual([401, 401, 200, 404, 200, 200, 405])
    expect(seen[1]).toEqual(seen[0])
    expect(seen[2]).toEqual(seen[0])
  })

  test('[A8] QUIT over any door kills the token on every door and closes the connection', async () => {
    const server = await start()
    const alice = await enrol(server, 'alice')
    for (const open of [overHttp1, overHttp2, overSession]) {
      const caller = await open(server)
      const token = await logInOver(caller, server, alice)
      const statusOver = async (other: Caller, question: Question) => (await other.ask(question)).status
      expect(await statusOver(caller, { method: 'LIST', target: '/contacts', token })).toBe(200)
      expect(await statusOver(caller, { method: 'QUIT', target: '/', token })).toBe(204)
      const code = await caller.ended
      expect(code).toBe(open === overSession ? 1000 : undefined)
      for (const other of [overHttp1(server), overHttp2(server)]) {
        expect(await statusOver(other, { method: 'LIST', target: '/contacts', token })).toBe(401)
        expect(await statusOver(other, { method: 'QUIT', target: '/', token })).toBe(401)
        other.end()
      }
    }
  })

  test('[V11] QUIT and a broken connection end an open PIPE', async () => {
    const server = await start()
    const alice = await enrol(server, 'alice')
    const metric = async () => /doorpost_tunnel_collectors (\d+)/.exec((await alice.ask('GET', '/metrics')).text)?.[1]
    const untilMetric = async (value: string) => {
      while ((await metric()) !== value);
    }
    const [waiting, leaving] = [overHttp1(server), overHttp2(server)]
    const token = await logInOver(waiting, server, alice)
    const held = waiting.ask({ method: 'PIPE', target: '/tunnel', token })
    const left = leaving.ask({ method: 'PIPE', target: '/tunnel', token: alice.token })
    await untilMetric('2')
    const quitting = overHttp1(server)
    await quitting.ask({ method: 'QUIT', target: '/', token })
    expect((await held).status).toBe(401)
    leaving.end()
    await expect(left).rejects.toThrow('without an answer')
    await untilMetric('0')
    for (const caller of [waiting, quitting]) caller.end()
  })

  test('[P3] a device on its session is pushed mail and the presence of contacts', async () => {
    const server = await start()
    const [alice, bob] = [await enrol(server, 'alice'), await enrol(server, 'bob')]
    await alice.ask('SEND', '/contacts', { address: bob.address })
    await bob.ask('SEND', '/contacts', { address: alice.address })
    const session = await overSession(server)
    await logInOver(session, server, bob)
    expect((await session.ask({ method: 'SEND', target: '/presence', body: { online: true } })).status).toBe(204)
    await alice.ask('SEND', '/presence', { online: true, addresses: ['127.0.0.1:4711'] })
    const dates = { date: new Date().toISOString(), expires: new Date(Date.now() + 3600_000).toISOString() }
    await alice.ask('SEND', '/messages', envelopeFor(alice, [bob], dates))
    while (session.pushed.length < 2) await session.ask({ method: 'FINGER', target: '/' })
    expect(session.pushed).toContainEqual({ kind: 'presence', address: alice.address, device: 'laptop' })
    expect(session.pushed).toContainEqual(expect.objectContaining({ kind: 'message' }))
    session.end()
  })
})

describe('starting', () => {
  test('[O1] plain HTTP that others could reach is refused with what to do', async () => {
    await expect(start({ host: '0.0.0.0' })).rejects.toThrow(/0\.0\.0\.0 can be reached.*certificate.*proxy/)
    await expect(start({ host: 'example.org' })).rejects.toThrow(/certificate/)
    await expect(start({ domain: 'not a domain' })).rejects.toThrow('not a domain')
    await expect(start({ origins: ['example.org'] })).rejects.toThrow('https://example.org')
  })

  test('[O1] behind a named proxy the caller must have come by https to log in', async () => {
    const server = await start({ trustedProxies: ['127.0.0.1'], domain: 'example.org' })
    expect([server.origin, server.registration]).toEqual(['https://example.org', 'invitation'])
    const caller = overHttp1(server)
    const at = { method: 'AUTHORIZATION', target: '/users/a/b' }
    const forwarded = { 'x-forwarded-for': '192.0.2.1' }
    expect((await caller.ask({ ...at, headers: { ...forwarded, 'x-forwarded-proto': 'https' } })).status).toBe(401)
    expect((await caller.ask({ ...at, headers: { ...forwarded, 'x-forwarded-proto': 'http' } })).status).toBe(403)
    expect((await caller.ask(at)).status).toBe(403)
    caller.end()
  })

  test.skipIf(openssl.missing)(`[O1] with a certificate the origin is https${openssl.reason}`, async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const names = ['-subj', '/CN=localhost', '-days', '2', '-keyout', key, '-out', cert]
    await promisify(execFile)(openssl.path, [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      ...names,
    ])
    const server = await start({ tls: { cert: await readFile(cert), key: await readFile(key) } })
    expect(server.origin).toBe(`https://localhost:${server.port}`)
    const session = http2.connect(`https://127.0.0.1:${server.port}`, { rejectUnauthorized: false })
    const stream = session.request({ ':method': 'FINGER', ':path': '/' })
    const status = await new Promise((resolve) => stream.once('response', (fields) => resolve(fields[':status'])))
    expect(status).toBe(200)
    session.destroy()
  })

  test('[O2] a second start on the same data goes on with domain, accounts, logins and mail', async () => {
    const first = await start()
    const [alice, bob] = [await enrol(first, 'alice'), await enrol(first, 'bob')]
    const dates = { date: new Date().toISOString(), expires: new Date(Date.now() + 3600_000).toISOString() }
    expect((await alice.ask('SEND', '/messages', envelopeFor(alice, [bob], dates))).status).toBe(202)
    await expect(start()).rejects.toThrow('in use by another server')
    await first.drain()
    const second = await start()
    expect(second.domain).toBe(first.domain)
    const caller = overHttp1(second)
    const listed = await caller.ask({ method: 'LIST', target: '/messages', token: bob.token })
    expect(listed.json).toMatchObject({ messages: [{ from: alice.device }] })
    caller.end()
    await second.drain()
    await expect(start({ domain: 'example.org' })).rejects.toThrow(`users of ${first.domain}`)
    expect((await start({ domain: first.domain })).domain).toBe(first.domain)
  })

  test('[O2] a start that fails lets go of the data, so that the next one has it', async () => {
    const { domain, drain } = await start()
    await drain()
    const record = join(folder, 'server.json')
    const written = await readFile(record, 'utf8')
    await writeFile(record, '{')
    await expect(start()).rejects.toThrow(SyntaxError)
    await writeFile(record, written)
    expect((await start()).domain).toBe(domain)
  })

  test('[Y6] SIGHUP reads the policy again; a wrong one leaves it as it was, and stops a start', async () => {
    const policyFile = join(folder, 'policy.json')
    await writeFile(policyFile, '{ "registration": "closed" }')
    const server = await start({ policyFile })
    const caller = overHttp1(server)
    const registration = async () =>
      ((await caller.ask({ method: 'FINGER', target: '/' })).json as { registration: string }).registration
    expect(await registration()).toBe('closed')
    await writeFile(policyFile, '{ "registration": "open" }')
    process.emit('SIGHUP')
    while ((await registration()) === 'closed');
    await writeFile(policyFile, '{ "registration": "opne" }')
    await expect(server.reloadPolicy()).rejects.toThrow(`${policyFile}, line 1: registration: `)
    expect(await registration()).toBe('open')
    caller.end()
    await server.drain()
    expect(process.listenerCount('SIGHUP')).toBe(0)
    await expect(start({ policyFile })).rejects.toThrow('line 1: registration: ')
  })

  test('[A14] an invitation made while the server runs lets one newcomer in', async () => {
    const policyFile = join(folder, 'policy.json')
    await writeFile(policyFile, '{ "registration": "invitation" }')
    const server = await start({ policyFile })
    const invitation = await createInvitation({ dataFolder: folder, expires: new Date(Date.now() + 60_000) })
    const caller = overHttp1(server)
    const statusFor = async (name: string, token = invitation) => {
      const { list } = newPerson(caller, name, 'laptop', server.domain)
      return (await caller.ask({ method: 'SEND', target: '/accounts', body: { deviceList: list, invitation: token } }))
        .status
    }
    expect(await statusFor('mallory', 'AAAAAAAAAAAAAAAAAAAAAA')).toBe(466)
    expect([await statusFor('alice'), await statusFor('bob')]).toEqual([201, 466])
    const late = await createInvitation({ dataFolder: folder, expires: new Date(Date.now() - 1) })
    expect(await statusFor('bob', late)).toBe(466)
    caller.end()
  })
})

describe('stopping', () => {
  test('[O3] what is held is answered 503, sessions end with 1001, and nobody can connect', async () => {
    const server = await start()
    const alice = await enrol(server, 'alice')
    const [waiting, session] = [overHttp1(server), await overSession(server)]
    const held = waiting.ask({ method: 'PIPE', target: '/tunnel', token: alice.token })
    while (!(await alice.ask('GET', '/metrics')).text.includes('doorpost_tunnel_collectors 1'));
    await server.drain()
    expect([(await held).status, await session.ended]).toEqual([503, 1001])
    await expect(overHttp1(server).ask({ method: 'GET', target: '/healthz' })).rejects.toThrow('ECONNREFUSED')
    await server.drain()
  })

  test('[O3] every message that was accepted while draining began is there at the next start', async () => {
    const server = await start()
    const [alice, bob] = [await enrol(server, 'alice'), await enrol(server, 'bob')]
    const callers = Array.from({ length: 4 }, () => overHttp1(server))
    const dates = { date: new Date().toISOString(), expires: new Date(Date.now() + 3600_000).toISOString() }
    const accepted: string[] = []
    const sends = callers.map(async (caller, index) => {
      for (let number = 0; ; number++) {
        const id = Buffer.alloc(16, `${index} ${number} `).toString('base64url')
        const question = {
          method: 'SEND',
          target: '/messages',
          token: alice.token,
          body: envelopeFor(alice, [bob], { ...dates, id }),
        }
        const status = await caller.ask(question).then(
          (reply) => reply.status,
          () => 0,
        )
        if (status !== 202) return
        accepted.push(id)
        if (accepted.length === 20) void server.drain()
      }
    })
    await Promise.all(sends)
    await server.drain()
    for (const caller of callers) caller.end()
    const again = await start()
    const caller = overHttp1(again)
    const kept: string[] = []
    for (let after = ''; ; ) {
      const target = `/messages${after}`
      const { json } = await caller.ask({ method: 'LIST', target, token: bob.token })
      const { messages, more } = json as { messages: { from: string; id: string }[]; more: boolean }
      kept.push(...messages.map(({ id }) => id))
      if (!more) break
      const last = messages.at(-1)
      after = `?after=${encodeURIComponent(`${last?.from} ${last?.id}`)}`
    }
    caller.end()
    expect(accepted.length).toBeGreaterThanOrEqual(20)
    expect(kept.toSorted()).toEqual(expect.arrayContaining(accepted.toSorted()))
  })

  test('[O4] healthz is 200, and 503 while draining; so is everything else but metrics', async () => {
    const server = inMemoryServer()
    const statusOf = async (method: string, target: string) => (await server.ask({ method, target })).status
    expect(await statusOf('GET', '/healthz')).toBe(200)
    server.drain()
    expect([
      await statusOf('GET', '/healthz'),
      await statusOf('FINGER', '/'),
      await statusOf('GET', '/metrics'),
    ]).toEqual([503, 503, 200])
  })
})

describe('what is said of it', () => {
  test('[O4] metrics have the figures of the documents', async () => {
    const server = await start()
    const alice = await enrol(server, 'alice')
    const { text, headers } = await alice.ask('GET', '/metrics')
    const names = [
      'connections',
      'sessions',
      'messages_accepted_total',
      'messages_delivered_total',
      'message_bytes_total',
    ]
    names.push('tunnel_bytes_total', 'live_relay_bytes_total', 'refusals_total', 'logins_total', 'storage_seconds')
    for (const name of names) expect(text).toContain(`# TYPE doorpost_${name} `)
    expect(text).toMatch(/^doorpost_connections [1-9]/m)
    expect(text).toContain('doorpost_live_relay_bytes_total 0')
    expect(text).not.toContain('alice')
    expect(headers['content-type']).toContain('text/plain')
  })

  test('[O5] the log holds no token, nonce, signature, invitation, sealed bytes or name, at its most talkative', async () => {
    const lines: string[] = []
    const { level: _, ...options } = (await import('./log.ts')).logOptions('trace')
    const logger = pino({ ...options, level: 'trace' }, { write: (line: string) => void lines.push(line) })
    const server = await start({ logger })
    const [alice, bob] = [await enrol(server, 'alice'), await enrol(server, 'bob')]
    const caller = overHttp1(server)
    const invitation = 'c2VjcmV0IGludml0YXRpb2'
    const sealed = Buffer.from('sealed canary bytes').toString('base64url')
    const target = '/users/alice/laptop'
    const { nonce } = (await caller.ask({ method: 'AUTHORIZATION', target })).json as { nonce: string }
    const proof = alice.proofFor(nonce, { origin: 'http://elsewhere.example' }) as {
      signature: string
      deviceNonce: string
    }
    await caller.ask({ method: 'AUTHORIZATION', target, body: proof })
    await caller.ask({ method: 'AUTHORIZATION', target, body: { ...proof, extra: invitation } })
    await alice.ask('SEND', '/contacts', { address: bob.address, invitation })
    const envelope = envelopeFor(alice, [bob])
    for (const body of [envelope, { ...envelope, sealed: { ...envelope.sealed, body: sealed } }, { sealed }]) {
      await alice.ask('SEND', '/messages', body)
    }
    await alice.ask('RETRIEVE', `/messages?token=${alice.token}`, { messages: sealed })
    await alice.ask('PIPE', '/tunnels/bob/laptop', Buffer.from(sealed), { headers: { 'doorpost-message': sealed } })
    await alice.ask('QUIT', '/')
    caller.end()
    await server.drain()
    const log = lines.join('')
    expect(lines.length).toBeGreaterThan(5)
    const secrets = [alice.token, bob.token, nonce, proof.signature, proof.deviceNonce, invitation, sealed, 'alice']
    for (const secret of secrets) expect(log).not.toContain(secret)
  })

  test('[O5] an error in the log has its words and place, and nothing that hangs on it', async () => {
    const lines: string[] = []
    const logger = pino((await import('./log.ts')).logOptions('error'), {
      write: (line: string) => void lines.push(line),
    })
    logger.error(
      { err: Object.assign(new Error('disk full'), { token: 'secret', cause: new Error('below') }) },
      'a request failed',
    )
    expect(lines[0]).toContain('disk full')
    expect(lines[0]).toContain('below')
    expect(lines[0]).not.toContain('secret')
  })

  test('[O6] GET / says what this is, in a page that may load nothing', async () => {
    const server = await start()
    const caller = overHttp1(server)
    const { status, headers, text } = await caller.ask({ method: 'GET', target: '/' })
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(text).toContain(`@${server.domain}`)
    caller.end()
  })
})
