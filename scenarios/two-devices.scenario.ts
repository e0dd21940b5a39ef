// Two devices and a server in one process, with real sockets and homes: mail, fetching over the direct path, receipts, a
// recipient who was away, and commands beside an agent. Killing processes is kill-story's.

import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AgentOptions, openAgent, type RunningAgent } from '@doorpost/peer/node/agent'
import { connectControl } from '@doorpost/peer/node/control-client'
import type { Peer, Progress, SentStatus } from '@doorpost/peer/operations'
import { type RunningServer, startServer } from '@doorpost/server/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { found, inboxHas, joinFrom } from './in-process.ts'

let folder: string
let server: RunningServer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-two-'))
  server = await startServer({ port: 0, dataFolder: join(folder, 'data') })
})

afterAll(async () => {
  await server.drain()
  await rm(folder, { recursive: true, force: true })
})

let people = 0
const newHome = (name: string) => joinFrom(folder, server.origin, `${name}${++people}`)

const open = (home: string, options: Partial<AgentOptions> = {}) => openAgent({ home, ...options })

async function befriend(a: { peer: Peer; name: string }, b: { peer: Peer; name: string }): Promise<void> {
  await a.peer.do('contacts.add', { who: b.name })
  await b.peer.do('contacts.add', { who: a.name })
  for (const { peer } of [a, b]) {
    await found(async () => {
      const [line] = await peer.do('contacts.list', {})
      return line?.state === 'mutual' && line.online ? true : undefined
    }, 'mutual')
  }
}

async function twoFriends(): Promise<{
  a: RunningAgent
  b: RunningAgent
  alice: string
  bob: string
  homes: string[]
}> {
  const [one, other] = [await newHome('alice'), await newHome('bob')]
  const [a, b] = [await open(one.home), await open(other.home)]
  await befriend({ peer: a.peer, name: one.name }, { peer: b.peer, name: other.name })
  return { a, b, alice: one.name, bob: other.name, homes: [one.home, other.home] }
}

