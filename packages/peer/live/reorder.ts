// Puts the frames of one broadcast back in order where they come over two paths at once, each in order by itself, and shows none twice.
// Pure: frames and the time in, frames out. Whoever has the clock asks again at `dueMs`.
//
// Pictures (with stills) and sound are numbered together, from 0 in each epoch, and are two lanes here: sound overtakes pictures on the
// way and waits for none. In a lane a frame follows when every number since the one before has come, in whatever lane. A number that is
// missing may still come on a path that has not got past it: it is waited for while such a path is in use, and not longer than HOLD_MS.
// What every path got past will not come: it was shed, and nobody waits.
//
// Each path sheds what the viewer can do without on that path, and nothing that comes on it later needs. The broadcaster knows what it
// skipped peer-to-peer and the server goes on from there; of what the server skipped it knows nothing. So a picture that came peer-to-peer
// alone, after one that came through the server alone and with numbers missing between, may lack one of those.

export type LivePath = 'server' | 'peer'

/** Longest that a frame waits for one before it, ms: half of the second in which a path that died must be made good. */
export const HOLD_MS = 500
/** Longest that sound waits, ms: three packets; what is later is heard as a gap in any case. */
export const SOUND_HOLD_MS = 60
/** Frames that wait in a lane at most: two seconds of 30 pictures, or a second of sound; HOLD_MS gathers half of that. */
export const HELD_MAX = 64
/** Numbers that are remembered as come: some 20 s of pictures and sound. */
const CAME_MAX = 2048

export interface ReorderCounts {
  /** Pictures. */
  readonly shown: number
  /** Came again, over the other path or the same. */
  readonly doubled: number
  /** Came when later ones of their lane were shown already. */
  readonly late: number
  /** Numbers that were passed over by a picture, less those that came late. */
  readonly missing: number
}

export interface Numbered {
  readonly epoch: number
  readonly sequence: number
  /** Nothing before it is needed to show it: a viewer can begin here. */
  readonly isKey: boolean
  readonly isSound: boolean
  /** Set here: it may need a picture that did not come. */
  readonly mayLack?: true
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

interface Held<Frame> {
  readonly frame: Frame
  readonly cameMs: number
  /** On which it came. */
  readonly paths: Set<LivePath>
}

interface Lane<Frame> {
  readonly holdMs: number
  readonly held: Map<number, Held<Frame>>
  /** Place of the last one that was shown. */
  last: number | undefined
  lastPaths: Set<LivePath>
  /** Of each path, the highest place that it brought. */
  readonly through: Map<LivePath, number>
}

export function createReorder<Frame extends Numbered>(): Reorder<Frame> {
  const lane = (holdMs: number): Lane<Frame> => ({
    holdMs,
    held: new Map(),
    last: undefined,
    lastPaths: new Set(),
    through: new Map(),
  })
  const lanes = { pictures: lane(HOLD_MS), sound: lane(SOUND_HOLD_MS) }
  const both = [lanes.sound, lanes.pictures]
  const heardMs = new Map<LivePath, number>()
  const came = new Set<number>()
  let shown = 0
  let doubled = 0
  let late = 0
  let missing = 0

  /** When nobody waits any more for what is missing before this place. */
  function releaseMs({ through, holdMs }: Lane<Frame>, place: number, cameMs: number): number {
    const awaited = [...heardMs].filter(([path]) => (through.get(path) ?? -1) < place)
    const silentMs = Math.max(-Infinity, ...awaited.map(([, ms]) => ms + holdMs))
    return Math.min(silentMs, cameMs + holdMs)
  }

  /** Of the numbers between, in this epoch: how many an epoch had is known to nobody who missed its last. */
  function absentSince(last: number, place: number, { epoch }: Numbered): number {
    const first = Math.max(last + 1, placeOf({ epoch, sequence: 0 }))
    // Longer ago than anybody remembers.
    if (place - first > CAME_MAX) return place - first
    let absent = 0
    for (let between = first; between < place; between++) if (!came.has(between)) absent++
    return absent
  }

  function follows({ last }: Lane<Frame>, place: number, frame: Frame): boolean {
    if (last === undefined) return frame.isKey
    return last >= placeOf({ epoch: frame.epoch, sequence: 0 }) && absentSince(last, place, frame) === 0
  }

  function dueIn(one: Lane<Frame>, nowMs: number): Frame[] {
    const ready: Frame[] = []
    while (one.held.size > 0) {
      const place = Math.min(...one.held.keys())
      const { frame, cameMs, paths } = one.held.get(place) as Held<Frame>
      const waits = !follows(one, place, frame) && one.held.size <= HELD_MAX && nowMs < releaseMs(one, place, cameMs)
      if (waits) break
      const absent = one.last === undefined ? 0 : absentSince(one.last, place, frame)
      if (!frame.isSound) {
        missing += absent
        shown++
      }
      const isAlone = !paths.has('server') && !one.lastPaths.has('peer')
      one.held.delete(place)
      one.last = place
      one.lastPaths = paths
      ready.push(absent > 0 && isAlone && !frame.isKey ? { ...frame, mayLack: true } : frame)
    }
    return ready
  }

  const due = (nowMs: number) => both.flatMap((one) => dueIn(one, nowMs))

  return {
    begin: (path, nowMs) => void heardMs.set(path, nowMs),
    take(path, frame, nowMs) {
      const place = placeOf(frame)
      const one = frame.isSound ? lanes.sound : lanes.pictures
      one.through.set(path, Math.max(one.through.get(path) ?? -1, place))
      heardMs.set(path, nowMs)
      const isBehind = one.last !== undefined && place <= one.last
      if (place === one.last) one.lastPaths.add(path)
      else one.held.get(place)?.paths.add(path)
      if (came.has(place) || (one.last !== undefined && place <= one.last - CAME_MAX)) doubled++
      else if (isBehind) {
        late++
        if (!frame.isSound) missing--
      } else one.held.set(place, { frame, cameMs: nowMs, paths: new Set([path]) })
      came.add(place)
      for (const oldest of came) {
        if (came.size <= CAME_MAX) break
        came.delete(oldest)
      }
      return due(nowMs)
    },
    end(path, nowMs) {
      heardMs.delete(path)
      return due(nowMs)
    },
    due,
    get dueMs() {
      const times = both.flatMap((one) => {
        if (one.held.size === 0) return []
        const place = Math.min(...one.held.keys())
        return [releaseMs(one, place, one.held.get(place)?.cameMs ?? 0)]
      })
      return times.length === 0 ? undefined : Math.min(...times)
    },
    get counts() {
      return { shown, doubled, late, missing }
    },
  }
}

/** One number for both, below 2^52: what says a higher epoch than EPOCH_MAX is no frame. */
function placeOf({ epoch, sequence }: Pick<Numbered, 'epoch' | 'sequence'>): number {
  return epoch * 2 ** 32 + sequence
}
