// Recipients who serve each other, as separate processes: the sender sleeps, is killed in the middle, or comes late; a recipient
// declines to serve, another's copy is not what it was, a stranger has the link. What each module does by itself stands beside it.

import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectControl } from '@doorpost/peer/node/control-client'
import type { InboxEntry, Progress } from '@doorpost/peer/operations'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { makeFilm, sha256Of } from './film.ts'
import { openStage, type Person, type Running, type Stage, until } from './stage.ts'

/** The whole story has a longer film, of which some twenty copies are made; among all other tests one just large enough to have a middle. */
const whole = process.env.DOORPOST_WHOLE_STORY === '1' || process.env.DOORPOST_SOAK === '1'
const MiB = 1024 * 1024
const FILM_BYTES = (whole ? 256 : 48) * MiB
/** What a sender gives out a second where there shall be a middle, MiB: the film in six seconds, were there one recipient. */
const RATE_MIB = Math.ceil(FILM_BYTES / MiB / 6)
const STORY_TIMEOUT_MS = 10 * 60_000
/** Between a source that came on-line and the start of a fetch that waited for it, ms. */
const START_MS = 1_000
/** The same as asserted among other tests: their processes take the same two cores. */
const START_SLACK_MS = 5_000

const ffmpeg = needs('ffmpeg')

