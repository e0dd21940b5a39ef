// The handler table as a whole: who may ask what, and that nobody learns from any row what promise 6 keeps from them.

import { PIPE_HOLD_MS } from '@doorpost/protocol/limits'
import { describe, expect, test } from 'vitest'
import {
  befriend,
  DOMAIN,
  envelopeFor,
  type InMemoryServer,
  inMemoryServer,
  MESSAGE_ID,
  newPerson,
  type Person,
  type Question,
  type Reply,
} from './in-memory-server.ts'
import { ownHosts } from './own-host.ts'
import { methodsOf, rowFor, table } from './table.ts'

const nameOf = ({ method, target }: { method: string; target: string }) => `${method} ${target}`

/** Asks, and lets the hold time pass should the answer wait for it. */
async function askPatiently(server: InMemoryServer, question: Question): Promise<Reply> {
  const reply = server.ask(question)
  // Everything in memory is done within one turn of the event loop; what is not done then is held.
  await new Promise(setImmediate)
  if (server.rooms.tunnel.counts().requests + server.rooms.tunnel.counts().collectors > 0)
    server.clock.turn(PIPE_HOLD_MS + 1000)
  return reply
}

/** What alice can ask that has to do with bob, for every row of the table. */
function questionsAboutBob(alice: Person, bob: Person, nonce: string): Readonly<Record<string, Partial<Question>>> {
  const message = { 'doorpost-message': `${alice.device} ${MESSAGE_ID}` }
  const key = { from: alice.device, id: MESSAGE_ID }
  const envelope = envelopeFor(alice, [bob], { id: 'AQEBAQEBAQEBAQEBAQEBAQ' })
  return {
    'FINGER /': {},
    'FINGER /users/NAME': { target: '/users/bob' },
    'SEND /accounts': {
      body: { deviceList: newPerson({ ask: async () => Promise.reject(new Error()) }, 'bob', 'fridge').list },
    },
    'AUTHORIZATION /users/NAME/DEVICE': { target: '/users/bob/laptop', body: alice.proofFor(nonce) },
    'SEND /devices': { body: { deviceList: bob.list } },
    'AUTHORIZATION /recoveries/NAME': {
      target: '/recoveries/bob',
      body: { deviceList: bob.list, ...alice.proofFor(nonce) },
    },
    'SEND /links': { body: { slot: 'A'.repeat(43), offer: { body: 'AAAA', mac: 'A'.repeat(43) } } },
    'RETRIEVE /links/SLOT': { target: '/links/none' },
    'REMOVE /links/SLOT': { target: '/links/none' },
    'SEND /links/SLOT/request': {
      target: '/links/none/request',
      body: { request: { body: 'AA', mac: 'A'.repeat(43) } },
    },
    'SEND /links/SLOT/answer': { target: '/links/none/answer', body: { answer: { body: 'AA', mac: 'A'.repeat(43) } } },
    'LIST /contacts': {},
    'REMOVE /contacts': { body: { addresses: [bob.address] } },
    'SEND /contacts': { body: { address: bob.address } },
    'SEND /blocks': { body: { address: bob.address } },
    'LIST /blocks': {},
    'REMOVE /blocks': { body: { addresses: [bob.address] } },
    'SEND /invitations': { body: { tokenHash: 'A'.repeat(43), expires: '2026-11-22T12:00:00.000Z' } },
    'SEND /preferences': {
      body: {
        replaces: 1,
        sequence: 2,
        id: MESSAGE_ID,
        sealed: { keys: [{ device: 'laptop', key: 'AAAA' }], body: 'AAAA' },
      },
    },
    'RETRIEVE /preferences': {},
    'LIST /ice': {},
    'SEND /presence': { body: { online: true } },
    'LIST /presence': {},
    'SEND /messages': { body: envelope },
    'LIST /messages': {},
    'RETRIEVE /messages': { body: { messages: [key] } },
    'REMOVE /messages': { body: { messages: [key] } },
    'PIPE /tunnels/NAME/DEVICE': {
      target: '/tunnels/bob/laptop',
      headers: message,
      body: Buffer.from('give me pieces'),
    },
    'PIPE /tunnel': {},
    'SEND /tunnel/ID': { target: `/tunnel/${MESSAGE_ID}`, body: Buffer.from('an answer') },
    'SEND /grants': {
      body: {
        slot: 'a'.repeat(32),
        accessKey: 'A'.repeat(43),
        messageId: MESSAGE_ID,
        expires: '2026-11-22T12:00:00.000Z',
        sealed: 'AAAA',
      },
    },
    'SEND /grants/SLOT': { target: `/grants/${'a'.repeat(32)}` },
    'REMOVE /grants/SLOT': { target: `/grants/${'a'.repeat(32)}` },
    'RETRIEVE /grant': {},
    'SEND /live': { body: { broadcast: 'B'.repeat(21) + 'A', format: LIVE_FORMAT } },
    'LIST /live': {},
    'RETRIEVE /live/BROADCAST': { target: `/live/${MESSAGE_ID}` },
    'REMOVE /live/BROADCAST': { target: `/live/${MESSAGE_ID}` },
    'SEND /live/BROADCAST/decisions': {
      target: `/live/${MESSAGE_ID}/decisions`,
      body: { user: bob.address, decision: 'approve' },
    },
    'SEND /live/BROADCAST/paths': { target: `/live/${MESSAGE_ID}/paths`, body: { watch: MESSAGE_ID, up: true } },
    'SEND /watches': { body: { user: bob.address } },
    'RETRIEVE /watches/WATCH': { target: `/watches/${MESSAGE_ID}` },
    'SEND /watches/WATCH': { target: `/watches/${MESSAGE_ID}`, body: { audio: false } },
    'SEND /watches/WATCH/path': { target: `/watches/${MESSAGE_ID}/path`, body: { up: true } },
    'REMOVE /watches/WATCH': { target: `/watches/${MESSAGE_ID}` },
    'LIST /admin': {},
    'LIST /admin/users': {},
    'SEND /admin/users': { body: { name: 'bob', standing: 'closed' } },
    'LIST /admin/invitations': {},
    'SEND /admin/invitations': { body: { tokenHash: 'A'.repeat(43), expires: '2026-11-22T12:00:00.000Z' } },
    'REMOVE /admin/invitations': { body: { tokenHashes: ['A'.repeat(43)] } },
    'LIST /admin/limits': {},
    'SEND /admin/limits': { body: { changes: { registration: 'closed' } } },
    'SEND /delivered': { body: { day: '2026-11-20', units: 1 } },
    'GET /': {},
    'GET /l': {},
    'GET /i': {},
    'GET /join': {},
    'GET /link': {},
    'GET /assets/FILE': { target: '/assets/a.js' },
    'GET /sw.js': {},
    'GET /manifest.webmanifest': {},
    'GET /icon.svg': {},
    'GET /icon-maskable.svg': {},
    'GET /icon-touch.png': {},
    'GET /healthz': {},
    'GET /metrics': {},
    'QUIT /': {},
  }
}

