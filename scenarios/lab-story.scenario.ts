// What happens on networks that are not plain: addresses that change, no uplink, a proxy alone, one pinned path, and what
// others can see on the wire. The matrix of pairs is nat-matrix's.

import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectControl } from '@doorpost/peer/node/control-client'
import type { InboxEntry, Peer } from '@doorpost/peer/operations'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256Of } from './film.ts'
import { type LabStage, openLabStage, type Resident } from './lab/lab-stage.ts'
import { labMissing } from './lab/namespaces.ts'
import type { SiteKind } from './lab/site-kind.ts'
import { watchedGet } from './lab/watched-get.ts'
import { until } from './stage.ts'

const MiB = 1024 * 1024
const FILM_BYTES = 8 * MiB
const LONG_FILM_BYTES = 16 * MiB
/** Rate at which the long film leaves its sender, bits a second: it takes long enough to move meanwhile. */
const SLOW_BITS = 32_000_000

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
    await send(alice, bob, [])
    await send(bob, alice, [])
  })

  test.each(DOCTOR_SAYS)('[DOC5] at a site of the kind %s the doctor says so', async (kind, direct, webrtc) => {
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
  })
})

async function doctorOf(resident: Resident) {
  await using control = await controlOf(resident)
  const { checks } = await control.do('doctor', {})
  return (name: string) => checks.find((check) => check.name === name)
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
