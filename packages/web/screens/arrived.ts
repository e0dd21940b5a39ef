// How the reader came to the page: by a link of somebody, of the server or of another device of theirs. Looked at before anything is
// shown; the address loses it at once, so that it is neither shared nor kept by the browser.

import { useSyncExternalStore } from 'react'
import { readArrival, type Arrival } from './invited.ts'

let arrival: Arrival | undefined
const listeners = new Set<() => void>()

/** At the start of the page. */
export function noteArrival(): void {
  arrival = readArrival(location.href)
  if (arrival) history.replaceState(null, '', '/')
}

/** Still to be used, if there is one. */
export function useArrival(): Arrival | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => arrival,
  )
}

/** It was used, or put aside. */
export function arrivalDone(): void {
  arrival = undefined
  for (const listener of listeners) listener()
}
