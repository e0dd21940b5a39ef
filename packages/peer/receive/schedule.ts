// Which piece is asked of whom next. Pure bookkeeping over piece numbers and lanes (open paths, by number): no clock, no line, no
// bytes. Saving, the rarest goes first, with random ties, so that copies spread; alone, one whole source is asked in order, as disks
// like it. Playing, a window goes along from the first piece missing, and what is needed soonest is asked of the fastest.

/** Pieces asked for beyond the first missing one when order matters, at most: they are held in memory until their turn. */
export const SEQUENTIAL_AHEAD = 32
/** Of them, those needed soonest: never asked of a lane that is much slower than another that has them. */
export const DEADLINE_PIECES = 4
/** A lane so many times faster than another is asked for what that one owes: less may be chance. */
export const FASTER_TIMES = 2
/** Lanes asked for the same piece at once. */
export const ASKED_AT_ONCE_MAX = 2
/** Pieces of other lanes asked of one lane a second time at once. */
export const DOUBLES_MAX = 4

/** Pieces asked for beyond the first missing one while somebody plays: little is under way when they seek. */
export const PLAY_AHEAD = 8

/** Where somebody plays a media that is being saved: pieces waited for now, and the one from which it goes on. */
export interface PlayHead {
  readonly wanted: readonly number[]
  readonly from: number
  /** Likely to be waited for next, whatever follows `from`: asked for after what is waited for, and as little held back. */
  readonly soon?: readonly number[]
}

/** What a lane may be asked for: everything it has; only what was granted to it; that, and what no other lane has. */
export type LaneUse = 'all' | 'granted' | 'granted-and-rare'

export interface Schedule {
  /** A lane opened. It has nothing until `have` is told. */
  join(lane: number): void
  /** What it has now: everything, or these (one bit a piece, piece 0 the highest of the first byte). Answers how many missing pieces of it are new. */
  have(lane: number, pieces: 'all' | Uint8Array): number
  /** It is asked for nothing more; what is in flight on it may still land or be lost. */
  retire(lane: number): void
  use(lane: number, use: LaneUse): void
  /** Pieces promised to us by this lane; asked for first. Answers how many of them are of use. */
  grant(lane: number, pieces: readonly number[]): number
  /** Granted, of use and not asked for. */
  granted(lane: number): number
  /** How fast it is, in any unit, the same for all lanes; 0 for not known. */
  rate(lane: number, rate: number): void
  /** The next piece to ask of this lane, now marked as in flight there; undefined when there is none. */
  next(lane: number): number | undefined
  /** It is verified and written: it came first, where it was asked of two. */
  landed(lane: number, index: number): void
  /** It will not come from where it was asked, or came too late; if it is still missing and nobody owes it, it goes to the front. */
  lost(lane: number, index: number): void
  inFlight(lane: number): number
  /** A player waits, or is about to wait, for a piece that this lane is to be asked for now, however much is in flight on it. */
  isAwaited(lane: number): boolean
  /** A player waits for a piece that nobody owes, while pieces from elsewhere are in flight. */
  isJump(): boolean
  /** Missing pieces that none of the other lanes has. */
  onlyHere(lane: number): number
  /** Missing pieces. */
  readonly missing: number
  /** Every piece is here. */
  readonly done: boolean
}

interface Lane {
  readonly number: number
  have: 'none' | 'all' | Uint8Array
  use: LaneUse
  granted: number[]
  rate: number
  /** In the order asked. */
  readonly flying: Set<number>
  doubles: number
  /** What it has of the missing, the next one last, as of `version`. */
  queue: number[]
  version: number
}

