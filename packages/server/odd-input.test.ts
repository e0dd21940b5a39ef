// Whatever anybody sends to any row: an answer that is no fault, and nothing left behind that ends the process.

import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FORMAT } from './live/fake-lines.ts'
import { inMemoryServer, type InMemoryServer, NOON, type Person } from './in-memory-server.ts'
import { table } from './table.ts'

/** Names that schemas know, and some that objects have by themselves. */
const NAMES = [
  ...['user', 'address', 'broadcast', 'decision', 'watch', 'up', 'format', 'picture', 'bytesPerSecond', 'pictures'],
  ...['audio', 'stills', 'ackWindow', 'slot', 'accessKey', 'messageId', 'expires', 'sealed', 'name', 'standing'],
  ...['tokenHashes', 'changes', 'deviceList', 'signed', 'signature', 'key', 'token', 'addresses', 'to', 'from', 'id'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'then', 'length', '', '\0'],
]
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    2 ** 53,
    1e308,
    '',
    '\0',
    '../../etc/passwd',
    NOON,
    'alice@localhost:8025',
  ),
  fc.constantFrom<unknown>(
    'A'.repeat(22),
    'A'.repeat(43),
    'approve',
    'link.'.padEnd(37, '0'),
    '\ud800',
    'a'.repeat(3_000),
  ),
  fc.string(),
  fc.double(),
)
const bodies = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    odd,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(fc.constantFrom(...NAMES), tie('value')), { maxLength: 5 }).map(objectOf),
  ),
})).value
const paths = fc.constantFrom(
  'alice',
  'A'.repeat(22),
  '__proto__',
  'constructor',
  '0'.repeat(32),
  '%00',
  '..',
  'laptop',
  'é',
)

/** As JSON has it: `__proto__` is a name like any other. */
function objectOf(entries: readonly [string, unknown][]): unknown {
  return JSON.parse(
    `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value ?? null)}`).join()}}`,
  )
}

/** What a row would take, with one thing in it changed. */
const spoilt = fc
  .tuple(
    fc.constantFrom<Record<string, unknown>>(
      { broadcast: 'B'.repeat(21) + 'A', asks: 'anybody', format: FORMAT },
      { user: 'alice@localhost:8025', pictures: 'moving', audio: true },
      { user: 'alice@localhost:8025', decision: 'kick' },
      { watch: 'B'.repeat(21) + 'A', up: true },
      { address: 'bob@localhost:8025' },
      { name: 'bob', standing: 'closed' },
    ),
    fc.nat(4),
    odd,
  )
  .map(([body, at, value]) => {
    const names = Object.keys(body)
    return { ...body, [names[at % names.length] as string]: value }
  })

let server: InMemoryServer
let alice: Person
const unheard: unknown[] = []
const note = (reason: unknown) => unheard.push(reason)

beforeEach(async () => {
  server = inMemoryServer()
  alice = await server.join('alice')
  Object.assign(server.rooms, { admins: { has: async () => true } })
  unheard.length = 0
  process.on('unhandledRejection', note)
})
afterEach(async () => {
  process.off('unhandledRejection', note)
  await server.close()
})

test('[SEC10] odd bodies, paths and queries at every row end in an answer that is no fault of the server', async () => {
  const rows = table.filter(({ method, target }) => method !== 'QUIT' && target !== '/tunnel')
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...rows),
      paths,
      fc.oneof(bodies, spoilt, fc.uint8Array({ maxLength: 40 })),
      fc.constantFrom(true, true, true, false),
      async ({ method, target }, part, body, isLoggedIn) => {
        const question = {
          method,
          target: `${target.replace(/[A-Z]+/g, encodeURIComponent(part))}?after=${encodeURIComponent(part)}&begin=%00`,
          body: body ?? null,
        }
        const { status, text } = await (isLoggedIn
          ? alice.ask(method, question.target, question.body)
          : server.ask(question))
        expect([status < 500 || status === 503 || status === 504, `${method} ${target} ${text}`]).toEqual([
          true,
          expect.anything(),
        ])
        server.clock.turn(20)
      },
    ),
    { numRuns: 1_500 },
  )
  await new Promise((resolve) => setImmediate(resolve))
  expect(unheard).toEqual([])
  expect(({} as Record<string, unknown>)['user']).toBeUndefined()
})
