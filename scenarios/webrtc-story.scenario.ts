// The webrtc path as people's devices use it: a film fetched over it alone, nothing said to somebody who is not permitted, and a relay
// of coturn's that carries it where nothing else may, opened by the server's credentials.

import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createSocket } from 'node:dgram'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openAgent } from '@doorpost/peer/node/agent'
import { connectControl } from '@doorpost/peer/node/control-client'
import { openHome } from '@doorpost/peer/node/home'
import { openSqliteStore } from '@doorpost/peer/node/sqlite-store'
import { createNodeRtc } from '@doorpost/peer/node/webrtc-connection'
import type { Peer, Progress } from '@doorpost/peer/operations'
import type { Source } from '@doorpost/peer/paths/path'
import { createIceServers } from '@doorpost/peer/paths/webrtc-ice'
import { createWebrtcPaths } from '@doorpost/peer/paths/webrtc-path'
import { systemClock } from '@doorpost/peer/clock'
import { systemRandom } from '@doorpost/peer/random'
import { readIdentity } from '@doorpost/peer/identity/identity-record'
import { openHttpLine } from '@doorpost/peer/session/http-line'
import { join as joinServer } from '@doorpost/peer/session/join'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { type RunningServer, startServer } from '@doorpost/server/server'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { openLabStage } from './lab/lab-stage.ts'
import { labMissing } from './lab/namespaces.ts'
import { SERVER_ADDRESS } from './lab/network.ts'
import { startCommand } from './lab/program.ts'
import { watchedGet } from './lab/watched-get.ts'

const turnserver = needs('turnserver')
const SECRET = 'a-secret-of-more-than-22-characters'
const { signal } = new AbortController()

let folder: string
const closing: (() => unknown)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-webrtc-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  await rm(folder, { recursive: true, force: true })
})

async function serve(policy?: unknown): Promise<RunningServer> {
  const policyFile = join(folder, 'policy.json')
  await writeFile(join(folder, 'secret'), SECRET)
  if (policy !== undefined) await writeFile(policyFile, JSON.stringify(policy))
  const server = await startServer({
    port: 0,
    dataFolder: join(folder, 'data'),
    ...(policy !== undefined && { policyFile }),
  })
  closing.push(() => server.drain())
  return server
}
async function newHome(server: RunningServer, user: string): Promise<string> {
  const path = join(folder, user)
  const opened = await openHome(path)
  if (opened.kind !== 'open') throw new Error('in use')
  await using home = opened.home
  await using store = await openSqliteStore(home.database)
  await joinServer({ store, origin: server.origin, user, device: 'laptop', showRecoveryWords: () => {} })
  return path
}
async function agent(home: string) {
  const events: string[] = []
  const running = await openAgent({ home, onEvent: ({ event }) => events.push(event) })
  closing.push(() => running.close())
  return { peer: running.peer, events }
}
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
const mutual = (peer: Peer) =>
  until(async () => {
    const [line] = await peer.do('contacts.list', {})
    return line?.state === 'mutual' && line.online ? true : undefined
  })
const here = (peer: Peer, id: string) =>
  until(async () => (await peer.do('inbox', {})).find((entry) => entry.id === id && entry.state === 'announced'))

describe('two devices of mutual contacts', () => {
  test('[RTC7] a film comes over webrtc alone when that is asked for, verified and receipted, twice in a row', async () => {
    const server = await serve()
    const [a, b] = [await agent(await newHome(server, 'alice')), await agent(await newHome(server, 'bob'))]
    await a.peer.do('contacts.add', { who: 'bob' })
    await b.peer.do('contacts.add', { who: 'alice' })
    await Promise.all([mutual(a.peer), mutual(b.peer)])
    const film = Buffer.alloc(20_000_003).map((_, at) => at * 31 + (at >> 9))
    await writeFile(join(folder, 'film.mp4'), film)
    for (const round of [1, 2]) {
      const { id } = await a.peer.do('send', { to: ['bob'], files: [join(folder, 'film.mp4')] })
      await here(b.peer, id)
      const seen: Progress[] = []
      const got = await b.peer.do(
        'get',
        { what: id, folder: join(folder, `out${round}`), path: 'webrtc' },
        { onProgress: (one) => seen.push(one) },
      )
      expect(new Set(seen.flatMap((one) => (one.kind === 'fetching' ? [one.path] : [])))).toEqual(new Set(['webrtc']))
      const bytes = await readFile(got.files[0]?.file ?? '')
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(createHash('sha256').update(film).digest('hex'))
      expect(got.receipt).toBe('sent')
    }
  })
})

