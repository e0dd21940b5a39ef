// The mailbox room: its four rows of the handler table, pushing, and expiry, from what the server has.

import type { Clock } from '../listen/clock.ts'
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
  readonly clock: Clock
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
  const delivery = openDelivery({
    store,
    presence,
    clock,
    onPush: (message) => metrics.messageBytes.inc({ direction: 'out' }, Buffer.byteLength(JSON.stringify(message))),
    onFault,
  })
  const stopExpiry = startExpiry({ store, clock, onFault })
  return {
    ...mailHandlers({
      domain,
      store,
      directory: openDirectory(storage.accounts),
      policy: () => options.policy(),
      delivery,
      metrics,
      nowMs: () => clock.wallMs(),
    }),
    close() {
      stopExpiry()
      delivery.close()
    },
  }
}