/** Bob shows something all the while. */
const LIVE_FORMAT = { bytesPerSecond: { pictures: 100_000, stills: 5_000, audio: 6_000 } }

/** A world for each row and standing, with keys of its own people, on a busy machine, ms. */
const WORLDS_MS = 180_000

type Standing = 'a stranger' | 'not approved' | 'withdrawn' | 'blocked' | 'blocked after mutual'

/** A server where bob is on-line with addresses, and stands so to alice, who approved him unless she is a stranger. */
async function serverWith(standing: Standing): Promise<{ server: InMemoryServer; alice: Person; bob: Person }> {
  const server = inMemoryServer()
  const [alice, bob] = [await server.join('alice'), await server.join('bob')]
  if (standing !== 'a stranger') await alice.ask('SEND', '/contacts', { address: bob.address })
  if (standing === 'withdrawn' || standing === 'blocked after mutual') await befriend(alice, bob)
  if (standing === 'withdrawn') await bob.ask('REMOVE', '/contacts', { addresses: [alice.address] })
  if (standing.startsWith('blocked')) await bob.ask('SEND', '/blocks', { address: alice.address })
  await bob.comeOnline(['192.0.2.7:4711'])
  await bob.ask('SEND', '/live', { broadcast: MESSAGE_ID, format: LIVE_FORMAT })
  const { status } = await alice.ask('SEND', '/messages', envelopeFor(alice, [bob]))
  expect(status).toBe(202)
  // What waits for bob is pushed to him in turns of its own.
  for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate)
  return { server, alice, bob }
}