async function file(name: string, bytes: number): Promise<{ path: string; hash: string }> {
  const path = join(folder, name)
  const content = Buffer.alloc(bytes)
  for (let at = 0; at + 4 <= bytes; at += 4) content.writeUInt32LE((at * 2_654_435_761) >>> 0, at)
  await writeFile(path, content)
  return { path, hash: sha256(content) }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const sentIs = (peer: Peer, id: string, state: SentStatus['recipients'][number]['state']) =>
  found(async () => {
    const status = await peer.do('status', { id })
    return status.recipients.every((one) => one.state === state) ? status : undefined
  }, `${id} ${state}`)

describe('two devices', () => {
  test('[I1] [G2] a message of words arrives with every field as it was set', async () => {
    const { a, b, bob } = await twoFriends()
    await using _a = a
    await using _b = b
    const words = {
      title: 'The wedding',
      text: 'Sunday cut',
      date: '2026-11-20',
      time: '14:02',
      copyright: '© us',
      who: 'Ann',
      what: 'a film',
      when: 'on Sunday',
      where: 'at the lake',
      why: 'because',
      inReplyTo: 'AAAAAAAAAAAAAAAAAAAAAA',
    }
    const { id, accepted } = await a.peer.do('send', { to: [bob], files: [], ...words })
    expect(accepted).toBe(true)
    expect(await inboxHas(b.peer, id)).toMatchObject({ ...words, state: 'ready', media: [] })
    const status = await sentIs(a.peer, id, 'announced')
    expect(status.recipients[0]).toMatchObject({ receipt: 'none', fetchedAt: null })
  })

  test('[G4] [R1] [G12] a film and a folder go from door to door, verified, with receipts', async () => {
    const { a, b, bob } = await twoFriends()
    await using _a = a
    await using _b = b
    const film = await file('film.mp4', 5_000_001)
    await mkdir(join(folder, 'photos', 'day 1'), { recursive: true })
    await writeFile(join(folder, 'photos', 'day 1', 'a.jpg'), 'a picture')
    await writeFile(join(folder, 'photos', 'empty'), '')
    const { id, media } = await a.peer.do('send', {
      to: [bob],
      files: [film.path, join(folder, 'photos')],
      title: 'All',
    })
    expect(media.map(({ folder: around = [], name, type }) => [...around, name, type].join('/'))).toEqual([
      'film.mp4/video/mp4',
      'photos/day 1/a.jpg/image/jpeg',
      'photos/empty/application/octet-stream',
    ])
    await inboxHas(b.peer, id, 'announced')
    const progress: Progress[] = []
    const out = join(folder, 'out', id)
    const got = await b.peer.do('get', { what: id, folder: out }, { onProgress: (one) => progress.push(one) })
    expect(got.files.map(({ file: path }) => path)).toEqual([
      join(out, 'film.mp4'),
      join(out, 'photos', 'day 1', 'a.jpg'),
      join(out, 'photos', 'empty'),
    ])
    expect(sha256(await readFile(join(out, 'film.mp4')))).toBe(film.hash)
    expect(got).toMatchObject({ fetchedBytes: 5_000_010, receipt: 'sent' })
    const fetching = progress.filter((one) => one.kind === 'fetching')
    expect(fetching.at(-1)).toMatchObject({ path: 'direct', allSizeBytes: 5_000_010 })
    const status = await sentIs(a.peer, id, 'fetched')
    expect(status).toMatchObject({ uploadedBytes: 5_000_010, recipients: [{ receipt: 'verified' }] })
    expect((await inboxHas(b.peer, id, 'ready')).media.every(({ path }) => path !== undefined)).toBe(true)
    const done = await a.peer.do('send.wait', { id })
    expect(done.recipients[0]?.fetchedAt).not.toBeNull()
  })

  test('[I13] [G6] the recipient was away, then the sender; each goes on by itself when the other is back', async () => {
    const { a, b, bob, homes } = await twoFriends()
    const [aliceHome = '', bobHome = ''] = homes
    await b.close()
    const film = await file('late.mp4', 3_000_000)
    const { id } = await a.peer.do('send', { to: [bob], files: [film.path] })
    await a.close()
    await using back = await open(bobHome)
    await inboxHas(back.peer, id, 'announced')
    const out = join(folder, 'late')
    const reasons: string[] = []
    const waiting = Promise.withResolvers<void>()
    const got = back.peer.do(
      'get',
      { what: id, folder: out },
      {
        onProgress(one) {
          if (one.kind !== 'waiting') return
          reasons.push(one.reason)
          waiting.resolve()
        },
      },
    )
    await waiting.promise
    expect(reasons[0]).toMatch(/laptop is not on-line/)
    expect((await inboxHas(back.peer, id, 'scheduled')).waitsFor).toBe(reasons[0])
    await using sender = await open(aliceHome)
    await got
    expect(sha256(await readFile(join(out, 'late.mp4')))).toBe(film.hash)
    await sentIs(sender.peer, id, 'fetched')
  })

  test('[I7] [I8] a stranger writes: a request, no word back, nothing fetched; approved it is mail as any other', async () => {
    const [one, other] = [await newHome('ann'), await newHome('ben')]
    await using a = await open(one.home)
    await using b = await open(other.home)
    const film = await file('hello.mp4', 1000)
    const { id } = await a.peer.do('send', { to: [other.name], files: [film.path], text: 'it is me' })
    const entry = await inboxHas(b.peer, id)
    expect(entry).toMatchObject({ state: 'request', text: 'it is me' })
    await expect(b.peer.do('get', { what: id, folder: join(folder, 'no') })).rejects.toMatchObject({
      code: 'not-mutual',
    })
    expect((await a.peer.do('status', { id })).recipients[0]?.state).toBe('accepted')
    await befriend({ peer: a.peer, name: one.name }, { peer: b.peer, name: other.name })
    await inboxHas(b.peer, id, 'announced')
    await sentIs(a.peer, id, 'announced')
    await b.peer.do('get', { what: id, folder: join(folder, 'yes') })
    await sentIs(a.peer, id, 'fetched')
  })

  test('[C5] a command talks to the agent that has the home; without one it is the device itself', async () => {
    const { a, b, bob, homes } = await twoFriends()
    await using _b = b
    const [home = ''] = homes
    await expect(open(home)).rejects.toMatchObject({ code: 'home-in-use' })
    const beside = await connectControl(home)
    if (!beside) throw new Error('no agent')
    expect(await beside.do('whoami', {})).toMatchObject({ agent: true, online: true, home })
    const { id } = await beside.do('send', { to: [bob], files: [], text: 'through the socket' })
    await inboxHas(b.peer, id)
    await expect(beside.do('status', { id: 'nothing' })).rejects.toMatchObject({ code: 'no-such-message' })
    await beside.do('stop', {})
    await a.closed
    expect(await connectControl(home)).toBeUndefined()
    await using alone = await open(home, { as: 'command' })
    expect(await alone.peer.do('status', { id })).toMatchObject({ recipients: [{ state: 'announced' }] })
    expect(await alone.peer.do('whoami', {})).toMatchObject({ agent: false })
  })

  test('[C9] agent --poll: mail and receipts without a standing session', async () => {
    const { a, b, bob, homes } = await twoFriends()
    await b.close()
    await using _a = a
    await using polling = await open(homes[1] ?? '', { pollSeconds: 1, fetchByItself: true })
    const film = await file('polled.mp4', 2_000_000)
    const { id } = await a.peer.do('send', { to: [bob], files: [film.path] })
    await sentIs(a.peer, id, 'fetched')
    const [media] = (await inboxHas(polling.peer, id, 'ready')).media
    expect(sha256(await readFile(media?.path ?? ''))).toBe(film.hash)
  })
})
