import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { firstPreferences, preferencesSchema } from '@doorpost/protocol/preferences'
import type { Neighbour } from '../fake-neighbours.ts'
import { nodeRetentionFiles } from '../node/retention-files.ts'
import { createSentCopies } from '../node/sent-copies.ts'
import { arrives, ask, becomes, playScene, troubleOf } from '../node/street-scene.ts'
import type { Draft } from '../operations.ts'

const scene = playScene()
const there = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Alice with a home on the disk, Bob, contacts. */
async function settled(also: Partial<Parameters<typeof scene.move>[1]> = {}): Promise<[Neighbour, Neighbour]> {
  const bob = await scene.move('bob')
  const alice = await scene.move('alice', { ...keeping(), ...also })
  await scene.street.befriend(alice, bob)
  await vi.waitFor(async () => {
    for (const one of [alice, bob]) expect((await ask(one, 'contacts.list', {}))[0]?.state).toBe('mutual')
  }, 10_000)
  return [alice, bob]
}
function keeping() {
  const home = join(scene.folder, 'home')
  return { home, retentionFiles: nodeRetentionFiles, sentCopies: createSentCopies(home) }
}
async function sendAndFetch(alice: Neighbour, bob: Neighbour, draft: Omit<Draft, 'to'>): Promise<string> {
  const { id } = await ask(alice, 'send', { to: ['bob'], ...draft })
  await arrives(bob, id, 'announced')
  await ask(bob, 'get', { what: id, folder: join(scene.folder, 'out') })
  await becomes(alice, id, 'fetched')
  return id
}
const inArchive = async () => (await readdir(join(scene.folder, 'home/archive')).catch((): string[] => [])).toSorted()

