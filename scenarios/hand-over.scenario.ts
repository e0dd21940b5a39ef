// What one device sent and another of the same user has: fetched there like mail, kept, and given to its recipients when the first one
// has gone. Separate processes, driven by the command.

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256Of } from './film.ts'
import { linkDevices } from './link-devices.ts'
import { openStage, type Person, type Running, type Stage, until } from './stage.ts'

const MIB = 1024 * 1024

interface Status {
  id: string
  handed?: { device: string; state: string; detail?: string }
  recipients: { address: string; state: string; receipt: string }[]
}
interface Entry {
  id: string
  media: { verifiedBytes: number }[]
}
interface Got {
  files: { file: string }[]
  fetchedBytes: number
  receipt: string
}

describe('a film handed to another device of one’s own', () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let [alice, bob, tower] = [] as unknown as [Person, Person, Person]
  let [first, second] = [] as unknown as [Running, Running]
  let film = ''

  beforeAll(async () => {
    stage = stack.use(await openStage())
    await stage.server()
    alice = await stage.join('alice')
    bob = await stage.join('bob')
    await stage.befriend(alice, bob)
    first = await alice.agent()
    await bob.agent()
    tower = stage.newcomer('alice', 'alice-tower')
    await linkDevices(stage, alice, tower, 'tower')
    second = await tower.agent()
    await until('the tower to know Bob', async () =>
      (await tower.json<{ state: string }[]>('contacts')).some(({ state }) => state === 'mutual'),
    )
    film = join(stage.folder, 'film.mp4')
    await writeFile(
      film,
      Buffer.alloc(12 * MIB + 7).map((_, at) => at * 31 + (at >> 9)),
    )
  })
  afterAll(() => stack.disposeAsync())

  const send = async () => (await alice.json<{ id: string }>('send', film, '--to', 'bob')).id
  const status = (id: string) => alice.json<Status>('status', id)
  const handed = async (id: string) => (await status(id)).handed?.state
  const has = (who: Person, id: string) =>
    until(`${id} at ${who.home}`, async () =>
      (await who.json<{ id: string }[]>('inbox', '--all')).some((one) => one.id === id),
    )

  test('[BSR1] what one device sent is fetched by another of the same user, is nobody’s mail there, and is receipted to nobody', async () => {
    const id = await send()
    await has(tower, id)
    expect(await tower.json('inbox')).toEqual([])
    const got = await tower.json<Got>('get', id, '--out', join(stage.folder, 'at-the-tower'))
    expect(got).toMatchObject({ fetchedBytes: 12 * MIB + 7, receipt: 'none' })
    expect(await sha256Of(got.files[0]?.file ?? '')).toBe(await sha256Of(film))
    const { recipients, handed: none } = await status(id)
    expect(recipients.map(({ receipt }) => receipt)).toEqual(['none'])
    expect(none).toBeUndefined()
  })

  test('[BSR2] [BSR3] handed over, the other device gives out the same message: the first one may go, and learns of the receipt when it is back', async () => {
    const id = await send()
    await alice.json('hand-over', id, 'tower')
    await until('the tower to have it', async () => (await handed(id)) === 'has')
    await first.end('SIGTERM')
    const got = await bob.json<Got>('get', id, '--out', join(stage.folder, 'at-bobs'))
    expect(await sha256Of(got.files[0]?.file ?? '')).toBe(await sha256Of(film))
    first = await alice.agent()
    await until('the receipt', async () => (await status(id)).recipients[0]?.receipt === 'verified')
  })

  test('[BSR4] a message that is taken back is given out by no device of its sender', async () => {
    const id = await send()
    await alice.json('hand-over', id, 'tower')
    await until('the tower to have it', async () => (await handed(id)) === 'has')
    await alice.json('withdraw', id)
    await until('the tower to know', async () =>
      (await tower.json<{ id: string; gone?: unknown }[]>('inbox', '--all')).some((one) => one.id === id && one.gone),
    )
    await first.end('SIGTERM')
    const got = await bob.run('get', id, '--out', join(stage.folder, 'gone'), '--no-wait')
    expect(got.code).not.toBe(0)
    first = await alice.agent()
  })

  test('[BSR30] the other device dies in the middle: recipients notice nothing, and it goes on when it is back', async () => {
    await alice.run('prefs', 'serve', '--rate', '4M')
    const id = await send()
    await alice.json('hand-over', id, 'tower')
    const entry = async () => (await tower.json<Entry[]>('inbox', '--all')).find((one) => one.id === id)
    await until('a part of it to be there', async () => ((await entry())?.media[0]?.verifiedBytes ?? 0) > 0)
    await second.end('SIGKILL')
    expect(await handed(id)).toBe('taken')
    await alice.run('prefs', 'serve', '--rate', 'none')
    const got = await bob.json<Got>('get', id, '--out', join(stage.folder, 'meanwhile'))
    expect(await sha256Of(got.files[0]?.file ?? '')).toBe(await sha256Of(film))
    second = await tower.agent()
    await until('the tower to have it', async () => (await handed(id)) === 'has')
  })

  test('[BSR31] [BSR5] a device that cannot keep it says why, and one that has its copy no more is not believed to have it', async () => {
    const id = await send()
    await second.end('SIGTERM')
    await expect(alice.run('hand-over', id, 'nobody')).resolves.toMatchObject({ code: 65 })
    await alice.json('hand-over', id, 'tower')
    expect(await handed(id)).toBe('asked')
    await alice.json('hand-over', id, '--stop')
    expect(await handed(id)).toBeUndefined()
    await alice.json('hand-over', id, 'tower')
    second = await tower.agent()
    await until('the tower to have it', async () => (await handed(id)) === 'has')
    const entries = await tower.json<{ id: string; media: { path?: string }[] }[]>('inbox', '--all')
    const kept = entries.find((one) => one.id === id)?.media[0]?.path
    expect(kept).toBeDefined()
    await rm(kept ?? '')
    // Bob asks for it, and what is gone is noticed.
    await first.end('SIGTERM')
    expect((await bob.run('get', id, '--out', join(stage.folder, 'lost'), '--no-wait')).code).not.toBe(0)
    first = await alice.agent()
    await until('its word to be taken back', async () => (await handed(id)) === 'refused')
  })
})
