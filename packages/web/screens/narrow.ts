// Whether the page has room for one column alone: a phone, or a window as narrow as one.

import { useSyncExternalStore } from 'react'

/** As in the style sheets of screens/. */
const NARROW = '(max-width: 719px)'

export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(NARROW).matches)
}

function subscribe(listener: () => void): () => void {
  const query = matchMedia(NARROW)
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}
