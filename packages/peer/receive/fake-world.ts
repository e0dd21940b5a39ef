// For tests: fetches among many devices on one fake clock. Media whose pieces are told apart by their first bytes alone, copies kept as
// sets of piece numbers, uplinks that carry one piece after the other, and paths in memory between them.

import { sha256 } from '@noble/hashes/sha2.js'
import { concat, sameBytes, u64be } from '@doorpost/protocol/bytes'
import { keyCommitment, pieceCount, pieceHash, pieceLength, mediaRoot } from '@doorpost/protocol/piece-list'
import type { FakeClock } from '../fake-clock.ts'
import { openMemoryPath } from '../paths/memory-path.ts'
import type { Path, PathKind, Source } from '../paths/path.ts'
import { createClaims } from '../send/claims.ts'
import type { PieceCrypto } from '../send/piece-crypto.ts'
import type { FetchSource, LiveSources } from './fetch-source.ts'
import type { Part } from './partial.ts'
import type { FetchedMedia } from './verify.ts'

/** Hashes a piece to its first bytes and ciphers nothing: what is tested is who asks whom for what. */
export const plainCrypto: PieceCrypto = {
  hash: async (bytes) => bytes.slice(0, 32),
  cipher: async () => {},
  random: (length) => new Uint8Array(length),
}

export interface World {
  readonly media: FetchedMedia
  readonly list: Uint8Array
  readonly count: number
  readonly clock: FakeClock
}

/** Media of so many pieces, each 1 MiB of which only the first bytes matter. */
export function worldOf(count: number, clock: FakeClock): World {
  const sizeBytes = count * pieceLength(0)
  const key = new Uint8Array(32).fill(5)
  const list = concat(...Array.from({ length: pieceCount(sizeBytes) }, (_, index) => sha256(u64be(index))))
  const root = mediaRoot({ sizeBytes, pieceLength: pieceLength(sizeBytes), keyCommitment: keyCommitment(key), list })
  return { media: { messageId: 'AAAAAAAAAAAAAAAAAAAAAA', root, sizeBytes, key }, list, count, clock }
}

/** A part in memory; throws where a piece is written that is not that piece, or twice. */
export function memoryPart(
  { media, list, count }: World,
  here = new Set<number>(),
): Part & { readonly here: Set<number> } {
  let known: Uint8Array | undefined
  return {
    here,
    media,
    file: '/part',
    has: (index) => here.has(index),
    get verifiedBytes() {
      return here.size * pieceLength(media.sizeBytes)
    },
    get list() {
      return known
    },
    async keepList(verified) {
      known = verified
    },
    write(index, plain) {
      if (here.has(index)) throw new Error(`piece ${index} was written twice`)
      if (!sameBytes(plain.slice(0, 32), pieceHash(list, index)))
        throw new Error(`piece ${index} is not what it should be`)
      here.add(index)
    },
    async finish() {
      if (here.size < count) throw new Error('a piece is missing')
      return '/film'
    },
    forget: async () => {},
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

export interface Copy {
  /** Grows while it is fetched. */
  readonly has: (index: number) => boolean
  /** How long a piece takes to leave, ms; one after the other, whoever asked. */
  readonly pieceMs: number
  /** Of these it sends something else. */
  readonly lies?: ReadonlySet<number>
  /** Called before each piece: it may end the path that asks. */
  readonly onPiece?: (index: number) => void
}

/** What one device gives out, to whoever asks; `given` counts per piece. */
export function sourceOf({ list, count, media, clock }: World, copy: Copy): Source & { readonly given: number[] } {
  const claims = createClaims(clock)
  const given: number[] = []
  let uplink = Promise.resolve()
  const leaves = () => {
    uplink = uplink.then(() => new Promise((resolve) => void clock.after(copy.pieceMs, resolve)))
    return uplink
  }
  return {
    given,
    list: async () => ({ state: 'here', list }),
    async piece(_caller, _media, index, signal) {
      copy.onPiece?.(index)
      if (!copy.has(index)) return { state: 'source-away' }
      claims('', count).gave(index)
      if (copy.pieceMs > 0) await leaves()
      if (signal.aborted) return { state: 'line-broken', cause: 'aborted' }
      given[index] = (given[index] ?? 0) + 1
      const bytes = new Uint8Array(pieceLength(media.sizeBytes))
      bytes.set(copy.lies?.has(index) ? new Uint8Array(32) : pieceHash(list, index))
      return { state: 'here', bytes, release: () => {} }
    },
    async have() {
      const have = new Uint8Array(Math.ceil(count / 8))
      for (let index = 0; index < count; index++) {
        if (copy.has(index)) have[index >> 3] = (have[index >> 3] as number) | (0x80 >> (index & 7))
      }
      return { state: 'here', have }
    },
    claim: async (caller, _media, howMany) => ({
      state: 'here',
      pieces: claims('', count).claim(caller.address, howMany),
    }),
  }
}

/** A path in memory from one device to another; `onAsk` is called with each piece asked for. */
export function pathTo(
  source: Source,
  caller: string,
  onAsk: (index: number) => void = () => {},
  kind: PathKind = 'memory',
): Path {
  const path = openMemoryPath(source, { address: caller, deviceKey: new Uint8Array(32), via: kind })
  const asking: Path = Object.assign(Object.create(path) as Path, {
    kind,
    piece: (...args: Parameters<Path['piece']>) => {
      onAsk(args[1].index)
      return path.piece(...args)
    },
  })
  return asking
}

/** Sources that tests add and take away. */
export function changingSources(first: readonly FetchSource[] = []): LiveSources & {
  add(source: FetchSource): void
  remove(name: string): void
} {
  let now = [...first]
  const told = new Set<() => void>()
  const change = (next: FetchSource[]) => {
    now = next
    for (const tell of told) tell()
  }
  return {
    current: () => now,
    onChange(listener) {
      told.add(listener)
      return () => void told.delete(listener)
    },
    add: (source) => change([...now.filter(({ name }) => name !== source.name), source]),
    remove: (name) => change(now.filter((source) => source.name !== name)),
  }
}

/** Lets the clock run, a step at a time, until `running` is over; fails when that takes longer than `atMostMs` of its time. */
export async function passing<T>(clock: FakeClock, running: Promise<T>, atMostMs: number, stepMs = 250): Promise<T> {
  let over = false
  const ended = () => (over = true)
  running.then(ended, ended)
  const endMs = clock.nowMs() + atMostMs
  while (!over && clock.nowMs() < endMs) await clock.pass(stepMs)
  if (!over) throw new Error('it does not end')
  return await running
}
