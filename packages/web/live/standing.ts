// Where a watching stands, in words: who was asked, what is waited for and why, and by which way pictures come. Pure.

import type { CapacityNow, LiveShowing, LiveWatching } from '@doorpost/peer/browser/live-contract'
import type { Formats } from '../words/formats.ts'
import type { Words } from '../words/words.ts'

type LiveWords = Words['live']

/** For whoever watches. */
export function standingText(words: LiveWords, watching: LiveWatching | undefined, name: string): string {
  if (!watching) return words.waitsLine
  switch (watching.state) {
    case 'asked':
      return words.waitsAsked(name)
    case 'pending':
      return waitingText(words, watching.reason)
    case 'watching':
      if (watching.noRoom) return words.watchingForRoom
      if (watching.pictures === 'stills') return words.watchingStills
      return watching.path === 'peer' ? words.watchingStraight(name) : words.watchingServer
    case 'over':
      return words.ended(name)
  }
}

/** For whoever shows, beside the viewer's name. */
export function viewerText(words: LiveWords, viewer: LiveShowing['viewers'][number], name: string): string {
  if (viewer.state === 'pending') return theirWaitingText(words, viewer.reason)
  if (viewer.state !== 'watching') return words.waitsAsked(name)
  if (viewer.pictures === 'stills') return words.stills
  return viewer.path === 'peer' ? words.straight : words.throughServer
}

/** How much of the server's capacity is used, by everybody together. */
export function capacityText(words: LiveWords, { size }: Pick<Formats, 'size'>, now: CapacityNow): string {
  if (now.bytesPerSecondMax === 0) return words.capacityNone
  return words.capacity(size(now.bytesPerSecond), size(now.bytesPerSecondMax), words.lines(now.connections))
}

/** Why it is over, for whoever watched. Undefined: nothing to be said. */
export function endText(words: LiveWords, reason: string, name: string): string | undefined {
  switch (reason) {
    case 'ended':
    case 'gone':
    case 'draining':
      return words.ended(name)
    case 'declined':
      return words.declined(name)
    case 'kicked':
      return words.kickedYou(name)
    case 'unanswered':
      return words.unanswered(name)
    case 'no-room':
      return words.noRoom
    case 'not-found':
      return words.nothing(name)
    default:
      return undefined
  }
}

/** Beside their name. */
function theirWaitingText(words: LiveWords, reason: string | undefined): string {
  switch (reason) {
    case 'capacity':
    case 'connections':
      return words.theirRoom
    case 'viewers':
      return words.theirViewers
    case 'peer-to-peer-only':
      return words.theirStraight
    default:
      return words.theirLine
  }
}

function waitingText(words: LiveWords, reason: string | undefined): string {
  switch (reason) {
    case 'capacity':
    case 'connections':
      return words.waitsRoom
    case 'viewers':
      return words.waitsViewers
    case 'peer-to-peer-only':
      return words.waitsStraight
    default:
      return words.waitsLine
  }
}
