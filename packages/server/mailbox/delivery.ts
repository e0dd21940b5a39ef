// Delivers to devices that are on-line: pushes what was accepted after its commit, what waits when a device comes, and
// again what it has not confirmed by REMOVE. One timer for all. What to push when is push-window.ts's.

import type { DeviceAddress } from '@doorpost/protocol/address'
import type { MailKey } from '@doorpost/protocol/messages/mailbox'
import type { MailStore } from '../storage/storage.ts'
import { openPushWindow, PUSH_SWEEP_MS, type PushWindow } from './push-window.ts'

/** Devices served in a row before others get the event loop: some milliseconds of reading and pushing. */
const DEVICES_IN_A_ROW = 32

/** One session that said its device is on-line. */
export interface PushSession {
  /** False: it takes no more for now, or has ended. */
  push(message: object): boolean
}

export interface PushTargets {
  sessionsOf(device: DeviceAddress): readonly PushSession[]
  /** Calls `came` whenever a device comes on-line or opens another session. */
  onOnline(came: (device: DeviceAddress) => void): void
}

export interface DeliveryOptions {
  readonly store: Pick<MailStore, 'waiting'>
  readonly presence: PushTargets
  readonly clock: {
    /** Never runs backwards; for what is due again. */
    monotonicMs(): number
    /** For what has expired. */
    wallMs(): number
    /** Calls `tick` every `intervalMs` until the returned function is called. */
    every(intervalMs: number, tick: () => void): () => void
  }
  readonly onPush: (message: object) => void
  readonly onFault: (error: unknown) => void
}

export interface Delivery {
  /** These devices have new mail: it is committed. Returns at once. */
  arrived(devices: Iterable<DeviceAddress>): void
  removed(device: DeviceAddress, keys: readonly MailKey[]): void
  close(): void
}

interface Serving {
  readonly window: PushWindow
  isBusy: boolean
}

export function openDelivery({ store, presence, clock, onPush, onFault }: DeliveryOptions): Delivery {
  const serving = new Map<DeviceAddress, Serving>()
  const due = new Set<DeviceAddress>()
  let isScheduled = false
  let isClosed = false

  const stopSweeping = clock.every(PUSH_SWEEP_MS, () => {
    for (const [device, { window }] of serving) {
      window.sweep(clock.monotonicMs())
      wake(device)
    }
  })
  presence.onOnline((device) => {
    windowOf(device).startOver()
    // At once: devices come one request at a time.
    serve(device).catch(onFault)
  })

  function windowOf(device: DeviceAddress): PushWindow {
    const known = serving.get(device)
    if (known) return known.window
    const window = openPushWindow(clock.monotonicMs())
    serving.set(device, { window, isBusy: false })
    return window
  }

  /** Later, when the answers to those who sent have gone: they take the same time whether anything is pushed or not. */
  function wake(device: DeviceAddress): void {
    due.add(device)
    if (isScheduled || isClosed) return
    isScheduled = true
    setImmediate(serveDue)
  }

  function serveDue(): void {
    isScheduled = false
    let served = 0
    for (const device of due) {
      if (served++ >= DEVICES_IN_A_ROW) break
      due.delete(device)
      serve(device).catch(onFault)
    }
    const [next] = due
    if (next !== undefined) wake(next)
  }

  async function serve(device: DeviceAddress): Promise<void> {
    const state = serving.get(device)
    if (!state || state.isBusy) return
    const { window } = state
    state.isBusy = true
    try {
      for (;;) {
        if (presence.sessionsOf(device).length === 0) {
          serving.delete(device)
          return
        }
        const wanted = isClosed ? undefined : window.wanted()
        if (!wanted) return
        const found = await store.waiting(device, wanted, clock.wallMs()).catch((error: unknown) => {
          // The next sweep tries again.
          window.mayHaveMore()
          throw error
        })
        for (const mail of window.take(wanted, found)) {
          if (!pushToAll(device, { kind: 'message', envelope: mail.envelope })) {
            window.refused(mail)
            break
          }
          window.pushed(mail, clock.monotonicMs())
        }
      }
    } finally {
      state.isBusy = false
    }
  }

  /** True when at least one session took it. */
  function pushToAll(device: DeviceAddress, message: object): boolean {
    const taken = presence.sessionsOf(device).filter((session) => session.push(message))
    for (const _ of taken) onPush(message)
    return taken.length > 0
  }

  return {
    arrived(devices) {
      for (const device of devices) {
        if (presence.sessionsOf(device).length === 0) continue
        windowOf(device).mayHaveMore()
        wake(device)
      }
    },
    removed(device, keys) {
      const state = serving.get(device)
      if (!state) return
      state.window.removed(keys)
      wake(device)
    },
    close() {
      isClosed = true
      stopSweeping()
    },
  }
}
