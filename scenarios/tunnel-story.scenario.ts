// The tunnel between whole devices: a film between contacts and between people who are none, and what the server's line carried.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAgent, type RunningAgent } from '@doorpost/peer/node/agent'
import { openHome } from '@doorpost/peer/node/home'
import { openSqliteStore } from '@doorpost/peer/node/sqlite-store'
import type { Operations, Peer, Progress } from '@doorpost/peer/operations'
import { join as joinServer } from '@doorpost/peer/session/join'
import { openLog } from '@doorpost/server/log'
import { type RunningServer, startServer } from '@doorpost/server/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWatchedLine, type WatchedLine } from './paths/watched-line.ts'
import { until } from './stage.ts'

/** Found nowhere but in the film: every 4 KiB of it. */
const CANARY = Buffer.from('canary-in-a-film-c0ffee-91b7')
const FILM_BYTES = 9 * 1024 * 1024 + 321

let folder: string
let server: RunningServer
let line: WatchedLine
/** What the line carried since it was last emptied. */
let carried: Buffer[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-tunnel-story-'))
  line = await openWatchedLine()
  line.onBytes = (bytes) => carried.push(Buffer.from(bytes))
  server = await startServer({
    port: 0,
    host: '127.0.0.1',
    dataFolder: join(folder, 'data'),
    origins: [line.origin],
    logger: openLog('silent'),
  })
  line.serverPort = server.port
})

afterAll(async () => {
  line.close()
  await server.drain()
  await rm(folder, { recursive: true, force: true })
})

async function agentOf(name: string): Promise<RunningAgent> {
  const path = join(folder, name)
  const opened = await openHome(path)
  if (opened.kind !== 'open') throw new Error('in use')
  {
    await using home = opened.home
    await using store = await openSqliteStore(home.database)
    await joinServer({ store, origin: line.origin, user: name, device: 'laptop', showRecoveryWords: () => {} })
  }
  const agent = await openAgent({ home: path, listen: { host: '127.0.0.1' } })
  await until(`${name} to be on-line`, async () => (await agent.peer.do('whoami', {})).online)
  return agent
}

async function film(): Promise<{ path: string; bytes: Buffer }> {
  const bytes = Buffer.alloc(FILM_BYTES, 'moving pictures ')
  for (let at = 0; at + CANARY.length < bytes.length; at += 4096) CANARY.copy(bytes, at)
  const path = join(folder, 'film.bin')
  await writeFile(path, bytes)
  return { path, bytes }
}

async function sentTo(from: Peer, name: string, path: string): Promise<string> {
  return (await from.do('send', { to: [name], files: [path], title: 'A film' })).id
}

/** The kinds of path that were told of while it was fetched. */
async function fetched(peer: Peer, args: Operations['get']['args']): Promise<string[]> {
  const paths = new Set<string>()
  const onProgress = (told: Progress) => {
    if (told.kind === 'fetching') paths.add(told.path)
  }
  await peer.do('get', args, { onProgress })
  return [...paths]
}

const arrived = (peer: Peer, id: string) =>
  until(`the message ${id}`, async () => (await peer.do('inbox', {})).some((one) => one.id === id))

describe('a film through the tunnel', () => {
  test('[TUN24] between contacts: it arrives as it is, and nothing but ciphertext passed the server', async () => {
    await using alice = await agentOf('alice')
    await using bob = await agentOf('bob')
    await alice.peer.do('contacts.add', { who: 'bob' })
    await bob.peer.do('contacts.add', { who: 'alice' })
    const { path, bytes } = await film()
    const id = await sentTo(alice.peer, 'bob', path)
    await arrived(bob.peer, id)
    carried = []
    const into = join(folder, 'received')
    expect(await fetched(bob.peer, { what: id, folder: into, path: 'tunnel' })).toEqual(['tunnel'])
    expect(bytes.equals(await readFile(join(into, 'film.bin')))).toBe(true)
    const all = Buffer.concat(carried)
    expect(all.length).toBeGreaterThan(2 * FILM_BYTES)
    expect(all.indexOf(CANARY)).toBe(-1)
    // The search finds what is there: the request for the film stood on the same line.
    expect(all.indexOf('PIPE /tunnels/alice/laptop')).toBeGreaterThanOrEqual(0)
  })

  test('[TUN21] to one who is named in the message and no mutual contact it comes through the tunnel alone', async () => {
    await using carol = await agentOf('carol')
    await using dave = await agentOf('dave')
    const { path, bytes } = await film()
    const id = await sentTo(carol.peer, 'dave', path)
    await arrived(dave.peer, id)
    // Dave approves carol; she has not approved him.
    await dave.peer.do('contacts.add', { who: 'carol' })
    const into = join(folder, 'received-by-dave')
    expect(await fetched(dave.peer, { what: id, folder: into })).toEqual(['tunnel'])
    expect(bytes.equals(await readFile(join(into, 'film.bin')))).toBe(true)
  })
})
