// The long one: devices behind routers of every kind send films and words to each other while they are killed, cut off, moved,
// lied to and run out of disk, and the server is killed. In the end everything asked for is in place and equal, nothing
// unverified was ever written, no message is lost or doubled, and memory is flat.
// DOORPOST_SOAK_MINUTES and SOAK_SEED choose how long and which one.

import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectControl } from '@doorpost/peer/node/control-client'
import type { InboxEntry, SentStatus } from '@doorpost/peer/operations'
import { type Handle, parseHandleUrl } from '@doorpost/protocol/handle'
import { describe, expect, test } from 'vitest'
import { inspectPart, sameFile } from './lab/inspect-part.ts'
import { openLabStage, type Resident } from './lab/lab-stage.ts'
import { watchMemory } from './lab/memory-watch.ts'
import { labMissing } from './lab/namespaces.ts'
import { startProgram } from './lab/program.ts'
import type { SiteKind } from './lab/site-kind.ts'
import { mountSmallDisk } from './lab/small-disk.ts'
import { seededRandom } from './seeded.ts'
import { type Running, until } from './stage.ts'

const MINUTES = Number(process.env['DOORPOST_SOAK_MINUTES'] ?? 30)
const seed = Number(process.env['SOAK_SEED'] ?? Date.now() % 1_000_000)

const MiB = 1024 * 1024
const FILM_BYTES_MAX = 12 * MiB
/** The small disk: one large film fits, two do not. */
const SMALL_DISK_MIB = 16
/** Films that somebody still waits for, at most: what the disk of this machine must hold. */
const FILMS_MAX = 10
/** Pause between two events, at most, ms. */
const PAUSE_MAX_MS = 1_500
/** Longest that everything is put right again in the end, ms. */
const SETTLING_MS = 3 * 60_000
/** The server is killed in this first part of the time only, so that its memory is watched over the rest. */
const SERVER_KILLS_UNTIL = 1 / 3
/** Growth of one process over the watched time that is no leak yet, bytes: the heap of Node grows and shrinks by this by itself. */
const GROWTH_MAX_BYTES = 64 * MiB
const LIAR = fileURLToPath(new URL('./lab/liar.ts', import.meta.url))

const HOUSES: [string, SiteKind][] = [
  ['keeper', 'public'],
  ['bob', 'public'],
  ['carol', 'cone'],
  ['dave', 'restricted'],
  ['erin', 'symmetric'],
  ['frank', 'server-only'],
  ['larry', 'public'],
]

interface House {
  readonly who: Resident
  /** Where its films go. */
  readonly folder: string
  agent: Running | undefined
  isCut: boolean
}

/** One film that one recipient asked for. */
interface Asked {
  readonly id: string
  readonly house: House
  readonly from: House
  readonly film: string
  readonly handle: Handle
  isRunning: boolean
  isDone: boolean
}

/** Longest that one event takes, ms: a device starts within seconds, or something hangs. */
const EVENT_MAX_MS = 90_000

