// A server with room for two viewers: the third is told why it waits, and gets in when the second leaves. Then one that relays nothing at
// all: a film goes straight across, and not a frame through the server.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LiveShowing, LiveWatching } from '@doorpost/peer/live/contract'
import { expect, onTestFinished, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { comesTo, faults, numberedFilm, numbersIn, RATE, said } from './numbered-film.ts'
import { openStage, type Stage } from './stage.ts'

const ffmpeg = needs('ffmpeg')
/** A film asks for 156,250 bytes a second (1 Mbit/s, and a quarter more): two fit, three do not. */
const ROOM_FOR_TWO = 390_000

async function showing(bytesPerSecond: number): Promise<{ stage: Stage; film: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'doorpost-live-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const film = join(folder, 'numbers.mp4')
  await numberedFilm(film, 120)
  const stage = await openStage()
  onTestFinished(() => stage[Symbol.asyncDispose]())
  const policy = join(folder, 'policy.json')
  await writeFile(policy, JSON.stringify({ live: { bytesPerSecond } }))
  await stage.server('--policy', policy)
  return { stage, film, folder }
}

/** A figure of /metrics. */
async function figure({ origin }: Stage, name: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text()
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      ?.split(' ')
      .at(-1) ?? 0,
  )
}

test.skipIf(ffmpeg.missing)(
  `[LVS60] live-capacity: the third viewer is pending with a reason, and gets in when the second leaves${ffmpeg.reason}`,
  async () => {
    const { stage, film, folder } = await showing(ROOM_FOR_TWO)
    const [alice, bob, carol, dave] = await Promise.all([
      stage.join('alice'),
      stage.join('bob'),
      stage.join('carol'),
      stage.join('dave'),
    ])
    for (const one of [bob, carol, dave]) await stage.befriend(alice, one)
    await Promise.all([alice, bob, carol, dave].map((one) => one.agent()))
    const guests = [bob, carol, dave].flatMap(({ address }) => ['--to', address])
    const shown = alice.start('live', '--from', film, ...guests, '--ack-window', '30', '--json')
    await shown.says(/"broadcast"/)
    const bobs = join(folder, 'bob.h264')
    const first = bob.start('watch', alice.address, '--into', bobs, '--json')
    await comesTo<LiveWatching>(first, 'pictures for the first', (now) => now.shown > 5)
    const second = carol.start('watch', alice.address, '--into', join(folder, 'carol.h264'), '--json')
    await comesTo<LiveWatching>(second, 'pictures for the second', (now) => now.shown > 5)

    const third = dave.start('watch', alice.address, '--into', join(folder, 'dave.h264'), '--json')
    await comesTo<LiveWatching>(
      third,
      'the reason',
      ({ state, reason }) => state === 'pending' && reason === 'capacity',
    )
    await comesTo<LiveShowing>(shown, 'the broadcaster to know', ({ viewers }) =>
      viewers.some(({ state, reason }) => state === 'pending' && reason === 'capacity'),
    )
    expect(await second.end('SIGINT')).toBe(130)
    await comesTo<LiveWatching>(third, 'pictures for the third', (now) => now.shown > RATE)
    expect(
      said<LiveWatching>(first).every(({ state }) => state === 'asked' || state === 'pending' || state === 'watching'),
    ).toBe(true)

    expect(await shown.end('SIGINT')).toBe(130)
    await first.ended()
    // A busy machine may skip; nothing comes twice or out of order, and nothing that came is not in the file.
    const last = said<LiveWatching>(first).at(-1)
    const seen = await numbersIn(bobs)
    expect(last).toMatchObject({ state: 'over', late: 0 })
    expect([seen.length, faults(seen).doubled]).toEqual([(last?.shown ?? 0) - (last?.unshown ?? 0), 0])
  },
)

test.skipIf(ffmpeg.missing)(
  `[LVS62] at capacity 0 a film goes straight across, and no frame through the server${ffmpeg.reason}`,
  async () => {
    const { stage, film, folder } = await showing(0)
    const [alice, bob] = [await stage.join('alice'), await stage.join('bob')]
    await stage.befriend(alice, bob)
    for (const one of [alice, bob]) await one.agent()
    const shown = alice.start('live', '--from', film, '--to', bob.address, '--json')
    await shown.says(/"broadcast"/)
    const watching = bob.start('watch', alice.address, '--into', join(folder, 'bob.h264'), '--json')
    await comesTo<LiveWatching>(
      watching,
      'pictures straight across',
      ({ path, shown: count }) => path === 'peer' && count > RATE,
    )
    expect(said<LiveWatching>(watching).some(({ reason }) => reason === 'peer-to-peer-only')).toBe(true)
    expect(await figure(stage, 'doorpost_live_relay_bytes_total')).toBe(0)
    expect(await figure(stage, 'doorpost_live_viewers')).toBe(1)
  },
)
