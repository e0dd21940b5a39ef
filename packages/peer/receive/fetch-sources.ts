// The sources of one fetch and the paths to each: races kinds of path, moves up, tries again after growing waits, leaves for good
// those that refused or lied. What is asked on an open path is the engine's.

import type { Clock } from '../clock.ts'
import { choosePaths, isBetter } from '../paths/choose.ts'
import type { Path, PathKind } from '../paths/path.ts'
import { createPathMemory, type PathMemory } from '../paths/path-memory.ts'
import { racePaths } from '../paths/race.ts'
import type { Engine } from './fetch-engine.ts'
import type { FetchLane } from './fetch-over.ts'
import type { FetchSource, LiveSources, SourceFault } from './fetch-source.ts'
import type { PlayHead } from './schedule.ts'

/** First wait before a source is tried again, ms, doubled up to the longest; half of each is random, so that many do not come at once. */
const AGAIN_FIRST_MS = 250
const AGAIN_MAX_MS = 30_000
/** A copy that refused waits as one that failed so often, at least: about a second. */
const REFUSED_FAILURES = 3
/** Sources with a path open at once: each costs both sides a connection, and more than a few make nothing faster. */
export const OPEN_SOURCES_MAX = 8
/** How long after a race a better kind of path is tried again, ms: networks change, and trying costs little. */
export const MOVE_UP_MS = 60_000
/** Lanes shorter than this say nothing of the rate of their path, ms. */
const MEASURE_MS = 2_000

/** What is in line for longer than this is worth leaving for a jump, ms: below it, breaking off takes as long. */
const IN_LINE_MS = 250
/** Somebody who drags through a film jumps many times a second: what is in flight is thrown away for one of them in so long, ms. */
export const JUMP_AGAIN_MS = 1_000

/** How often it is looked whether patience is over, ms. */
const PATIENCE_LOOK_MS = 1_000

/** Told that a device is elsewhere now: a path to where it was that is silent for so long is given up for a new one, ms. */
export const MOVED_SILENT_MS = 2_000
/** For so long after it was told, ms: whatever still works then works. */
const MOVED_WATCH_MS = 20_000

interface Tried {
  source: FetchSource
  failures: number
  readyAtMs: number
  fault?: SourceFault
  /** While paths to it are being opened. */
  race?: AbortController
  /** The kinds it tries. */
  racing?: readonly PathKind[]
  lane?: FetchLane
  moveUpAtMs: number
  /** It was told lately that something changed about it. */
  movedAtMs?: number
}

export interface FetchSourcesOptions {
  readonly sources: LiveSources
  readonly clock: Clock
  readonly random: () => number
  readonly signal: AbortSignal
  readonly pinned?: PathKind
  /** Somebody plays it. */
  readonly head?: () => PlayHead | undefined
  readonly pathMemory?: PathMemory
  readonly patienceMs?: number
  readonly pause?: { readonly paused: boolean }
  readonly engine: Engine
  onDropped?(fault: SourceFault): void
}

export interface FetchSources {
  /** Keeps at it until it is done (undefined), or nobody is left to ask (what stood in the way). Rejects what the part rejects, or the signal's reason. */
  untilDone(done: () => boolean): Promise<SourceFault[] | undefined>
  /** Look again whether it is done. */
  wake(): void
  /** A new piece is here. */
  progressed(): void
  /**
   * Somebody jumped. On a tunnel, answers come in the order of the questions: where that is the only path there is, and slow, another one, which
   * costs nothing to open, takes its place, and what was in flight is asked for again when its turn comes. True: what they wait for
   * will be asked for there.
   */
  jumped(): boolean
  /** Sources with a copy, open or not. */
  readonly copies: number
  /** Resolves when every lane has ended. */
  close(): Promise<void>
}

