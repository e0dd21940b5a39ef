// What survives kill -9: accepted messages when the server is killed, verified pieces when either device is.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectControl } from '@doorpost/peer/node/control-client'
import type { InboxEntry, Progress, SentStatus } from '@doorpost/peer/operations'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { makeFilm, sha256Of } from './film.ts'
import { seededRandom } from './seeded.ts'
import { openStage, type Person, type Stage, until } from './stage.ts'

/** The whole story, 200 and 20 kills, is played when it is run by its name; among all other tests a part of it. */
const whole = process.env.DOORPOST_WHOLE_STORY === '1' || process.env.DOORPOST_SOAK === '1'
const SERVER_KILLS = Number(process.env.SERVER_KILLS ?? (whole ? 200 : 25))
/** Each of one side or both. */
const DEVICE_KILLS = Number(process.env.DEVICE_KILLS ?? (whole ? 20 : 6))
const FILM_BYTES = 1024 * 1024 * 1024
const STORY_TIMEOUT_MS = 20 * 60_000
/** Until thousands of messages that waited are delivered on a busy machine, ms. */
const DELIVERY_PATIENCE_MS = 3 * 60_000
/** Pause after a SEND that the outbox had to keep, ms. */
const HELD_BACK_MS = 200
/** A server is killed at some moment of this time after it accepted again, ms: dozens of SENDs. */
const LONGEST_LIFE_MS = 150

const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000)
const ffmpeg = needs('ffmpeg')

describe(`kill-story, KILL_SEED=${seed}`, () => {
  let stage: Stage
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(async () => {
    await stage[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    if (alice !== undefined) return
    await using _server = await stage.server()
    alice = await stage.join('alice')
    bob = await stage.join('bob', 'tower')
    await stage.befriend(alice, bob)
  })

  test(
    `[E9] ${SERVER_KILLS} times kill -9 of the server in a stream of SENDs: what was accepted is delivered, once`,
    async () => {
      const random = seededRandom(seed)
      const server = { running: await stage.server() }
      await using _aliceAgent = await alice.agent()
      await using _bobAgent = await bob.agent()
      const control = await connectControl(alice.home)
      if (!control) throw new Error('no agent at the control socket')
      await using device = control
      const sent: string[] = []
      let accepted = 0
      let sending = true
      const stream = (async () => {
        while (sending) {
          const { id, accepted: isAccepted } = await device.do('send', {
            to: [bob.address],
            files: [],
            text: `number ${sent.length}`,
          })
          sent.push(id)
          if (isAccepted) accepted++
          // A stream, not a flood: some pile up while the server is away, and are delivered in the end, too.
          else await new Promise((resolve) => setTimeout(resolve, HELD_BACK_MS))
        }
      })()
      for (let round = 0; round < SERVER_KILLS; round++) {
        const before = accepted
        await until('a message to be accepted', async () => accepted > before)
        await new Promise((resolve) => setTimeout(resolve, random() * LONGEST_LIFE_MS))
        await server.running.end('SIGKILL')
        server.running = await stage.server()
      }
      sending = false
      await stream
      await until(
        'the outbox to be empty',
        async () =>
          (await device.do('sent', {})).every((status) => status.recipients.every(({ state }) => state !== 'waiting')),
        DELIVERY_PATIENCE_MS,
      )
      await until(
        'everything to be delivered',
        async () => (await bob.json<InboxEntry[]>('inbox')).length >= sent.length,
      )
      const inbox = await bob.json<InboxEntry[]>('inbox')
      expect(inbox.map(({ id }) => id).sort()).toEqual([...sent].sort())
      expect(new Set(inbox.map(({ text }) => text)).size).toBe(sent.length)
      // The stream was one: most rounds had several messages on their way.
      expect(sent.length).toBeGreaterThan(SERVER_KILLS)
      await server.running.end('SIGTERM')
    },
    STORY_TIMEOUT_MS,
  )

  test.skipIf(ffmpeg.missing !== undefined)(
    `[E10] ${DEVICE_KILLS} times kill -9 of either device in mid-fetch: the copy is equal and no verified piece comes twice ${ffmpeg.missing ?? ''}`,
    async () => {
      const random = seededRandom(seed + 1)
      await using _server = await stage.server()
      const film = join(stage.folder, 'long.mkv')
      await makeFilm(film, FILM_BYTES)
      const agents = { alice: await alice.agent(), bob: await bob.agent() }
      const { id } = await alice.json<{ id: string }>('send', film, '--to', bob.address)
      await until('the message to reach Bob', async () =>
        (await bob.json<InboxEntry[]>('inbox')).some((entry) => entry.id === id),
      )
      const out = join(stage.folder, 'fetched')
      let kept = 0
      for (let round = 0; round < DEVICE_KILLS; round++) {
        const victim = (['alice', 'bob', 'both'] as const)[Math.floor(random() * 3)] ?? 'both'
        // Each round gets an equal share of the film, so that the last kill is still in mid-fetch.
        const share = kept + (FILM_BYTES - kept) / (DEVICE_KILLS - round + 1)
        const control = await connectControl(bob.home)
        if (!control) throw new Error('no agent at the control socket')
        const progress: number[] = []
        const reached = Promise.withResolvers<void>()
        const onProgress = (told: Progress) => {
          if (told.kind !== 'fetching') return
          progress.push(told.doneBytes)
          if (told.doneBytes >= share) reached.resolve()
        }
        const getting = control.do('get', { what: id, folder: out }, { onProgress }).catch(() => undefined)
        await Promise.race([reached.promise, getting])
        if (victim !== 'bob') await agents.alice.end('SIGKILL')
        if (victim !== 'alice') await agents.bob.end('SIGKILL')
        else {
          await control[Symbol.asyncDispose]()
          await agents.bob.end('SIGKILL')
        }
        await getting
        // What a killed device had recorded is where it goes on: progress never begins below it.
        expect(progress[0] ?? kept).toBeGreaterThanOrEqual(kept)
        kept = Math.max(kept, ...progress)
        if (victim !== 'bob') agents.alice = await alice.agent()
        agents.bob = await bob.agent()
      }
      const { files, fetchedBytes } = await bob.json<{ files: { file: string }[]; fetchedBytes: number }>(
        'get',
        id,
        '--out',
        out,
      )
      expect(fetchedBytes).toBeLessThanOrEqual(FILM_BYTES - kept)
      expect(await sha256Of(files[0]?.file as string)).toBe(await sha256Of(film))
      await until('the receipt', async () => {
        const status = await alice.json<SentStatus>('status', id)
        return status.recipients[0]?.receipt === 'verified'
      })
      expect((await readdir(out)).filter((name) => name.includes('.part'))).toEqual([])
      expect((await readFile(film)).length).toBe(FILM_BYTES)
      await agents.alice.end('SIGTERM')
      await agents.bob.end('SIGTERM')
    },
    STORY_TIMEOUT_MS,
  )
})
