// What this browser shows of a message's media, and what it cannot: said before anything is fetched. What may be shown at all is
// play/media-types.ts's list.

import { canPlay } from '../play/can-play.ts'
import { shownAs, type Shown } from '../play/media-types.ts'

/** How this browser shows it, undefined where it is for saving alone. A yes is no promise: what is inside is known when it plays. */
export function shownHere(media: Named, ask?: (type: string) => string): Shown | undefined {
  const shown = shownAs(media)
  return shown === 'none' || canPlay(media, ask) === 'no' ? undefined : shown
}

/** What one would expect to see or hear and does not here: said before it is fetched. Nobody expects that of an archive. */
export function unshownHere(media: Named, ask?: (type: string) => string): 'cannotPlay' | 'cannotShow' | undefined {
  if (/^(video|audio)\//.test(media.type)) return canPlay(media, ask) === 'no' ? 'cannotPlay' : undefined
  const isLookedAt = /^(image|text)\/|^application\/(pdf|xhtml\+xml)$/.test(media.type)
  return isLookedAt && shownHere(media, ask) === undefined ? 'cannotShow' : undefined
}

interface Named {
  readonly type: string
  readonly name: string
}