export function createFetchSources(options: FetchSourcesOptions): FetchSources {
  const { sources, clock, random, signal, pinned, engine } = options
  const memory = options.pathMemory ?? createPathMemory(clock)
  const tried = new Map<string, Tried>()
  const running = new Set<Promise<unknown>>()
  let progressAtMs = clock.nowMs()
  let copies = 0
  let jumpedAtMs = Number.NEGATIVE_INFINITY
  let broken: { error: unknown } | undefined
  let woken = Promise.withResolvers<void>()
  const wake = () => woken.resolve()

  const isPermitted = (name: string, kind: PathKind) =>
    kind === 'memory' || (sources.permits?.(name)?.includes(kind) ?? true)
  const update = () => {
    const now = new Map(sources.current().map((source) => [source.name, source]))
    for (const [name, source] of now) {
      const known = tried.get(name)
      if (!known) tried.set(name, { source, failures: 0, readyAtMs: 0, moveUpAtMs: 0 })
      else if (known.source !== source) {
        // What may be tried since is tried now: somebody has just said yes to it.
        if (source.kinds.some((kind) => !known.source.kinds.includes(kind))) known.moveUpAtMs = 0
        known.source = source
        known.movedAtMs = clock.nowMs()
        // It came again, or elsewhere: only what it sent stays with it.
        if (known.fault && !isLie(known.fault)) {
          delete known.fault
          known.readyAtMs = 0
        }
      }
    }
    for (const one of tried.values()) {
      if (one.lane && !isPermitted(one.source.name, one.lane.path.kind)) one.lane.close()
      // What it still tries may be what is not permitted any more.
      if (one.racing?.some((kind) => !isPermitted(one.source.name, kind))) one.race?.abort(new Error('other ways now'))
    }
    // One that went away is not opened again; a path that still works is not its presence's to close.
    for (const [name, one] of tried) if (!now.has(name) && !one.lane) leave(name, one)
    copies = [...tried.values()].filter(({ source, fault }) => source.role === 'copy' && !fault?.forGood).length
    wake()
  }
  const leave = (name: string, one: Tried) => {
    one.race?.abort(new Error('the source went away'))
    if (!one.fault?.forGood) tried.delete(name)
  }
  const fail = (one: Tried, fault: SourceFault['fault'], progressed: boolean) => {
    const { name } = one.source
    // Whoever gave and then refuses may only not wish to be reached this way any more: asked again, once, by whatever opens.
    const forGood = isForGood(fault, one.source) && !(fault.state === 'refused' && progressed)
    one.fault = { source: name, fault, forGood }
    one.failures = progressed ? 0 : one.failures + 1
    // A copy that is only just begun, or out of its hours, has nothing to give yet.
    if (fault.state === 'refused') one.failures = Math.max(one.failures, REFUSED_FAILURES)
    one.readyAtMs = clock.nowMs() + againMs(one.failures, random)
    if (!forGood) return
    one.race?.abort(new Error('the source was left'))
    one.lane?.close()
    if (isLie(one.fault)) options.onDropped?.(one.fault)
    update()
  }

  /** `besides`: what the path before owes is not waited for. */
  const take = (one: Tried, path: Path, besides = false) => {
    const { kind } = path
    if (signal.aborted || one.fault?.forGood || !isPermitted(one.source.name, kind)) return path.close()
    const openedAtMs = clock.nowMs()
    const before = path.bytesArrived
    memory.opened(one.source.name, kind)
    // From a path that is dead already nothing more will come.
    if (besides || (one.lane?.silentMs ?? 0) >= MOVED_SILENT_MS) one.lane?.close()
    else one.lane?.retire()
    const lane = engine.open(path, { source: one.source.name, role: one.source.role })
    one.lane = lane
    const ending = lane.ended.then(
      (fault) => {
        const tookMs = clock.nowMs() - openedAtMs
        if (tookMs >= MEASURE_MS && !fault) {
          memory.carried(one.source.name, kind, ((path.bytesArrived - before) * 1000) / tookMs)
        }
        if (one.lane === lane) delete one.lane
        if (fault && !signal.aborted && (isForGood(fault, one.source) || (!one.lane && !lane.retired))) {
          fail(one, fault, lane.landed > 0)
        }
        if (!sources.current().some(({ name }) => name === one.source.name)) update()
        wake()
      },
      (error: unknown) => {
        broken ??= { error }
        wake()
      },
    )
    running.add(ending)
    void ending.then(() => running.delete(ending))
  }

  const open = (one: Tried, than?: PathKind) => {
    const { name, kinds } = one.source
    const race = new AbortController()
    const attempts = choosePaths(memory.candidates(name, kinds), {
      nowMs: clock.nowMs(),
      pinned,
      isPlayed: options.head?.() !== undefined,
    })
    one.race = race
    one.racing = attempts.map(({ kind }) => kind)
    const racing = racePaths(attempts, {
      // Where it is now, also when it moved since the race began.
      open: (kind, until) => one.source.open(kind, until),
      clock,
      signal: AbortSignal.any([signal, race.signal]),
      onOpen: (path) => take(one, path),
      onFailed: (kind) => memory.failed(name, kind),
      ...(than && { than }),
    }).then((failures) => {
      delete one.race
      delete one.racing
      one.moveUpAtMs = clock.nowMs() + MOVE_UP_MS
      if (!one.lane && !race.signal.aborted && one.readyAtMs <= clock.nowMs()) {
        fail(one, { state: 'cannot-open', cause: causeOf(failures) }, false)
      }
      wake()
    })
    running.add(racing)
    void racing.then(() => running.delete(racing))
  }

  /** Starts what can be started; answers when to look again, ms from now, or undefined where only an event changes anything. */
  const start = (): number | undefined => {
    const nowMs = clock.nowMs()
    let againMs: number | undefined
    const later = (ms: number) => {
      againMs = Math.min(againMs ?? ms, ms)
    }
    let opened = [...tried.values()].filter(({ lane, race }) => lane ?? race).length
    const current = new Set(sources.current().map(({ name }) => name))
    for (const one of [...tried.values()].toSorted(bySenderFirst)) {
      if (one.race || one.fault?.forGood || !current.has(one.source.name)) continue
      if (one.lane) {
        if (hasMoved(one, nowMs)) {
          if (one.lane.silentMs >= MOVED_SILENT_MS) open(one)
          else later(MOVED_SILENT_MS / 2)
        }
        if (one.race) continue
        const { kind } = one.lane.path
        if (pinned !== undefined || !one.source.kinds.some((other) => isBetter(other, kind))) continue
        if (one.moveUpAtMs <= nowMs) open(one, kind)
        else later(one.moveUpAtMs - nowMs)
      } else if (one.readyAtMs > nowMs) later(one.readyAtMs - nowMs)
      else if (opened < OPEN_SOURCES_MAX) {
        opened++
        open(one)
      }
    }
    return againMs
  }
  /** Nobody is left, or nothing came for too long. */
  const isOver = (againMs: number | undefined): boolean => {
    const all = [...tried.values()]
    if (all.every(({ fault, lane, race }) => !lane && !race && fault?.forGood)) return true
    if (options.patienceMs === undefined || options.pause?.paused) return false
    const nowMs = clock.nowMs()
    const overMs = progressAtMs + options.patienceMs
    // A line that is open is its stall's to end, unless it is asked for nothing because it has nothing.
    if (all.some(({ lane }) => lane && !lane.idle)) return false
    const busy = all.some(({ lane, race }) => lane ?? race)
    if (busy) return nowMs >= overMs && all.every(({ race }) => !race)
    return all.every(({ failures, fault }) => failures > 0 || fault) && nowMs + (againMs ?? 0) > overMs
  }
  const faults = (): SourceFault[] =>
    [...tried.values()].flatMap(({ fault, lane, source }) => {
      if (lane?.idle) return { source: source.name, fault: { state: 'has-nothing' as const }, forGood: false }
      return fault ?? []
    })

  const endWatch = sources.onChange(update)
  update()
  return {
    async untilDone(done) {
      for (;;) {
        signal.throwIfAborted()
        if (broken) throw broken.error
        if (done()) return undefined
        woken = Promise.withResolvers<void>()
        let againMs = start()
        if (isOver(againMs)) return faults()
        const { patienceMs } = options
        if (patienceMs !== undefined && !options.pause?.paused) {
          const untilOverMs = Math.max(PATIENCE_LOOK_MS, progressAtMs + patienceMs - clock.nowMs())
          if ([...tried.values()].some(({ lane }) => lane)) againMs = Math.min(againMs ?? untilOverMs, untilOverMs)
        }
        const cancel = againMs === undefined ? undefined : clock.after(againMs, wake)
        signal.addEventListener('abort', wake, { once: true })
        await woken.promise
        signal.removeEventListener('abort', wake)
        cancel?.()
      }
    },
    wake,
    progressed() {
      progressAtMs = clock.nowMs()
    },
    jumped() {
      const [one, other] = [...tried.values()].filter(({ lane }) => lane)
      const before = one?.lane
      const nowMs = clock.nowMs()
      if (other || before?.path.kind !== 'tunnel' || before.owedMs < IN_LINE_MS) return false
      if (nowMs - jumpedAtMs < JUMP_AGAIN_MS) return false
      jumpedAtMs = nowMs
      const opening = one?.source.open('tunnel', signal).then(
        (path) => {
          // A better one opened meanwhile, or this one ended.
          if (one.lane === before) take(one, path, true)
          else path.close()
        },
        // Then it is asked for where it can be.
        () => engine.fillAll(),
      )
      if (!opening) return false
      running.add(opening)
      void opening.then(() => running.delete(opening))
      return true
    },
    get copies() {
      return copies
    },
    async close() {
      endWatch()
      for (const { race, lane } of tried.values()) {
        race?.abort(new Error('the fetch is over'))
        lane?.close()
      }
      await Promise.all(running)
    },
  }
}

