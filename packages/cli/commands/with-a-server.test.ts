// The commands that speak to a server themselves, against a real one: join, vmio, invite.

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog } from '@doorpost/server/log'
import { type RunningServer, startServer } from '@doorpost/server/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fake } from '../fake-surroundings.ts'
import { openPeer } from '../open-peer.ts'

let folder: string
let server: RunningServer
const here = (more: Parameters<typeof fake>[0] = {}) => fake({ cwd: folder, now: Date.now, ...more })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doorpost-with-server-'))
  server = await startServer({ port: 0, dataFolder: join(folder, 'data'), logger: openLog('silent') })
  expect(await here().run('join', server.origin, 'alice', '--home', 'A', '--device', 'laptop')).toBe(0)
})
afterAll(async () => {
  await server.drain()
  rmSync(folder, { recursive: true, force: true })
})

test('[X18] recovery words are shown on a terminal, with what they are for', async () => {
  const it = here({ terminal: true, env: { NO_COLOR: '1' } })
  expect(await it.run('join', server.origin, 'tina', '--home', 'T', '--device', 'tower')).toBe(0)
  expect(it.out()).toBe(`You are tina@${server.domain}, and this device is called tower.\n`)
  expect(it.err()).toMatch(/Write these words down on paper: they alone bring the account back/)
  expect(it.err().match(/^ {3}[159] [a-z]+ +\d+ [a-z]+ +\d+ [a-z]+ +\d+ [a-z]+$/gm)).toHaveLength(3)
})

test('[X18] neither a pipe nor JSON gets recovery words, unless asked', async () => {
  const piped = here()
  await piped.run('join', server.origin, 'paula', '--home', 'P')
  expect(piped.err()).toContain('Recovery words were not shown')
  const json = here({ terminal: true })
  await json.run('join', server.origin, 'jane', '--home', 'J', '--json')
  const answer = JSON.parse(json.out()) as Record<string, unknown>
  expect(Object.keys(answer)).toEqual(['address', 'device', 'fingerprint', 'server', 'home'])
  expect(json.err()).toBe('')
  const without = here({ terminal: true })
  await without.run('join', server.origin, 'nora', '--home', 'N', '--no-words')
  expect(without.err()).toContain('Recovery words were not shown')
  const asked = here()
  await asked.run('join', server.origin, 'wanda', '--home', 'W', '--json', '--words')
  expect((JSON.parse(asked.out()) as { words: string[] }).words).toHaveLength(12)
})

test('[X2] a taken name, a second joining and an address that is none end in their codes', async () => {
  expect(await here().run('join', server.origin, 'alice', '--home', 'X')).toBe(73)
  expect(await here().run('join', server.origin, 'alice', '--home', 'A')).toBe(69)
  expect(await here().run('join', 'http://example.org', 'x', '--home', 'X')).toBe(64)
  expect(await here().run('join', server.origin, 'x y', '--home', 'X')).toBe(65)
  // Port 9 is discard (RFC 863): nobody runs it.
  expect(await here().run('join', 'http://127.0.0.1:9', 'x', '--home', 'X')).toBe(69)
})

test('[X80] a home that was misspelled is not made, and a folder that is none stays as it is', async () => {
  const own = (home: string) =>
    here({ openPeer: (path) => openPeer(path, new AbortController().signal) }).run('inbox', '--home', home)
  expect(await own('no-such-home')).toBe(78)
  expect(existsSync(join(folder, 'no-such-home'))).toBe(false)
  const films = join(folder, 'films')
  mkdirSync(films)
  chmodSync(films, 0o755)
  expect(await own('films')).toBe(78)
  expect(readdirSync(films)).toEqual([])
  expect(statSync(films).mode & 0o777).toBe(0o755)
})

test('[X88] a command that shared the device of another goes on by itself when that one ends first', async () => {
  const { signal } = new AbortController()
  const home = join(folder, 'A')
  const first = await openPeer(home, signal)
  await using second = await openPeer(home, signal)
  expect(await second.peer.do('inbox', {})).toEqual([])
  await first[Symbol.asyncDispose]()
  expect(await second.peer.do('inbox', {})).toEqual([])
  expect(await second.isAgent()).toBe(false)
})

test('[X19] vmio shows every byte of the exchange, line by line', async () => {
  const it = here()
  expect(await it.run('vmio', 'FINGER', '/', '--server', server.origin, '--home', 'nobody')).toBe(0)
  const lines = it.out().trimEnd().split('\n')
  expect(lines.slice(0, 4)).toEqual([
    '> FINGER / HTTP/1.1',
    `> Host: localhost:${server.port}`,
    '> Connection: close',
    '> ',
  ])
  expect(lines[4]).toBe('< HTTP/1.1 200 OK')
  expect(JSON.parse((lines.at(-1) ?? '').slice(2))).toMatchObject({ domain: server.domain })
})

