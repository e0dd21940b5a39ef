// Keeps the screen on while something is on its way: a device that sleeps gives nothing and takes nothing. Where a browser cannot, the
// device sleeps as it always did.

import { useEffect } from 'react'

/** Any number of cards may want it at the same time; the browser counts. */
export function useWakeLock(wanted: boolean): void {
  useEffect(() => {
    if (!wanted || !('wakeLock' in navigator)) return
    let lock: WakeLockSentinel | undefined
    let over = false
    const take = async () => {
      if (document.visibilityState !== 'visible' || (lock && !lock.released)) return
      try {
        const taken = await navigator.wakeLock.request('screen')
        if (over) await taken.release()
        else lock = taken
      } catch {
        // Refused to save the battery: nothing is lost but time.
      }
    }
    void take()
    // The browser takes it back whenever the page is hidden (W3C Screen Wake Lock section 5).
    document.addEventListener('visibilitychange', take)
    return () => {
      over = true
      document.removeEventListener('visibilitychange', take)
      void lock?.release()
    }
  }, [wanted])
}
