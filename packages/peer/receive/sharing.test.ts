// A sender and two recipients as whole devices, who give each other what one of them has.

import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { sha256 } from '@noble/hashes/sha2.js'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { laptopOf, type Neighbour, type NeighbourOptions } from '../fake-neighbours.ts'
import type { Path } from '../paths/path.ts'
import { arrives, ask, inbox, playScene, troubleOf } from '../node/street-scene.ts'

const scene = playScene()
const PATIENCE_MS = 25_000
const at = (who: string) => join(scene.folder, who)

/** Alice, Bob and Carol; Bob and Carol are recipients of a film of Alice's. */
async function sent(
  more: {
    readonly tunnel?: boolean
    readonly contacts?: boolean
    readonly sizeBytes?: number
    readonly bobs?: NeighbourOptions
    readonly carols?: NeighbourOptions
  } = {},
) {
  const { tunnel = true, contacts = true, sizeBytes = 3_000_000 } = more
  const alice = await scene.move('alice', { tunnel })
  const bob = await scene.move('bob', { tunnel, ...more.bobs })
  const carol = await scene.move('carol', { tunnel, ...more.carols })
  await scene.street.befriend(alice, bob)
  await scene.street.befriend(alice, carol)
  if (contacts) await scene.street.befriend(bob, carol)
  const content = randomBytes(sizeBytes)
  const film = await scene.file('film.mkv', content)
  const { id } = await ask(alice, 'send', { to: ['bob', 'carol'], files: [film] })
  for (const one of [bob, carol]) await arrives(one, id, 'announced')
  return { alice, bob, carol, id, film, content }
}

/** Bob has it, and `who` heard so. */
async function bobHasIt(bob: Neighbour, who: Neighbour, id: string): Promise<void> {
  await ask(bob, 'get', { what: id, folder: at('bob') })
  await hears(who, 1)
}
async function hears(who: Neighbour, devices: number): Promise<void> {
  await vi.waitFor(async () => expect((await who.store.all('copies', 'theirs ')).length).toBe(devices), PATIENCE_MS)
}
async function leaves(who: Neighbour): Promise<void> {
  scene.street.presence(who, false)
  await who.close()
}
const get = (who: Neighbour, what: string) => ask(who, 'get', { what, folder: at(who.name) })
const copies = (who: Neighbour, on: boolean) =>
  ask(who, 'prefs.change', { edits: [{ set: { serve: { copies: on } } }] })
const digest = async (path: string) => toBase64url(sha256(await readFile(path)))

