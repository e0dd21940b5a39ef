// `send.watch`: sends what a recorder or camera drops into a folder, each file once it is complete, each edition once, also across
// restarts: that it was sent is written with its message. When a file is complete is watch-state.ts's; looking is the disk's.

import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64url, utf8 } from '@doorpost/protocol/bytes'
import type { Clock } from '../clock.ts'
import { type Draft, type Operations, type Progress, Trouble } from '../operations.ts'
import type { Change, Store } from '../store/store.ts'
import type { SendExtras } from './send.ts'
import { completeOf, editionOf, type FoundNow, lookAtFolder, namePattern, type WatchMemory } from './watch-state.ts'

/** How long a file must stand still, ms, where nothing is said: a camera writes every second, a slow card every few. */
const SETTLE_MS_DEFAULT = 10_000
const SETTLE_MS_MAX = 24 * 60 * 60_000
/** Looks without an event, ms: some file systems tell of nothing. */
const LOOK_MS = 5_000
/** Files in a watched folder; one that holds more is no place where a recorder drops its files. */
const FILES_MAX = 10_000

/** What watching needs of a disk. node/watch-folder.ts does it. */
export interface FolderEyes {
  /** Plain files directly in it; no links, no folders. Throws Trouble `no-such-file`, `too-large`. */
  scan(folder: string, filesMax: number): Promise<FoundNow[]>
  /** Those of the paths that some process has open for writing; undefined where that cannot be known. */
  busy(paths: readonly string[]): Promise<ReadonlySet<string> | undefined>
  /** Calls whenever something changes there, perhaps in vain. Answers how to end it. */
  onChange(folder: string, listener: () => void): () => void
}

export interface WatchOptions {
  readonly clock: Clock
  readonly store: Store
  readonly folderEyes?: FolderEyes
  send(draft: Draft, extras: SendExtras): Promise<Operations['send']['result']>
}

type Args = Operations['send.watch']['args']

/** Runs until the signal says so. Throws Trouble, `cancelled` in the end. */
export async function watchAndSend(
  args: Args,
  { signal, onProgress }: { readonly signal: AbortSignal; onProgress(progress: Progress): void },
  options: WatchOptions,
): Promise<never> {
  const { clock, store, folderEyes: eyes } = options
  const { folder, draft, settleMs = SETTLE_MS_DEFAULT, take } = args
  if (!eyes) throw new Trouble('not-available', 'No folder can be watched here.')
  if (!(settleMs >= 0 && settleMs <= SETTLE_MS_MAX))
    throw new Trouble('malformed', 'A file can settle for a day at most.')
  const rules = { settleMs, matches: namePattern(args.pattern ?? '*') }
  const prefix = `${watchId(args)} `
  const done = new Set((await store.all('watched', prefix)).map(({ key }) => key.slice(prefix.length)))
  await forgetGone(done, await eyes.scan(folder, FILES_MAX))
  /** What cannot be sent in this edition: told once, and again after a restart. */
  const hopeless = new Set<string>()
  let memory: WatchMemory = new Map()
  const ring = bell()
  const endWatching = eyes.onChange(folder, ring.now)
  const abort = () => ring.now()
  signal.addEventListener('abort', abort, { once: true })
  try {
    for (;;) {
      if (signal.aborted) throw new Trouble('cancelled', 'Stopped watching. What was sent stays sent.')
      ring.reset()
      const found = await eyes.scan(folder, FILES_MAX)
      if (done.size > FILES_MAX) await forgetGone(done, found)
      const looked = lookAtFolder(memory, found, new Set([...done, ...hopeless]), clock.nowMs(), rules)
      memory = looked.memory
      const paths = looked.candidates.map(({ file }) => file.path)
      const busy = paths.length > 0 ? await eyes.busy(paths) : undefined
      for (const { file, edition } of completeOf(looked.candidates, busy)) {
        if (signal.aborted) break
        await sendOne(file, edition)
      }
      if (!signal.aborted) await ring.within(Math.max(1, Math.min(LOOK_MS, settleMs)), clock)
    }
  } finally {
    endWatching()
    signal.removeEventListener('abort', abort)
  }

  async function sendOne(file: FoundNow, edition: string): Promise<void> {
    const sentOnce: Change = { put: 'watched', key: prefix + edition, value: { name: file.name } }
    try {
      const whole: Draft = { ...draft, files: [file.path] }
      const sent = await options.send(whole, { also: [sentOnce], edition, ...(take && { take }) })
      done.add(edition)
      onProgress({ kind: 'watched', name: file.name, id: sent.id, accepted: sent.accepted })
    } catch (error) {
      if (signal.aborted || !(error instanceof Trouble)) throw error
      // It was written to again, or taken away: it is looked at like a new one.
      if (error.code === 'file-changed' || error.code === 'no-such-file') return
      // Too large, say: others may still go.
      if (error.code !== 'too-large') throw error
      hopeless.add(edition)
      onProgress({ kind: 'left-out', name: file.name, reason: error.message })
    }
  }

  /** Editions that lie there no more need no remembering. */
  async function forgetGone(known: Set<string>, found: readonly FoundNow[]): Promise<void> {
    const here = new Set(found.map(({ stamp }) => editionOf(stamp)))
    const gone = [...known].filter((edition) => !here.has(edition))
    for (const edition of gone) known.delete(edition)
    if (gone.length > 0) await store.write(gone.map((edition) => ({ drop: 'watched', key: prefix + edition })))
  }
}

/** One folder for the same people: what was sent to others is new to these. */
function watchId({ folder, draft }: Args): string {
  return toBase64url(sha256(utf8(JSON.stringify([folder, [...draft.to].sort()])))).slice(0, 22)
}

/** Something to wait for: an event, or the time is over. */
function bell() {
  let rung = false
  let wake = () => {}
  return {
    now() {
      rung = true
      wake()
    },
    reset() {
      rung = false
    },
    async within(ms: number, clock: Clock): Promise<void> {
      if (rung) return
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      const cancel = clock.after(ms, resolve)
      await promise
      cancel()
    },
  }
}
