import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { Neighbour } from '../fake-neighbours.ts'
import { arrives, ask, becomes, inbox, playScene, seemsAway, text, troubleOf } from '../node/street-scene.ts'
import type { InboxEntry } from '../operations.ts'
import type { Path } from '../paths/path.ts'

const scene = playScene()

describe('fetching', () => {
  async function sent(
    content: Uint8Array | string = 'film',
  ): Promise<{ alice: Neighbour; bob: Neighbour; id: string }> {
    const [alice, bob] = await scene.friends()
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4', content)] })
    await arrives(bob, id, 'announced')
    return { alice, bob, id }
  }
  const out = () => join(scene.folder, 'out')

  test('[I12] an id, a beginning of six characters that only one has, or a link', async () => {
    const { bob, id } = await sent()
    const none = { code: 'no-such-message' }
    await expect(ask(bob, 'get', { what: id.slice(0, 5), folder: out() })).rejects.toMatchObject(none)
    await expect(ask(bob, 'get', { what: 'ZZZZZZZZ', folder: out() })).rejects.toMatchObject(none)
    await expect(ask(bob, 'get', { what: 'doorpost:half', folder: out() })).rejects.toMatchObject({ code: 'malformed' })
    expect((await ask(bob, 'get', { what: id.slice(0, 6), folder: out() })).id).toBe(id)
    const [{ url } = { url: '' }] = (await arrives(bob, id, 'ready')).media
    expect((await ask(bob, 'get', { what: url, folder: join(scene.folder, 'other') })).files[0]?.file).toBe(
      join(scene.folder, 'other', 'film.mp4'),
    )
  })

  test('[I13] nobody is there: noWait gives up, otherwise it waits and goes on by presence', async () => {
    const { alice, bob, id } = await sent()
    scene.street.presence(alice, false)
    await seemsAway(bob)
    await expect(ask(bob, 'get', { what: id, folder: out(), noWait: true })).rejects.toMatchObject({
      code: 'no-source',
      message: "alice's laptop is not on-line. It goes on by itself when it is back.",
    })
    await arrives(bob, id, 'announced')
    const got = ask(bob, 'get', { what: id, folder: out() })
    await arrives(bob, id, 'scheduled')
    scene.street.presence(alice, true)
    expect(await got).toMatchObject({ fetchedBytes: 4, receipt: 'sent' })
    await becomes(alice, id, 'fetched')
  })

  test('[I14] an edited file is found out at once: nothing is put in place, the error names file and piece', async () => {
    const { alice, bob, id } = await sent('the film as it was sent')
    await scene.file('film.mp4', 'the film as it is now!!')
    const failed = await troubleOf(ask(bob, 'get', { what: id, folder: out() }))
    expect(failed.code).toBe('source-changed')
    expect(failed.message).toMatch(/film\.mp4 .*alice@example.org\/laptop.*piece 0/)
    const entry = await arrives(bob, id, 'changed')
    expect(entry.waitsFor).toMatch(/film\.mp4/)
    expect(await stat(join(out(), 'film.mp4')).catch(() => 'nothing')).toBe('nothing')
    expect(alice.events.map(({ event }) => event)).toContain('cannot-serve')
    await expect(ask(bob, 'get', { what: id, folder: out() })).rejects.toMatchObject({ code: 'source-changed' })
  })

  test('[I14] a source that flips a bit gets nothing into the file; the error names piece and source', async () => {
    const [alice, bob] = await scene.friends({ door: async (_door, open) => flipping(await open()) })
    const { id } = await ask(alice, 'send', {
      to: ['bob'],
      files: [await scene.file('film.mp4', 'x'.repeat(2_500_000))],
    })
    await arrives(bob, id, 'announced')
    const failed = await troubleOf(ask(bob, 'get', { what: id, folder: out() }))
    expect(failed.code).toBe('bad-pieces')
    expect(failed.message).toMatch(/[Pp]iece 1 of film\.mp4 from alice@example.org\/laptop/)
    expect(await stat(join(out(), 'film.mp4')).catch(() => 'nothing')).toBe('nothing')
    await arrives(bob, id, 'announced')
  })

  test('[I15] what is here is told again, copied elsewhere, or fetched again where it has gone', async () => {
    const { bob, id } = await sent('the film')
    await ask(bob, 'get', { what: id, folder: out() })
    const file = join(out(), 'film.mp4')
    expect(await ask(bob, 'get', { what: id, folder: out() })).toMatchObject({ fetchedBytes: 0, files: [{ file }] })
    const elsewhere = join(scene.folder, 'elsewhere')
    expect(await ask(bob, 'get', { what: id, folder: elsewhere })).toMatchObject({ fetchedBytes: 0 })
    expect(await readFile(join(elsewhere, 'film.mp4'), 'utf8')).toBe('the film')
    await rm(file)
    expect(await ask(bob, 'get', { what: id, folder: out() })).toMatchObject({ fetchedBytes: 8, files: [{ file }] })
    expect(await readFile(file, 'utf8')).toBe('the film')
  })

  test('[I16] the caller leaves: the fetch pauses, its beginning is kept, and the next goes on from there', async () => {
    let held = true
    const [alice, bob] = await scene.friends({ door: async (_door, open) => haltingAt(2, await open(), () => held) })
    const { id } = await ask(alice, 'send', {
      to: ['bob'],
      files: [await scene.file('film.mp4', 'x'.repeat(4_500_000))],
    })
    await arrives(bob, id, 'announced')
    const leave = new AbortController()
    const got = ask(bob, 'get', { what: id, folder: out() }, { signal: leave.signal })
    void got.catch(() => {})
    await vi.waitFor(async () => expect((await inbox(bob))[0]?.media[0]?.verifiedBytes).toBe(2 * 1024 * 1024))
    leave.abort()
    await expect(got).rejects.toMatchObject({ code: 'cancelled' })
    const entry = await arrives(bob, id, 'announced')
    expect(entry.media[0]?.verifiedBytes).toBe(2 * 1024 * 1024)
    expect(await beginnings(out())).toBe(1)
    held = false
    const rest = await ask(bob, 'get', { what: id, folder: out() })
    expect(rest.fetchedBytes).toBe(4_500_000 - 2 * 1024 * 1024)
  })

  test('[I20] declined, run out or changed: the beginnings of its files are cleared away', async () => {
    const [alice, bob] = await scene.friends({ door: async (_door, open) => haltingAt(1, await open(), () => true) })
    const folder = join(scene.folder, 'trip')
    await mkdir(folder)
    await writeFile(join(folder, 'long.mp4'), 'x'.repeat(2_500_000))
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [folder] })
    await arrives(bob, id, 'announced')
    const got = ask(bob, 'get', { what: id, folder: out() })
    void got.catch(() => {})
    await vi.waitFor(async () => expect((await inbox(bob))[0]?.media[0]?.verifiedBytes).toBe(1024 * 1024))
    expect(await beginnings(join(out(), 'trip'))).toBe(1)
    await ask(bob, 'refuse', { id })
    await vi.waitFor(async () => expect(await readdir(join(out(), 'trip'))).toEqual([]))
  })

  test('[I16] what was being fetched goes on by itself after a crash', async () => {
    const { alice, bob, id } = await sent()
    scene.street.presence(alice, false)
    await seemsAway(bob)
    void ask(bob, 'get', { what: id, folder: out() }).catch(() => {})
    await arrives(bob, id, 'scheduled')
    bob.kill()
    const again = await scene.move('bob', { store: bob.store })
    scene.street.presence(alice, true)
    const [media] = (await arrives(again, id, 'ready')).media
    expect(media?.path).toBe(join(out(), 'film.mp4'))
    await becomes(alice, id, 'fetched')
  })

  test('[I16] fetching by itself takes what mutual contacts send, and nothing of others', async () => {
    const [alice, bob] = await scene.friends({ fetchInto: out() })
    const carol = await scene.move('carol')
    const film = await scene.file('film.mp4')
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [film] })
    const strange = await ask(carol, 'send', { to: ['bob'], files: [film] })
    await arrives(bob, id, 'ready')
    await arrives(bob, strange.id, 'request')
    await scene.street.befriend(bob, carol)
    const [media] = (await arrives(bob, strange.id, 'ready')).media
    expect(media?.path).toBe(join(out(), 'film (2).mp4'))
  })

  test('[I16] nothing is fetched by itself of a contact who has not approved us', async () => {
    const alice = await scene.move('alice')
    const bob = await scene.move('bob', { fetchInto: out() })
    await ask(bob, 'contacts.add', { who: 'alice' })
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
    await arrives(bob, id, 'announced')
    const words = await ask(alice, 'send', text(['bob']))
    await arrives(bob, words.id, 'ready')
    expect((await arrives(bob, id, 'announced')).waitsFor).toBeUndefined()
  })

  test('[I17] a link below the output folder is not followed, and nothing there is overwritten', async () => {
    const [alice, bob] = await scene.friends()
    await mkdir(join(scene.folder, 'trip'))
    await writeFile(join(scene.folder, 'trip', 'a.txt'), 'from alice')
    const { id } = await ask(alice, 'send', {
      to: ['bob'],
      files: [join(scene.folder, 'trip'), await scene.file('film.mp4')],
    })
    await arrives(bob, id, 'announced')
    await mkdir(out())
    await mkdir(join(scene.folder, 'private'))
    await symlink(join(scene.folder, 'private'), join(out(), 'trip'))
    await expect(ask(bob, 'get', { what: id, folder: out() })).rejects.toMatchObject({ code: 'cannot-write' })
    expect(await stat(join(scene.folder, 'private', 'a.txt')).catch(() => 'nothing')).toBe('nothing')
    await rm(join(out(), 'trip'))
    await writeFile(join(out(), 'film.mp4'), 'mine')
    const { files } = await ask(bob, 'get', { what: id, folder: out() })
    expect(files.map((one) => one.file)).toEqual([join(out(), 'trip', 'a.txt'), join(out(), 'film (2).mp4')])
    expect(await readFile(join(out(), 'film.mp4'), 'utf8')).toBe('mine')
  })

  test('[I2] declined: the sender hears of it, and it can be fetched after all', async () => {
    const { alice, bob, id } = await sent()
    expect((await ask(bob, 'refuse', { id })).state).toBe('refused')
    await becomes(alice, id, 'refused')
    await ask(bob, 'get', { what: id, folder: out() })
    await becomes(alice, id, 'fetched')
    await expect(ask(bob, 'refuse', { id })).rejects.toMatchObject({ code: 'not-available' })
  })
})