/** Ids and tickets that the server draws: of a watch, of a broadcast. */
const DRAWN = /"(?!B{21})[A-Za-z0-9_-]{22}"|"[A-Za-z0-9_-]{43}"/g

/** What alice sees of every row, and what storage did for it. */
async function seenBy(standing: Standing): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {}
  for (const row of table) {
    const { server, alice, bob } = await serverWith(standing)
    const { nonce } = (await server.ask({ method: 'AUTHORIZATION', target: '/users/bob/laptop' })).json as {
      nonce: string
    }
    const about = questionsAboutBob(alice, bob, nonce)[nameOf(row)]
    if (!about) throw new Error(`No question for ${nameOf(row)}.`)
    server.calls.length = 0
    const { status, headers, text } = await askPatiently(server, { ...row, token: alice.token, ...about })
    // Figures of the process differ from read to read.
    const body = row.target === '/metrics' ? text.length > 0 : text.replaceAll(DRAWN, '"drawn"')
    seen[nameOf(row)] = { status, headers, body, calls: [...server.calls] }
  }
  return seen
}

describe('what callers learn', () => {
  test(
    '[V3] not approved, approval withdrawn and blocked are one answer after the same steps, on every row',
    async () => {
      const reference = await seenBy('not approved')
      expect(reference['FINGER /users/NAME']).toMatchObject({
        status: 200,
        calls: ['logins.get', 'accounts.get', 'contacts.mutual'],
      })
      const statuses = table.map((row) => [nameOf(row), (reference[nameOf(row)] as Reply).status])
      expect(Object.fromEntries(statuses)).toMatchInlineSnapshot(`
      {
        "AUTHORIZATION /recoveries/NAME": 401,
        "AUTHORIZATION /users/NAME/DEVICE": 401,
        "FINGER /": 200,
        "FINGER /users/NAME": 200,
        "GET /": 200,
        "GET /assets/FILE": 404,
        "GET /healthz": 200,
        "GET /i": 200,
        "GET /icon-maskable.svg": 404,
        "GET /icon-touch.png": 404,
        "GET /icon.svg": 404,
        "GET /join": 200,
        "GET /l": 200,
        "GET /link": 200,
        "GET /manifest.webmanifest": 404,
        "GET /metrics": 200,
        "GET /sw.js": 404,
        "LIST /admin": 404,
        "LIST /admin/invitations": 404,
        "LIST /admin/limits": 404,
        "LIST /admin/users": 404,
        "LIST /blocks": 200,
        "LIST /contacts": 200,
        "LIST /ice": 200,
        "LIST /live": 200,
        "LIST /messages": 200,
        "LIST /presence": 200,
        "PIPE /tunnel": 204,
        "PIPE /tunnels/NAME/DEVICE": 504,
        "QUIT /": 204,
        "REMOVE /admin/invitations": 404,
        "REMOVE /blocks": 204,
        "REMOVE /contacts": 204,
        "REMOVE /grants/SLOT": 204,
        "REMOVE /links/SLOT": 404,
        "REMOVE /live/BROADCAST": 404,
        "REMOVE /messages": 200,
        "REMOVE /watches/WATCH": 404,
        "RETRIEVE /grant": 401,
        "RETRIEVE /links/SLOT": 404,
        "RETRIEVE /live/BROADCAST": 404,
        "RETRIEVE /messages": 200,
        "RETRIEVE /preferences": 200,
        "RETRIEVE /watches/WATCH": 404,
        "SEND /accounts": 409,
        "SEND /admin/invitations": 404,
        "SEND /admin/limits": 404,
        "SEND /admin/users": 404,
        "SEND /blocks": 204,
        "SEND /contacts": 200,
        "SEND /delivered": 204,
        "SEND /devices": 409,
        "SEND /grants": 201,
        "SEND /grants/SLOT": 204,
        "SEND /invitations": 201,
        "SEND /links": 201,
        "SEND /links/SLOT/answer": 404,
        "SEND /links/SLOT/request": 404,
        "SEND /live": 200,
        "SEND /live/BROADCAST/decisions": 404,
        "SEND /live/BROADCAST/paths": 404,
        "SEND /messages": 202,
        "SEND /preferences": 409,
        "SEND /presence": 204,
        "SEND /tunnel/ID": 404,
        "SEND /watches": 202,
        "SEND /watches/WATCH": 404,
        "SEND /watches/WATCH/path": 404,
      }
    `)
      for (const standing of ['withdrawn', 'blocked', 'blocked after mutual'] as const) {
        const seen = await seenBy(standing)
        for (const row of table)
          expect([standing, nameOf(row), seen[nameOf(row)]]).toEqual([standing, nameOf(row), reference[nameOf(row)]])
      }
    },
    WORLDS_MS,
  )

  test(
    '[V3] a stranger sees the same too, but for the list of those it approved itself',
    async () => {
      const [reference, seen] = [await seenBy('not approved'), await seenBy('a stranger')]
      const own = ['LIST /contacts', 'LIST /presence']
      for (const row of table.filter((each) => !own.includes(nameOf(each)))) {
        expect([nameOf(row), seen[nameOf(row)]]).toEqual([nameOf(row), reference[nameOf(row)]])
      }
    },
    WORLDS_MS,
  )

  test('[P7] FINGER is the same bytes for strangers, the blocked and those without a login, and more for contacts', async () => {
    const texts = new Set<string>()
    for (const standing of ['a stranger', 'not approved', 'blocked'] as const) {
      const { server, alice } = await serverWith(standing)
      for (const token of [alice.token, undefined, 'A'.repeat(43)]) {
        server.calls.length = 0
        const { status, headers, text } = await server.ask({ method: 'FINGER', target: '/users/bob', token })
        const steps = server.calls.filter((call) => call !== 'logins.get')
        texts.add(JSON.stringify([status, headers, text, steps]))
      }
    }
    expect(texts.size).toBe(1)
    expect([...texts][0]).not.toMatch(/presence|192\.0\.2/)
    const { server, alice, bob } = await serverWith('not approved')
    await befriend(alice, bob)
    const reply = await server.ask({ method: 'FINGER', target: '/users/bob', token: alice.token })
    expect(reply.json).toMatchObject({ presence: [{ device: 'laptop', online: true, addresses: ['192.0.2.7:4711'] }] })
  })
})

