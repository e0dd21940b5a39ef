// The NAT matrix: between every two kinds of sites a film is sent and fetched. Every pair delivers; bytes go straight
// wherever the routers allow it, and through the server where they do not. Played whole it writes docs/nat-matrix.md.

import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectControl } from '@doorpost/peer/node/control-client'
import type { InboxEntry } from '@doorpost/peer/operations'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256Of } from './film.ts'
import { type LabStage, openLabStage, type Resident } from './lab/lab-stage.ts'
import { type Measured, writeMatrix } from './lab/matrix-document.ts'
import { labMissing } from './lab/namespaces.ts'
import { bestPath, SITE_KINDS, type SiteKind } from './lab/site-kind.ts'
import { watchedGet } from './lab/watched-get.ts'
import { until } from './stage.ts'

const FILM_BYTES = 8 * 1024 * 1024
const STORY_TIMEOUT_MS = 15 * 60_000

/** All pairs when the story is played by its name; among all other tests those that differ most. */
const whole = process.env['DOORPOST_WHOLE_STORY'] === '1'
const SOME_PAIRS: readonly (readonly [SiteKind, SiteKind])[] = [
  ['public', 'restricted'],
  ['restricted', 'public'],
  ['restricted', 'restricted'],
  ['cone', 'symmetric'],
  ['symmetric', 'restricted'],
  ['server-only', 'proxy-only'],
  ['proxy-only', 'udp-blocked'],
]
const pairs = whole
  ? SITE_KINDS.flatMap((sender) => SITE_KINDS.map((recipient) => [sender, recipient] as const))
  : SOME_PAIRS

const missing = labMissing()

describe.skipIf(missing !== undefined)(`nat-matrix${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let stage: LabStage
  let film: string
  const residents = new Map<string, Promise<Resident>>()
  const measured: Measured[] = []

  beforeAll(async () => {
    stage = await openLabStage()
    film = join(stage.folder, 'film.mkv')
    await writeFile(film, randomBytes(FILM_BYTES))
    await stage.startProxy()
    await stage.server()
  })
  afterAll(async () => {
    await stage[Symbol.asyncDispose]()
    if (whole && measured.length === pairs.length) await writeMatrix(measured)
  })

  /** Senders and recipients sit at sites of their own, also where the kind is the same. */
  function residentOf(role: 'sender' | 'recipient', kind: SiteKind): Promise<Resident> {
    const name = `${role}-${kind}`
    const known = residents.get(name)
    if (known !== undefined) return known
    const settling = (async () => {
      const resident = await stage.settle(name, kind)
      await resident.agent('--no-fetch')
      return resident
    })()
    residents.set(name, settling)
    return settling
  }

  test.each(pairs)(
    '[LAB1] [LAB2] from %s to %s',
    async (senderKind, recipientKind) => {
      const [alice, bob] = await Promise.all([residentOf('sender', senderKind), residentOf('recipient', recipientKind)])
      await using sending = await controlOf(alice)
      await using fetching = await controlOf(bob)
      await sending.do('contacts.add', { who: bob.address })
      await fetching.do('contacts.add', { who: alice.address })
      const { id } = await sending.do('send', { to: [bob.address], files: [film] })
      let entry: InboxEntry | undefined
      await until('the message to arrive', async () => {
        entry = (await fetching.do('inbox', {})).find((one) => one.id === id)
        return entry?.state === 'announced'
      })
      const got = await watchedGet(fetching, id, join(stage.folder, `from-${senderKind}-to-${recipientKind}`))
      expect(await sha256Of(got.file)).toBe(await sha256Of(film))
      const expected = bestPath(senderKind, recipientKind)
      measured.push({ sender: senderKind, recipient: recipientKind, ...got, expected })
      expect(got.path).toBe(expected)
    },
    STORY_TIMEOUT_MS,
  )
})

async function controlOf({ home, name }: Resident) {
  const control = await connectControl(home)
  if (control === undefined) throw new Error(`no agent at ${name}'s control socket`)
  return control
}