describe('receipts', () => {
  test('[R1] a receipt is written with its media, and goes out after a crash in between', async () => {
    const [alice, bob] = await scene.friends()
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
    await arrives(bob, id, 'announced')
    const call = bob.line.call
    bob.line.call = async (method, target, ...rest) =>
      method === 'SEND' && target === '/messages'
        ? await new Promise<never>(() => {})
        : await call(method, target, ...rest)
    const got = ask(bob, 'get', { what: id, folder: join(scene.folder, 'out') })
    await arrives(bob, id, 'ready')
    expect((await bob.store.all('receipts', `given ${id}`)).length).toBe(1)
    bob.kill()
    void got.catch(() => {})
    const again = await scene.move('bob', { store: bob.store })
    await becomes(alice, id, 'fetched')
    expect((await alice.store.all('receipts', `taken ${id}`)).length).toBe(1)
    await vi.waitFor(async () => expect(await again.store.all('outbox')).toEqual([]))
  })
})

describe('notes', () => {
  test('[G5] a note whose answer was lost with the process is known by its id, and taken for accepted', async () => {
    const [alice, bob] = await scene.friends()
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
    await arrives(bob, id, 'announced')
    const call = bob.line.call
    bob.line.call = async (method, target, ...rest) => {
      const answer = await call(method, target, ...rest)
      return method === 'SEND' && target === '/messages' ? await new Promise<never>(() => {}) : answer
    }
    void ask(bob, 'get', { what: id, folder: join(scene.folder, 'out') }).catch(() => {})
    await becomes(alice, id, 'fetched')
    bob.kill()
    expect((await bob.store.all('outbox')).length).toBeGreaterThan(0)
    const again = await scene.move('bob', { store: bob.store })
    await vi.waitFor(async () => expect(await again.store.all('outbox')).toEqual([]))
    expect(again.events.map(({ event }) => event)).not.toContain('note-refused')
  })
})