describe('who may ask', () => {
  test('[V1] without a good login every other request is the same 401, whether it exists or not', async () => {
    const server = inMemoryServer()
    const bodies = new Set<string>()
    const targets = ['/', '/users/bob', '/messages', '/nowhere', '/tunnel/x', '/users/a/b/c', '/contacts']
    const methods = [
      'QUIT',
      'LIST',
      'RETRIEVE',
      'REMOVE',
      'SEND',
      'PIPE',
      'FINGER',
      'AUTHORIZATION',
      'GET',
      'DELETE',
      'BREW',
    ]
    for (const method of methods) {
      for (const target of targets) {
        if (rowFor(method, target)?.row.who === 'anyone') continue
        for (const headers of [{}, { authorization: 'Bearer x' }, { authorization: `Bearer ${'A'.repeat(43)}` }]) {
          const { status, headers: answered, text } = await server.ask({ method, target, headers })
          bodies.add(JSON.stringify([status, answered, text]))
        }
      }
    }
    expect(bodies.size).toBe(1)
    expect([...bodies][0]).toContain('not-logged-in')
  })

  test('[V1] rows for anyone are those of the document and no others', () => {
    expect(table.filter(({ who }) => who === 'anyone').map(nameOf)).toEqual([
      'FINGER /',
      'FINGER /users/NAME',
      'SEND /accounts',
      'AUTHORIZATION /users/NAME/DEVICE',
      'AUTHORIZATION /recoveries/NAME',
      'RETRIEVE /links/SLOT',
      'SEND /links/SLOT/request',
      'GET /',
      'GET /l',
      'GET /i',
      'GET /join',
      'GET /link',
      'GET /assets/FILE',
      'GET /sw.js',
      'GET /manifest.webmanifest',
      'GET /icon.svg',
      'GET /icon-maskable.svg',
      'GET /icon-touch.png',
      'GET /healthz',
      'GET /metrics',
    ])
  })

  test('[V2] with a login another method is a 405 with Allow, another target a 404', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const other = await alice.ask('PIPE', '/messages')
    expect([other.status, other.headers.allow]).toEqual([405, 'SEND, LIST, RETRIEVE, REMOVE'])
    for (const target of ['/nowhere', '/users', '/users//', '/messages/', '/tunnel/a/b']) {
      expect([target, (await alice.ask('LIST', target)).status]).toEqual([target, 404])
    }
    expect((await alice.ask('list', '/messages')).status).toBe(405)
  })

  test('[V2] parts of a path are decoded once, and a row wants all of them', () => {
    expect(rowFor('FINGER', '/users/al%2561ce')?.parts.get('NAME')).toBe('al%61ce')
    expect(rowFor('FINGER', '/users/')).toBeUndefined()
    expect(methodsOf('/tunnels/bob/phone')).toEqual(['PIPE'])
  })

  test('[EYE5] what only looks whether a page is there is answered as if it asked for it, and nothing else is', () => {
    expect(rowFor('HEAD', '/l')).toEqual(rowFor('GET', '/l'))
    expect(rowFor('HEAD', '/messages')).toBeUndefined()
  })
})

