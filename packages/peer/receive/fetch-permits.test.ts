// A source that may be reached in other ways than before, or no more, while it is fetched from.

import { describe, expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import type { Path, PathKind } from '../paths/path.ts'
import { type FetchOptions, fetchMedia, type FetchOutcome } from './fetch.ts'
import type { FetchSource } from './fetch-source.ts'
import {
  changingSources,
  memoryPart,
  passing,
  pathTo,
  plainCrypto,
  sourceOf,
  type World,
  worldOf,
} from './fake-world.ts'

const all = () => true
const never = new AbortController().signal

function fetching(
  world: World,
  sources: FetchOptions['sources'],
  more: Partial<FetchOptions> = {},
): Promise<FetchOutcome> {
  const { media, clock } = world
  const part = memoryPart(world)
  return fetchMedia({ media, clock, sources, part, crypto: plainCrypto, random: () => 0.5, signal: never, ...more })
}

function senderFor(open: FetchSource['open'], kinds: readonly PathKind[] = ['memory']): FetchSource {
  return { name: 'ann', role: 'sender', kinds, open }
}

describe('what is permitted changes', () => {
  /** Gives four pieces by the first way, and whatever is asked by another. */
  function leaving(world: World, how: { readonly refuses: boolean }) {
    const paths: { readonly kind: PathKind; closed: boolean }[] = []
    let given = 0
    const open = async (kind: PathKind): Promise<Path> => {
      if (kind === 'direct' && given > 0) throw new Error('nobody answers')
      const source = sourceOf(world, { has: all, pieceMs: 100, onPiece: () => given++ })
      const { piece } = source
      if (kind === 'direct' && how.refuses) {
        source.piece = (...args) => (given < 4 ? piece(...args) : Promise.resolve({ state: 'refused' }))
      }
      const path = pathTo(source, 'bob@example.org/laptop', undefined, kind)
      const state = { kind, closed: false }
      paths.push(state)
      void path.closed.then(() => (state.closed = true))
      return path
    }
    const source = senderFor(open, ['direct', 'tunnel'])
    return { source, paths }
  }

  test('[F13] a sender that gave and refuses is asked once more: by the tunnel, when that is all it wishes by now', async () => {
    const clock = fakeClock()
    const world = worldOf(30, clock)
    const wary = leaving(world, { refuses: true })
    const outcome = await passing(clock, fetching(world, changingSources([wary.source])), 20_000)
    expect(outcome).toMatchObject({ state: 'stored', paths: ['direct', 'tunnel'] })
  })

  test('[F13] one that goes on refusing is left', async () => {
    const clock = fakeClock()
    const world = worldOf(30, clock)
    let opened = 0
    const open = async () => {
      opened++
      const source = sourceOf(world, { has: all, pieceMs: 10 })
      const { piece } = source
      let given = 0
      source.piece = (...args) => (opened === 1 && given++ < 4 ? piece(...args) : Promise.resolve({ state: 'refused' }))
      return pathTo(source, 'bob@example.org/laptop')
    }
    const outcome = await passing(clock, fetching(world, changingSources([senderFor(open)])), 20_000)
    expect(outcome.state).not.toBe('stored')
    expect(opened).toBe(2)
  })

  test('[SRC1] a way that this side wishes no more is closed at once, and what is left comes another way', async () => {
    const clock = fakeClock()
    const world = worldOf(30, clock)
    const ann = leaving(world, { refuses: false })
    let permits: readonly PathKind[] = ['direct', 'tunnel']
    const changing = changingSources([ann.source])
    const running = fetching(world, Object.assign(changing, { permits: () => permits }))
    await clock.pass(1_000)
    expect(ann.paths).toEqual([{ kind: 'direct', closed: false }])
    permits = ['tunnel']
    changing.add(senderFor(ann.source.open, ['tunnel']))
    await clock.pass(0)
    expect(ann.paths[0]?.closed).toBe(true)
    expect(await passing(clock, running, 20_000)).toMatchObject({ state: 'stored', paths: ['direct', 'tunnel'] })
  })

  test('[CHO7] what is permitted since is moved up to at once: somebody has just said yes to it', async () => {
    const clock = fakeClock()
    const world = worldOf(30, clock)
    const ann = leaving(world, { refuses: false })
    const changing = changingSources([senderFor(ann.source.open, ['tunnel'])])
    const running = fetching(world, changing)
    await clock.pass(1_000)
    changing.add(senderFor(ann.source.open, ['webrtc', 'tunnel']))
    await clock.pass(250)
    expect(ann.paths.map(({ kind }) => kind)).toEqual(['tunnel', 'webrtc'])
    expect(await passing(clock, running, 20_000)).toMatchObject({ state: 'stored', paths: ['tunnel', 'webrtc'] })
  })

  test('[SRC1] nothing is permitted any more: what is open is closed and nothing is opened', async () => {
    const clock = fakeClock()
    const world = worldOf(30, clock)
    const ann = leaving(world, { refuses: false })
    let permits: readonly PathKind[] = ['direct', 'tunnel']
    const changing = changingSources([ann.source])
    const running = fetching(world, Object.assign(changing, { permits: () => permits }), { patienceMs: 3_000 })
    await clock.pass(1_000)
    permits = []
    changing.remove('ann')
    expect((await passing(clock, running, 20_000)).state).toBe('no-source')
    expect(ann.paths).toEqual([{ kind: 'direct', closed: true }])
  })
})