test('[X19] vmio logs in as the home’s user, shows that on request, and covers secrets', async () => {
  const it = here()
  expect(await it.run('vmio', 'LIST', '/messages', '--home', 'A', '--login')).toBe(0)
  expect(it.out()).toContain('> AUTHORIZATION /users/alice/laptop HTTP/1.1\n')
  expect(it.out()).toMatch(/"signature":"\*{86}"/)
  expect(it.out()).toMatch(/"token":"\*{43}"/)
  expect(it.out()).toMatch(/^> Authorization: Bearer \*{43}$/m)
  const open = here()
  await open.run('vmio', 'LIST', '/messages', '--home', 'A', '--login', '--show-secrets')
  expect(open.out()).not.toContain('***')
  const token = /"token":"([\w-]{43})"/.exec(open.out())?.[1] ?? 'none'
  expect(open.out()).toContain(`> Authorization: Bearer ${token}\n`)
  const plain = here()
  expect(await plain.run('vmio', 'LIST', '/messages', '--home', 'A', '--json')).toBe(0)
  expect(JSON.parse(plain.out())).toMatchObject({ status: 200, body: { messages: [] } })
})

test('[X19] vmio over HTTP/2 gets the same answer, and a refusal has its exit code', async () => {
  const answers = await Promise.all(
    [['--h2c'], []].map(async (more) => {
      const it = here()
      expect(await it.run('vmio', 'LIST', '/messages', '--home', 'A', '--no-login', '--json', ...more)).toBe(77)
      return JSON.parse(it.out()) as { status: number; body: object }
    }),
  )
  expect(answers[0]).toMatchObject({ status: 401, body: answers[1]?.body ?? {} })
  const shown = here()
  await shown.run('vmio', 'LIST', '/contacts', '--home', 'A', '--h2c')
  expect(shown.out()).toMatch(/^> :method: LIST\n/)
  expect(shown.out()).toContain('\n< :status: 200\n')
})

test('[X19] a body comes from the line, a file or standard input, and what cannot be sent is a mistake', async () => {
  writeFileSync(join(folder, 'body.json'), '{"online":true,"addresses":[]}')
  for (const [data, input] of [
    ['@body.json', ''],
    ['-', '{"online":false,"addresses":[]}'],
    ['{"online":false,"addresses":[]}', ''],
  ] as const) {
    const it = here({ input })
    expect(await it.run('vmio', 'SEND', '/presence', '--home', 'A', '--data', data)).toBe(0)
    expect(it.out()).toContain('> Content-Type: application/json\n')
  }
  expect(await here().run('vmio', 'BAD METHOD', '/', '--home', 'A')).toBe(64)
  expect(await here().run('vmio', 'LIST', 'messages', '--home', 'A')).toBe(64)
  expect(await here().run('vmio', 'LIST', '/messages', '--home', 'A', '--header', 'nonsense')).toBe(64)
})

test('[X24] an administrator’s link registers one newcomer where registration is by invitation', async () => {
  const closed = join(folder, 'closed')
  const policy = join(folder, 'policy.json')
  writeFileSync(policy, '{"registration":"invitation"}')
  const other = await startServer({ port: 0, dataFolder: closed, policyFile: policy, logger: openLog('silent') })
  try {
    const invited = here()
    expect(await invited.run('invite', '--data', closed, '--json', '--expires', '1d')).toBe(0)
    const { link } = JSON.parse(invited.out()) as { link: string }
    expect(link).toMatch(new RegExp(`^${other.origin}/join#v1\\.[\\w-]{22}$`))
    expect(await here().run('join', other.origin, 'gus', '--home', 'G')).toBe(77)
    expect(await here().run('join', link, 'gus', '--home', 'G')).toBe(0)
    expect(await here().run('join', link, 'hal', '--home', 'H')).toBe(77)
    expect(readdirSync(folder)).toContain('G')
  } finally {
    await other.drain()
  }
})

test('[X24] a member’s link registers its holder and makes both contacts', async () => {
  const more = { openPeer: (home: string) => openPeer(home, AbortSignal.timeout(20_000)) }
  const inviting = here(more)
  expect(await inviting.run('contacts', 'invite', '--home', 'A', '--json')).toBe(0)
  const { link } = JSON.parse(inviting.out()) as { link: string }
  const joining = here(more)
  expect(await joining.run('join', link, 'dora', '--home', 'D', '--device', 'phone')).toBe(0)
  expect(joining.err()).toContain(`alice@${server.domain} invited you and is your contact.\n`)
  // Nothing of the newcomer runs any more, and the one who invited knows.
  const inviter = here(more)
  await inviter.run('contacts', '--home', 'A', '--json')
  expect(JSON.parse(inviter.out())).toMatchObject([{ address: `dora@${server.domain}`, state: 'mutual' }])
  const listing = here(more)
  await listing.run('contacts', '--home', 'D', '--json')
  expect(JSON.parse(listing.out())).toMatchObject([{ address: `alice@${server.domain}`, state: 'mutual' }])
  // The link serves once.
  expect(await here(more).run('join', link, 'emil', '--home', 'E')).toBe(0)
  const late = here(more)
  await late.run('contacts', '--home', 'E', '--json')
  expect(late.out()).not.toContain('mutual')
})

test('[X24] a QR code goes beside the link, never into the answer', async () => {
  const it = here()
  expect(await it.run('invite', '--data', 'data', '--qr')).toBe(0)
  expect(it.out()).toMatch(/^http:\S+\n$/)
  expect(it.err()).toMatch(/[▀▄█]{5}/)
  expect(await here().run('invite', '--data', 'nowhere')).toBe(64)
})
