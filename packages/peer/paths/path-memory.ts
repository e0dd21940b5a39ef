// What happened between two devices on each kind of path lately, for choosing the next time: in memory, bounded.

import type { Clock } from '../clock.ts'
import type { Candidate } from './choose.ts'
import type { PathKind } from './path.ts'

/** Pairs of device and kind that are remembered; beyond it the one changed longest ago is forgotten. */
const REMEMBERED_MAX = 1_000

export interface PathMemory {
  candidates(device: string, kinds: readonly PathKind[]): readonly Candidate[]
  failed(device: string, kind: PathKind): void
  /** It opened: what went wrong before is over. */
  opened(device: string, kind: PathKind): void
  carried(device: string, kind: PathKind, bytesPerSecond: number): void
}

export function createPathMemory(clock: Clock): PathMemory {
  const known = new Map<string, Omit<Candidate, 'kind'>>()
  const change = (device: string, kind: PathKind, what: Omit<Candidate, 'kind'>) => {
    const key = `${device} ${kind}`
    const now = { ...known.get(key), ...what }
    known.delete(key)
    known.set(key, now)
    const [oldest] = known.keys()
    if (known.size > REMEMBERED_MAX && oldest !== undefined) known.delete(oldest)
  }
  return {
    candidates: (device, kinds) => kinds.map((kind) => ({ kind, ...known.get(`${device} ${kind}`) })),
    failed: (device, kind) => change(device, kind, { failedAtMs: clock.nowMs() }),
    opened: (device, kind) => change(device, kind, { failedAtMs: undefined }),
    carried: (device, kind, bytesPerSecond) =>
      change(device, kind, { measured: { bytesPerSecond, atMs: clock.nowMs() } }),
  }
}
