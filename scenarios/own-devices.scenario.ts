// Devices of one user in one process, with real sockets and homes: linked by a code, sealed for, told what their user decided,
// revoked. The same through the command, with separate processes, is devices-story's.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linkDevice } from '@doorpost/peer/identity/link-accept'
import { openAgent, type RunningAgent } from '@doorpost/peer/node/agent'
import { openHome } from '@doorpost/peer/node/home'
import { openSqliteStore } from '@doorpost/peer/node/sqlite-store'
import type { InboxEntry, Peer } from '@doorpost/peer/operations'
import { join as joinServer } from '@doorpost/peer/session/join'
import { parseLinkCode } from '@doorpost/protocol/link'
import { type RunningServer, startServer } from '@doorpost/server/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let folder: string
let server: RunningServer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-own-'))
  server = await startServer({ port: 0, dataFolder: join(folder, 'data') })
})

afterAll(async () => {
  await server.drain()
  await rm(folder, { recursive: true, force: true })
})

let homes = 0
async function withStore<T>(path: string, work: (store: Awaited<ReturnType<typeof openSqliteStore>>) => Promise<T>) {
  const opened = await openHome(path)
  if (opened.kind !== 'open') throw new Error('in use')
  await using home = opened.home
  await using store = await openSqliteStore(home.database)
  return await work(store)
}

async function newUser(name: string): Promise<{ name: string; home: string; words: readonly string[] }> {
  const unique = `${name}${++homes}`
  const home = join(folder, unique)
  let words: readonly string[] = []
  await withStore(home, (store) =>
    joinServer({
      store,
      origin: server.origin,
      user: unique,
      device: 'laptop',
      showRecoveryWords: (made) => void (words = made),
    }),
  )
  return { name: unique, home, words }
}

async function until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  const endMs = Date.now() + 20_000
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > endMs) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Links a new home to that device's user; answers the home. */
async function linkTo(primary: Peer, device: string, confirm = true): Promise<string> {
  const home = join(folder, `linked${++homes}`)
  const { code } = await primary.do('devices.offer', {})
  const linked = withStore(home, (store) =>
    linkDevice({
      store,
      origin: server.origin,
      code: parseLinkCode(code) ?? new Uint8Array(),
      device,
      onWaiting: () => {},
      signal: AbortSignal.timeout(20_000),
    }),
  )
  linked.catch(() => {})
  const { name, fingerprint } = await primary.do('devices.await', { code })
  expect(name).toBe(device)
  await primary.do('devices.confirm', { code, fingerprint, yes: confirm })
  await linked
  return home
}

const inboxHas = (peer: Peer, id: string, state?: InboxEntry['state']) =>
  until(
    async () => (await peer.do('inbox', {})).find((one) => one.id === id && (!state || one.state === state)),
    `${id} ${state ?? ''}`,
  )
const isMutual = (peer: Peer, name: string) =>
  until(
    async () =>
      (await peer.do('contacts.list', {})).find(
        ({ address, state }) => address.startsWith(`${name}@`) && state === 'mutual',
      ),
    `mutual with ${name}`,
  )

interface Scene extends AsyncDisposable {
  readonly alice: RunningAgent
  readonly laptop: RunningAgent
  readonly tower: RunningAgent
  readonly bob: string
  readonly aliceName: string
  readonly towerHome: string
}