describe('retention at the sender', () => {
  test('[RET1] deleting originals must be confirmed, and is then done once everybody has it, with a tombstone on both sides', async () => {
    const [alice, bob] = await settled()
    const film = await scene.file('film.mp4', 'a film')
    const draft = { files: [film], whenFetched: { do: 'delete' as const } }
    expect(await troubleOf(ask(alice, 'send', { to: ['bob'], ...draft }))).toMatchObject({ code: 'malformed' })
    const { id } = await ask(alice, 'send', { to: ['bob'], ...draft, confirmed: true })
    await arrives(bob, id, 'announced')
    expect(await there(film)).toBe(true)
    await ask(bob, 'get', { what: id, folder: join(scene.folder, 'out') })
    await vi.waitFor(async () => expect(await there(film)).toBe(false), 10_000)
    const gone = { reason: 'deleted', at: expect.any(String) as string }
    await vi.waitFor(async () => expect(await ask(alice, 'status', { id })).toMatchObject({ gone }), 10_000)
    await vi.waitFor(
      async () => expect((await ask(bob, 'inbox', {}))[0]).toMatchObject({ state: 'ready', gone }),
      10_000,
    )
    expect(await alice.store.all('offers')).toEqual([])
    expect(await alice.store.all('lists-bytes')).toEqual([])
  })

  test("[RET3] the account's rule moves Doorpost's own copy and leaves the original; the archived copy is still given out", async () => {
    const [first, bob] = await settled()
    const film = await scene.file('film.mp4', 'a film')
    await setRule(first, 'archive')
    const alice = await scene.move('alice', { store: first.store, ...keeping() })
    const plain = await sendAndFetch(alice, bob, { files: [film] })
    const copied = await sendAndFetch(alice, bob, { files: [film], copy: true })
    await vi.waitFor(async () => expect(await inArchive()).toEqual(['film.mp4']), 10_000)
    expect(await readFile(film, 'utf8')).toBe('a film')
    await vi.waitFor(async () => {
      expect(await ask(alice, 'status', { id: copied })).toMatchObject({
        archived: { path: join(scene.folder, 'home/archive/film.mp4') },
      })
    }, 10_000)
    expect(await ask(alice, 'status', { id: plain })).not.toHaveProperty('archived')
    const offered = (await alice.store.all<{ path: string }>('offers')).find(({ key }) => key.startsWith(copied))
    expect(offered?.value.path).toBe(join(scene.folder, 'home/archive/film.mp4'))
  })

  test('[RET3] archiving overwrites nothing, and across file systems leaves one whole copy', async (context) => {
    const [alice, bob] = await settled()
    const film = await scene.file('film.mp4', 'a film')
    const other = await mkdtemp('/dev/shm/doorpost-archive-').catch(() => context.skip('there is no /dev/shm here'))
    try {
      expect((await stat(other)).dev).not.toBe((await stat(film)).dev)
      await writeFile(join(other, 'film.mp4'), 'was here before')
      await sendAndFetch(alice, bob, {
        files: [film],
        whenFetched: { do: 'archive', folder: other },
        confirmed: true,
      })
      await vi.waitFor(async () => expect(await there(film)).toBe(false), 10_000)
      await vi.waitFor(
        async () => expect((await readdir(other)).toSorted()).toEqual(['film (2).mp4', 'film.mp4']),
        10_000,
      )
      expect(await readFile(join(other, 'film (2).mp4'), 'utf8')).toBe('a film')
      expect(await readFile(join(other, 'film.mp4'), 'utf8')).toBe('was here before')
    } finally {
      await rm(other, { recursive: true, force: true })
    }
  })

  test('[RET2] send.wait ends when the copy was dealt with', async () => {
    const [alice, bob] = await settled()
    const film = await scene.file('film.mp4', 'a film')
    const { id } = await ask(alice, 'send', {
      to: ['bob'],
      files: [film],
      whenFetched: { do: 'delete' },
      confirmed: true,
    })
    const waited = ask(alice, 'send.wait', { id })
    await arrives(bob, id, 'announced')
    await ask(bob, 'get', { what: id, folder: join(scene.folder, 'out') })
    expect(await waited).toMatchObject({ gone: { reason: 'deleted' }, recipients: [{ state: 'fetched' }] })
    expect(await there(film)).toBe(false)
  })

  test('[RET2] one who declined, and one who has not fetched, keep the copy', async () => {
    const [alice, bob] = await settled()
    const carol = await scene.move('carol')
    await scene.street.befriend(alice, carol)
    const film = await scene.file('film.mp4', 'a film')
    const { id } = await ask(alice, 'send', {
      to: ['bob', 'carol'],
      files: [film],
      whenFetched: { do: 'delete' },
      confirmed: true,
    })
    await arrives(bob, id, 'announced')
    await ask(bob, 'get', { what: id, folder: join(scene.folder, 'out') })
    await arrives(carol, id, 'announced')
    await ask(carol, 'refuse', { id })
    await vi.waitFor(async () => {
      const { recipients } = await ask(alice, 'status', { id })
      expect(recipients.map(({ state }) => state)).toEqual(['fetched', 'refused'])
      expect(recipients[1]?.refusedAt).toMatch(/^2\d{3}-/)
    }, 10_000)
    expect((await alice.store.all<{ now: unknown }>('retention')).map(({ value }) => value.now)).toEqual([
      { state: 'held' },
    ])
    expect(await there(film)).toBe(true)
  })

  test('[RET4] a file that is not the one that was sent is left alone, even with size and date of the old one', async () => {
    const [first, bob] = await settled()
    const { retentionFiles: _none, ...rest } = keeping()
    first.kill()
    const idle = await scene.move('alice', { store: first.store, ...rest })
    const film = await scene.file('film.mp4', 'a film')
    const other = await scene.file('other.mp4', 'other!')
    // Whole seconds, which can be set again exactly.
    const date = new Date('2026-05-03T14:02:00.000Z')
    await utimes(film, date, date)
    await sendAndFetch(idle, bob, { files: [film, other], whenFetched: { do: 'delete' }, confirmed: true })
    idle.kill()
    // Same inode, size and date, other bytes; and another file under the same name.
    await writeFile(film, 'A FILM')
    await utimes(film, date, date)
    await writeFile(`${other}.new`, 'other!')
    await rename(`${other}.new`, other)
    const alice = await scene.move('alice', { store: first.store, ...keeping() })
    await vi.waitFor(async () => {
      const copies = await alice.store.all<{ now: { state: string } }>('retention')
      expect(copies.map(({ value }) => value.now.state)).toEqual(['kept', 'kept'])
    }, 10_000)
    expect([await readFile(film, 'utf8'), await readFile(other, 'utf8')]).toEqual(['A FILM', 'other!'])
    expect(alice.events.filter(({ event }) => event === 'copy-kept').length).toBe(2)
  })

  test('[RET5] a file that another message still gives out waits for that one too', async () => {
    const [alice, bob] = await settled()
    const film = await scene.file('film.mp4', 'a film')
    const asked = { files: [film], whenFetched: { do: 'delete' as const }, confirmed: true as const }
    const second = await ask(alice, 'send', { to: ['bob'], files: [film] })
    await sendAndFetch(alice, bob, asked)
    expect(await there(film)).toBe(true)
    await arrives(bob, second.id, 'announced')
    await ask(bob, 'get', { what: second.id, folder: join(scene.folder, 'out2') })
    await vi.waitFor(async () => expect(await there(film)).toBe(false), 10_000)
  })

  test('[RET6] what fell due while the device was off is done when it starts; copies of messages that never came to be are cleared away', async () => {
    const [alice, bob] = await settled()
    const film = await scene.file('film.mp4', 'a film')
    const orphan = join(scene.folder, 'home/sent', 'B'.repeat(22))
    await mkdir(orphan, { recursive: true })
    await writeFile(join(orphan, 'half.mp4'), 'x')
    await writeFile(join(scene.folder, 'home/sent/mine.txt'), 'x')
    const { retentionFiles: _none, ...rest } = keeping()
    alice.kill()
    const idle = await scene.move('alice', { store: alice.store, ...rest })
    await sendAndFetch(idle, bob, { files: [film], whenFetched: { do: 'delete' }, confirmed: true })
    expect(await there(film)).toBe(true)
    idle.kill()
    await scene.move('alice', { store: alice.store, ...keeping() })
    await vi.waitFor(async () => expect(await there(film)).toBe(false), 10_000)
    expect(await readdir(join(scene.folder, 'home/sent'))).toEqual(['mine.txt'])
  })

  test('[RET7] a withdrawn message is gone for its recipients, who are told why; get says so', async () => {
    const [alice, bob] = await settled()
    const film = await scene.file('film.mp4', 'a film')
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [film] })
    await arrives(bob, id, 'announced')
    expect(await ask(alice, 'send.withdraw', { id })).toMatchObject({ gone: { reason: 'withdrawn' } })
    expect(await arrives(bob, id, 'gone')).toMatchObject({ gone: { reason: 'withdrawn' } })
    const get = ask(bob, 'get', { what: id, folder: join(scene.folder, 'out') })
    expect(await troubleOf(get)).toMatchObject({ code: 'gone' })
  })

  test('[RET7] nobody but the sender can say that a message is gone', async () => {
    const [alice, bob] = await settled()
    const carol = await scene.move('carol')
    await scene.street.befriend(carol, bob)
    const film = await scene.file('film.mp4', 'a film')
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [film] })
    await arrives(bob, id, 'announced')
    // Carol made the same record as if she had sent it.
    const record = (await alice.store.get<object>('sent', id)) as object
    await carol.store.write([{ put: 'sent', key: id, value: record }])
    const before = bob.events.length
    await ask(carol, 'send.withdraw', { id })
    await vi.waitFor(() => {
      expect(bob.events.slice(before)).toContainEqual(expect.objectContaining({ reason: 'note-fits-nothing' }))
    }, 10_000)
    expect((await ask(bob, 'inbox', {}))[0]).toMatchObject({ state: 'announced' })
  })

  test('[RET8] who has not fetched is reminded once before the end, also when the sender is away for a week', async () => {
    const [alice, bob] = await settled()
    const film = await scene.file('film.mp4', 'a film')
    const day = 24 * 3600_000
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [film], lifetimeMs: 10 * day })
    await arrives(bob, id, 'announced')
    alice.kill()
    bob.kill()
    scene.later(7 * day)
    const soon = await scene.move('bob', { store: bob.store })
    expect((await ask(soon, 'inbox', {}))[0]).not.toHaveProperty('endsAt')
    soon.kill()
    scene.later(1.5 * day)
    const late = await scene.move('bob', { store: bob.store })
    const [entry] = await ask(late, 'inbox', {})
    expect(entry).toMatchObject({ state: 'announced', endsAt: entry?.expires })
  })

  test('[RET8] the sender reminds mutual contacts who have not fetched, once, as long before as the preference says', async () => {
    const [alice, bob] = await settled()
    const day = 24 * 3600_000
    const film = await scene.file('film.mp4', 'a film')
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [film], lifetimeMs: 20 * day })
    const got = await sendAndFetch(alice, bob, { files: [film], lifetimeMs: 20 * day })
    await setRule(alice, 'keep', 24 * 7)
    scene.later(14 * day)
    const again = await scene.move('alice', { store: alice.store, ...keeping() })
    await vi.waitFor(async () => {
      const entries = await ask(bob, 'inbox', {})
      expect(entries.find((one) => one.id === id)).toMatchObject({ endsAt: expect.any(String) as string })
      expect(entries.find((one) => one.id === got)).not.toHaveProperty('endsAt')
    }, 10_000)
    const notes = () =>
      scene.street.accepted.filter((one) => one.class === 'note' && one.from === alice.me.address).length
    const sent = notes()
    again.kill()
    await scene.move('alice', { store: alice.store, ...keeping() })
    expect(notes()).toBe(sent)
  })
})

/** Alice's device ends; the next one of hers prefers so. */
async function setRule(who: Neighbour, whenFetched: 'keep' | 'archive' | 'delete', remindHours = 48): Promise<void> {
  who.kill()
  const preferences = preferencesSchema.parse({ ...firstPreferences(), sent: { whenFetched, remindHours } })
  const kept = { v: 1, base: preferences, now: preferences }
  await who.store.write([{ put: 'settings', key: 'preferences', value: kept }])
}