function hasMoved({ movedAtMs }: Tried, nowMs: number): boolean {
  return movedAtMs !== undefined && nowMs - movedAtMs < MOVED_WATCH_MS
}

/** Where not all can be open at once the sender is, and of the others those that wait longest. */
function bySenderFirst(one: Tried, other: Tried): number {
  const [a, b] = [one, other].map(({ source: { role } }) => (role === 'sender' ? 0 : 1)) as [number, number]
  return a - b || one.readyAtMs - other.readyAtMs
}

/** Waits at once for the first failure of a line that worked, then longer and longer. */
function againMs(failures: number, random: () => number): number {
  if (failures === 0) return 0
  return Math.min(AGAIN_MAX_MS, AGAIN_FIRST_MS * 2 ** (failures - 1)) * (0.5 + random() / 2)
}

function isForGood({ state }: SourceFault['fault'], { role }: Pick<FetchSource, 'role'>): boolean {
  if (state === 'refused') return role === 'sender'
  return state === 'source-changed' || state === 'bad-piece' || state === 'bad-list'
}

function isLie({ fault: { state } }: SourceFault): boolean {
  return state === 'source-changed' || state === 'bad-piece' || state === 'bad-list'
}

function causeOf(failures: readonly { readonly error: unknown }[]): string {
  const [first] = failures
  if (!first) return 'no path may be used'
  return first.error instanceof Error ? first.error.message : String(first.error)
}
