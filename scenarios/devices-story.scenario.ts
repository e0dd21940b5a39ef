// One user's several devices, as separate processes driven by the command: linked by a code, fetching from each other while the
// sender sleeps, written to alone, revoked, moved to another machine, and taken back with the recovery words.

import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { makeFilm, sha256Of } from './film.ts'
import { linkDevices } from './link-devices.ts'
import { openStage, type Person, type Running, type Stage, until } from './stage.ts'

const FILM_BYTES = 24 * 1024 * 1024
const STORY_TIMEOUT_MS = 10 * 60_000

interface Entry {
  id: string
  state: string
  text?: string
}
interface Own {
  canSign: boolean
  devices: { name: string; primary: boolean; thisOne: boolean; online?: boolean; revokedAt?: string }[]
}
interface Contact {
  address: string
  state: string
  fingerprint: string
}

const ffmpeg = needs('ffmpeg')

describe.skipIf(ffmpeg.missing !== undefined)(`devices-story ${ffmpeg.missing ?? ''}`, () => {
  let stage: Stage
  let [alice, laptop, tower] = [] as unknown as [Person, Person, Person]
  let words: readonly string[]
  let film: string
  const agents = new Map<Person, Running>()

  beforeAll(async () => {
    stage = await openStage()
    await stage.server()
    alice = await stage.join('alice', 'studio')
    laptop = stage.newcomer('bob', 'bob-laptop')
    tower = stage.newcomer('bob', 'bob-tower')
    const joined = ['join', stage.origin, 'bob', '--device', 'laptop', '--words'] as const
    ;({ words } = await laptop.json<{ words: string[] }>(...joined))
    await stage.befriend(alice, laptop)
    film = join(stage.folder, 'film.mkv')
    await makeFilm(film, FILM_BYTES)
    for (const one of [alice, laptop]) await wake(one)
  }, STORY_TIMEOUT_MS)
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]()
  })

  async function wake(who: Person): Promise<void> {
    agents.set(who, await who.agent('--no-fetch'))
  }
  async function sleep(who: Person): Promise<void> {
    await agents.get(who)?.end('SIGTERM')
  }
  const entriesOf = (who: Person) => who.json<Entry[]>('inbox')
  const reaches = (who: Person, id: string, state: string) =>
    until(`${id} to be ${state}`, async () =>
      (await entriesOf(who)).some((one) => one.id === id && one.state === state),
    )
  const send = async (from: Person, to: string, ...what: string[]) =>
    (await from.json<{ id: string }>('send', ...what, '--to', to)).id

  test('[DEV4] [DEV24] a second device is linked by a code and knows the contacts of the first', async () => {
    await linkDevices(stage, laptop, tower, 'tower')
    await wake(tower)
    await until('the tower to know Alice', async () => {
      const [contact] = await tower.json<Contact[]>('contacts')
      return contact?.address === alice.address && contact.state === 'mutual'
    })
    const own = await laptop.json<Own>('devices')
    expect(own).toMatchObject({
      canSign: true,
      devices: [
        { name: 'laptop', primary: true, thisOne: true },
        { name: 'tower', primary: false, thisOne: false, online: true },
      ],
    })
    const refused = await tower.run('devices', 'add', '--yes')
    expect([refused.code, refused.stderr]).toEqual([69, expect.stringContaining('your device laptop alone')])
  })

  test('[DEV5] killed while it waits for the yes, the new device goes on with the same code and the same keys', async () => {
    const phone = stage.newcomer('bob', 'bob-phone')
    const { code } = await laptop.json<{ code: string }>('devices', 'add', '--no-wait')
    const joining = ['join', stage.origin, '--link', code, '--device', 'phone'] as const
    const first = phone.start(...joining)
    const shown = await first.says(/^[A-Za-z0-9_-]{43}$/)
    await first.end('SIGKILL')
    const second = phone.start(...joining)
    expect(await second.says(/^[A-Za-z0-9_-]{43}$/)).toBe(shown)
    const added = await laptop.json<{ name: string; fingerprint: string }>('devices', 'add', '--code', code, '--yes')
    expect(added).toMatchObject({ name: 'phone', fingerprint: shown.trim() })
    await until('the phone to be in', async () => second.process.exitCode === 0)
    await laptop.json('devices', 'revoke', 'phone')
  })

  test(
    '[DEV25] a film reaches both, and the second fetches it from the first while the sender sleeps',
    async () => {
      const id = await send(alice, laptop.address, film, '--title', 'The wedding')
      for (const one of [laptop, tower]) await reaches(one, id, 'announced')
      await laptop.json('get', id, '--out', join(stage.folder, 'at-laptop'))
      await until('Alice to have the receipt', async () => {
        const { recipients } = await alice.json<{ recipients: { receipt: string }[] }>('status', id)
        return recipients.every(({ receipt }) => receipt === 'verified')
      })
      // Fetched is per device.
      expect((await entriesOf(tower)).find((one) => one.id === id)?.state).toBe('announced')
      await sleep(alice)
      const out = join(stage.folder, 'at-tower')
      await tower.json('get', id, '--out', out)
      expect(await sha256Of(join(out, 'film.mkv'))).toBe(await sha256Of(film))
      await wake(alice)
    },
    STORY_TIMEOUT_MS,
  )

  test('[DEV22] what is written to bob/tower reaches the tower alone, and what Bob writes to himself his other device', async () => {
    const id = await send(alice, `${tower.address}/tower`, '--text', 'for the tower')
    await reaches(tower, id, 'ready')
    const own = await send(tower, tower.address, '--text', 'a note to myself')
    await reaches(laptop, own, 'ready')
    expect((await entriesOf(laptop)).map((one) => one.id)).not.toContain(id)
    expect((await entriesOf(tower)).map((one) => one.id)).not.toContain(own)
  })

  test('[DEV30] a revoked device is cut off and gets nothing more', async () => {
    await laptop.json('devices', 'revoke', 'tower')
    await until('the tower to be cut off', async () => !(await tower.json<{ online: boolean }>('whoami')).online)
    const id = await send(alice, laptop.address, '--text', 'between us')
    await reaches(laptop, id, 'ready')
    expect((await entriesOf(tower)).map((one) => one.id)).not.toContain(id)
    const refused = await alice.run('send', '--to', `${tower.address}/tower`, '--text', 'nobody')
    expect(refused.code).not.toBe(0)
    await sleep(tower)
    const own = await laptop.json<Own>('devices')
    expect(own.devices.find(({ name }) => name === 'tower')?.revokedAt).toMatch(/^20/)
  })

  test('[DEV40] [DEV41] a device moves to another machine as one file, and runs there alone', async () => {
    const secret = join(stage.folder, 'secret.txt')
    await writeFile(secret, 'six words drawn by lot would do\n')
    const file = join(stage.folder, 'laptop.doorpost')
    const before = await entriesOf(laptop)
    await laptop.json('export', file, '--passphrase-file', secret, '--move')
    await until('the agent to end', async () => agents.get(laptop)?.process.exitCode === 0)
    const again = await laptop.run('inbox')
    expect([again.code, again.stderr]).toEqual([69, expect.stringContaining('moved to another machine')])
    const moved = stage.newcomer('bob', 'bob-moved')
    expect(await moved.json('import', file, '--passphrase-file', secret)).toMatchObject({
      address: laptop.address,
      device: 'laptop',
    })
    await wake(moved)
    expect((await entriesOf(moved)).map((one) => one.id)).toEqual(before.map((one) => one.id))
    const id = await send(alice, laptop.address, '--text', 'on the new machine')
    await reaches(moved, id, 'ready')
    // The file never arrived, says its user: then it runs where it was.
    await sleep(moved)
    expect((await laptop.run('export', '--stay')).code).toBe(0)
    await wake(laptop)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  test(
    '[DEV12] [DEV13] [DEV14] the recovery words bring the account back on a third machine, without a warning',
    async () => {
      const [before] = await alice.json<Contact[]>('contacts')
      const third = stage.newcomer('bob', 'bob-third')
      const paper = join(stage.folder, 'words.txt')
      const recovering = ['recover', stage.origin, 'bob', '--device', 'third', '--words-file', paper]
      await writeFile(paper, words.toReversed().join(' '))
      expect((await third.run(...recovering)).code).toBe(77)
      await writeFile(paper, `${words.join('\n')}\n`)
      const recovered = await third.json<{ contacts: Contact[] }>(...recovering)
      expect(recovered.contacts).toMatchObject([{ address: alice.address, state: 'mutual' }])
      await until('the laptop to be cut off', async () => !(await laptop.json<{ online: boolean }>('whoami')).online)
      await sleep(laptop)
      await until('Alice to follow', async () => {
        const [contact] = await alice.json<Contact[]>('contacts')
        return contact?.state === 'mutual' && contact.fingerprint !== before?.fingerprint
      })
      await wake(third)
      const id = await send(alice, laptop.address, film, '--title', 'Still you')
      await reaches(third, id, 'announced')
      await third.json('get', id, '--out', join(stage.folder, 'at-third'))
      expect(await third.json<Own>('devices')).toMatchObject({ canSign: true })
      await sleep(third)
      // A home that is somebody's is nobody else's to recover into.
      expect((await third.run('recover', stage.origin, 'bob', '--words-file', paper)).code).toBe(69)
    },
    STORY_TIMEOUT_MS,
  )
})
