// What the device was when this browser showed the page last: until it says what it is now, which takes a while on a slow machine, the
// page shows the screen that is to be expected, and it can be used at once. What is asked of the device waits until it is open.

import type { DeviceState } from './device-connection.ts'
import { browserMemory } from './page-memory.ts'

/** In this browser's localStorage; says only that somebody has an account here, and whether a passkey locks it. */
const KEPT_AS = 'doorpost-last-seen'

export type LastSeen = 'none' | 'locked' | 'open'

export function lastSeen(): LastSeen {
  const kept = browserMemory.getItem(KEPT_AS)
  return kept === 'open' || kept === 'locked' ? kept : 'none'
}

/** For onState: another tab's device, one that is opening or one that ended says nothing of who is here. */
export function noteSeen({ state }: DeviceState): void {
  if (state === 'none') browserMemory.removeItem(KEPT_AS)
  else if (state === 'open' || state === 'locked') browserMemory.setItem(KEPT_AS, state)
}
