// The fetches of inbox messages that run or wait on this device: one per message, whoever asked for it. Takes each through
// its states (inbox.ts), tells those who watch how far it is, and pauses it when nobody wants it any more.

import { untilAborted } from '../aborted.ts'
import type { Clock } from '../clock.ts'
import { type Progress, Trouble } from '../operations.ts'
import { runFetch, type RunEnvironment, type RunOutcome, shownName } from './fetch-run.ts'
import type { Inbox } from './inbox.ts'
import type { SourceFault } from './fetch-source.ts'
import { missing } from './inbox-record.ts'
import { next, type Want } from './inbox-state.ts'
import { placesOf } from './places.ts'
import { createRate } from './rate.ts'
import { createStill } from './still.ts'
import { droppedReason } from './verdict.ts'

/** Progress told at most this often per fetch, ms: ten pictures a second are enough for a bar. */
const TELL_EVERY_MS = 100

export interface FetchesOptions {
  readonly inbox: Inbox
  readonly clock: Clock
  readonly environment: RunEnvironment
  onFault(error: unknown): void
  /** A source of this message's media is asked no more because of what it sent. */
  onDropped(id: string, fault: SourceFault): void
  /** A fetch ended that nobody waited for. */
  onUnattended(id: string, outcome: RunOutcome): void
}

export interface Fetches extends AsyncDisposable {
  /**
   * Asks for a message and waits until it is there, told of its progress. Aborting the signal ends the waiting, and pauses
   * the fetch unless somebody else wants it. Throws Trouble where nothing is to be fetched in the state it is in.
   */
  fetch(
    id: string,
    want: Want,
    options: { readonly signal: AbortSignal; readonly noWait: boolean; onProgress(progress: Progress): void },
  ): Promise<RunOutcome>
  /** Asks for a message that nobody waits for; it goes on by itself, also after a restart. */
  ask(id: string, want: Want): Promise<void>
  /** Goes on with what was being fetched or waited for when the device was closed. */
  resume(): Promise<void>
  /** Pauses whatever runs; nothing goes on until it is asked for again. */
  pause(): void
  /** Ends a running fetch, and resolves when it has ended; its record was changed by the caller. */
  stop(id: string): Promise<void>
  readonly running: number
}

interface Caller {
  readonly noWait: boolean
  tell(progress: Progress): void
}

interface Job {
  readonly callers: Set<Caller>
  /** Goes on when the last caller left. */
  byItself: boolean
  readonly abort: AbortController
  /** What it was asked for is written down; rejects with what stands in the way, and then nothing is fetched. */
  readonly asked: Promise<void>
  readonly done: Promise<RunOutcome>
}

