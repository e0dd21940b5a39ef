// What a card says of media that came: one of a few states, out of what the device knows. Pure: the entry, what its fetch told last
// and the time in, one state out. Words, colours and shapes are the card's; what can be done in a state stands beside it here.

import type { InboxEntry, Progress, TroubleCode } from '../device-connection.ts'
import type { Shown } from '../play/media-types.ts'
import { canWatchNow } from '../play/watch-now.ts'

export type Fetching = Extract<Progress, { kind: 'fetching' }>

/** What a fetch of this message told last, here in this tab. */
export interface FetchView {
  readonly progress?: Fetching
  /** Why it waits: the device's sentence. */
  readonly waits?: string
  readonly trouble?: { readonly code: TroubleCode; readonly says: string }
}

/** Of all media of a message together; `part` is between 0 and 1. */
interface Part {
  readonly share: number
  readonly doneBytes: number
  readonly sizeBytes: number
}

/** Fields exist only where they mean something. */
export type CardState =
  /** From somebody who is no contact: nothing is fetched or decoded. */
  | { readonly kind: 'request' }
  | { readonly kind: 'offered' }
  | ({ readonly kind: 'waiting'; readonly says?: string } & Part)
  | ({
      readonly kind: 'fetching'
      readonly bytesPerSecond?: number
      readonly leftMs?: number
      readonly serving: NonNullable<Fetching['serving']>
      readonly watchable?: Shown
    } & Part)
  | ({ readonly kind: 'paused' } & Part)
  | ({ readonly kind: 'failed'; readonly says: string; readonly code?: TroubleCode } & Part)
  | ({ readonly kind: 'full' } & Part)
  | { readonly kind: 'have' }
  | { readonly kind: 'changed' }
  | { readonly kind: 'refused' }
  /** `at`: since when. */
  | { readonly kind: 'gone'; readonly reason: 'expired' | 'withdrawn' | 'deleted' | 'refused'; readonly at: string }

export type CardAction = 'fetch' | 'resume' | 'pause' | 'decline' | 'open' | 'save' | 'again'

/**
 * `shown`: how this browser would show the media where it is a single one. `fetch` is what this tab was told, undefined where
 * nothing was.
 */
export function cardState(
  entry: Pick<InboxEntry, 'state' | 'media' | 'gone' | 'expires' | 'waitsFor' | 'trouble'>,
  fetch: FetchView | undefined,
  nowMs: number,
  shown?: Shown,
): CardState {
  const part = partOf(entry.media, fetch?.progress)
  switch (entry.state) {
    case 'request':
      return { kind: 'request' }
    case 'ready':
      return { kind: 'have' }
    case 'changed':
      return { kind: 'changed' }
    case 'refused':
      return { kind: 'refused' }
    case 'expired':
    case 'gone': {
      const { reason, at } = entry.gone ?? { reason: 'expired' as const, at: entry.expires }
      return { kind: 'gone', reason: entry.state === 'expired' ? 'expired' : reason, at }
    }
    case 'scheduled': {
      const says = entry.waitsFor ?? fetch?.waits
      return { kind: 'waiting', ...part, ...(says !== undefined && { says }) }
    }
    case 'fetching':
      return fetchingState(entry, part, fetch?.progress, shown)
    case 'announced':
      return announcedState(entry, part, fetch, nowMs)
  }
}

function fetchingState(
  { media }: Pick<InboxEntry, 'media'>,
  part: Part,
  progress: Fetching | undefined,
  shown: Shown | undefined,
): CardState {
  const rate = progress?.bytesPerSecond ?? 0
  const watchable = watchableOf(media, progress, shown)
  return {
    kind: 'fetching',
    ...part,
    serving: progress?.serving ?? [],
    // No rate, no time: nobody is told a guess.
    ...(rate > 0 && { bytesPerSecond: rate, leftMs: ((part.sizeBytes - part.doneBytes) / rate) * 1000 }),
    ...(watchable && { watchable }),
  }
}

function announcedState(
  entry: Pick<InboxEntry, 'media' | 'expires' | 'waitsFor' | 'trouble'>,
  part: Part,
  fetch: FetchView | undefined,
  nowMs: number,
): CardState {
  // The device finds out by its own clock; the card does not say until then that it can be had.
  if (nowMs > Date.parse(entry.expires)) return { kind: 'gone', reason: 'expired', at: entry.expires }
  const code = fetch?.trouble?.code ?? entry.trouble
  const says = fetch?.trouble?.says ?? entry.waitsFor
  if (code === 'disk-full') return { kind: 'full', ...part }
  if (says !== undefined && code !== 'cancelled')
    return { kind: 'failed', ...part, says, ...(code !== undefined && { code }) }
  if (part.doneBytes === 0) return { kind: 'offered' }
  return { kind: 'paused', ...part }
}

/** In the order in which they are offered; the first is the main one. */
export function actionsOf(state: CardState, shown: Shown | undefined): readonly CardAction[] {
  switch (state.kind) {
    case 'offered':
      // Watching fetches what is watched.
      if (shown === 'film' || shown === 'sound') return ['fetch', 'open', 'decline']
      return shown === undefined ? ['fetch', 'save', 'decline'] : ['fetch', 'decline']
    case 'waiting':
      return ['pause', 'decline']
    case 'fetching':
      return state.watchable ? ['open', 'pause'] : ['pause', 'decline']
    case 'paused':
      return ['resume', 'decline']
    case 'failed':
    case 'full':
      return ['again', 'decline']
    case 'have':
      return shown ? ['open', 'save'] : ['save']
    case 'refused':
      return ['fetch']
    case 'changed':
    case 'request':
    case 'gone':
      return []
  }
}

/** When it ends, while that matters: its user was reminded, and it is not here. */
export function endsSoon(entry: Pick<InboxEntry, 'state' | 'endsAt'>): string | undefined {
  const open = entry.state === 'announced' || entry.state === 'scheduled' || entry.state === 'fetching'
  return open ? entry.endsAt : undefined
}

function partOf(media: InboxEntry['media'], progress: Fetching | undefined): Part {
  const sizeBytes = media.reduce((sum, one) => sum + one.sizeBytes, 0)
  const listed = media.reduce((sum, one) => sum + hereOf(one), 0)
  // The entry is read now and then, progress comes ten times a second; of a part of the message it tells the part alone.
  const told = progress && progress.allSizeBytes === sizeBytes ? progress.allDoneBytes : 0
  const doneBytes = Math.min(sizeBytes, Math.max(listed, told))
  return { doneBytes, sizeBytes, share: sizeBytes === 0 ? 1 : doneBytes / sizeBytes }
}

/** Bytes of one media that are here. */
export function hereOf(media: InboxEntry['media'][number]): number {
  return media.path === undefined ? media.verifiedBytes : media.sizeBytes
}

function watchableOf(
  media: InboxEntry['media'],
  progress: Fetching | undefined,
  shown: Shown | undefined,
): Shown | undefined {
  const [one, other] = media
  if (!one || other || !shown) return undefined
  const { sizeBytes } = one
  // From one source alone it comes in order.
  const inOrder = (progress?.sources ?? 1) <= 1
  const headBytes = progress?.headBytes ?? (inOrder ? one.verifiedBytes : 0)
  const bytesPerSecond = progress?.bytesPerSecond ?? 0
  const durationSeconds = one.preview?.durationSeconds
  const isPlayed = shown === 'film' || shown === 'sound'
  return isPlayed && canWatchNow({ headBytes, sizeBytes, bytesPerSecond, durationSeconds }) ? shown : undefined
}