async function withinReason(what: string, done: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${what}: not done after ${EVENT_MAX_MS / 1000} s`)), EVENT_MAX_MS)
  await Promise.race([done, promise]).finally(() => clearTimeout(timer))
}

const missing = labMissing()

describe.skipIf(missing !== undefined)(
  `peers.soak, SOAK_SEED=${seed}${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test(`[LAB10] ${MINUTES} minutes of joins, leaves, kills, cuts, lies and full disks: nothing lost, nothing unverified written, memory flat`, async () => {
      const random = seededRandom(seed)
      const below = (count: number) => Math.floor(random() * count)
      const oneOf = <T>(all: readonly T[]) => all[below(all.length)] as T
      await using stage = await openLabStage()
      using memory = watchMemory()
      const server = { running: await stage.server() }
      const houses = new Map<string, House>()
      for (const [name, kind] of HOUSES) {
        const who = await stage.settle(name, kind)
        houses.set(name, { who, folder: join(stage.folder, `films-of-${name}`), agent: undefined, isCut: false })
      }
      const all = [...houses.values()]
      const erin = houses.get('erin') as House
      const larry = houses.get('larry') as House
      const keeper = houses.get('keeper') as House
      await using smallDisk = await mountSmallDisk(erin.folder, SMALL_DISK_MIB)

      const counts: Record<string, number> = {}
      const count = (what: string) => {
        counts[what] = (counts[what] ?? 0) + 1
      }
      const faults: string[] = []
      const tell = (...found: readonly string[]) => {
        faults.push(...found)
        for (const fault of found)
          process.stderr.write(`peers.soak after ${Math.round(performance.now() / 1000)} s: ${fault}\n`)
      }
      const asked: Asked[] = []
      const filmsWaited = () => new Set(asked.filter(({ isDone }) => !isDone).map(({ film }) => film)).size

      async function start(house: House): Promise<void> {
        if (house.agent !== undefined) return
        house.agent = await house.who.agent('--no-fetch')
        memory.add(house.who.name, house.agent.process.pid ?? 0)
      }
      async function kill(house: House, signal: NodeJS.Signals): Promise<void> {
        await house.agent?.end(signal)
        house.agent = undefined
        // Nobody writes now: what is there can be looked at.
        for (const one of asked.filter((each) => each.house === house && !each.isDone)) {
          const { faults: found, parts } = await inspectPart(join(house.folder, one.id), one.handle, one.film)
          tell(...found)
          if (parts > 0) count('parts looked into')
        }
      }
      async function controlOf(house: House) {
        const control = house.agent === undefined ? undefined : await connectControl(house.who.home)
        if (control === undefined) throw new Error(`${house.who.name} is away`)
        return control
      }

      /** Asks until it is there; whatever ends it in between is what this story is about. */
      function fetchOf(one: Asked): void {
        if (one.isRunning || one.isDone || one.house.agent === undefined) return
        one.isRunning = true
        ;(async () => {
          await using control = await controlOf(one.house)
          const { files } = await control.do('get', { what: one.id, folder: join(one.house.folder, one.id) })
          const [file] = files
          if (file === undefined || !(await sameFile(file.file, one.film))) tell(`${one.id} is in place and not equal`)
          one.isDone = true
          count('films fetched')
          await rm(join(one.house.folder, one.id), { recursive: true, force: true })
        })()
          .catch((error: unknown) => {
            const code = error instanceof Error && 'code' in error ? String(error.code) : 'other'
            count(`ended early: ${code}`)
            // The film never changed: whoever says so is wrong.
            if (code === 'source-changed') tell(`${one.id}: ${(error as Error).message}`)
          })
          .finally(() => {
            one.isRunning = false
          })
      }

      async function sendFilm(from: House, to: House[]): Promise<void> {
        if (filmsWaited() >= FILMS_MAX) return
        const film = join(stage.folder, `film-${asked.length}-${below(1_000_000)}.mkv`)
        await writeFile(film, randomBytes(1 + below(FILM_BYTES_MAX)))
        await using control = await controlOf(from)
        const { id, media } = await control.do('send', { to: to.map(({ who }) => who.address), files: [film] })
        const handle = parseHandleUrl(media[0]?.url ?? '')?.handle
        if (handle === undefined) throw new Error('no handle')
        for (const house of to) asked.push({ id, house, from, film, handle, isRunning: false, isDone: false })
        count('films sent')
      }

      const sentIds = new Map<House, Set<string>>(all.map((house) => [house, new Set()]))
      async function sendWords(from: House, to: House[]): Promise<void> {
        await using control = await controlOf(from)
        for (let number = 1 + below(10); number > 0; number--) {
          const text = `${from.who.name} ${counts['messages sent'] ?? 0} ${below(1_000_000)}`
          const { id } = await control.do('send', { to: to.map(({ who }) => who.address), files: [], text })
          sentIds.get(from)?.add(id)
          count('messages sent')
        }
      }

      /** Its own device is away meanwhile; another of the same keys serves wrong bytes. */
      async function lie(): Promise<void> {
        if (larry.agent === undefined || larry.isCut) return
        const others = all.filter((house) => house !== larry && house.agent !== undefined && house !== erin)
        if (others.length === 0) return
        await sendFilm(larry, [oneOf(others)])
        await kill(larry, 'SIGTERM')
        await using liar = await startProgram(larry.who.place, LIAR, [larry.who.home])
        for (const one of asked) if (one.from === larry) fetchOf(one)
        await new Promise((resolve) => setTimeout(resolve, 4_000))
        counts['lies'] = (counts['lies'] ?? 0) + liar.lines.length - 1
        await liar[Symbol.asyncDispose]()
        await start(larry)
      }

      /** One who is there, and one to so many others. */
      function someWith(most: number): [House, House[]] {
        // Who is cut off waits for an answer of the server before a message is in the outbox, half a minute each.
        const from = oneOf(up().filter(({ isCut }) => !isCut))
        const others = all.filter((house) => house !== from)
        return [from, [...new Set(Array.from({ length: 1 + below(most) }, () => oneOf(others)))]]
      }
      const up = () => all.filter((house) => house.agent !== undefined)
      const events: [number, string, () => Promise<void>][] = [
        [6, 'a film is sent', async () => sendFilm(...someWith(3))],
        [8, 'words are sent', async () => sendWords(...someWith(1))],
        [3, 'an agent is killed', async () => kill(oneOf(all.filter((house) => house !== keeper)), 'SIGKILL')],
        [1, 'an agent leaves', async () => kill(oneOf(all.filter((house) => house !== keeper)), 'SIGTERM')],
        [2, 'a device moves', async () => oneOf(up().filter(({ who }) => who.site.kind === 'public')).who.site.move()],
        [3, 'a line is cut', async () => setCut(oneOf(all), true)],
        [1, 'a source lies', lie],
        [1, 'a disk fills', async () => fillDisk(erin)],
        [1, 'the server is killed', killServer],
      ]
      async function setCut(house: House, isCut: boolean): Promise<void> {
        if (house.isCut === isCut) return
        house.isCut = isCut
        await (isCut ? house.who.site.cut() : house.who.site.mend())
        if (isCut) count('cuts')
      }
      async function fillDisk(house: House): Promise<void> {
        const filler = join(house.folder, 'filler')
        await writeFile(filler, Buffer.alloc(SMALL_DISK_MIB * MiB)).catch(() => count('disk full'))
        await new Promise((resolve) => setTimeout(resolve, 2_000))
        await rm(filler, { force: true })
      }
      let beganMs = performance.now()
      let endMs = beganMs
      const share = () => (performance.now() - beganMs) / (endMs - beganMs)
      async function killServer(): Promise<void> {
        if (share() > SERVER_KILLS_UNTIL) return
        await server.running.end('SIGKILL')
        server.running = await stage.server()
        memory.add('server', server.running.process.pid ?? 0)
        count('server killed')
      }
      /** Whoever is away may come back; who is cut off from the server cannot say that it is there. */
      async function comeBack(): Promise<void> {
        for (const house of all) if (house.isCut && random() < 0.3) await setCut(house, false)
        for (const house of all) if (house.agent === undefined && !house.isCut && random() < 0.4) await start(house)
      }

      memory.add('server', server.running.process.pid ?? 0)
      for (const house of all) {
        await mkdir(house.folder, { recursive: true })
        await start(house)
      }
      for (const one of all) {
        await using control = await controlOf(one)
        for (const other of all) if (other !== one) await control.do('contacts.add', { who: other.who.address })
      }
      beganMs = performance.now()
      endMs = beganMs + MINUTES * 60_000
      const weights = events.reduce((sum, [weight]) => sum + weight, 0)
      while (performance.now() < endMs) {
        let chance = random() * weights
        const [, what, act] = events.find(([weight]) => (chance -= weight) < 0) ?? [0, 'nothing', async () => {}]
        try {
          await withinReason(what, act())
          count(what)
        } catch (error) {
          // Who sends just then may be away or cut off; the sent list says later what was sent.
          const why = error instanceof Error ? error.message : String(error)
          count(`failed: ${what}: ${why.slice(0, 60)}`)
          if (why.includes('not done after')) tell(why)
        }
        await withinReason('coming back', comeBack()).catch((error: unknown) => tell(String(error)))
        for (const one of asked) fetchOf(one)
        await new Promise((resolve) => setTimeout(resolve, random() * PAUSE_MAX_MS))
      }
      const watched = memory.growth(beganMs + (endMs - beganMs) * SERVER_KILLS_UNTIL)

      for (const house of all) await setCut(house, false)
      for (const house of all) await start(house)
      // Beginnings of several films can fill it so that none of them ends: room is what then helps.
      await smallDisk.grow(FILMS_MAX * SMALL_DISK_MIB)
      await until(
        'everything asked for',
        async () => {
          for (const one of asked) fetchOf(one)
          await new Promise((resolve) => setTimeout(resolve, 1_000))
          return asked.every(({ isDone }) => isDone)
        },
        SETTLING_MS,
      ).catch((error: unknown) => {
        const left = asked.filter(({ isDone }) => !isDone)
        tell(
          `${String(error)}: ${left.map((one) => `${one.id} of ${one.from.who.name} for ${one.house.who.name}`).join(', ')}`,
        )
      })

      for (const house of all) await start(house)
      /** By recipient: what was sent to it. */
      const due = new Map<string, string[]>(all.map(({ who }) => [who.address, []]))
      for (const house of all) {
        await using control = await controlOf(house)
        const waits = ({ recipients }: SentStatus) => recipients.some(({ state }) => state === 'waiting')
        await until('the outbox to be empty', async () => !(await control.do('sent', {})).some(waits), SETTLING_MS)
        const sent = await control.do('sent', {})
        for (const { id, recipients } of sent) for (const { address } of recipients) due.get(address)?.push(id)
        const lost = [...(sentIds.get(house) ?? [])].filter((id) => !sent.some((one) => one.id === id))
        tell(...lost.map((id) => `${id} was sent by ${house.who.name} and is not on its list`))
      }
      for (const house of all) {
        await using control = await controlOf(house)
        const wanted = (due.get(house.who.address) ?? []).toSorted()
        let inbox: InboxEntry[] = []
        await until(
          `the mail of ${house.who.name}`,
          async () => {
            inbox = await control.do('inbox', {})
            return inbox.length >= wanted.length
          },
          SETTLING_MS,
        ).catch(() => undefined)
        expect(inbox.map(({ id }) => id).toSorted()).toEqual(wanted)
      }

      process.stdout.write(`peers.soak, SOAK_SEED=${seed}: ${JSON.stringify(counts)}\n${JSON.stringify(watched)}\n`)
      expect(faults).toEqual([])
      expect(counts['films fetched']).toBeGreaterThan(0)
      expect(watched.map(({ name }) => name)).toEqual(expect.arrayContaining(['keeper', 'server']))
      for (const { name, earlyBytes, lateBytes } of watched) {
        expect(lateBytes - earlyBytes, `${name} grew`).toBeLessThan(GROWTH_MAX_BYTES)
      }
    })
  },
)
