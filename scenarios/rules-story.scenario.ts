// A person's own rules, end to end, as separate processes: junk that nobody hears of and that cannot tell, a bound on strangers,
// what is fetched by itself and what is asked for, somebody who comes first, and the same rules on another device.

import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connectControl } from '@doorpost/peer/node/control-client'
import type { InboxEntry, Operations } from '@doorpost/peer/operations'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStage, type Person, type Running, type Stage, until } from './stage.ts'

const MAIN = fileURLToPath(new URL('../packages/cli/main.ts', import.meta.url))
const MEBIBYTE = 1024 * 1024
/** What the server carries for one user, bytes a second: a line on which a film takes seconds. */
const TUNNEL_BYTES_PER_SECOND = 4 * MEBIBYTE
const FILM_BYTES = 16 * MEBIBYTE
const URGENT_BYTES = 4 * MEBIBYTE

interface Sent {
  id: string
}
interface Asked {
  status: number
  headers: Record<string, string>
  body: unknown
}

describe('rules-story', () => {
  let stage: Stage
  let bob: Person
  let alice: Person
  let dora: Person
  let eve: Person
  let watching: Running

  beforeAll(async () => {
    stage = await openStage()
    const policy = join(stage.folder, 'policy.json')
    await writeFile(policy, JSON.stringify({ tunnel: { userBytesPerSecond: TUNNEL_BYTES_PER_SECOND } }))
    await stage.server('--policy', policy)
    ;[bob, alice, dora, eve] = await Promise.all([
      stage.join('bob'),
      stage.join('alice'),
      stage.join('dora'),
      stage.join('eve'),
    ])
    await Promise.all([bob, alice, dora, eve].map((one) => one.agent()))
    for (const friend of [alice, dora, eve]) await stage.befriend(bob, friend)
    watching = bob.start('inbox', '--watch', '--json')
  })

  afterAll(async () => {
    await stage[Symbol.asyncDispose]()
  })

  /** Asks somebody's agent, without starting a command for it. */
  async function inboxOf(person: Person, show?: 'all' | 'junk'): Promise<InboxEntry[]> {
    await using device = await connectControl(person.home)
    return (await device?.do('inbox', show === undefined ? {} : { show })) ?? []
  }
  const found = async (id: string, show?: 'all' | 'junk') => (await inboxOf(bob, show)).find((one) => one.id === id)
  const arrives = (id: string, state: InboxEntry['state']) =>
    until(`${id} to be ${state}`, async () => (await found(id))?.state === state)
  const send = (from: Person, ...args: string[]) => from.json<Sent>('send', ...args, '--to', 'bob', '--no-wait')
  /** The states of one message that somebody who watches was told, in order. */
  const told = (id: string) =>
    watching
      .stdout()
      .split('\n')
      .filter((line) => line.includes(id))
      .map((line) => (JSON.parse(line) as InboxEntry).state)
  async function file(name: string, bytes: number): Promise<string> {
    const path = join(stage.folder, name)
    await writeFile(path, randomBytes(bytes))
    return path
  }

  test('[RUL12] a junk sender gets the same answers as anybody, and the recipient sees nothing of them', async () => {
    await bob.json('prefs', 'junk', 'add', 'eve')
    const clip = await file('clip.mkv', 100_000)
    const answers = async (sender: Person) => {
      const sent = await sender.json<Sent>('send', clip, '--to', 'bob', '--no-wait')
      const status = () => sender.json<Operations['status']['result']>('status', sent.id)
      await until('the device to have the message', async () =>
        (await status()).recipients.every(({ state }) => state === 'announced'),
      )
      const finger = await sender.json<Asked>('vmio', 'FINGER', '/users/bob')
      const contacts = await sender.json<object[]>('contacts')
      const { date: _date, ...headers } = finger.headers
      const { id: _id, date: _when, expires: _until, ...rest } = await status()
      return { id: sent.id, seen: JSON.stringify([finger.status, headers, finger.body, contacts, rest]) }
    }
    const [hers, theirs] = [await answers(eve), await answers(dora)]
    expect(hers.seen).toBe(theirs.seen)
    expect((await inboxOf(bob)).map(({ id }) => id)).toEqual([theirs.id])
    expect(await bob.json<InboxEntry[]>('inbox', '--junk')).toMatchObject([{ id: hers.id, hidden: 'junk' }])
    expect((await bob.run('get', hers.id, '--out', stage.folder)).code).not.toBe(0)
    expect(watching.stdout()).not.toContain(eve.address)
    await bob.json('prefs', 'junk', 'remove', 'eve')
    expect((await inboxOf(bob)).map(({ id }) => id).toSorted()).toEqual([hers.id, theirs.id].toSorted())
    await until('the watcher to be told', async () => told(hers.id).length > 0)
  })

  test('[RUL14] of strangers as many are shown a day as the user wants', async () => {
    await bob.json('prefs', 'set', 'requests-per-day', '1')
    const strangers = await Promise.all([stage.join('sam'), stage.join('tom')])
    for (const one of strangers) await one.json('send', '--text', 'hello', '--to', 'bob', '--no-wait')
    const requests = async (show?: 'all') => (await inboxOf(bob, show)).filter(({ state }) => state === 'request')
    await until('both to have come', async () => (await requests('all')).length === 2)
    const shown = await requests()
    expect(shown).toHaveLength(1)
    const hidden = (await requests('all')).find(({ id }) => id !== shown[0]?.id)
    expect(hidden?.hidden).toBe('over-the-cap')
    await bob.json('contacts', 'add', hidden?.from ?? '')
    await arrives(hidden?.id ?? '', 'ready')
  })

  test('[RUL13] what a rule fetches is told of when it is there; what is to be asked for at once', async () => {
    await bob.json('prefs', 'fetch', 'add', '--type', 'video/*', '--then', 'fetch')
    const film = await send(alice, await file('short.mp4', 3 * MEBIBYTE))
    await arrives(film.id, 'ready')
    const notes = await send(alice, await file('notes.txt', 1000))
    await arrives(notes.id, 'announced')
    await until('the watcher to be told of both', async () => told(film.id).length > 0 && told(notes.id).length > 0)
    expect([told(film.id), told(notes.id)]).toEqual([['ready'], ['announced']])
  })

  test('[RUL15] somebody who comes first stops a running fetch, which goes on afterwards', async () => {
    await bob.json('prefs', 'priority', 'add', 'dora')
    for (const one of [alice, dora]) await one.json('prefs', 'tunnel-only', 'add', 'bob')
    const path = await file('film.mp4', FILM_BYTES)
    const film = await send(alice, path)
    const verified = async () => (await found(film.id, 'all'))?.media[0]?.verifiedBytes ?? 0
    await until('the film to be on its way', async () => (await verified()) > 0)
    const urgent = await send(dora, await file('urgent.mp4', URGENT_BYTES))
    await until(
      'the film to make room',
      async () => (await found(film.id, 'all'))?.waitsFor?.includes('comes first') === true,
    )
    const stoppedAt = await verified()
    expect(stoppedAt).toBeLessThan(FILM_BYTES)
    // From here to the end of the urgent one nothing more of the film comes.
    await until('the urgent one to be there', async () => {
      const bytes = await verified()
      const isThere = (await found(urgent.id))?.state === 'ready'
      if (!isThere) expect(bytes).toBe(stoppedAt)
      return isThere
    })
    await arrives(film.id, 'ready')
    const copy = (await found(film.id))?.media[0]?.path ?? ''
    expect(await hashOf(copy)).toBe(await hashOf(path))
  })

  test('[RUL3] what one device prefers holds on another of the same user, and the other way round', async () => {
    const adding = bob.start('devices', 'add', '--yes')
    const code = await adding.says(/^[0-9A-Z-]{30,}$/)
    const home = join(stage.folder, 'tablet')
    const tablet = async <T>(...args: string[]) => {
      const ran = await promisify(execFile)(process.execPath, [MAIN, ...args, '--home', home, '--json'])
      return JSON.parse(ran.stdout) as T
    }
    await tablet('link', stage.origin, code, '--device', 'tablet')
    type Preferences = Operations['prefs']['result']
    const own = await bob.json<Preferences>('prefs')
    expect(own).toMatchObject({ priority: [dora.address], requestsPerDay: 1 })
    await until('the tablet to have them', async () => {
      const theirs = await tablet<Preferences>('prefs')
      return theirs.requestsPerDay === 1 && theirs.priority[0] === dora.address
    })
    await tablet('prefs', 'set', 'requests-per-day', '7')
    await until('the laptop to follow', async () => (await bob.json<Preferences>('prefs')).requestsPerDay === 7)
    expect((await bob.json<Preferences>('prefs')).fetch).toEqual(own.fetch)
  })
})

async function hashOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}
