// A fetch in memory, for tests: everything is as fetchMedia wants it, but for what the test says.

import type { Path, PathKind } from '../paths/path.ts'
import { memoryPart, plainCrypto, type World } from './fake-world.ts'
import { type FetchOptions, fetchMedia, type FetchOutcome } from './fetch.ts'
import type { FetchSource } from './fetch-source.ts'

const never = new AbortController().signal

export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
export function fetching(
  world: World,
  sources: FetchOptions['sources'],
  more: Partial<FetchOptions> = {},
): Promise<FetchOutcome> {
  const { media, clock } = world
  const part = more.part ?? memoryPart(world)
  return fetchMedia({ media, clock, sources, part, crypto: plainCrypto, random: seeded(1), signal: never, ...more })
}
export function sourceFor(
  name: string,
  open: (kind: PathKind, signal: AbortSignal) => Promise<Path>,
  role: FetchSource['role'] = 'copy',
  kinds: readonly PathKind[] = ['memory'],
): FetchSource {
  return { name, role, kinds, open }
}
