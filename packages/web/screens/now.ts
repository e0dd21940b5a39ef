// What time it is, for words like `yesterday`: said anew every minute, and at once when the page is looked at again.

import { useSyncExternalStore } from 'react'

const MINUTE_MS = 60_000

/** Milliseconds since 1970, the minute it is. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, minute)
}

function minute(): number {
  return Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS + MINUTE_MS
}

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, MINUTE_MS / 4)
  document.addEventListener('visibilitychange', listener)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', listener)
  }
}