/** coturn on loopback, sharing the secret. */
async function relay(): Promise<{ port: number; log: string[]; process: ChildProcess }> {
  const probe = createSocket('udp4').bind(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  await new Promise<void>((resolve) => probe.close(() => resolve()))
  const process = spawn(
    turnserver.path,
    [
      ...[
        '-n',
        '-v',
        '--log-file=stdout',
        '--simple-log',
        '--no-cli',
        '--no-tls',
        '--no-dtls',
        '--allow-loopback-peers',
      ],
      ...['--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${port}`, '--relay-threads=1'],
      ...['--use-auth-secret', `--static-auth-secret=${SECRET}`, '--realm=doorpost.test'],
      ...[`--pidfile=${join(folder, 'turn.pid')}`, `--db=${join(folder, 'turn.db')}`],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  closing.push(async () => {
    process.kill('SIGKILL')
    if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
  })
  const log: string[] = []
  const lines = createInterface({ input: process.stdout })
  const ready = Promise.withResolvers<void>()
  lines.on('line', (line) => {
    log.push(line)
    if (/listener opened on/.test(line)) ready.resolve()
  })
  process.once('exit', () => ready.reject(new Error(log.join('\n'))))
  await ready.promise
  return { port, log, process }
}

describe.skipIf(turnserver.missing)(`a relay${turnserver.reason}`, () => {
  const PIECE = 1024 * 1024
  const source: Source = {
    list: async () => ({ state: 'refused' }),
    have: async () => ({ state: 'refused' }),
    claim: async () => ({ state: 'refused' }),
    piece: async (_caller, _media, index) => ({
      state: 'here',
      bytes: new Uint8Array(PIECE).fill(index),
      release: () => {},
    }),
  }
  /** One end that is reached by the relay alone, as the server of this user describes it. */
  async function relayed(server: RunningServer, user: string) {
    const path = await newHome(server, user)
    const opened = await openHome(path)
    if (opened.kind !== 'open') throw new Error('in use')
    closing.push(() => opened.home[Symbol.asyncDispose]())
    const store = await openSqliteStore(opened.home.database)
    closing.push(() => store[Symbol.asyncDispose]())
    const me = await readIdentity(store)
    if (!me) throw new Error('nobody')
    const line = openHttpLine({ origin: server.origin, as: me })
    closing.push(() => line.close())
    const iceServers = createIceServers({ line, origin: server.origin, clock: systemClock })
    const paths = createWebrtcPaths({
      connect: createNodeRtc({ bindAddress: '127.0.0.1', relayOnly: true }),
      iceServers,
      serverOnLoopback: true,
      clock: systemClock,
      random: systemRandom,
    })
    closing.push(() => paths.close())
    return { paths, iceServers, address: me.address, deviceKey: me.deviceKey.public }
  }

  test('[RTC8] coturn takes the credentials; a path opens though nobody is told any other address', async () => {
    const { port, log } = await relay()
    const server = await serve({ turn: { urls: [`turn:127.0.0.1:${port}?transport=udp`], secretFile: 'secret' } })
    const [alice, bob] = [await relayed(server, 'alice'), await relayed(server, 'bob')]
    const told: string[] = []
    const tell =
      (to: typeof alice, from: typeof bob) => (_: DeviceAddress, note: Parameters<typeof to.paths.take>[1]) => {
        if ('candidates' in note.signal) told.push(...note.signal.candidates.map(({ kind }) => kind))
        to.paths.take(from, note)
      }
    alice.paths.begin({ say: tell(bob, alice), admits: async () => true, source })
    bob.paths.begin({ say: tell(alice, bob), admits: async () => true, source })
    const message = { from: alice.address, id: 'AAAAAAAAAAAAAAAAAAAAAA' }
    const path = await bob.paths.opener.open({ ...alice, networkAddresses: [], message }, signal)
    const media = { messageId: message.id, root: new Uint8Array(32) }
    for (const index of [1, 2, 3]) {
      const answer = await path.piece(media, { index, length: PIECE }, () => new Uint8Array(PIECE), signal)
      expect(answer).toMatchObject({ state: 'here', proven: true })
    }
    expect(new Set(told)).toEqual(new Set(['relay']))
    path.close()
    alice.paths.close()
    bob.paths.close()
    // Each by the name that the server made for it.
    const users: string[] = []
    for (const { iceServers } of [alice, bob]) users.push(...(await iceServers()).turn.map(({ username }) => username))
    expect(new Set(users).size).toBe(2)
    for (const user of users)
      expect(log.some((line) => line.includes(`<${user}>: incoming packet ALLOCATE processed, success`))).toBe(true)
  })
})

const missing = labMissing() ?? turnserver.missing
describe.skipIf(missing !== undefined)(`behind routers${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  test('[RTC8] coturn carries the path where two symmetric routers let nothing through', async () => {
    await using stage = await openLabStage()
    await writeFile(join(stage.folder, 'turn-secret'), SECRET)
    const turn = { urls: [`turn:${SERVER_ADDRESS}:3478?transport=udp`], secretFile: 'turn-secret' }
    await writeFile(join(stage.folder, 'policy.json'), JSON.stringify({ registration: 'open', turn }))
    await stage.server()
    await using coturn = await startCommand(stage.network.post, [
      ...[turnserver.path, '-n', '-v', '--log-file=stdout', '--simple-log', '--no-cli', '--no-tls', '--no-dtls'],
      ...[`--listening-ip=${SERVER_ADDRESS}`, `--relay-ip=${SERVER_ADDRESS}`, '--relay-threads=1'],
      ...['--use-auth-secret', `--static-auth-secret=${SECRET}`, '--realm=doorpost.test'],
      ...[`--pidfile=${join(stage.folder, 'turn.pid')}`, `--db=${join(stage.folder, 'turn.db')}`],
    ])
    const [alice, bob] = [await stage.settle('alice', 'symmetric'), await stage.settle('bob', 'symmetric')]
    await alice.agent('--no-fetch')
    await bob.agent('--no-fetch')
    await stage.befriend(alice, bob)
    const film = randomBytes(8 * 1024 * 1024)
    await writeFile(join(stage.folder, 'film.mp4'), film)
    const { id } = await alice.json<{ id: string }>('send', join(stage.folder, 'film.mp4'), '--to', bob.address)
    const control = await connectControl(bob.home)
    if (!control) throw new Error('no agent')
    closing.push(() => control[Symbol.asyncDispose]())
    await here(control, id)
    const got = await watchedGet(control, id, join(stage.folder, 'out'), { path: 'webrtc' })
    expect(await readFile(got.file)).toEqual(film)
    // Told every 2048 packets of a session.
    const carried = (line: string) => /usage:.* [rs]b=\d{7}/.test(line)
    expect(coturn.lines.some(carried)).toBe(true)
  }, 240_000)
})
