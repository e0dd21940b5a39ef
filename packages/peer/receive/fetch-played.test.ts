// What is asked for, and in which order, while somebody plays what is fetched.

import { pieceHash } from '@doorpost/protocol/piece-list'
import { describe, expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { fetching, sourceFor } from './fake-fetch.ts'
import { memoryPart, passing, pathTo, sourceOf, worldOf } from './fake-world.ts'
import { PLAY_WINDOW_MS } from './ask-ahead.ts'
import { fixedSources } from './fetch-source.ts'
import { JUMP_AGAIN_MS } from './fetch-sources.ts'
import type { PlayHead } from './schedule.ts'

const all = () => true

describe('somebody plays it', () => {
  test('[SPD3] little is under way on their behalf, and a jump is asked for at once, whatever is under way', async () => {
    const clock = fakeClock()
    const world = worldOf(400, clock)
    const pieceMs = 20
    const part = memoryPart(world)
    const asked: { index: number; inFlight: number }[] = []
    const path = pathTo(
      sourceOf(world, { has: all, pieceMs }),
      'bob@a.example/laptop',
      (index) => asked.push({ index, inFlight: asked.length - part.here.size }),
      'direct',
    )
    let head: PlayHead | undefined = { wanted: [0], from: 0, soon: [399, 398] }
    let moved = () => {}
    const running = fetching(world, fixedSources([sourceFor('ann', async () => path, 'sender', ['direct'])]), {
      part,
      head: () => head,
      onHead(listener) {
        moved = listener
        return () => {}
      },
    })
    while (!part.here.has(20)) await clock.pass(pieceMs)
    const most = Math.ceil(PLAY_WINDOW_MS / pieceMs)
    expect(asked.slice(0, 3).map(({ index }) => index)).toEqual([0, 399, 398])
    expect(Math.max(...asked.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(most)
    head = { wanted: [200], from: 200 }
    const before = asked.length
    moved()
    expect(asked[before]?.index).toBe(200)
    const jumpedMs = clock.nowMs()
    while (!part.here.has(200)) await clock.pass(pieceMs)
    expect(clock.nowMs() - jumpedMs).toBeLessThanOrEqual(PLAY_WINDOW_MS + 2 * pieceMs)
    head = undefined
    moved()
    expect((await passing(clock, running, 60_000)).state).toBe('stored')
    // Nobody waits any more: it is saved with a full window.
    expect(Math.max(...asked.map(({ inFlight }) => inFlight))).toBeGreaterThan(most)
  })

  test('[PLY41] what the first piece says is asked for all at once as it lands, before anything else', async () => {
    const clock = fakeClock()
    const world = worldOf(400, clock)
    const asked: number[] = []
    const path = pathTo(
      sourceOf(world, { has: all, pieceMs: 20 }),
      'bob@a.example/laptop',
      (index) => asked.push(index),
      'tunnel',
    )
    let head: PlayHead | undefined = { wanted: [0], from: 0 }
    let moved = () => {}
    const part = memoryPart(world)
    const running = fetching(world, fixedSources([sourceFor('ann', async () => path, 'sender', ['tunnel'])]), {
      part,
      head: () => head,
      onHead(listener) {
        moved = listener
        return () => {}
      },
      onFirst(bytes) {
        expect(bytes.slice(0, 32)).toEqual(pieceHash(world.list, 0))
        head = { wanted: [0], from: 0, soon: [396, 397, 398, 399] }
        moved()
      },
    })
    while (!part.here.has(0)) await clock.pass(20)
    expect(asked).toEqual([0, 1, 396, 397, 398, 399])
    while (!part.here.has(399)) await clock.pass(20)
    head = undefined
    moved()
    expect((await passing(clock, running, 60_000)).state).toBe('stored')
  })

  test('[PLY45] on a slow tunnel a jump goes past what was asked before, once a second; nothing is lost by it', async () => {
    const clock = fakeClock()
    const world = worldOf(400, clock)
    const source = sourceOf(world, { has: all, pieceMs: 400 })
    const paths: { readonly asked: number[]; closed: boolean }[] = []
    const openPath = async () => {
      const opened = { asked: [] as number[], closed: false }
      paths.push(opened)
      const path = pathTo(source, 'bob@a.example/laptop', (index) => opened.asked.push(index), 'tunnel')
      void path.closed.then(() => (opened.closed = true))
      return path
    }
    let head: PlayHead | undefined = { wanted: [0], from: 0 }
    let moved = () => {}
    const part = memoryPart(world)
    const running = fetching(world, fixedSources([sourceFor('ann', openPath, 'sender', ['tunnel'])]), {
      part,
      head: () => head,
      onHead(listener) {
        moved = listener
        return () => {}
      },
    })
    while (!part.here.has(2)) await clock.pass(100)
    // It goes on where it was: no jump.
    head = { wanted: [3], from: 3 }
    moved()
    expect(paths).toHaveLength(1)
    head = { wanted: [200], from: 200 }
    moved()
    await clock.pass(0)
    expect(paths.map(({ asked, closed }) => [asked.includes(200), closed])).toEqual([
      [false, true],
      [true, false],
    ])
    expect(paths[1]?.asked[0]).toBe(200)
    // At once again: it waits its turn.
    head = { wanted: [300], from: 300 }
    moved()
    await clock.pass(0)
    expect(paths).toHaveLength(2)
    expect(paths[1]?.asked).toContain(300)
    while (!part.here.has(300)) await clock.pass(100)
    await clock.pass(JUMP_AGAIN_MS)
    head = { wanted: [100], from: 100 }
    moved()
    await clock.pass(0)
    expect(paths).toHaveLength(3)
    head = undefined
    moved()
    expect((await passing(clock, running, 300_000)).state).toBe('stored')
  })
})
