// What happens on networks that are not plain: addresses that change, no uplink, a proxy alone, one pinned path, and what
// others can see on the wire. The matrix of pairs is nat-matrix's.

import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectControl } from '@doorpost/peer/node/control-client'
import type { InboxEntry, Peer, Progress } from '@doorpost/peer/operations'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { sha256Of } from './film.ts'
import { type Capture, speaksOf, startCapture } from './lab/capture.ts'
import { type LabStage, openLabStage, type Resident } from './lab/lab-stage.ts'
import { labMissing } from './lab/namespaces.ts'
import { SERVER_ADDRESS } from './lab/network.ts'
import { startProgram } from './lab/program.ts'
import type { SiteKind } from './lab/site-kind.ts'
import { watchedGet } from './lab/watched-get.ts'
import { until } from './stage.ts'

const MiB = 1024 * 1024
const FILM_BYTES = 8 * MiB
const LONG_FILM_BYTES = 16 * MiB
/** Rate at which the long film leaves its sender, bits a second: it takes long enough to move meanwhile. */
const SLOW_BITS = 32_000_000

/** Played whole by its name; among all other tests the kinds where the doctor has most to say. */
const whole = process.env['DOORPOST_WHOLE_STORY'] === '1'
const DOCTOR_SOME: readonly SiteKind[] = ['symmetric', 'proxy-only']

/** What the lines on direct and webrtc must say. */
const DOCTOR_SAYS: [SiteKind, RegExp, RegExp][] = [
  ['public', /others can dial this device at 203\.0\.113\./, /works with everybody who has UDP/],
  ['cone', /only devices in your own network/, /works with most networks/],
  ['restricted', /The open network sees 203\.0\.113\./, /works with most networks/],
  ['symmetric', /only devices in your own network/, /as symmetric ones do/],
  ['udp-blocked', /only devices in your own network/, /Your network blocks UDP/],
  ['server-only', /only devices in your own network/, /Your network blocks UDP/],
  ['proxy-only', /only devices in your own network/, /Your network blocks UDP/],
]

/** Ways that `get` takes alone when told to. */
const PINNED = ['direct', 'webrtc', 'tunnel'] as const
const INTRUDER = fileURLToPath(new URL('./lab/intruder.ts', import.meta.url))
const tcpdump = needs('tcpdump')
const missing = labMissing()