export function createFetches({ inbox, clock, environment, ...options }: FetchesOptions): Fetches {
  const jobs = new Map<string, Job>()
  let closing = false

  /** `want`: it is asked for now, which is written down while its sources are found; left out, it was before. */
  function start(id: string, want?: Want): Job {
    const known = jobs.get(id)
    if (known) return known
    const abort = new AbortController()
    const callers = new Set<Caller>()
    const asked = want ? writeAsked(id, want) : Promise.resolve()
    asked.catch((error: unknown) => abort.abort(error))
    const job: Job = { callers, byItself: false, abort, asked, done: run(id, () => job, want) }
    jobs.set(id, job)
    return job
  }

  async function run(id: string, job: () => Job, want: Want | undefined): Promise<RunOutcome> {
    // The job is known to others before anything happens.
    await Promise.resolve()
    const { callers, abort, asked } = job()
    let outcome: RunOutcome
    try {
      outcome = await runInbox(id, job(), want)
    } catch (error) {
      options.onFault(error)
      outcome = {
        kind: 'failed',
        trouble: new Trouble('cannot-write', 'Something went wrong here. What was fetched is kept.', { cause: error }),
      }
    }
    // Why it may not be fetched is told to whoever asked.
    await asked.catch(() => {})
    jobs.delete(id)
    try {
      if (outcome.kind === 'changed') await inbox.step(id, { kind: 'source-changed', reason: outcome.trouble.message })
      // A fetch cut short by closing goes on when the device is opened again.
      else if (outcome.kind !== 'stored' && !closing) {
        const why = outcome.kind === 'failed' ? { why: outcome.trouble.message, trouble: outcome.trouble.code } : {}
        await inbox.step(id, { kind: 'paused', ...why })
      }
    } catch (error) {
      options.onFault(error)
    }
    if (callers.size === 0 && !abort.signal.aborted) options.onUnattended(id, outcome)
    return outcome
  }

  async function runInbox(id: string, job: Job, asked: Want | undefined): Promise<RunOutcome> {
    const found = await inbox.get(id)
    const { standing: before } = found?.record ?? {}
    const [standing] = asked ? next(before, { kind: 'asked', want: asked }) : [before]
    if (!found || standing?.state !== 'scheduled') return { kind: 'stopped' }
    const { want } = standing
    const { record, content } = found
    const places = new Map(placesOf(content.media).map((place, index) => [content.media[index]?.root, place]))
    const handles = missing(record, content, want.roots)
    const tell = (progress: Progress) => {
      for (const caller of job.callers) caller.tell(progress)
    }
    const sum = createSum(record.media, want.roots, clock)
    using still = createStill(clock, tell)
    let state: 'scheduled' | 'fetching' = 'scheduled'
    /** That it began is written while the path opens: the first piece does not wait for the disk. */
    let begun: Promise<unknown> = Promise.resolve()
    const outcome = await runFetch(
      {
        message: { from: record.from, id },
        shared: record.to.length > 1,
        media: handles.map((handle) => ({ handle, place: places.get(handle.root) ?? ['unnamed'] })),
        folder: want.folder,
        ...(want.path !== undefined && { pinned: want.path }),
        noWait: () => job.callers.size > 0 && !job.byItself && [...job.callers].every(({ noWait }) => noWait),
        attended: () => job.callers.size > 0,
        signal: job.abort.signal,
        on: {
          began() {
            if (state === 'fetching') return
            state = 'fetching'
            begun = job.asked.then(
              () => inbox.step(id, { kind: 'began' }),
              // Then it ends, and whoever asked is told why.
              () => undefined,
            )
            // Met where it is waited for.
            begun.catch(() => {})
          },
          async waits(handle, reason) {
            still[Symbol.dispose]()
            await job.asked
            await begun
            state = 'scheduled'
            await inbox.step(id, { kind: 'waits', reason })
            tell({ kind: 'waiting', name: shownName(handle), reason })
          },
          verified(handle, { verifiedBytes, source, path, sources, serving, headBytes }) {
            inbox.verified(id, handle.root, verifiedBytes)
            const figures = sum(handle.root, verifiedBytes)
            if (!figures || path === 'memory') return
            const progress = {
              kind: 'fetching' as const,
              name: shownName(handle),
              doneBytes: verifiedBytes,
              sizeBytes: handle.sizeBytes,
              ...figures,
              source,
              path,
              ...(sources > 1 && { sources }),
              serving: serving.flatMap((one) => (one.path === 'memory' ? [] : [{ ...one, path: one.path }])),
              headBytes,
            }
            tell(progress)
            still.came(progress)
          },
          dropped(handle, fault) {
            options.onDropped(id, fault)
            tell({ kind: 'dropped', name: shownName(handle), reason: droppedReason(shownName(handle), fault) })
          },
          async stored(handle, path, list) {
            await begun
            await inbox.stored(id, handle.root, path, list)
            tell({ kind: 'in-place', name: shownName(handle), file: path })
          },
        },
      },
      environment,
    )
    await begun
    // Part of a message was wanted and is there: the rest was not asked for.
    if (outcome.kind === 'stored') await inbox.step(id, { kind: 'paused' })
    return outcome
  }

  async function writeAsked(id: string, want: Want): Promise<void> {
    const record = await inbox.step(id, { kind: 'asked', want })
    const state = record?.standing.state
    if (state === 'scheduled' || state === 'fetching') return
    throw cannotFetch(state)
  }

  return {
    get running() {
      return jobs.size
    },
    async fetch(id, want, { signal, noWait, onProgress }) {
      signal.throwIfAborted()
      const job = start(id, want)
      const caller: Caller = { noWait, tell: onProgress }
      job.callers.add(caller)
      try {
        await untilAborted(job.asked, signal)
        return await untilAborted(job.done, signal)
      } finally {
        job.callers.delete(caller)
        if (signal.aborted && job.callers.size === 0 && !job.byItself) {
          job.abort.abort(new Trouble('cancelled', 'Stopped.'))
          await job.done
        }
      }
    },
    async ask(id, want) {
      const job = start(id, want)
      job.byItself = true
      await job.asked
    },
    async resume() {
      for (const { id, standing } of await inbox.records()) {
        if (standing.state === 'scheduled') start(id).byItself = true
      }
    },
    pause() {
      for (const { abort } of jobs.values()) abort.abort(new Trouble('cancelled', 'Stopped.'))
    },
    async stop(id) {
      const job = jobs.get(id)
      job?.abort.abort(new Trouble('cancelled', 'Stopped.'))
      await job?.done
    },
    async [Symbol.asyncDispose]() {
      closing = true
      const running = [...jobs.values()]
      for (const { abort } of running) abort.abort(new Trouble('cancelled', 'The device is closing.'))
      await Promise.all(running.map(({ done }) => done))
    },
  }
}

