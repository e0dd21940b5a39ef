// What this browser shows of a message's media, and what it cannot: said before anything is fetched. What may be shown at all is
// play/media-types.ts's list.

import { canPlay } from '../play/can-play.ts'
import { shownAs, type Shown } from '../play/media-types.ts'

/** How this browser shows it, undefined where it is for saving alone. A yes is no promise: what is inside is known when it plays. */
export function shownHere(media: Named, ask?: (type: string) => string): Shown | undefined {
  const shown = shownAs(media)
  return shown === 'none' || canPlay(media, ask) === 'no' ? undefined : shown
}

/** A film or a sound that this browser cannot play: worth saying before it is fetched. */
export function isUnplayable(media: Named, ask?: (type: string) => string): boolean {
  return /^(video|audio)\//.test(media.type) && canPlay(media, ask) === 'no'
}

interface Named {
  readonly type: string
  readonly name: string
}
