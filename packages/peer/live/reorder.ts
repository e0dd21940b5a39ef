// Puts the frames of one sequence back in order where they come over two paths at once, each in order by itself, and shows none twice.
// Pure: frames and the time in, frames out. Whoever has the clock asks again at `dueMs`.
//
// Frames are numbered from 0 in each epoch. A frame that is missing may still come on a path that has not got past it. It is waited for while such a path is in use, and not
// longer than HOLD_MS; a path that got past it will not bring it: then it was shed, and nobody waits.

export type LivePath = 'server' | 'peer'

/** Longest that a frame waits for one before it, ms: half of the second in which a path that died must be made good. */
export const HOLD_MS = 500
/** Frames that wait at most: two seconds of 30 a second, four times what HOLD_MS can gather. */
export const HELD_MAX = 64
/** Missing frames that are remembered, to tell one that comes too late from one that comes twice. */
const MISSED_MAX = 1024

export interface ReorderCounts {
  readonly shown: number
  /** Came again, over the other path or the same. */
  readonly doubled: number
  /** Came when later ones were shown already. */
  readonly late: number
  /** Numbers that were passed over, less those that came late. */
  readonly missing: number
}

export interface Numbered {
  readonly epoch: number
  readonly sequence: number
  /** Nothing before it is needed to show it: a viewer can begin here. */
  readonly isKey: boolean
}

export interface Reorder<Frame> {
  /** That path is about to bring frames: those of the other wait for it. */
  begin(path: LivePath, nowMs: number): void
  /** A frame that came; answers what can be shown now, in order. */
  take(path: LivePath, frame: Frame, nowMs: number): Frame[]
  /** That path brings nothing more. */
  end(path: LivePath, nowMs: number): Frame[]
  /** What can be shown because time went by. */
  due(nowMs: number): Frame[]
  /** When to ask `due`; undefined while nothing waits. */
  readonly dueMs: number | undefined
  readonly counts: ReorderCounts
}

export function createReorder<Frame extends Numbered>(): Reorder<Frame> {
  const held = new Map<number, { readonly frame: Frame; readonly cameMs: number }>()
  const paths = new Map<LivePath, { readonly through: number; readonly heardMs: number }>()
  const missed = new Set<number>()
  /** Place of the last one that was shown. */
  let last: number | undefined
  let shown = 0
  let doubled = 0
  let late = 0
  let missing = 0

  /** When nobody waits any more for what is missing before this place. */
  function releaseMs(place: number, cameMs: number): number {
    const awaited = [...paths.values()].filter(({ through }) => through < place)
    const silentMs = Math.max(-Infinity, ...awaited.map(({ heardMs }) => heardMs + HOLD_MS))
    return Math.min(silentMs, cameMs + HOLD_MS)
  }

  function show(place: number, { epoch, sequence }: Numbered): void {
    if (last !== undefined) {
      // How many an epoch had is known to nobody who missed its last.
      const first = Math.max(last + 1, placeOf({ epoch, sequence: 0 }))
      missing += place - first
      for (let gap = Math.max(first, place - MISSED_MAX); gap < place; gap++) missed.add(gap)
      for (const gap of missed) {
        if (missed.size <= MISSED_MAX) break
        missed.delete(gap)
      }
    }
    held.delete(place)
    last = place
    shown++
  }

  const firstPlace = () => Math.min(...held.keys())

  function due(nowMs: number): Frame[] {
    const ready: Frame[] = []
    while (held.size > 0) {
      const place = firstPlace()
      const one = held.get(place)
      if (!one) break
      const follows = last === undefined ? one.frame.isKey : place === last + 1
      if (!follows && held.size <= HELD_MAX && nowMs < releaseMs(place, one.cameMs)) break
      show(place, one.frame)
      ready.push(one.frame)
    }
    return ready
  }

  return {
    begin(path, nowMs) {
      paths.set(path, { through: paths.get(path)?.through ?? -1, heardMs: nowMs })
    },
    take(path, frame, nowMs) {
      const place = placeOf(frame)
      const through = Math.max(paths.get(path)?.through ?? -1, place)
      paths.set(path, { through, heardMs: nowMs })
      if (held.has(place) || (last !== undefined && place <= last)) {
        if (missed.delete(place)) {
          late++
          missing--
        } else doubled++
      } else held.set(place, { frame, cameMs: nowMs })
      return due(nowMs)
    },
    end(path, nowMs) {
      paths.delete(path)
      return due(nowMs)
    },
    due,
    get dueMs() {
      const place = firstPlace()
      const one = held.get(place)
      return one && releaseMs(place, one.cameMs)
    },
    get counts() {
      return { shown, doubled, late, missing }
    },
  }
}

/** One number for both: epochs stay far under 2^21, since each takes a note to every viewer. */
function placeOf({ epoch, sequence }: Omit<Numbered, 'isKey'>): number {
  return epoch * 2 ** 32 + sequence
}