describe('refusals', () => {
  test('[O7] a Host that is not ours is a 403 on every row; addresses, localhost and our own names are ours', async () => {
    const server = inMemoryServer()
    const statusFor = async (host: string) =>
      (await server.ask({ method: 'FINGER', target: '/', headers: { host } })).status
    for (const host of ['localhost', 'LOCALHOST:9', '127.0.0.1:1', '[::1]:80', '192.0.2.1', 'app.localhost:80']) {
      expect([host, await statusFor(host)]).toEqual([host, 200])
    }
    for (const host of [
      'evil.example',
      'evil.example:8025',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'evillocalhost',
      '',
    ]) {
      expect([host, await statusFor(host)]).toEqual([host, 403])
    }
    const isOwn = ownHosts('example.org:8025', ['https://post.example.org'])
    expect(['example.org', 'post.example.org:443', 'www.example.org'].map(isOwn)).toEqual([true, true, false])
  })

  test('[V4] a refusal is a problem document, with Retry-After where there is a wait', async () => {
    const server = inMemoryServer({ policy: { rates: { finger: { perAddress: { requests: 1, seconds: 60 } } } } })
    await server.ask({ method: 'FINGER', target: '/' })
    const { status, headers, json } = await server.ask({ method: 'FINGER', target: '/' })
    const { retryAfterMs } = json as { retryAfterMs: number }
    expect(json).toEqual({
      type: 'urn:doorpost:refusal:too-many',
      title: 'Too Many Requests',
      status: 429,
      retryAfterMs,
    })
    expect([status, headers['content-type']]).toEqual([429, 'application/problem+json'])
    expect(Number(headers['retry-after'])).toBe(Math.ceil(retryAfterMs / 1000))
  })

  test('[V5] an unexpected error is a 500 that tells nothing, and the metrics count it', async () => {
    const server = inMemoryServer()
    server.storage.accounts.get = () => Promise.reject(new Error('disk at /var/lib/secret is on fire'))
    const { status, text } = await server.ask({ method: 'FINGER', target: `/users/bob` })
    expect(status).toBe(500)
    expect(text).not.toContain('fire')
    expect((await server.rooms.metrics.text()).body).toContain('doorpost_refusals_total{code="fault"} 1')
  })

  test('[P8] a name that nobody has is a 404 that costs ten requests', async () => {
    const policy = { rates: { finger: { perAddress: { requests: 21, seconds: 60 } } } }
    const server = inMemoryServer({ policy })
    await server.join('bob')
    const statusOf = async (name: string) => (await server.ask({ method: 'FINGER', target: `/users/${name}` })).status
    expect([await statusOf('nemo'), await statusOf('niemand'), await statusOf('bob')]).toEqual([404, 404, 200])
    // From here on nothing tells names that exist from those that do not.
    expect([await statusOf('bob'), await statusOf('nemo')]).toEqual([429, 429])
    const elsewhere = await server.ask({ method: 'FINGER', target: '/users/bob', remoteAddress: '192.0.2.9' })
    expect([elsewhere.status, (elsewhere.json as { address: string }).address]).toEqual([200, `bob@${DOMAIN}`])
  })
})