describe('recipients who serve each other', () => {
  test('[SRC9] the sender is gone: another recipient who has it gives it', async () => {
    const { alice, bob, carol, id, film } = await sent()
    await bobHasIt(bob, carol, id)
    await leaves(alice)
    const { files } = await get(carol, id)
    expect(await digest(files[0]?.file ?? '')).toBe(await digest(film))
  })

  test('[SRC4] recipients who are no contacts of each other do so through the tunnel, and by no other way', async () => {
    const { alice, bob, carol, id, film } = await sent({ contacts: false })
    await bobHasIt(bob, carol, id)
    await leaves(alice)
    const ways = new Set<string>()
    const got = await ask(
      carol,
      'get',
      { what: id, folder: at('carol') },
      {
        onProgress: (one) => one.kind === 'fetching' && ways.add(`${one.source} ${one.path}`),
      },
    )
    expect(await digest(got.files[0]?.file ?? '')).toBe(await digest(film))
    expect([...ways]).toEqual([`${laptopOf('bob')} tunnel`])
  })

  /** Of the sender so many pieces and no more. */
  function after(count: number): NeighbourOptions {
    let left = count
    return {
      async door({ address }, open) {
        const path = await open()
        if (address !== laptopOf('alice')) return path
        let last: ReturnType<Path['piece']> = Promise.resolve({ state: 'source-away' })
        const piece: Path['piece'] = (...asked) => {
          last = left-- > 0 ? path.piece(...asked) : last.then(() => ({ state: 'source-away' }))
          return last
        }
        return Object.assign(Object.create(path) as Path, { piece })
      },
    }
  }
  const held = async (who: Neighbour) => (await inbox(who))[0]?.media[0]?.verifiedBytes ?? 0
  const holds = async (who: Neighbour, pieces: number) =>
    await vi.waitFor(async () => expect(await held(who)).toBe(pieces * 1024 * 1024), PATIENCE_MS)

  test('[SRC9] what is there of a copy is given out while it is fetched, and while its fetch waits', async () => {
    const { alice, bob, carol, id } = await sent({ sizeBytes: 9_000_000, tunnel: false, bobs: after(4) })
    void get(bob, id).catch(() => {})
    await holds(bob, 4)
    await hears(carol, 1)
    await leaves(alice)
    void get(carol, id).catch(() => {})
    await holds(carol, 4)
    expect((await inbox(carol))[0]?.state).not.toBe('ready')
  })

  test('[SRC9] two who hold different pieces hold all of them after serving each other', async () => {
    const more = { sizeBytes: 9_000_000, contacts: false }
    const { alice, bob, carol, id } = await sent({ ...more, bobs: after(3), carols: after(3) })
    for (const one of [bob, carol]) await copies(one, false)
    for (const one of [bob, carol]) void get(one, id).catch(() => {})
    await holds(bob, 3)
    await holds(carol, 3)
    await leaves(alice)
    for (const one of [bob, carol]) await copies(one, true)
    await holds(bob, 6)
    await holds(carol, 6)
    expect(await held(carol)).toBe(await held(bob))
  })

  test('[SRC6] a device that lives for one command announces nothing; one that stays does, at its start', async () => {
    const { bob, carol, id } = await sent({ bobs: { stays: false } })
    await get(bob, id)
    await bob.close()
    expect(await bob.store.all('copies')).toEqual([])
    await scene.move('bob', { store: bob.store, tunnel: true })
    await hears(carol, 1)
  })

  test('[SRC6] a copy that was moved away is taken back when it is noticed', async () => {
    const { alice, bob, carol, id } = await sent()
    await bobHasIt(bob, carol, id)
    await leaves(alice)
    await rename(join(at('bob'), 'film.mkv'), join(scene.folder, 'elsewhere.mkv'))
    const failed = await troubleOf(ask(carol, 'get', { what: id, folder: at('carol'), noWait: true }))
    expect(failed.code).toBe('no-source')
    await hears(carol, 0)
  })

  test('[SRC11] a copy whose drive is away stays announced, and serves when the drive is back', async () => {
    const { alice, bob, carol, id } = await sent()
    await bobHasIt(bob, carol, id)
    await leaves(alice)
    await rename(at('bob'), join(scene.folder, 'unplugged'))
    const failed = await troubleOf(ask(carol, 'get', { what: id, folder: at('carol'), noWait: true }))
    expect(failed.message).toMatch(/its drive may be unplugged/)
    await rename(join(scene.folder, 'unplugged'), at('bob'))
    scene.later(10_000)
    expect((await get(carol, id)).files.length).toBe(1)
    expect((await carol.store.all('copies', 'theirs ')).length).toBe(1)
  })

  test('[SRC13] a recipient’s changed copy is dropped and the film waits for its sender', async () => {
    const { alice, bob, carol, id, film, content } = await sent()
    await bobHasIt(bob, carol, id)
    scene.street.presence(alice, false)
    await vi.waitFor(async () => {
      const contacts = await ask(carol, 'contacts.list', {})
      expect(contacts.find(({ address }) => address.startsWith('alice'))?.online).toBe(false)
    }, PATIENCE_MS)
    const changed = Buffer.from(content)
    changed[1_500_000] = (changed[1_500_000] ?? 0) ^ 1
    await writeFile(join(at('bob'), 'film.mkv'), changed)
    const got = get(carol, id)
    const entry = await arrives(carol, id, 'scheduled')
    await vi.waitFor(async () => {
      expect((await inbox(carol))[0]?.waitsFor ?? entry.waitsFor).toMatch(/^alice's laptop is not on-line/)
    }, PATIENCE_MS)
    await hears(carol, 0)
    scene.street.presence(alice, true)
    const { files } = await got
    expect(await digest(files[0]?.file ?? '')).toBe(await digest(film))
  })

  test('[SRC9] what its sender took back is given out by nobody, and no copy of it stays announced', async () => {
    const { alice, bob, carol, id } = await sent()
    await bobHasIt(bob, carol, id)
    await ask(alice, 'send.withdraw', { id })
    await hears(carol, 0)
    const url = (await inbox(bob))[0]?.media[0]?.url ?? ''
    const failed = await troubleOf(ask(carol, 'get', { what: url, folder: at('carol'), noWait: true }))
    expect(failed.code).toBe('gone')
    const caller = { address: carol.me.address, deviceKey: carol.me.deviceKey.public, via: 'memory' as const }
    const root = fromBase64url((await inbox(bob))[0]?.media[0]?.root ?? '')
    const answer = await bob.device.source.list(caller, { messageId: id, root }, new AbortController().signal)
    expect(answer).toEqual({ state: 'refused' })
  })

  test('[SRC9] who is not named gets nothing, link and key and all', async () => {
    const { alice, bob, carol, id } = await sent()
    await bobHasIt(bob, carol, id)
    const eve = await scene.move('eve', { tunnel: true })
    for (const one of [alice, bob]) await scene.street.befriend(one, eve)
    const url = (await arrives(bob, id, 'ready')).media[0]?.url ?? ''
    const failed = await troubleOf(ask(eve, 'get', { what: url, folder: at('eve'), noWait: true }))
    expect(failed.message).toMatch(/does not give film.mkv out/)
  })
})
