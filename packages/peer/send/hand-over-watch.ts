// Notices when a device that was asked to take something over does not go on: no answer, no piece asked for, no word about its copy. What
// is made of that is hand-over.ts's. Nothing depends on it but what people are told: this device gives out all the while.

import type { DeviceAddress } from '@doorpost/protocol/address'
import type { Clock } from '../clock.ts'

/** Silence after which people are told, ms: a device that is there answers within seconds, and one that fetches asks again within one piece. */
export const HAND_OVER_QUIET_MS = 2 * 60_000

export interface HandOverWatch {
  /** That device was asked, now. `isQuiet`: it was silent when this device was closed. */
  begin(messageId: string, by: DeviceAddress, isQuiet?: boolean): void
  /** That device gave a sign of life about it. */
  stirred(messageId: string, by: string): void
  /** Nothing is waited for any more. */
  end(messageId: string): void
  stop(): void
}

export function createHandOverWatch(options: {
  readonly clock: Clock
  /** `sinceMs`: its last sign of life, wall clock. */
  onQuiet(messageId: string, sinceMs: number): void
  onStirred(messageId: string): void
}): HandOverWatch {
  const { clock } = options
  const watched = new Map<string, { readonly by: DeviceAddress; lastMs: number; isQuiet: boolean; cancel(): void }>()

  function arm(messageId: string): void {
    const one = watched.get(messageId)
    if (!one) return
    const leftMs = one.lastMs + HAND_OVER_QUIET_MS - clock.nowMs()
    one.cancel()
    if (leftMs > 0) one.cancel = clock.after(leftMs, () => arm(messageId))
    else {
      one.isQuiet = true
      options.onQuiet(messageId, one.lastMs)
    }
  }
  function end(messageId: string): void {
    watched.get(messageId)?.cancel()
    watched.delete(messageId)
  }

  return {
    begin(messageId, by, isQuiet = false) {
      end(messageId)
      watched.set(messageId, { by, lastMs: clock.nowMs(), isQuiet, cancel: () => {} })
      if (!isQuiet) arm(messageId)
    },
    stirred(messageId, by) {
      const one = watched.get(messageId)
      if (one?.by !== by) return
      one.lastMs = clock.nowMs()
      if (!one.isQuiet) return
      one.isQuiet = false
      options.onStirred(messageId)
      arm(messageId)
    },
    end,
    stop() {
      for (const messageId of [...watched.keys()]) end(messageId)
    },
  }
}