/** Alice, and Bob with two devices; contacts of each other. */
async function scene(): Promise<Scene> {
  const [one, other] = [await newUser('alice'), await newUser('bob')]
  await using stack = new AsyncDisposableStack()
  const alice = stack.use(await openAgent({ home: one.home }))
  const laptop = stack.use(await openAgent({ home: other.home }))
  await alice.peer.do('contacts.add', { who: other.name })
  await laptop.peer.do('contacts.add', { who: one.name })
  await isMutual(alice.peer, other.name)
  const towerHome = await linkTo(laptop.peer, 'tower')
  const tower = stack.use(await openAgent({ home: towerHome }))
  const kept = stack.move()
  return {
    alice,
    laptop,
    tower,
    towerHome,
    bob: other.name,
    aliceName: one.name,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

describe('several devices of one user', () => {
  test('[DEV3] [DEV24] a linked device knows the contacts of its user and gets every later message, as mail of a contact', async () => {
    await using them = await scene()
    const { alice, laptop, tower, bob, aliceName } = them
    await isMutual(tower.peer, aliceName)
    const { id } = await alice.peer.do('send', { to: [bob], files: [], text: 'to both' })
    for (const device of [laptop, tower])
      expect(await inboxHas(device.peer, id, 'ready')).toMatchObject({ text: 'to both' })
    const listed = await tower.peer.do('devices', {})
    expect(listed).toMatchObject({
      canSign: false,
      devices: [
        { name: 'laptop', primary: true, thisOne: false, online: true },
        { name: 'tower', primary: false, thisOne: true },
      ],
    })
  })

  test('[DEV22] one device alone is written to, one’s own others are, and this very one is not', async () => {
    await using them = await scene()
    const { alice, laptop, tower, bob } = them
    const { id } = await alice.peer.do('send', { to: [`${bob}/tower`], files: [], text: 'for the tower' })
    await inboxHas(tower.peer, id, 'ready')
    const note = await laptop.peer.do('send', { to: [bob], files: [], text: 'to my other device' })
    expect(note.accepted).toBe(true)
    expect(await inboxHas(tower.peer, note.id, 'ready')).toMatchObject({ text: 'to my other device' })
    const entries = await laptop.peer.do('inbox', {})
    expect(entries.map((entry) => entry.id)).toEqual([])
    await expect(laptop.peer.do('send', { to: [`${bob}/laptop`], files: [], text: 'me' })).rejects.toMatchObject({
      code: 'bad-address',
    })
    await expect(
      alice.peer.do('send', { to: [alice.address.split('/')[0] ?? ''], files: [], text: 'me' }),
    ).rejects.toThrow(/no other device/)
  })

  test('[DEV25] one device fetches from its sibling', async () => {
    await using them = await scene()
    const { laptop, tower, bob } = them
    const film = join(folder, 'own.mp4')
    await writeFile(film, Buffer.alloc(3_000_000, 7))
    const { id } = await laptop.peer.do('send', { to: [bob], files: [film] })
    await inboxHas(tower.peer, id, 'announced')
    const got = await tower.peer.do('get', { what: id, folder: join(folder, 'from-sibling') })
    expect(got.fetchedBytes).toBe(3_000_000)
    await until(async () => {
      const { recipients } = await laptop.peer.do('status', { id })
      return recipients[0]?.state === 'fetched' ? true : undefined
    }, 'receipt of the sibling')
  })

  test('[DEV30] a revoked device is cut off, gets nothing more, and nobody seals for it', async () => {
    await using them = await scene()
    const { alice, laptop, tower, bob } = them
    await expect(tower.peer.do('devices.revoke', { name: 'laptop' })).rejects.toThrow(/laptop alone/)
    await expect(laptop.peer.do('devices.revoke', { name: 'laptop' })).rejects.toThrow(/cannot revoke itself/)
    const revoked = await laptop.peer.do('devices.revoke', { name: 'tower' })
    expect(revoked.devices.find(({ name }) => name === 'tower')?.revokedAt).toMatch(/^20/)
    await until(async () => ((await tower.peer.do('whoami', {})).online ? undefined : true), 'cut off')
    const { id } = await alice.peer.do('send', { to: [bob], files: [], text: 'after' })
    await inboxHas(laptop.peer, id, 'ready')
    await expect(alice.peer.do('send', { to: [`${bob}/tower`], files: [], text: 'no' })).rejects.toMatchObject({
      code: 'no-such-user',
    })
    expect((await tower.peer.do('inbox', {})).map((entry) => entry.id)).not.toContain(id)
  })

  test('[DEV4] a device that was answered no stays out', async () => {
    const { home } = await newUser('nora')
    await using laptop = await openAgent({ home })
    await expect(linkTo(laptop.peer, 'tower', false)).rejects.toThrow(/said no/)
    expect((await laptop.peer.do('devices', {})).devices.map(({ name }) => name)).toEqual(['laptop'])
  })
})