describe('on-ready', () => {
  test('[I11] runs once per message that is ready, and never again, whatever crashes', async () => {
    const runs: string[] = []
    const runHook = async (entry: InboxEntry) => {
      runs.push(`${entry.state} ${entry.text}`)
      return 0
    }
    const [alice, bob] = await scene.friends({ runHook })
    const { id } = await ask(alice, 'send', text(['bob'], 'one'))
    await arrives(bob, id, 'ready')
    await vi.waitFor(() => expect(runs).toEqual(['ready one']))
    bob.kill()
    const again = await scene.move('bob', { store: bob.store, runHook })
    const next = await ask(alice, 'send', text(['bob'], 'two'))
    await arrives(again, next.id, 'ready')
    await vi.waitFor(() => expect(runs).toEqual(['ready one', 'ready two']))
  })

  test('[I11] due when the device died: it runs at the next start', async () => {
    const [alice, bob] = await scene.friends({ runHook: async () => 0 })
    const { id } = await ask(alice, 'send', text(['bob'], 'one'))
    await arrives(bob, id, 'ready')
    await bob.close()
    // As if it had died between the write that made it ready and the one that begins the run.
    const record = await bob.store.get<object>('inbox', id)
    await bob.store.write([{ put: 'inbox', key: id, value: { ...record, hook: 'due' } }])
    const runs: string[] = []
    await scene.move('bob', {
      store: bob.store,
      runHook: async (entry) => {
        // Marked before it starts.
        expect(await bob.store.get('inbox', entry.id)).toMatchObject({ hook: 'begun' })
        runs.push(entry.id)
        return 1
      },
    })
    await vi.waitFor(() => expect(runs).toEqual([id]))
  })
})

/** How many files were begun in a folder. */
async function beginnings(folder: string): Promise<number> {
  return (await readdir(folder)).filter((name) => name.endsWith('.part')).length
}

function flipping(path: Path): Path {
  return Object.assign(Object.create(path) as Path, {
    async piece(...[media, piece, take, signal]: Parameters<Path['piece']>) {
      const answer = await path.piece(media, piece, take, signal)
      if (answer.state === 'here' && piece.index === 1) answer.bytes[7] = (answer.bytes[7] ?? 0) ^ 1
      return answer.state === 'here' ? { ...answer, proven: true } : answer
    },
  })
}

function haltingAt(index: number, path: Path, held: () => boolean): Path {
  return Object.assign(Object.create(path) as Path, {
    async piece(...[media, piece, take, signal]: Parameters<Path['piece']>) {
      if (held() && piece.index >= index) {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
        return { state: 'line-broken', cause: 'aborted' }
      }
      return await path.piece(media, piece, take, signal)
    },
  })
}