/** A schedule over pieces 0 to count - 1; `has` says which are here already and are never asked for. */
export function createSchedule(
  count: number,
  has: (index: number) => boolean,
  {
    order = 'saving',
    random = Math.random,
    ahead = SEQUENTIAL_AHEAD,
    head = () => undefined,
  }: {
    order?: 'saving' | 'sequential'
    random?: () => number
    ahead?: number
    /** Saving, while somebody plays it: what they need goes before everything else. */
    head?: () => PlayHead | undefined
  } = {},
): Schedule {
  const lanes = new Map<number, Lane>()
  /** Retired ones that still owe something. */
  const leaving = new Map<number, Lane>()
  /** How many lanes owe a piece. */
  const owing = new Map<number, number>()
  const again: number[] = []
  let cursor = 0
  let base = 0
  /** First piece missing behind where somebody plays. */
  let playBase = 0
  let playedFrom = 0
  let here = 0
  let version = 0
  let shuffled: Uint32Array | undefined
  /** Lanes that have everything, and how many others have each piece. */
  let wholes = 0
  const holders = new Uint8Array(count)
  for (let index = 0; index < count; index++) if (has(index)) here++

  const owned = (lane: Lane, index: number): boolean =>
    lane.have === 'all' || (lane.have !== 'none' && hasPiece(lane.have, index))
  const isWanted = (index: number): boolean => !owing.has(index) && !has(index)
  const elsewhere = (mine: Lane, index: number): boolean => {
    const others = wholes + (holders[index] ?? 0)
    return others > (lanes.get(mine.number) === mine && owned(mine, index) ? 1 : 0)
  }
  /** Counts what a lane has in or out. */
  const tally = (have: Lane['have'], by: 1 | -1): void => {
    if (have === 'all') wholes += by
    else if (have !== 'none') {
      for (let index = 0; index < count; index++) {
        if (hasPiece(have, index)) holders[index] = (holders[index] ?? 0) + by
      }
    }
  }
  const ask = (lane: Lane, index: number): number => {
    const times = owing.get(index) ?? 0
    owing.set(index, times + 1)
    if (times > 0) lane.doubles++
    lane.flying.add(index)
    return index
  }
  const settle = (number: number, index: number): number => {
    const lane = lanes.get(number) ?? leaving.get(number)
    if (!lane?.flying.delete(index)) throw new Error(`piece ${index} was not in flight`)
    if (lane.flying.size === 0) {
      lane.doubles = 0
      leaving.delete(number)
    }
    const times = (owing.get(index) ?? 1) - 1
    if (times > 0) owing.set(index, times)
    else owing.delete(index)
    return times
  }

  /** One whole source alone, in order. */
  const nextInOrder = (): number | undefined => {
    while (cursor < count && !isWanted(cursor)) cursor++
    return cursor < count ? cursor++ : undefined
  }
  const nextAgain = (lane: Lane, fits: (index: number) => boolean): number | undefined => {
    for (let at = 0; at < again.length; at++) {
      const index = again[at] as number
      if (!isWanted(index)) again.splice(at--, 1)
      else if (owned(lane, index) && fits(index)) {
        again.splice(at, 1)
        return index
      }
    }
    return undefined
  }
  const nextRarest = (lane: Lane, fits: (index: number) => boolean): number | undefined => {
    if (lane.version !== version) {
      lane.queue = rarestLast(lane)
      lane.version = version
    }
    const passed: number[] = []
    let found: number | undefined
    for (let index = lane.queue.pop(); index !== undefined; index = lane.queue.pop()) {
      if (!isWanted(index)) continue
      if (fits(index)) {
        found = index
        break
      }
      passed.push(index)
    }
    while (passed.length > 0) lane.queue.push(passed.pop() as number)
    return found
  }
  const rarestLast = (lane: Lane): number[] => {
    shuffled ??= shuffle(count, random)
    const byRarity = Array.from({ length: lanes.size + 1 }, (): number[] => [])
    for (const index of shuffled) {
      if (!owned(lane, index) || !isWanted(index)) continue
      byRarity[holders[index] ?? 0]?.push(index)
    }
    return byRarity.toReversed().flat()
  }
  /** Whether this lane is to be asked for a piece that is needed in order. */
  const isForLane = (lane: Lane, index: number, soon: boolean): boolean => {
    if (has(index) || !owned(lane, index)) return false
    if (!owing.has(index)) return !(soon && isSlowFor(lane, index))
    return soon && mayDouble(lane, index) && owers(index).every((other) => other.rate * FASTER_TIMES < lane.rate)
  }
  const nextSequential = (lane: Lane): number | undefined => {
    while (base < count && has(base)) base++
    for (let index = base; index < Math.min(count, base + ahead); index++) {
      if (isForLane(lane, index, index < base + DEADLINE_PIECES)) return index
    }
    return undefined
  }
  const awaited = (lane: Lane, wanted: readonly number[]): number | undefined =>
    wanted.find((index) => index < count && isForLane(lane, index, true))
  const nextSoon = (lane: Lane, soon: readonly number[]): number | undefined =>
    soon.find((index) => index < count && isForLane(lane, index, false))
  /** `none`: the lane waits, since all that is needed soon was asked for; undefined: from there to the end everything is here. */
  const nextPlaying = (lane: Lane, { wanted, from, soon = [] }: PlayHead): number | 'none' | undefined => {
    const first = awaited(lane, wanted) ?? nextSoon(lane, soon)
    if (first !== undefined) return first
    if (playedFrom !== from) {
      playedFrom = from
      playBase = from
    }
    while (playBase < count && has(playBase)) playBase++
    if (playBase >= count) return undefined
    for (let index = playBase; index < Math.min(count, playBase + Math.min(ahead, PLAY_AHEAD)); index++) {
      if (isForLane(lane, index, index < playBase + DEADLINE_PIECES)) return index
    }
    return 'none'
  }
  const isSlowFor = (lane: Lane, index: number): boolean => {
    for (const other of lanes.values()) {
      if (other !== lane && other.use === 'all' && other.rate > lane.rate * FASTER_TIMES && owned(other, index))
        return true
    }
    return false
  }
  const owers = (index: number): Lane[] =>
    [...lanes.values(), ...leaving.values()].filter(({ flying }) => flying.has(index))
  const mayDouble = (lane: Lane, index: number): boolean =>
    lane.doubles < DOUBLES_MAX && !lane.flying.has(index) && (owing.get(index) ?? 0) < ASKED_AT_ONCE_MAX
  /** How long until it has given all it owes and one piece more, in pieces by rate. */
  const untilNext = (lane: Lane, more: number): number =>
    lane.rate > 0 ? (lane.flying.size + more) / lane.rate : Number.POSITIVE_INFINITY
  /** Nothing is left that nobody was asked for: what a slow lane owes is asked of a faster one too. */
  const nextDouble = (lane: Lane): number | undefined => {
    if (lane.rate <= 0 || lane.doubles >= DOUBLES_MAX) return undefined
    for (const other of [...lanes.values(), ...leaving.values()]) {
      if (other === lane || untilNext(other, 0) < FASTER_TIMES * untilNext(lane, 1)) continue
      // What it owes last comes last.
      for (const index of [...other.flying].toReversed()) {
        if (!has(index) && owned(lane, index) && mayDouble(lane, index)) return index
      }
    }
    return undefined
  }

  return {
    join(number) {
      const lane: Lane = {
        number,
        have: 'none',
        use: 'all',
        granted: [],
        rate: 0,
        flying: new Set(),
        doubles: 0,
        queue: [],
        version: -1,
      }
      lanes.set(number, lane)
    },
    have(number, pieces) {
      const lane = lanes.get(number)
      if (!lane) return 0
      let fresh = 0
      for (let index = 0; index < count; index++) {
        if (has(index) || owned(lane, index)) continue
        if (pieces === 'all' || hasPiece(pieces, index)) fresh++
      }
      tally(lane.have, -1)
      lane.have = pieces
      tally(pieces, 1)
      version++
      return fresh
    },
    retire(number) {
      const lane = lanes.get(number)
      if (!lane) return
      lanes.delete(number)
      tally(lane.have, -1)
      lane.granted = []
      if (lane.flying.size > 0) leaving.set(number, lane)
      version++
    },
    use(number, use) {
      const lane = lanes.get(number)
      if (lane) lane.use = use
    },
    grant(number, pieces) {
      const lane = lanes.get(number)
      if (!lane) return 0
      const useful = [...new Set(pieces)].filter(
        (index) => index < count && isWanted(index) && !lane.granted.includes(index),
      )
      lane.granted.push(...useful)
      return useful.length
    },
    granted: (number) => lanes.get(number)?.granted.filter(isWanted).length ?? 0,
    rate(number, rate) {
      const lane = lanes.get(number) ?? leaving.get(number)
      if (lane) lane.rate = rate
    },
    next(number) {
      const lane = lanes.get(number)
      if (!lane || lane.have === 'none') return undefined
      if (order === 'sequential') {
        const index = nextSequential(lane)
        return index === undefined ? undefined : ask(lane, index)
      }
      const playing = head()
      const needed = playing && nextPlaying(lane, playing)
      if (needed !== undefined) return needed === 'none' ? undefined : ask(lane, needed)
      for (let index = lane.granted.shift(); index !== undefined; index = lane.granted.shift()) {
        if (isWanted(index)) return ask(lane, index)
      }
      if (lane.use === 'granted') return undefined
      const fits = lane.use === 'all' ? () => true : (index: number) => !elsewhere(lane, index)
      const index =
        nextAgain(lane, fits) ??
        (lanes.size === 1 && lane.have === 'all' ? nextInOrder() : nextRarest(lane, fits)) ??
        (lane.use === 'all' ? nextDouble(lane) : undefined)
      return index === undefined ? undefined : ask(lane, index)
    },
    landed(number, index) {
      settle(number, index)
      here++
    },
    lost(number, index) {
      if (settle(number, index) > 0 || has(index) || order === 'sequential') return
      const at = again.findIndex((other) => other > index)
      again.splice(at < 0 ? again.length : at, 0, index)
    },
    inFlight: (number) => (lanes.get(number) ?? leaving.get(number))?.flying.size ?? 0,
    isAwaited(number) {
      const lane = lanes.get(number)
      const { wanted = [], soon = [] } = head() ?? {}
      if (!lane || lane.have === 'none') return false
      return awaited(lane, wanted) !== undefined || nextSoon(lane, soon) !== undefined
    },
    isJump() {
      const flying = [...owing.keys()]
      const isNear = (index: number) => flying.some((other) => other <= index && other > index - PLAY_AHEAD)
      const { wanted = [] } = head() ?? {}
      return flying.length > 0 && wanted.some((index) => index < count && isWanted(index) && !isNear(index))
    },
    onlyHere(number) {
      const lane = lanes.get(number)
      if (!lane) return 0
      let only = 0
      for (let index = 0; index < count; index++) if (!has(index) && !elsewhere(lane, index)) only++
      return only
    },
    get missing() {
      return count - here
    },
    get done() {
      return here === count
    },
  }
}

function hasPiece(bits: Uint8Array, index: number): boolean {
  return (((bits[index >> 3] ?? 0) << (index & 7)) & 0x80) !== 0
}

/** 0 to count - 1 in random order (Fisher and Yates). */
function shuffle(count: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    const kept = order[at] as number
    order[at] = order[other] as number
    order[other] = kept
  }
  return order
}
