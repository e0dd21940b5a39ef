// Whether this browser can show a media, to be told before anything is fetched.

import { servedType, shownAs } from './media-types.ts'

/** yes: shown here. no: this browser cannot, or it is nothing to be shown: offer to save it. perhaps: only trying tells. */
export type CanPlay = 'yes' | 'perhaps' | 'no'

/** `ask` is the browser's own word (HTMLMediaElement.canPlayType), which knows containers and not what lies in them. */
export function canPlay(
  media: { readonly type: string; readonly name: string },
  ask: (type: string) => string = askBrowser,
): CanPlay {
  const shown = shownAs(media)
  if (shown === 'none') return 'no'
  if (shown === 'text' || shown === 'picture') return 'yes'
  const word = ask(servedType(media))
  return word === 'probably' ? 'yes' : word === 'maybe' ? 'perhaps' : 'no'
}

function askBrowser(type: string): string {
  return document.createElement(type.startsWith('audio/') ? 'audio' : 'video').canPlayType(type)
}
