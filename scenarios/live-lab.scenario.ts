// A peer-to-peer connection that dies without a word, on a network made for it: pictures go on through the server, what was under way is
// sent again, and when the line is there again they go straight across.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LiveShowing, LiveWatching } from '@doorpost/peer/live/contract'
import { connectControl } from '@doorpost/peer/node/control-client'
import { expect, onTestFinished, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { openLabStage } from './lab/lab-stage.ts'
import { labMissing } from './lab/namespaces.ts'
import { comesTo, faults, numberedFilm, numbersIn, RATE, said } from './numbered-film.ts'

const missing = labMissing() ?? needs('ffmpeg').missing
/** Nothing leaves by UDP, and nobody is told. */
const HOLE = 'table inet hole {\n chain out {\n type filter hook output priority 0\n meta l4proto udp drop\n }\n}\n'
const NO_HOLE = 'table inet hole {\n chain out {\n type filter hook output priority 0\n }\n}\n'

test.skipIf(missing !== undefined)(
  `[LVP26] a line that swallows everything: the server carries on, nothing is lost or doubled, and it goes straight again${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doorpost-live-lab-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const film = join(folder, 'numbers.mp4')
    await numberedFilm(film, 200)
    await using stage = await openLabStage()
    await stage.server()
    const [alice, bob] = [await stage.settle('alice', 'public'), await stage.settle('bob', 'restricted')]
    await using _alice = await alice.agent()
    await using _bob = await bob.agent()
    await using alices = (await connectControl(alice.home)) as NonNullable<Awaited<ReturnType<typeof connectControl>>>
    await using bobs = (await connectControl(bob.home)) as NonNullable<Awaited<ReturnType<typeof connectControl>>>
    await alices.do('contacts.add', { who: bob.address })
    await bobs.do('contacts.add', { who: alice.address })

    const showing = alice.start('live', '--from', film, '--to', bob.address, '--ack-window', '30', '--json')
    await showing.says(/"broadcast"/)
    const file = join(folder, 'bob.h264')
    const watching = bob.start('watch', alice.address, '--into', file, '--json')
    await comesTo<LiveWatching>(
      watching,
      'pictures straight across',
      ({ path, shown }) => path === 'peer' && shown > RATE,
    )
    await comesTo<LiveShowing>(showing, 'nothing but that', ({ sinks }) => sinks === 'peer')

    await alice.site.device.nft(HOLE)
    const fallen = await comesTo<LiveWatching>(watching, 'pictures through the server', ({ path }) => path === 'server')
    await comesTo<LiveWatching>(watching, 'more of them', ({ shown }) => shown > fallen.shown + RATE)
    await alice.site.device.nft(NO_HOLE)
    const back = await comesTo<LiveWatching>(watching, 'pictures straight across again', ({ path }) => path === 'peer')
    await comesTo<LiveWatching>(watching, 'more of those', ({ shown }) => shown > back.shown + RATE)

    expect(await showing.end('SIGINT')).toBe(130)
    await watching.ended()
    const last = said<LiveWatching>(watching).at(-1)
    expect(last).toMatchObject({ state: 'over', reason: 'ended', missing: 0, late: 0, unshown: 0 })
    const seen = await numbersIn(file)
    expect(seen.length).toBe(last?.shown)
    expect(faults(seen)).toEqual({ lost: 0, doubled: 0 })
  },
)
