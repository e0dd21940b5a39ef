// Runs the order that choose.ts made: starts on what opens first, goes on opening better ones for a while, and hands each out as
// it opens. What is done with a path, and with the one before it, is for whoever takes it.

import type { Clock } from '../clock.ts'
import { type Attempt, isBetter } from './choose.ts'
import type { Path, PathKind } from './path.ts'

/** How long opening one path may take, ms: ICE that checks every pair of candidates takes the longest. */
export const OPEN_TIMEOUT_MS = 10_000

export interface RaceOptions {
  /** Rejects with what stood in the way; ends when its signal is aborted. */
  open(kind: PathKind, signal: AbortSignal): Promise<Path>
  readonly clock: Clock
  /** Ends the race: what is still opening is given up. What was handed out is not touched. */
  readonly signal: AbortSignal
  /** A path that opened, better than every one before; whoever takes it closes it. */
  onOpen(path: Path): void
  onFailed?(kind: PathKind, error: unknown): void
  /** Only what is better than this is tried: for moving up later. */
  readonly than?: PathKind
}

/**
 * Settles when no attempt is under way or worth while any more: with the errors of those that failed, in order. Never rejects; an
 * attempt that opens too late, or worse than another, is closed.
 */
export function racePaths(
  attempts: readonly Attempt[],
  { open, clock, signal, onOpen, onFailed, than }: RaceOptions,
): Promise<readonly { readonly kind: PathKind; readonly error: unknown }[]> {
  const { promise, resolve } = Promise.withResolvers<readonly { kind: PathKind; error: unknown }[]>()
  const failures: { kind: PathKind; error: unknown }[] = []
  const running = new Map<PathKind, AbortController>()
  const waiting = [...attempts]
  const startedMs = clock.nowMs()
  let best = than
  let over = false
  let cancelNext = () => {}

  const worthWhile = (kind: PathKind) => best === undefined || isBetter(kind, best)
  const settle = () => {
    if (over || running.size > 0 || waiting.some(({ kind }) => worthWhile(kind))) return
    over = true
    cancelNext()
    signal.removeEventListener('abort', stop)
    resolve(failures)
  }
  const stop = () => {
    waiting.length = 0
    cancelNext()
    const opening = [...running.values()]
    running.clear()
    for (const one of opening) one.abort(signal.reason)
    settle()
  }
  const start = (kind: PathKind) => {
    const until = new AbortController()
    running.set(kind, until)
    const cancelLate = clock.after(OPEN_TIMEOUT_MS, () => until.abort(new Error('no answer in time')))
    const gone = () => {
      cancelLate()
      const mine = running.get(kind) === until
      if (mine) running.delete(kind)
      return !mine
    }
    // An opener that does not listen to its signal holds nobody up.
    until.signal.addEventListener('abort', () => failed(until.signal.reason), { once: true })
    let told = false
    const failed = (error: unknown) => {
      if (told) return
      told = true
      if (gone()) return settle()
      failures.push({ kind, error })
      onFailed?.(kind, error)
      next()
      settle()
    }
    new Promise<Path>((opened) => opened(open(kind, until.signal))).then((path) => {
      if (told) return path.close()
      told = true
      if (gone() || !worthWhile(kind)) path.close()
      else {
        best = kind
        for (const [other, controller] of [...running]) {
          if (worthWhile(other)) continue
          running.delete(other)
          controller.abort(new Error('a better path opened'))
        }
        onOpen(path)
      }
      plan()
      settle()
    }, failed)
  }
  /** The next one now: there is nothing to wait for. */
  const next = () => {
    if (best === undefined && running.size === 0) startFirst()
    else plan()
  }
  const startFirst = () => {
    const at = waiting.findIndex(({ kind }) => worthWhile(kind))
    const [one] = at < 0 ? [] : waiting.splice(at, 1)
    if (one) start(one.kind)
    plan()
  }
  const plan = () => {
    cancelNext()
    cancelNext = () => {}
    const one = waiting.find(({ kind }) => worthWhile(kind))
    if (!one || over || signal.aborted) return
    cancelNext = clock.after(Math.max(0, startedMs + one.afterMs - clock.nowMs()), startFirst)
  }

  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  else startFirst()
  settle()
  return promise
}
