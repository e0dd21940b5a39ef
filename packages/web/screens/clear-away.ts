// Clearing this browser: the device forgets what it has, then all else goes that this page kept or showed, and it is loaded as by
// somebody who was never here.

import { originStorage } from '@doorpost/peer/browser/origin-storage'
import { useDevice } from '../device.ts'
import { browserMemory, tabMemory } from '../page-memory.ts'
import { clearLinks } from './clear-links.ts'

/** Answers a function that does it; it cannot be taken back. */
export function useClearingAway(): () => Promise<void> {
  const device = useDevice()
  return async () => {
    await device.forget()
    await closeNotices()
    await clearLinks({ databases: indexedDB, folders: originStorage() })
    // Whatever any part of the page wrote down: where films were left, wishes of this browser, an invitation not used yet.
    browserMemory.clear()
    tabMemory.clear()
    // What is in memory goes with the page.
    location.replace('/')
  }
}

/** Of messages: they would stay in sight. Never holds the rest up. */
async function closeNotices(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration()
    for (const notice of (await registration?.getNotifications()) ?? []) notice.close()
  } catch {
    // A browser without them has none to close.
  }
}
