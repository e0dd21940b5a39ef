// Devices of one user in one process, with real sockets and homes: linked by a code, sealed for, told what their user decided,
// revoked. The same through the command, with separate processes, is devices-story's.

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importDevice } from '@doorpost/peer/identity/export'
import { recoverAccount } from '@doorpost/peer/identity/recover'
import { openAgent, type RunningAgent } from '@doorpost/peer/node/agent'
import type { Peer } from '@doorpost/peer/operations'
import { type RunningServer, startServer } from '@doorpost/server/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { found, inboxHas, joinFrom, linkFrom, withStore } from './in-process.ts'

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
const newUser = (name: string) => joinFrom(folder, server.origin, `${name}${++homes}`)

/** Links a new home to that device's user; answers the home. */
const linkTo = (primary: Peer, device: string, confirm = true) =>
  linkFrom(folder, server.origin, primary, { device, home: join(folder, `linked${++homes}`), confirm })

const isMutual = (peer: Peer, name: string) =>
  found(
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
  await laptop.peer.do('prefs.change', { edits: [{ add: 'priority', who: one.name }] })
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
    // What the user prefers is sealed for the new device too.
    await found(
      async () => ((await tower.peer.do('prefs', {})).priority.length === 1 ? true : undefined),
      'preferences',
    )
    const listed = await tower.peer.do('devices', {})
    expect(listed).toMatchObject({
      canSign: false,
      devices: [
        { name: 'laptop', primary: true, thisOne: false, online: true },
        { name: 'tower', primary: false, thisOne: true },
      ],
    })
  })

  test('[SYN1] [SYN2] a device that is linked late has what was said before: words, marks, what was looked at, and no fetch begins', async () => {
    const [one, other] = [await newUser('alice'), await newUser('bob')]
    await using alice = await openAgent({ home: one.home })
    await using laptop = await openAgent({ home: other.home })
    await alice.peer.do('contacts.add', { who: other.name })
    await laptop.peer.do('contacts.add', { who: one.name })
    await isMutual(alice.peer, other.name)
    const film = join(folder, 'early.mp4')
    await writeFile(film, Buffer.alloc(300_000, 9))
    const said = await alice.peer.do('send', { to: [other.name], files: [], text: 'said long ago' })
    const shown = await alice.peer.do('send', { to: [other.name], files: [film], title: 'Early' })
    await inboxHas(laptop.peer, shown.id, 'announced')
    const answer = await laptop.peer.do('send', { to: [one.name], files: [], text: 'answered long ago' })
    await inboxHas(alice.peer, answer.id, 'ready')
    const before = await laptop.peer.do('conversation', { with: [one.name] })
    await laptop.peer.do('talk.mark', { conversation: before.conversation.id, upTo: said.id })

    const towerHome = await linkTo(laptop.peer, 'tower')
    await using tower = await openAgent({ home: towerHome })
    const after = await found(async () => {
      const page = await tower.peer.do('conversation', { with: [one.name] })
      return page.conversation.count === 3 ? page : undefined
    }, 'what was said before')
    const told = (page: typeof before) =>
      page.messages.map(({ id, text, title, at, mine, unread }) => ({ id, text, title, at, mine, unread }))
    const now = await laptop.peer.do('conversation', { with: [one.name] })
    expect(told(after)).toEqual(told(now))
    expect(after.conversation.unread).toBe(now.conversation.unread)
    expect(after.messages.at(-1)?.marks).toEqual(now.messages.at(-1)?.marks)
    expect(await tower.peer.do('talk.history', {})).toEqual({})
    // Its sender heard of neither device twice, and the film is there for whoever asks for it.
    const got = await tower.peer.do('get', { what: shown.id, folder: join(folder, 'late') })
    expect(got.fetchedBytes).toBe(300_000)
  })

  test('[DEV22] one device alone is written to, one’s own others are, and this very one is not', async () => {
    await using them = await scene()
    const { alice, laptop, tower, bob } = them
    const { id } = await alice.peer.do('send', { to: [`${bob}/tower`], files: [], text: 'for the tower' })
    await inboxHas(tower.peer, id, 'ready')
    // The receipt of that device, and no other's, counts for it.
    const film = join(folder, 'tower.mp4')
    await writeFile(film, Buffer.alloc(2_000_000, 5))
    const sent = await alice.peer.do('send', { to: [`${bob}/tower`], files: [film] })
    await inboxHas(tower.peer, sent.id, 'announced')
    await tower.peer.do('get', { what: sent.id, folder: join(folder, 'at-the-tower') })
    await found(async () => {
      const [recipient] = (await alice.peer.do('status', { id: sent.id })).recipients
      return recipient?.receipt === 'verified' && recipient.address.endsWith('/tower') ? true : undefined
    }, 'the receipt of the tower')
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
    await found(async () => {
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
    await found(async () => ((await tower.peer.do('whoami', {})).online ? undefined : true), 'cut off')
    const { id } = await alice.peer.do('send', { to: [bob], files: [], text: 'after' })
    await inboxHas(laptop.peer, id, 'ready')
    await expect(alice.peer.do('send', { to: [`${bob}/tower`], files: [], text: 'no' })).rejects.toMatchObject({
      code: 'no-such-user',
    })
    expect((await tower.peer.do('inbox', {})).map((entry) => entry.id)).not.toContain(id)
  })

  test('[DEV31] a command on a revoked device that would wait for others says that it was revoked', async () => {
    await using them = await scene()
    const { alice, laptop, tower, bob, towerHome } = them
    const film = join(folder, 'not-for-it.mp4')
    await writeFile(film, Buffer.alloc(100_000, 9))
    const { id } = await alice.peer.do('send', { to: [bob], files: [film] })
    await inboxHas(tower.peer, id, 'announced')
    await tower.close()
    await laptop.peer.do('devices.revoke', { name: 'tower' })
    await using command = await openAgent({ home: towerHome, as: 'command' })
    const got = command.peer.do('get', { what: id, folder: join(folder, 'no') })
    await expect(got).rejects.toMatchObject({ code: 'login-refused' })
    await expect(got).rejects.toThrow(/^This device was revoked at 20/)
    // What it has it still shows.
    expect((await command.peer.do('inbox', {})).map((entry) => entry.id)).toContain(id)
  })

  test('[DEV30] an open path of a revoked device is cut within seconds, in the middle of a film', async () => {
    await using them = await scene()
    const { alice, laptop, tower, bob } = them
    const film = join(folder, 'long.mp4')
    await writeFile(film, Buffer.alloc(40_000_000, 9))
    await alice.peer.do('prefs.change', { edits: [{ set: { serve: { bytesPerSecond: 1_000_000 } } }] })
    const { id } = await alice.peer.do('send', { to: [bob], files: [film] })
    await inboxHas(tower.peer, id, 'announced')
    const got = tower.peer.do('get', { what: id, folder: join(folder, 'cut') })
    got.catch(() => {})
    await found(async () => {
      const entry = (await tower.peer.do('inbox', {})).find((one) => one.id === id)
      return (entry?.media[0]?.verifiedBytes ?? 0) > 0 ? true : undefined
    }, 'the first pieces')
    await laptop.peer.do('devices.revoke', { name: 'tower' })
    await found(async () => {
      const entry = (await tower.peer.do('inbox', {})).find((one) => one.id === id)
      return entry?.state === 'fetching' ? undefined : true
    }, 'the fetch to be cut')
    const { uploadedBytes } = await alice.peer.do('status', { id })
    expect(uploadedBytes).toBeLessThan(40_000_000)
    await tower.close()
    await expect(got).rejects.toBeDefined()
  })

  test('[DEV12] [DEV13] recovered on another machine: contacts stay mutual without a warning, the old device is out', async () => {
    const [one, other] = [await newUser('rita'), await newUser('ben')]
    const old = await openAgent({ home: one.home })
    await using ben = await openAgent({ home: other.home })
    await old.peer.do('contacts.add', { who: other.name })
    await ben.peer.do('contacts.add', { who: one.name })
    await isMutual(old.peer, other.name)
    const [before] = await ben.peer.do('contacts.list', {})

    const home = join(folder, `recovered${++homes}`)
    const recovering = { origin: server.origin, user: one.name, device: 'third' }
    const { revoked } = await withStore(home, (store) => recoverAccount({ store, ...recovering, words: one.words }))
    expect(revoked).toEqual(['laptop'])
    await found(
      async () => ((await old.peer.do('whoami', {})).online ? undefined : true),
      'the old device to be cut off',
    )
    await old.close()

    await using third = await openAgent({ home })
    const restored = await third.peer.do('contacts.restore', {})
    expect(restored).toMatchObject({ contacts: [{ address: ben.address.split('/')[0], state: 'mutual' }] })
    expect(await third.peer.do('contacts.restore', {})).toEqual(restored)
    const after = await isMutual(ben.peer, one.name)
    await found(async () => {
      const [line] = await ben.peer.do('contacts.list', {})
      return line?.fingerprint !== before?.fingerprint ? line : undefined
    }, 'the new key to be followed')
    expect(after?.state).toBe('mutual')
    const { id } = await ben.peer.do('send', { to: [one.name], files: [], text: 'still you' })
    await inboxHas(third.peer, id, 'ready')
    const answer = await third.peer.do('send', { to: [other.name], files: [], text: 'still me' })
    expect(await inboxHas(ben.peer, answer.id)).toMatchObject({ state: 'ready' })
    // It is the primary now.
    expect(await third.peer.do('devices', {})).toMatchObject({ canSign: true })
    await linkTo(third.peer, 'fourth')
  })

  test('[DEV14] wrong words, or those of somebody else, recover nothing', async () => {
    const [one, other] = [await newUser('ruth'), await newUser('carl')]
    const recovering = { origin: server.origin, user: one.name, device: 'third' }
    for (const words of [other.words, [...one.words.slice(0, 11), 'abandon', 'abandon'], []]) {
      const home = join(folder, `nothing${++homes}`)
      const tried = withStore(home, (store) => recoverAccount({ store, ...recovering, words }))
      await expect(tried).rejects.toMatchObject({ code: 'wrong-secret' })
    }
  })

  test('[DEV40] [DEV41] exported and imported, a device goes on where it was; moved, it runs in one place', async () => {
    const [one, other] = [await newUser('ella'), await newUser('finn')]
    await using finn = await openAgent({ home: other.home })
    const ella = await openAgent({ home: one.home })
    await ella.peer.do('contacts.add', { who: other.name })
    await finn.peer.do('contacts.add', { who: one.name })
    await isMutual(ella.peer, other.name)
    const first = await finn.peer.do('send', { to: [one.name], files: [], text: 'before' })
    await inboxHas(ella.peer, first.id, 'ready')
    const file = join(folder, 'ella.doorpost')
    const passphrase = 'correct horse battery staple'
    await expect(ella.peer.do('export', { file, passphrase: 'short', move: false })).rejects.toMatchObject({
      code: 'wrong-secret',
    })
    await ella.peer.do('export', { file, passphrase, move: true })
    await ella.closed
    await expect(openAgent({ home: one.home })).rejects.toThrow(/moved to another machine/)
    const bytes = await readFile(file)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(bytes.includes(Buffer.from(one.name))).toBe(false)

    const home = join(folder, `imported${++homes}`)
    await expect(withStore(home, (store) => importDevice(store, bytes, 'another passphrase'))).rejects.toMatchObject({
      code: 'wrong-secret',
    })
    const { address } = await withStore(home, (store) => importDevice(store, bytes, passphrase))
    expect(address).toBe(ella.address)
    await using there = await openAgent({ home })
    expect((await there.peer.do('inbox', {})).map((entry) => entry.id)).toEqual([first.id])
    await isMutual(there.peer, other.name)
    const second = await finn.peer.do('send', { to: [one.name], files: [], text: 'after' })
    await inboxHas(there.peer, second.id, 'ready')
    expect((await there.peer.do('devices', {})).canSign).toBe(true)
    await expect(withStore(home, (store) => importDevice(store, bytes, passphrase))).rejects.toThrow('in use')
  })

  test('[DEV4] a device that was answered no stays out', async () => {
    const { home } = await newUser('nora')
    await using laptop = await openAgent({ home })
    await expect(linkTo(laptop.peer, 'tower', false)).rejects.toThrow(/said no/)
    expect((await laptop.peer.do('devices', {})).devices.map(({ name }) => name)).toEqual(['laptop'])
  })
})
