// Live pictures from a terminal to terminals: a film whose every picture says its number, shown to one viewer and then to two, through
// the server and straight across, and back again when the second is killed. What was lost or doubled is counted from what was seen.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LiveShowing, LiveWatching } from '@doorpost/peer/live/contract'
import { onTestFinished, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { comesTo, faults, numberedFilm, numbersIn, picturesThatLackOne, RATE, said } from './numbered-film.ts'
import { beepingFilm, beepsAfter, flashesAndBeeps } from '@doorpost/peer/node/beeping-film'
import { openStage, type Stage, until } from './stage.ts'

const ffmpeg = needs('ffmpeg')

/** A film of numbers in a folder of its own, for one test. */
async function madeFilm(seconds: number): Promise<{ folder: string; film: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'doorpost-live-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const film = join(folder, 'numbers.mp4')
  await numberedFilm(film, seconds)
  return { folder, film }
}

/** Bob and Carol are Alice's contacts. */
async function threeFriends(stage: Stage) {
  const [alice, bob, carol] = [await stage.join('alice'), await stage.join('bob'), await stage.join('carol')]
  await stage.befriend(alice, bob)
  await stage.befriend(alice, carol)
  return { alice, bob, carol }
}

test.skipIf(ffmpeg.missing)(
  `[LVP20] [LVP21] a film goes from a terminal to one viewer, to two, and to one again: every picture is seen once${ffmpeg.reason}`,
  async () => {
    const { folder, film } = await madeFilm(200)

    await using stage = await openStage()
    await stage.server()
    const { alice, bob, carol } = await threeFriends(stage)
    await alice.agent()
    await bob.agent()
    const carolsAgent = await carol.agent()

    const showing = alice.start('live', '--from', film, '--to', bob.address, '--ack-window', '30', '--json')
    await showing.says(/"broadcast"/)
    const bobs = join(folder, 'bob.h264')
    const watching = bob.start('watch', alice.address, '--into', bobs, '--json')
    // At once, and straight across when that is open.
    await comesTo<LiveWatching>(watching, 'pictures straight across', ({ path, shown }) => path === 'peer' && shown > 5)
    await comesTo<LiveShowing>(showing, 'nothing but that', ({ sinks }) => sinks === 'peer')

    // A second asks, and is let in from another terminal.
    const carols = join(folder, 'carol.h264')
    const second = carol.start('watch', alice.address, '--into', carols, '--json')
    await showing.says(/"asking":\["carol@/)
    expect(await alice.json('live', 'approve', carol.address)).toMatchObject({ showing: [{ asking: [] }] })
    await comesTo<LiveWatching>(second, 'pictures for the second', ({ shown }) => shown > 2 * RATE)
    await comesTo<LiveWatching>(watching, 'pictures through the server', ({ path }) => path === 'server')
    await comesTo<LiveShowing>(
      showing,
      'two viewers',
      ({ sinks, viewers }) => sinks === 'server' && viewers.length === 2,
    )

    // Killed, not left: it is noticed, and pictures go straight across again.
    await carolsAgent.end('SIGKILL')
    await comesTo<LiveShowing>(showing, 'the way back', ({ sinks }) => sinks === 'peer')
    const back = await comesTo<LiveWatching>(watching, 'pictures straight across again', ({ path }) => path === 'peer')
    await comesTo<LiveWatching>(watching, 'more of them', ({ shown }) => shown > back.shown + 2 * RATE)

    expect(await showing.end('SIGINT')).toBe(130)
    expect(await watching.ended()).toBe(0)
    const last = said<LiveWatching>(watching).at(-1)
    expect(last).toMatchObject({ state: 'over', reason: 'ended', missing: 0, late: 0, unshown: 0 })
    const seen = await numbersIn(bobs)
    expect(seen.length).toBe(last?.shown)
    expect(faults(seen)).toEqual({ lost: 0, doubled: 0 })
    // What was on its way into the file when it was killed is not whole.
    const carolsPictures = (await numbersIn(carols)).slice(0, -1)
    expect(carolsPictures.length).toBeGreaterThan(RATE)
    expect(faults(carolsPictures)).toEqual({ lost: 0, doubled: 0 })
  },
)

test.skipIf(ffmpeg.missing)(
  `[LVP27] [LVE5] a viewer whose device stands still for 8 s goes on where the broadcast is, also with a strict window; what it sees is in order${ffmpeg.reason}`,
  async () => {
    const { folder, film } = await madeFilm(150)
    await using stage = await openStage()
    await stage.server()
    const [alice, bob] = [await stage.join('alice'), await stage.join('bob')]
    await stage.befriend(alice, bob)
    const bobsAgent = await bob.agent()

    // Without an agent: the command is the device for as long as it shows.
    const kept = join(folder, 'kept.mp4')
    const showing = alice.start('live', '--from', film, '--ack-window', '1', '--record', kept, '--json')
    await showing.says(/"broadcast"/)
    await alice.json('live', 'allow', bob.address)
    const file = join(folder, 'bob.h264')
    const watching = bob.start('watch', alice.address, '--into', file, '--json')
    await comesTo<LiveWatching>(watching, 'pictures', ({ shown }) => shown > RATE)
    bobsAgent.process.kill('SIGSTOP')
    const before = await comesTo<LiveShowing>(showing, 'nobody who watches', ({ viewers }) =>
      viewers.every(({ state }) => state !== 'watching'),
    )
    expect(before.frames).toBeGreaterThan(RATE)
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    bobsAgent.process.kill('SIGCONT')
    const stood = said<LiveWatching>(watching).at(-1)?.shown ?? 0
    await comesTo<LiveWatching>(watching, 'pictures again', ({ shown }) => shown > stood + RATE)
    await comesTo<LiveShowing>(showing, 'a viewer again', ({ viewers }) => viewers[0]?.state === 'watching')

    expect(await showing.end('SIGINT')).toBe(130)
    expect(await watching.ended()).toBe(0)
    const last = said<LiveWatching>(watching).at(-1)
    expect(last).toMatchObject({ state: 'over', reason: 'ended' })
    // What was skipped is skipped; what was shown decodes, picture by picture.
    const { shown = 0, unshown = 0 } = last ?? {}
    expect((await numbersIn(file)).length).toBe(shown - unshown)
    expect(await picturesThatLackOne(file)).toBe(0)
    // Every picture of the source is in what was kept, whoever saw it.
    const { frames = Infinity } = said<LiveShowing>(showing).at(-1) ?? {}
    const keptPictures = await numbersIn(kept, [])
    expect(keptPictures.length).toBeGreaterThan(frames * 0.9)
    expect(faults(keptPictures)).toEqual({ lost: 0, doubled: 0 })
  },
)

test.skipIf(ffmpeg.missing)(
  `[LVP29] into a film for one, as stills for another, who is put out and stays out${ffmpeg.reason}`,
  async () => {
    const { folder, film } = await madeFilm(150)
    await using stage = await openStage()
    await stage.server()
    const { alice, bob, carol } = await threeFriends(stage)
    await alice.agent()
    const both = ['--to', bob.address, '--to', carol.address]
    const showing = alice.start('live', '--from', film, ...both, '--ack-window', '30', '--json')
    await showing.says(/"broadcast"/)
    const file = join(folder, 'bob.mp4')
    const watching = bob.start('watch', alice.address, '--into', file, '--json')
    const stills = join(folder, 'stills')
    const second = carol.start('watch', alice.address, '--stills', stills, '--json')
    await until('two stills', async () => (await readdir(stills).catch(() => [])).length >= 2)
    await comesTo<LiveWatching>(watching, 'pictures', ({ shown }) => shown > 2 * RATE)

    expect(await alice.json('live', 'kick', carol.address)).toMatchObject({ never: [carol.address] })
    expect(await second.ended()).toBe(69)
    expect(said<LiveWatching>(second).at(-1)).toMatchObject({ state: 'over', reason: 'kicked' })
    const again = await carol.run('watch', alice.address, '--stills', join(folder, 'more'), '--json')
    expect(again.code).toBe(69)
    const { shown } = said<LiveWatching>(watching).at(-1) ?? { shown: 0 }
    await comesTo<LiveWatching>(watching, 'more, under another key', (last) => last.shown > shown + 2 * RATE)

    expect(await showing.end('SIGINT')).toBe(130)
    expect(await watching.ended()).toBe(0)
    const last = said<LiveWatching>(watching).at(-1)
    // Stills that others get are numbered among the pictures: what is missing is counted from what was seen.
    expect(last).toMatchObject({ state: 'over', reason: 'ended', late: 0 })
    const seen = await numbersIn(file, [])
    // Before the first key frame nothing can be shown.
    expect(seen.length).toBe((last?.shown ?? 0) - (last?.unshown ?? 0))
    expect(last?.unshown).toBeLessThan(2 * RATE)
    expect(faults(seen)).toEqual({ lost: 0, doubled: 0 })
    for (const name of await readdir(stills)) {
      expect([...(await readFile(join(stills, name))).subarray(0, 2)]).toEqual([0xff, 0xd8])
    }
  },
)

test.skipIf(ffmpeg.missing)(
  `[LVP64] [LVE7] what flashes and beeps at once in a film does so in what its viewer keeps, within 80 ms${ffmpeg.reason}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doorpost-live-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const film = join(folder, 'beeps.mp4')
    await beepingFilm(film, 60)
    await using stage = await openStage()
    await stage.server()
    const [alice, bob] = [await stage.join('alice'), await stage.join('bob')]
    await stage.befriend(alice, bob)
    await bob.agent()
    const showing = alice.start('live', '--from', film, '--to', bob.address, '--ack-window', '30', '--json')
    await showing.says(/"broadcast"/)
    const kept = join(folder, 'kept.mp4')
    const watching = bob.start('watch', alice.address, '--into', kept, '--json')
    await comesTo<LiveWatching>(watching, 'eight seconds', ({ shown }) => shown > 8 * RATE)
    // The agent finishes the file before the command that was stopped ends.
    expect(await watching.end('SIGINT')).toBe(130)
    // A machine that stands still for long drops sound that is too late: a beep that did not come is not out of step.
    const apartMs = beepsAfter(await flashesAndBeeps(kept)).filter((ms) => ms !== Infinity)
    expect(apartMs.length).toBeGreaterThanOrEqual(3)
    const middleMs = apartMs.toSorted((a, b) => a - b)[Math.floor(apartMs.length / 2)]
    expect(Math.abs(middleMs ?? Infinity)).toBeLessThan(80)
  },
)