describe.skipIf(missing !== undefined)(`lab-story${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let stage: LabStage
  let film: string
  let longFilm: string

  beforeAll(async () => {
    stage = await openLabStage()
    film = await makeFile('film.mkv', FILM_BYTES)
    longFilm = await makeFile('long.mkv', LONG_FILM_BYTES)
    await stage.startProxy()
    await stage.server()
  })
  afterAll(async () => {
    await stage[Symbol.asyncDispose]()
  })

  async function makeFile(name: string, bytes: number): Promise<string> {
    const file = join(stage.folder, name)
    await writeFile(file, randomBytes(bytes))
    return file
  }

  async function send(from: Resident, to: Resident, files: string[]): Promise<string> {
    await using sending = await controlOf(from)
    await using fetching = await controlOf(to)
    await sending.do('contacts.add', { who: to.address })
    await fetching.do('contacts.add', { who: from.address })
    const { id } = await sending.do('send', { to: [to.address], files, text: 'Look at this.' })
    await inboxHas(fetching, id)
    return id
  }

  test('[LAB4] the sender moves before the fetch and in mid-fetch: found again, nothing fetched twice', async () => {
    const alice = await stage.settle('alice', 'public')
    const bob = await stage.settle('bob', 'restricted')
    await using _alice = await alice.agent()
    await using _bob = await bob.agent('--no-fetch')
    const id = await send(alice, bob, [longFilm])
    await alice.site.move()
    await alice.site.slow(SLOW_BITS)
    await using fetching = await controlOf(bob)
    let moved: Promise<void> | undefined
    let doneBytes = 0
    const got = await watchedGet(fetching, id, join(stage.folder, 'moved'), {
      path: 'direct',
      onProgress(progress) {
        if (progress.kind !== 'fetching') return
        expect(progress.doneBytes).toBeGreaterThanOrEqual(doneBytes)
        doneBytes = progress.doneBytes
        if (doneBytes > LONG_FILM_BYTES / 4) moved ??= alice.site.move()
      },
    })
    expect(moved).toBeDefined()
    await moved
    expect(await sha256Of(got.file)).toBe(await sha256Of(longFilm))
    expect(got.fetchedBytes).toBeLessThanOrEqual(LONG_FILM_BYTES)
  })

  test('[LAB4] the recipient moves in mid-fetch: it goes on from its new address', async () => {
    const alice = await stage.settle('ann', 'public')
    const bob = await stage.settle('ben', 'public')
    await using _alice = await alice.agent()
    await using _bob = await bob.agent('--no-fetch')
    const id = await send(alice, bob, [longFilm])
    await alice.site.slow(SLOW_BITS)
    await using fetching = await controlOf(bob)
    let moved: Promise<void> | undefined
    const got = await watchedGet(fetching, id, join(stage.folder, 'moved-recipient'), {
      path: 'direct',
      onProgress(progress) {
        if (progress.kind === 'fetching' && progress.doneBytes > LONG_FILM_BYTES / 4) moved ??= bob.site.move()
      },
    })
    expect(moved).toBeDefined()
    await moved
    expect(await sha256Of(got.file)).toBe(await sha256Of(longFilm))
    expect(got.fetchedBytes).toBeLessThanOrEqual(LONG_FILM_BYTES)
  })

  test('[LAB11] an agent whose line was cut in mid-fetch ends all the same when it is told to', async () => {
    const alice = await stage.settle('nora', 'public')
    const bob = await stage.settle('otto', 'server-only')
    await using _alice = await alice.agent()
    await using agent = await bob.agent('--no-fetch')
    const id = await send(alice, bob, [longFilm])
    await using fetching = await controlOf(bob)
    const begun = Promise.withResolvers<void>()
    const onProgress = (progress: Progress) => progress.kind === 'fetching' && begun.resolve()
    const getting = fetching.do('get', { what: id, folder: join(stage.folder, 'cut') }, { onProgress }).catch(() => {})
    await begun.promise
    await bob.site.cut()
    agent.process.kill('SIGTERM')
    await until('the agent to end', async () => agent.process.exitCode !== null)
    expect(agent.process.exitCode).toBe(0)
    await getting
  })

  test('[LAB5] without an uplink, with the server on the network, a film arrives', async () => {
    const alice = await stage.settle('carol', 'public')
    const bob = await stage.settle('dave', 'public')
    for (const { site } of [alice, bob]) await site.device.ip('route', 'del', 'default')
    await using _alice = await alice.agent()
    await using _bob = await bob.agent('--no-fetch')
    const id = await send(alice, bob, [film])
    await using fetching = await controlOf(bob)
    const got = await watchedGet(fetching, id, join(stage.folder, 'no-uplink'))
    expect(await sha256Of(got.file)).toBe(await sha256Of(film))
  })

  test('[LAB6] behind an HTTP proxy alone: mail comes and goes over the session', async () => {
    const alice = await stage.settle('erin', 'proxy-only')
    const bob = await stage.settle('frank', 'server-only')
    await using _alice = await alice.agent()
    await using _bob = await bob.agent('--no-fetch')
    // As soon as either is not on-line, or the words do not arrive, this waits in vain.
    for (const id of [await send(alice, bob, []), await send(bob, alice, [])]) expect(id).toMatch(/^[\w-]{22}$/)
  })

  test('[LAB7] one path pinned carries everything', async () => {
    const alice = await stage.settle('gina', 'public')
    const bob = await stage.settle('hugo', 'restricted')
    await using _alice = await alice.agent()
    await using _bob = await bob.agent('--no-fetch')
    await using fetching = await controlOf(bob)
    for (const path of PINNED) {
      const id = await send(alice, bob, [film])
      const got = await watchedGet(fetching, id, join(stage.folder, `pinned-${path}`), { path })
      expect(got.bytesBy).toEqual({ [path]: FILM_BYTES })
      expect(await sha256Of(got.file)).toBe(await sha256Of(film))
    }
  })

  test.skipIf(tcpdump.missing)(
    `[LAB8] [LAB9] on the wire of a stranger, and of a co-recipient who was not allowed, there is no address of the recipient; who is not named gets nothing on any path${tcpdump.reason}`,
    async () => {
      const alice = await stage.settle('ida', 'public')
      const bob = await stage.settle('jon', 'restricted')
      const carol = await stage.settle('kim', 'restricted')
      const mallory = await stage.settle('mal', 'public')
      const aliceAgent = await alice.agent()
      await using _bob = await bob.agent('--no-fetch')
      await stage.befriend(alice, bob)
      await stage.befriend(alice, carol)
      const places = { alice, carol, mallory }
      const captures = new Map<string, Capture>()
      for (const [name, { site }] of Object.entries(places)) captures.set(name, await startCapture(site.device))
      captures.set('server', await startCapture(stage.network.post))

      const { id, media } = await alice.json<{ id: string; media: { root: string; url: string }[] }>(
        ...['send', film, '--to', bob.address, '--to', carol.address, '--no-wait'],
      )
      const { root, url } = media[0] as { root: string; url: string }
      await using bobs = await controlOf(bob)
      await inboxHas(bobs, id)
      const first = await watchedGet(bobs, id, join(stage.folder, 'first'))
      expect(first.path).toBe('direct')
      const finger = await bob.json<{ devices: { addresses?: string[] }[] }>('finger', alice.address)
      const listens = finger.devices[0]?.addresses?.[0] ?? ''
      expect(listens).toContain(alice.site.openAddress)

      // A contact may: the way is open to who is allowed, which shows that the refusals below are refusals.
      const byContact = await intrude(carol, [`${alice.address}/laptop`, listens, `${alice.address}/laptop`, id, root])
      expect(byContact).toEqual({ direct: 'here', tunnel: 'here', webrtc: 'here' })
      const carolAgent = await carol.agent('--no-fetch')

      // Not named: neither her own device nor one that keeps no rules gets anything, whatever she knows.
      const got = await mallory.run('get', url, '--no-wait', '--out', join(stage.folder, 'stolen'))
      expect(got.code).not.toBe(0)
      const atAlice = await intrude(mallory, [`${alice.address}/laptop`, listens, `${alice.address}/laptop`, id, root])
      expect(Object.values(atAlice)).not.toContain('here')
      const atBob = await intrude(mallory, [`${bob.address}/laptop`, listens, `${alice.address}/laptop`, id, root])
      expect(Object.values(atBob)).not.toContain('here')

      // Named with him, but no contact: the sender sleeps, and he gives his copy through the tunnel alone.
      await aliceAgent.end('SIGTERM')
      await using carols = await controlOf(carol)
      await inboxHas(carols, id)
      const sources = new Set<string>()
      const second = await watchedGet(carols, id, join(stage.folder, 'second'), {
        onProgress: (progress) => progress.kind === 'fetching' && sources.add(progress.source),
      })
      expect(second.bytesBy).toEqual({ tunnel: FILM_BYTES })
      expect([...sources]).toEqual([`${bob.address}/laptop`])
      expect(await carol.json('finger', bob.address)).toMatchObject({ devices: [{ name: 'laptop' }] })
      expect(JSON.stringify(await carol.json('finger', bob.address))).not.toMatch(/addresses|online/)
      await carolAgent.end('SIGTERM')
      const byCarol = await intrude(carol, [`${bob.address}/laptop`, listens, `${alice.address}/laptop`, id, root])
      expect(byCarol.tunnel).toBe('here')
      expect(byCarol.webrtc).not.toBe('here')

      const seen = new Map<string, readonly string[]>()
      for (const [name, capture] of captures) seen.set(name, await capture.end())
      const seesBob = (name: string) => speaksOf(seen.get(name) ?? [], bob.site.openAddress)
      // Who may, does; which shows that the others would.
      expect([seesBob('server'), seesBob('alice')]).toEqual([true, true])
      expect([seesBob('carol'), seesBob('mallory')]).toEqual([false, false])
      for (const name of ['carol', 'mallory']) expect(speaksOf(seen.get(name) ?? [], SERVER_ADDRESS)).toBe(true)
    },
  )

  test.each(whole ? DOCTOR_SAYS : DOCTOR_SAYS.filter(([kind]) => DOCTOR_SOME.includes(kind)))(
    '[DOC5] at a site of the kind %s the doctor says so',
    async (kind, direct, webrtc) => {
      const resident = await stage.settle(`patient-${kind}`, kind)
      await using _ = await resident.agent()
      const checks = await doctorOf(resident)
      expect(checks('server')?.ok).toBe(true)
      expect(checks('server')?.says.includes('through the proxy 203.0.113.11:3128')).toBe(kind === 'proxy-only')
      expect(checks('direct')?.says).toMatch(direct)
      expect(checks('webrtc')).toMatchObject({
        ok: !webrtc.source.includes('blocks'),
        says: expect.stringMatching(webrtc) as unknown,
      })
      expect(checks('tunnel')?.says).toMatch(/up to 4\.2\sMB\/s/)
      expect([checks('clock')?.ok, checks('session')?.ok]).toEqual([true, true])
    },
  )
})

async function doctorOf(resident: Resident) {
  await using control = await controlOf(resident)
  const { checks } = await control.do('doctor', {})
  return (name: string) => checks.find((check) => check.name === name)
}

/** Asks as somebody who keeps no rules, over every path: `here` where the list came. */
async function intrude(
  who: Resident,
  args: readonly string[],
): Promise<Record<'direct' | 'tunnel' | 'webrtc', string>> {
  await using running = await startProgram(who.place, INTRUDER, [who.home, ...args])
  return JSON.parse(running.lines[0] ?? '') as Record<'direct' | 'tunnel' | 'webrtc', string>
}

async function inboxHas(peer: Peer, id: string): Promise<void> {
  const found = (one: InboxEntry) => one.id === id && one.state !== 'request'
  await until(`message ${id} to arrive`, async () => (await peer.do('inbox', {})).some(found))
}

async function controlOf({ home, name }: Resident) {
  const control = await connectControl(home)
  if (control === undefined) throw new Error(`no agent at ${name}'s control socket`)
  return control
}