describe.skipIf(ffmpeg.missing !== undefined)(`peers-story ${ffmpeg.missing ?? ''}`, () => {
  let stage: Stage
  let server: Running
  let film: string
  let filmHash: string
  const agents = new Map<Person, Running>()
  let [alice, bob, carol, dora, eve] = [] as unknown as [Person, Person, Person, Person, Person]

  beforeAll(async () => {
    stage = await openStage()
    server = await stage.server()
    ;[alice, bob, carol, dora, eve] = await Promise.all([
      stage.join('alice'),
      stage.join('bob'),
      stage.join('carol'),
      stage.join('dora'),
      stage.join('eve'),
    ])
    film = join(stage.folder, 'film.mkv')
    await makeFilm(film, FILM_BYTES)
    filmHash = await sha256Of(film)
    await Promise.all([alice, bob, carol, dora, eve].map(wake))
    for (const one of [bob, carol, dora]) await befriend(alice, one)
    // Bob and Carol know each other; Dora knows the sender alone.
    await befriend(bob, carol)
  }, STORY_TIMEOUT_MS)
  afterAll(async () => {
    await server?.end('SIGTERM')
    await stage?.[Symbol.asyncDispose]()
  })

  async function wake(who: Person): Promise<Running> {
    const running = await who.agent('--no-fetch')
    agents.set(who, running)
    return running
  }
  async function kill(who: Person): Promise<void> {
    await agents.get(who)?.end('SIGKILL')
    agents.delete(who)
  }
  const isAwake = (who: Person) => agents.has(who)

  /** As stage.befriend, asking agents without starting a process for each word. */
  async function befriend(one: Person, other: Person): Promise<void> {
    for (const [who, whom] of [
      [one, other],
      [other, one],
    ] as const) {
      await using device = await connectControl(who.home)
      await device?.do('contacts.add', { who: whom.address })
    }
  }
  /** A new message with the film; known to all of `to`. */
  async function sends(to: readonly Person[]): Promise<string> {
    if (!isAwake(alice)) await wake(alice)
    const { id } = await alice.json<{ id: string }>('send', film, ...to.flatMap(({ address }) => ['--to', address]))
    for (const one of to) await stands(one, id, ['announced'])
    return id
  }
  async function entryOf(who: Person, id: string): Promise<InboxEntry | undefined> {
    await using device = await connectControl(who.home)
    return (await device?.do('inbox', {}))?.find((entry) => entry.id === id)
  }
  async function stands(who: Person, id: string, states: readonly InboxEntry['state'][]): Promise<void> {
    await until(`${who.name} to have it ${states.join(' or ')}`, async () => {
      const entry = await entryOf(who, id)
      return entry !== undefined && states.includes(entry.state)
    })
  }

  interface Fetching {
    readonly done: Promise<string>
    /** Resolves when so many bytes are verified. */
    reaches(bytes: number): Promise<void>
    readonly from: Set<string>
  }
  /** Asks `who`'s agent for a message; the returned promise is of the file. */
  async function fetching(who: Person, id: string, more: { onPath?(path: string): void } = {}): Promise<Fetching> {
    const control = await connectControl(who.home)
    if (!control) throw new Error(`${who.name} has no agent`)
    const from = new Set<string>()
    let verified = 0
    const waiting = new Set<{ readonly bytes: number; resolve(): void }>()
    const onProgress = (told: Progress) => {
      if (told.kind !== 'fetching') return
      from.add(told.source.slice(0, told.source.indexOf('@')))
      more.onPath?.(told.path)
      verified = Math.max(verified, told.doneBytes)
      for (const one of waiting) if (verified >= one.bytes) one.resolve()
    }
    const folder = join(stage.folder, `films-of-${who.name}`, id)
    const done = control
      .do('get', { what: id, folder }, { onProgress })
      .then(({ files }) => files[0]?.file ?? '')
      .finally(() => control[Symbol.asyncDispose]())
    done.catch(() => {})
    return {
      done,
      from,
      async reaches(bytes) {
        const { promise, resolve } = Promise.withResolvers<void>()
        waiting.add({ bytes, resolve })
        if (verified >= bytes) resolve()
        await Promise.race([promise, done.then(() => {})])
      },
    }
  }
  const isTheFilm = async (file: string) => expect(await sha256Of(file)).toBe(filmHash)
  test(
    '[SRC9] the sender sleeps and another recipient is awake: the third gets the film from her',
    async () => {
      const id = await sends([bob, carol, dora])
      await isTheFilm(await (await fetching(bob, id)).done)
      await kill(alice)
      const carols = await fetching(carol, id)
      await isTheFilm(await carols.done)
      expect([...carols.from]).toEqual(['bob'])
      // Dora is no contact of either: the tunnel is all she has, and it is enough.
      const doras = await fetching(dora, id)
      await isTheFilm(await doras.done)
      expect(doras.from.has('alice')).toBe(false)
    },
    STORY_TIMEOUT_MS,
  )

  test(
    '[SRC9] the sender is killed in the middle: two others finish from each other what they hold, and get the rest when the sender is back',
    async () => {
      const id = await sends([bob, carol, dora])
      // Slow enough that there is a middle. The two keep what they get to themselves at first, so that they hold different pieces.
      await alice.json('prefs', 'set', 'serve-rate', `${RATE_MIB}M`)
      for (const one of [carol, dora]) await one.json('prefs', 'set', 'serve-copies', 'off')
      const fetches = new Map<Person, Fetching>()
      for (const one of [bob, carol, dora]) fetches.set(one, await fetching(one, id))
      await Promise.all([...fetches.values()].map((one) => one.reaches(4 * MiB)))
      await kill(bob)
      for (const one of [carol, dora]) await fetches.get(one)?.reaches(FILM_BYTES / 4)
      await kill(alice)
      const held = async (who: Person) => (await entryOf(who, id))?.media[0]?.verifiedBytes ?? 0
      const both = async () => [await held(carol), await held(dora)] as const
      await until('what was on its way to have come', async () => {
        const [before, after] = [await both(), await both()]
        return String(before) === String(after)
      })
      const before = await both()
      for (const one of [carol, dora]) await one.json('prefs', 'set', 'serve-copies', 'on')
      await until('each of the two to hold more than either did', async () => {
        const [carols, doras] = await both()
        return carols === doras && carols > Math.max(...before)
      })
      const [each] = await both()
      // Nothing that either held is missing, and neither held all of it.
      expect(each).toBeGreaterThan(Math.max(...before))
      expect(each).toBeLessThanOrEqual(FILM_BYTES)
      await wake(alice)
      await alice.json('prefs', 'set', 'serve-rate', 'none')
      for (const one of [carol, dora]) await isTheFilm((await fetches.get(one)?.done) ?? '')
      await wake(bob)
      await stands(bob, id, ['ready'])
      await isTheFilm((await entryOf(bob, id))?.media[0]?.path ?? '')
    },
    STORY_TIMEOUT_MS,
  )

  test(
    '[SRC5] a fetch that waits survives kill -9 of its device and starts within a second of a source coming on-line',
    async () => {
      const id = await sends([bob])
      await kill(alice)
      const bobs = await fetching(bob, id)
      await stands(bob, id, ['scheduled'])
      // What was tried before the server knew that she has gone is told first.
      await until('Bob to be told for whom it waits', async () =>
        ((await entryOf(bob, id))?.waitsFor ?? '').startsWith("alice's laptop is not on-line"),
      )
      await kill(bob)
      await bobs.done.catch(() => {})
      await wake(bob)
      await stands(bob, id, ['scheduled'])

      const control = await connectControl(bob.home)
      if (!control) throw new Error('Bob has no agent')
      await using device = control
      const seen = { onlineMs: 0, fetchingMs: 0 }
      const started = Promise.withResolvers<void>()
      const watching = device
        .do(
          'inbox.watch',
          {},
          {
            onProgress(told) {
              if (told.kind !== 'inbox' || told.entry.id !== id) return
              if (told.entry.state !== 'fetching' && told.entry.state !== 'ready') return
              seen.fetchingMs ||= performance.now()
              started.resolve()
            },
          },
        )
        .catch(() => {})
      // The moment it is on-line for others is when its server says so, which is not before it says so itself.
      const aliceAgent = alice.start('agent', '--no-fetch', '--log')
      agents.set(alice, aliceAgent)
      await aliceAgent.says(/"line-online"/)
      seen.onlineMs = performance.now()
      await started.promise
      const tookMs = Math.max(0, seen.fetchingMs - seen.onlineMs)
      process.stderr.write(`a fetch that waited began ${Math.round(tookMs)} ms after its source came on-line\n`)
      expect(tookMs).toBeLessThan(whole ? START_MS : START_SLACK_MS)
      await stands(bob, id, ['ready'])
      await isTheFilm((await entryOf(bob, id))?.media[0]?.path ?? '')
      void watching
    },
    STORY_TIMEOUT_MS,
  )

  test(
    '[SRC10] a recipient who gives no copies out is not asked and gives nothing',
    async () => {
      const id = await sends([bob, carol])
      await bob.json('prefs', 'set', 'serve-copies', 'off')
      await isTheFilm(await (await fetching(bob, id)).done)
      await kill(alice)
      const carols = await fetching(carol, id)
      // It may begin once more when presence tells of a laptop that is gone already.
      await until('Carol to wait for the sender', async () => {
        const entry = await entryOf(carol, id)
        return entry?.state === 'scheduled' && (entry.waitsFor ?? '').startsWith("alice's laptop is not on-line")
      })
      // With another mind the copy is announced, and the fetch that waits is woken by the word.
      await bob.json('prefs', 'set', 'serve-copies', 'on')
      await isTheFilm(await carols.done)
      expect([...carols.from]).toEqual(['bob'])
    },
    STORY_TIMEOUT_MS,
  )

  test(
    '[SRC13] a recipient whose copy is not the film any more is dropped, and the film is right all the same',
    async () => {
      const id = await sends([bob, carol])
      const copy = await (await fetching(bob, id)).done
      const handle = await open(copy, 'r+')
      await handle.write(Buffer.from('not what it was'), 0, 15, Math.floor(FILM_BYTES / 2))
      await handle.close()
      await kill(alice)
      const carols = await fetching(carol, id)
      await until('Carol to wait for the sender', async () => {
        const entry = await entryOf(carol, id)
        return entry?.state === 'scheduled' && (entry.waitsFor ?? '').startsWith('alice')
      })
      await wake(alice)
      await isTheFilm(await carols.done)
      expect([...carols.from]).toContain('alice')
    },
    STORY_TIMEOUT_MS,
  )

  test(
    '[SRC14] for whom the tunnel alone is wished sees no address, and gets the film all the same',
    async () => {
      const id = await sends([bob])
      const seenBy = async (who: Person) =>
        (await who.json<{ devices: { addresses?: string[] }[] }>('finger', alice.address)).devices[0]?.addresses ?? []
      await until('Bob to see where Alice is', async () => (await seenBy(bob)).length > 0)
      await alice.json('prefs', 'tunnel-only', 'add', 'bob')
      await until('Bob to see no address of Alice', async () => (await seenBy(bob)).length === 0)
      const paths = new Set<string>()
      const { done } = await fetching(bob, id, { onPath: (path) => paths.add(path) })
      await isTheFilm(await done)
      expect([...paths]).toEqual(['tunnel'])
      await alice.json('prefs', 'tunnel-only', 'remove', 'bob')
    },
    STORY_TIMEOUT_MS,
  )

  test(
    '[SRC12] two recipients who are no contacts and let each other see their addresses go straight across, and one alone cannot',
    async () => {
      const id = await sends([bob, dora])
      await isTheFilm(await (await fetching(bob, id)).done)
      await kill(alice)
      const out = join(stage.folder, 'straight')
      const straight = () => dora.run('get', id, '--out', out, '--path', 'webrtc', '--no-wait')
      await bob.json('contacts', 'open', dora.address, '--yes')
      expect((await straight()).code).not.toBe(0)
      await dora.json('contacts', 'open', bob.address, '--yes')
      // Each hears of the other's yes by a note.
      await until('the words to have come, and the film with them', async () => (await straight()).code === 0)
      await isTheFilm(join(out, 'film.mkv'))
    },
    STORY_TIMEOUT_MS,
  )

  test(
    '[SRC9] a stranger who has link, root and key gets nothing, not by any path',
    async () => {
      const id = await sends([bob, carol])
      await isTheFilm(await (await fetching(bob, id)).done)
      // Even as a contact of everybody's she is not named in the message.
      for (const one of [alice, bob]) await befriend(one, eve)
      const url = (await entryOf(bob, id))?.media[0]?.url ?? ''
      expect(url).toMatch(/^doorpost:/)
      for (const path of ['direct', 'webrtc', 'tunnel']) {
        const out = join(stage.folder, `eve-${path}`)
        const ran = await eve.run('get', url, '--out', out, '--path', path, '--no-wait')
        expect(ran.code).not.toBe(0)
        await expect(readFile(join(out, 'film.mkv'))).rejects.toMatchObject({ code: 'ENOENT' })
      }
    },
    STORY_TIMEOUT_MS,
  )
})
