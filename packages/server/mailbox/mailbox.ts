// The mailbox room: its four rows of the handler table, pushing, and expiry, from what the server has.

import type { Metrics } from '../metrics.ts'
import type { Mail } from '../rooms.ts'
import type { Storage } from '../storage/storage.ts'
import type { MailPolicy } from './accept.ts'
import { openDelivery, type PushTargets } from './delivery.ts'
import { openDirectory } from './directory.ts'
import { startExpiry } from './expiry.ts'
import { mailHandlers } from './mail-handlers.ts'

export interface MailboxOptions {
  /** What stands behind the @ of this server's users. */
  readonly domain: string
  readonly storage: Pick<Storage, 'accounts' | 'mail'>
  readonly presence: PushTargets
  readonly clock: {
    wallMs(): number
    every(intervalMs: number, tick: () => void): () => void
  }
  /** The policy that holds now. */
  policy(): MailPolicy
  readonly metrics: Pick<Metrics, 'messagesAccepted' | 'messagesDelivered' | 'messageBytes'>
  /** Told of what went wrong while nobody waited for an answer. */
  readonly onFault: (error: unknown) => void
}

export interface Mailbox extends Mail {
  /** Stops timers and pushing; the storage is not closed. */
  close(): void
}

export function openMailbox(options: MailboxOptions): Mailbox {
  const { domain, storage, presence, clock, metrics, onFault } = options
  const store = storage.mail
  const timing = {
    nowMs: () => clock.wallMs(),
    every: (intervalMs: number, tick: () => void) => clock.every(intervalMs, tick),
  }
  const delivery = openDelivery({
    store,
    presence,
    ...timing,
    onPush: (message) => metrics.messageBytes.inc({ direction: 'out' }, Buffer.byteLength(JSON.stringify(message))),
    onFault,
  })
  const stopExpiry = startExpiry({ store, ...timing, onFault })
  return {
    ...mailHandlers({
      domain,
      store,
      directory: openDirectory(storage.accounts),
      policy: () => options.policy(),
      delivery,
      metrics,
      nowMs: timing.nowMs,
    }),
    close() {
      stopExpiry()
      delivery.close()
    },
  }
}
