// Media that is not where its sender sits: on another device of theirs. Real servers, sockets and homes, in one process.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linkDevice } from '@doorpost/peer/identity/link-accept'
import { openAgent } from '@doorpost/peer/node/agent'
import { openHome } from '@doorpost/peer/node/home'
import { openSqliteStore } from '@doorpost/peer/node/sqlite-store'
import type { Peer } from '@doorpost/peer/operations'
import { join as joinServer } from '@doorpost/peer/session/join'
import { parseLinkCode } from '@doorpost/protocol/link'
import { type RunningServer, startServer } from '@doorpost/server/server'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

const PATIENCE = { timeout: 20_000, interval: 50 }
let folder: string
let server: RunningServer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-elsewhere-'))
  server = await startServer({ port: 0, dataFolder: join(folder, 'data') })
})
afterAll(async () => {
  await server.drain()
  await rm(folder, { recursive: true, force: true })
})

async function withStore<T>(home: string, work: (store: Awaited<ReturnType<typeof openSqliteStore>>) => Promise<T>) {
  const opened = await openHome(home)
  if (opened.kind !== 'open') throw new Error('in use')
  await using _home = opened.home
  await using store = await openSqliteStore(opened.home.database)
  return await work(store)
}

async function newUser(user: string): Promise<string> {
  const home = join(folder, user)
  await withStore(home, (store) =>
    joinServer({ store, origin: server.origin, user, device: 'laptop', showRecoveryWords: () => {} }),
  )
  return home
}

async function linkTower(primary: Peer): Promise<string> {
  const home = join(folder, 'tower')
  const { code } = await primary.do('devices.offer', {})
  const linked = withStore(home, (store) =>
    linkDevice({
      store,
      origin: server.origin,
      code: parseLinkCode(code) ?? new Uint8Array(),
      device: 'tower',
      onWaiting: () => {},
      signal: AbortSignal.timeout(20_000),
    }),
  )
  linked.catch(() => {})
  const { fingerprint } = await primary.do('devices.await', { code })
  await primary.do('devices.confirm', { code, fingerprint, yes: true })
  await linked
  return home
}

test('[ELS10] a film on another device of the sender is sent from there by a word, and fetched from there', async () => {
  const films = join(folder, 'films')
  await mkdir(films)
  const film = Buffer.alloc(3_000_000, 'film')
  await writeFile(join(films, 'wedding.mov'), film)
  await writeFile(join(folder, 'private.txt'), 'private')
  const [annHome, bobHome] = [await newUser('ann'), await newUser('bob')]
  await using ann = await openAgent({ home: annHome })
  await using bob = await openAgent({ home: bobHome })
  await ann.peer.do('contacts.add', { who: 'bob' })
  await bob.peer.do('contacts.add', { who: 'ann' })
  const towerHome = await linkTower(ann.peer)
  await using tower = await openAgent({ home: towerHome, lend: [films] })
  await vi.waitFor(async () => {
    expect((await tower.peer.do('contacts.list', {}))[0]?.state).toBe('mutual')
  }, PATIENCE)

  const sent = await ann.peer.do('send', { to: ['bob'], files: [`tower:${films}/wedding.mov`], title: 'The wedding' })
  await vi.waitFor(async () => {
    expect((await bob.peer.do('inbox', {}))[0]).toMatchObject({
      id: sent.id,
      fromDevice: 'tower',
      title: 'The wedding',
    })
  }, PATIENCE)
  const out = join(folder, 'out')
  await bob.peer.do('get', { what: sent.id, folder: out })
  expect(Buffer.compare(await readFile(join(out, 'wedding.mov')), film)).toBe(0)
  // The one that has it keeps the record, and has the receipt.
  await vi.waitFor(async () => {
    expect((await tower.peer.do('status', { id: sent.id })).recipients[0]).toMatchObject({ receipt: 'verified' })
  }, PATIENCE)
  const refused = ann.peer.do('send', { to: ['bob'], files: [`tower:${folder}/private.txt`] })
  await expect(refused).rejects.toMatchObject({ code: 'not-allowed' })
})
