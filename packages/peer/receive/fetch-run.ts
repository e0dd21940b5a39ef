// Fetches the media of one message, one after the other, for as long as it takes: finds sources, waits while there are
// none, goes on where it stopped. Says what happens and keeps no record: that is for those who start it (fetches.ts for the
// inbox, get.ts for everything else).

import { splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import type { Handle } from '@doorpost/protocol/handle'
import { sizeText } from '../catalogue/quantity.ts'
import type { Clock } from '../clock.ts'
import type { DeviceFiles } from '../device-files.ts'
import { Trouble } from '../operations.ts'
import type { Target } from '../paths/openers.ts'
import type { PathKind } from '../paths/path.ts'
import type { PathMemory } from '../paths/path-memory.ts'
import type { PieceCrypto } from '../send/piece-crypto.ts'
import { type FetchOutcome, type FetchProgress, fetchMedia } from './fetch.ts'
import type { LiveSources, SourceFault } from './fetch-source.ts'
import {
  findSources,
  knownSources,
  liveSources,
  type SourcesEnvironment,
  standingNow,
  type Wanted,
  watchSources,
} from './sources.ts'
import type { OpenedPart, Part } from './partial.ts'
import type { PartsHere } from './parts-here.ts'
import type { PlayHeads } from './play-heads.ts'
import type { Turn, Turns } from './turns.ts'
import { isOut, judge, type Verdict } from './verdict.ts'
import type { FetchedMedia } from './verify.ts'

/** First wait after sources failed, ms; doubled up to the longest. Presence and the line wake it sooner. */
const AGAIN_FIRST_MS = 1_000
const AGAIN_MAX_MS = 60_000
/** Wait after every source declined, ms: only their owner can change that. */
const DECLINED_MS = 5 * 60_000
/** How long one fetch tries broken lines again before sources are looked for anew, ms. */
const PATIENCE_MS = 10_000

export interface RunEnvironment extends SourcesEnvironment {
  readonly clock: Clock
  readonly files: Pick<DeviceFiles, 'makeFolders' | 'openPart'>
  readonly crypto: PieceCrypto
  /** Bounds how many media are fetched at once by this device. */
  readonly turns: Turns
  readonly parts: PartsHere
  /** Where what is being fetched is played. */
  readonly heads: PlayHeads
  /** What happened on paths lately. */
  readonly pathMemory: PathMemory
  /** Whose media go before everything else. */
  isPriority(user: UserAddress): boolean
  /** What went wrong in work nobody waits for. */
  onFault(error: unknown): void
  /** The line came on-line. The returned function ends it. */
  onLine(listener: () => void): () => void
}

export interface RunRequest {
  readonly message: Target['message']
  /** Each with where it goes: safe components below `folder`, the file name last. */
  readonly media: readonly { readonly handle: Handle; readonly place: readonly string[] }[]
  /** Others are sent the same: the sender is asked for what nobody else was given first. */
  readonly shared: boolean
  /** Absolute. */
  readonly folder: string
  /** Instead of a file there: read in order, and not kept. The same part for every round. */
  readonly into?: (media: FetchedMedia) => Part
  /** This kind of path alone. */
  readonly pinned?: PathKind
  /** Give up instead of waiting. */
  noWait(): boolean
  /** Somebody sits and waits: goes before what runs by itself. */
  attended(): boolean
  readonly signal: AbortSignal
  readonly on: {
    /** Pieces of this one are asked for now; not waited for. */
    began(handle: Handle): void
    waits(handle: Handle, reason: string): Promise<void>
    /** Of several sources at once the fastest is told, and how many there are. */
    verified(handle: Handle, progress: Omit<FetchProgress, 'sizeBytes'>): void
    /** A source is asked no more because of what it sent. */
    dropped(handle: Handle, fault: SourceFault): void
    /** Verified, synced and in place; resolves when that is recorded for good. */
    stored(handle: Handle, path: string, list: Uint8Array): Promise<void>
  }
}

export type RunOutcome =
  | { readonly kind: 'stored'; readonly fetchedBytes: number }
  /** The signal; all is kept. */
  | { readonly kind: 'stopped' }
  /** The source's file is not what was sent. */
  | { readonly kind: 'changed'; readonly trouble: Trouble }
  /** Given up; what was verified is kept. */
  | { readonly kind: 'failed'; readonly trouble: Trouble }

/** Rejects only with what nobody foresaw. */
export async function runFetch(request: RunRequest, environment: RunEnvironment): Promise<RunOutcome> {
  let fetchedBytes = 0
  try {
    const { id } = request.message
    for (const left = [...request.media]; ; ) {
      // What somebody plays comes before its neighbours.
      const played = left.findIndex(({ handle }) => environment.heads.of(id, handle.root) !== undefined)
      const [one] = left.splice(Math.max(played, 0), 1)
      if (!one) break
      const outcome = await fetchOne(one, request, environment).finally(() =>
        environment.parts.drop(request.message.id, one.handle.root),
      )
      if (outcome.kind !== 'stored') return outcome
      fetchedBytes += outcome.fetchedBytes
    }
    return { kind: 'stored', fetchedBytes }
  } catch (error) {
    if (request.signal.aborted) return { kind: 'stopped' }
    if (error instanceof Trouble) return { kind: 'failed', trouble: error }
    throw error
  }
}

async function fetchOne(
  { handle, place }: RunRequest['media'][number],
  request: RunRequest,
  environment: RunEnvironment,
): Promise<RunOutcome> {
  const { signal, on } = request
  /** Sources that sent what was not signed: not asked again, in no later round. */
  const out = new Map<string, SourceFault>()
  const judged = (faults: readonly SourceFault[]) => {
    for (const fault of faults) if (isOut(fault)) out.set(fault.source, fault)
    const known = { senders: handle.sources, left: knownSources(wanted, environment) }
    return judge(shownName(handle), [...out.values(), ...faults.filter((fault) => !isOut(fault))], known)
  }
  const wanted: Wanted = { message: request.message, handle, out }
  let againMs = AGAIN_FIRST_MS
  for (let round = 0; ; round++) {
    signal.throwIfAborted()
    // Whoever comes while sources are looked for is noticed all the same.
    using woken = watch(wanted, environment)
    // Somebody looks at it: where it goes is opened while its sources are looked for.
    const isPlayed = () => environment.heads.of(request.message.id, handle.root) !== undefined
    const openPlace = () => placeFor(handle, place, request, environment)
    await using early = openedEarly(isPlayed() ? openPlace : undefined)
    const sources = await findSources(wanted, { fresh: round > 0, signal }, environment)
    let reason: string
    let waitMs = againMs
    if (sources.kind === 'none') {
      await early.leave()
      const verdict = out.size > 0 ? judged([]) : undefined
      if (verdict && verdict.kind !== 'again') return lost(verdict)
      reason = sources.reason
      waitMs = AGAIN_MAX_MS
      if (request.noWait()) return failed(sources.mutual ? 'no-source' : 'not-mutual', reason)
    } else {
      // From here on, so that who comes while it waits for its turn is among them.
      using live = liveSources(wanted, sources, environment)
      const priority = environment.isPriority(splitDevice(request.message.from).user)
      // And it waits for no other.
      const turn = isPlayed()
        ? ownTurn()
        : await environment.turns.take({ attended: request.attended, priority, signal })
      let outcome: FetchOutcome
      try {
        outcome = await fetchFrom(live, handle, early.take() ?? openPlace(), turn, request, environment)
      } finally {
        turn.end()
      }
      if (outcome.state === 'stopped' && !signal.aborted) {
        // It made room for something with priority, and goes on when that is done.
        await on.waits(handle, 'It makes room for somebody who comes first, and goes on by itself.')
        continue
      }
      switch (outcome.state) {
        case 'stored':
          return { kind: 'stored', fetchedBytes: outcome.bytesFetched }
        case 'stopped':
          return { kind: 'stopped' }
        case 'no-space':
          return failed(
            'disk-full',
            `There is no room for ${shownName(handle)}: ${sizeText(outcome.missingBytes)} more are needed.`,
          )
        case 'disk':
          return failed('cannot-write', `${shownName(handle)} cannot be written: ${outcome.cause}.`)
        case 'no-source': {
          const verdict = judged(outcome.faults)
          if (verdict.kind !== 'again') return lost(verdict)
          reason = verdict.reason
          if (request.noWait()) return failed('no-source', reason)
          if (verdict.declined) waitMs = DECLINED_MS
          againMs = Math.min(againMs * 2, AGAIN_MAX_MS)
        }
      }
    }
    await on.waits(handle, reason)
    await woken.wait(waitMs, sources.standing, signal)
  }
}

function mediaOf(handle: Handle, { message }: RunRequest): FetchedMedia {
  const { root, sizeBytes, key } = handle
  return { messageId: message.id, root: fromBase64url(root), sizeBytes, key: fromBase64url(key) }
}

/** Where its pieces go. Throws Trouble `cannot-write`. */
async function placeFor(
  handle: Handle,
  place: readonly string[],
  request: RunRequest,
  { files }: RunEnvironment,
): Promise<OpenedPart> {
  const media = mediaOf(handle, request)
  if (request.into) return { state: 'open', part: request.into(media) }
  const folder = await files.makeFolders(request.folder, place.slice(0, -1))
  return await files.openPart({ folder, name: place.at(-1) ?? 'unnamed', media })
}

/** What was opened before it was known whether it is needed: taken, or closed again. */
function openedEarly(open: (() => Promise<OpenedPart>) | undefined) {
  let opening = open?.()
  // Met by whoever takes it.
  opening?.catch(() => {})
  const take = () => {
    const taken = opening
    opening = undefined
    return taken
  }
  const leave = async () => {
    // One that could not be opened need not be left.
    const left = await take()?.catch(() => undefined)
    if (left?.state === 'open') await left.part.close()
  }
  return { take, leave, [Symbol.asyncDispose]: leave }
}

async function fetchFrom(
  sources: LiveSources,
  handle: Handle,
  opening: Promise<OpenedPart>,
  turn: Turn,
  request: RunRequest,
  { crypto, clock, parts, heads, pathMemory }: RunEnvironment,
): Promise<FetchOutcome> {
  const { on, message } = request
  const signal = AbortSignal.any([request.signal, turn.over])
  const media = mediaOf(handle, request)
  const opened = await opening
  switch (opened.state) {
    case 'busy':
      throw new Trouble('cannot-write', `${shownName(handle)} is being written there by another program.`)
    case 'no-space':
      return opened
    case 'disk':
      return opened
    case 'open':
      break
  }
  if (!request.into) {
    parts.add(message.id, opened.part)
    // Whoever waits for what came at another time has it now.
    if (opened.part.verifiedBytes > 0) heads.landed(message.id, handle.root)
  }
  on.began(handle)
  return await fetchMedia({
    media,
    sources,
    part: opened.part,
    shared: request.shared,
    crypto,
    clock,
    signal,
    pause: turn.pause,
    patienceMs: PATIENCE_MS,
    ...(request.pinned !== undefined && { pinned: request.pinned }),
    ...(request.into && { order: 'sequential' as const }),
    pathMemory,
    head: () => heads.of(message.id, handle.root),
    onHead: (listener) => heads.onMoved(message.id, handle.root, listener),
    onFirst: (bytes) => heads.began(message.id, handle.root, bytes),
    onProgress(progress) {
      on.verified(handle, progress)
      heads.landed(message.id, handle.root)
    },
    onDropped: (fault) => on.dropped(handle, fault),
    onStored: ({ path, list }) => on.stored(handle, path, list),
  })
}

/** Beside all others. */
function ownTurn(): Turn {
  return { pause: { paused: false, onChange: () => () => {} }, over: new AbortController().signal, end() {} }
}

function lost({ kind, reason }: Exclude<Verdict, { kind: 'again' }>): RunOutcome {
  return kind === 'changed' ? { kind, trouble: new Trouble('source-changed', reason) } : failed('bad-pieces', reason)
}

/** A name from outside, as it may stand in a sentence. */
export function shownName(handle: Pick<Handle, 'name'>): string {
  const name = handle.name.replace(/\p{C}/gu, '')
  return name === '' ? 'a file without a name' : name.length > 80 ? `${name.slice(0, 79)}…` : name
}

function failed(code: Trouble['code'], detail: string): Extract<RunOutcome, { kind: 'failed' }> {
  return { kind: 'failed', trouble: new Trouble(code, detail) }
}

interface Watch extends Disposable {
  /**
   * Until the sources' users stand otherwise than `standing`, the line came on-line since the watch began, or the time is
   * over. Rejects with the signal's reason.
   */
  wait(ms: number, standing: string, signal: AbortSignal): Promise<void>
}

function watch(wanted: Wanted, environment: RunEnvironment): Watch {
  const { onLine, clock } = environment
  let lineCame = false
  let look = () => {}
  const ends = [
    watchSources(wanted, environment, () => look()),
    onLine(() => {
      lineCame = true
      look()
    }),
  ]
  return {
    wait(ms, standing, signal) {
      return new Promise((resolve, reject) => {
        const finish = () => {
          look = () => {}
          cancel()
          signal.removeEventListener('abort', abort)
        }
        const abort = () => {
          finish()
          reject(signal.reason as Error)
        }
        const cancel = clock.after(ms, () => {
          finish()
          resolve()
        })
        look = () => {
          standingNow(wanted, environment).then((now) => {
            if (!lineCame && now === standing) return
            finish()
            resolve()
          }, reject)
        }
        if (signal.aborted) return abort()
        signal.addEventListener('abort', abort, { once: true })
        look()
      })
    },
    [Symbol.dispose]() {
      for (const end of ends) end()
    },
  }
}
