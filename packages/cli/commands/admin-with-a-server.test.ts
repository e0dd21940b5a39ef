// `doorpost admin` against a real server with its data folder: who may, and what is kept when the server is started again.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Operations } from '@doorpost/peer/operations'
import { openLog } from '@doorpost/server/log'
import { type RunningServer, startServer } from '@doorpost/server/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fake } from '../fake-surroundings.ts'
import { openPeer } from '../open-peer.ts'

let folder: string
let server: RunningServer
const here = () => fake({ cwd: folder, now: Date.now, openPeer: (home) => openPeer(home, AbortSignal.timeout(30_000)) })
const start = async (more: { port?: number; admins?: string[] } = {}) => {
  server = await startServer({
    port: 0,
    dataFolder: join(folder, 'data'),
    logger: openLog('silent'),
    stunPort: 0,
    ...more,
  })
}
const as = async (home: string, ...words: string[]) => {
  const it = here()
  const code = await it.run('admin', ...words, '--home', home)
  return { code, out: it.out(), err: it.err() }
}
const joins = (name: string, target = server.origin) => here().run('join', target, name, '--home', name)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doorpost-admin-'))
  await start()
  for (const name of ['alice', 'bob']) expect(await joins(name)).toBe(0)
})
afterAll(async () => {
  await server.drain()
  rmSync(folder, { recursive: true, force: true })
})

test('[ADM1] nobody runs a server until its own machine says so, and then the running server knows', async () => {
  expect((await as('alice')).code).toBe(77)
  const add = here()
  expect(await add.run('admin', 'add', 'nobody-yet')).toBe(64)
  expect(await add.run('admin', 'add', 'Alice')).toBe(0)
  expect(add.out()).toBe('Alice runs the server now.\n')
  await expect.poll(async () => (await as('alice')).code, { timeout: 20_000, interval: 500 }).toBe(0)
  expect((await as('bob')).code).toBe(77)
  const list = here()
  await list.run('admin', 'list', '--json')
  expect(JSON.parse(list.out())).toEqual({ admins: ['alice'] })
})

test('[ADM60] users, invitations and limits of a real server are shown and changed', async () => {
  expect((await as('alice', 'users')).out).toMatch(/^alice .*runs the server\nbob /m)
  expect((await as('alice', 'users', 'close', 'bob')).out).toMatch(/^bob .*closed$/m)
  expect((await as('bob')).err).toContain('closed this account')
  expect((await as('alice', 'users', 'open', 'bob')).code).toBe(0)
  expect((await as('alice', 'limits', 'set', 'registration', 'invitation')).out).toBe(
    'registration is invitation now.\n',
  )
  expect(await joins('carol')).toBe(77)
  const { out: link } = await as('alice', 'invite')
  expect(await joins('carol', link.trim())).toBe(0)
})

test('[ADM40] [ADM31] limits and figures are there when the server is started again', async () => {
  await server.drain()
  await start({ port: server.port })
  expect(await joins('dora')).toBe(77)
  const { out } = await as('alice', 'figures', '--json')
  const [today] = (JSON.parse(out) as Operations['admin']['result']).days.slice(-1)
  expect(today?.refused['invitation-needed']).toBeGreaterThanOrEqual(2)
  expect((await as('alice', 'limits', 'reset', 'registration')).out).toBe('registration is open now.\n')
})

test('[ADM1] [ADM3] whom the command line names runs the server, and the name is kept for whom its machine invites', async () => {
  await server.drain()
  await start({ port: server.port, admins: ['ruth', 'bob'] })
  expect((await as('bob')).code).toBe(0)
  expect(await joins('ruth')).toBe(77)
  const invite = here()
  expect(await invite.run('invite')).toBe(0)
  expect(await joins('ruth', invite.out().trim())).toBe(0)
  expect((await as('ruth')).code).toBe(0)
  expect(await here().run('admin', 'remove', 'alice')).toBe(0)
  await expect.poll(async () => (await as('alice')).code, { timeout: 20_000, interval: 500 }).toBe(77)
})
