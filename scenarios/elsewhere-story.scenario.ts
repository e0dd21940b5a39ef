// Media that is not where its sender sits: on another device of theirs. Real servers, sockets and homes, in one process.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAgent } from '@doorpost/peer/node/agent'
import { type RunningServer, startServer } from '@doorpost/server/server'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { joinFrom, linkFrom } from './in-process.ts'

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

const newUser = async (user: string) => (await joinFrom(folder, server.origin, user)).home

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
  const towerHome = await linkFrom(folder, server.origin, ann.peer, { device: 'tower' })
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