/** Why nothing of a message in this state is fetched. */
export function cannotFetch(state: string | undefined): Trouble {
  switch (state) {
    case undefined:
      return new Trouble('no-such-message', 'There is no such message here.')
    case 'request':
    // Only one that was a request when it was declined stays so.
    case 'refused':
      return new Trouble(
        'not-mutual',
        'It is from somebody who is no contact of yours. Nothing of it can be fetched until they are.',
      )
    case 'changed':
      return new Trouble('source-changed', "The sender's file is not the one that was sent any more.")
    case 'gone':
      return new Trouble('gone', 'Its sender took it back before it was fetched.')
    case 'expired':
      return new Trouble('expired', 'Its time ran out before it was fetched.')
    default:
      return new Trouble('not-available', 'There is nothing to fetch.')
  }
}

type Figures = { readonly allDoneBytes: number; readonly allSizeBytes: number; readonly bytesPerSecond: number }

/** Sums up over all media of one fetch; answers undefined when it was told a moment ago. */
export function createSum(
  media: readonly {
    readonly root: string
    readonly sizeBytes: number
    readonly verifiedBytes: number
    readonly path?: string
  }[],
  roots: readonly string[] | undefined,
  clock: Clock,
): (root: string, verifiedBytes: number) => Figures | undefined {
  const wanted = media.filter(({ root }) => roots?.includes(root) ?? true)
  const done = new Map(wanted.map((one) => [one.root, one.path === undefined ? one.verifiedBytes : one.sizeBytes]))
  const allSizeBytes = wanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const rate = createRate(clock.nowMs())
  const seen = new Set<string>()
  let toldMs = Number.NEGATIVE_INFINITY
  return (root, verifiedBytes) => {
    const nowMs = clock.nowMs()
    // What an earlier fetch verified is no speed of this one.
    const before = seen.has(root) ? (done.get(root) ?? 0) : verifiedBytes
    seen.add(root)
    done.set(root, verifiedBytes)
    const bytesPerSecond = rate(Math.max(verifiedBytes - before, 0), nowMs)
    const whole = wanted.find((one) => one.root === root)?.sizeBytes === verifiedBytes
    if (nowMs - toldMs < TELL_EVERY_MS && !whole) return undefined
    toldMs = nowMs
    const allDoneBytes = [...done.values()].reduce((sum, bytes) => sum + bytes, 0)
    return { allDoneBytes, allSizeBytes, bytesPerSecond }
  }
}
