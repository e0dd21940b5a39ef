// How the reader came to the page: by a link of somebody, of the server or of another device of theirs. Looked at before anything is
// shown; the address loses it at once, so that it is neither shared nor kept in the browser's history. This tab knows it until it was used, also
// when the page is loaded again.

import { useSyncExternalStore } from 'react'
import { tabMemory } from '../page-memory.ts'
import { readArrival, type Arrival } from './invited.ts'

const KEPT_AS = 'doorpost-arrival'

let arrival: Arrival | undefined
const listeners = new Set<() => void>()

/** At the start of the page. */
export function noteArrival(): void {
  arrival = readArrival(location.href)
  if (arrival) {
    tabMemory.setItem(KEPT_AS, arrival.link)
    history.replaceState(null, '', '/')
    return
  }
  const kept = tabMemory.getItem(KEPT_AS)
  if (kept !== null && URL.canParse(kept)) arrival = readArrival(kept)
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
  tabMemory.removeItem(KEPT_AS)
  for (const listener of listeners) listener()
}
