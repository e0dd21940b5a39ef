// What ran out is looked for now and then, whatever room it lies in: mail and sent messages that are over, and all that is kept for
// them.

import type { Clock } from './clock.ts'
import type { Inbox } from './receive/inbox.ts'
import { isOpen } from './receive/inbox-state.ts'
import { endingSoon } from './receive/reminders.ts'
import { offerDrops, offeredMessages } from './send/offered.ts'
import type { SentRoom } from './send/sent-room.ts'
import type { Store } from './store/store.ts'

/** What ran out is looked for this often, ms. */
const EXPIRE_EVERY_MS = 10 * 60_000

export interface ExpiryOptions {
  readonly store: Store
  readonly clock: Clock
  readonly inbox: Pick<Inbox, 'records' | 'step' | 'learn'>
  readonly sent: Pick<SentRoom, 'get'>
  /** The other rooms' own, one after the other. */
  readonly rooms: readonly ((nowMs: number) => unknown)[]
  onFault(error: unknown): void
}

/** Looks once, then every so often until what is returned is called. */
export async function startExpiry(options: ExpiryOptions): Promise<() => void> {
  const { store, clock, inbox, sent, rooms } = options
  async function expire(): Promise<void> {
    const nowMs = clock.nowMs()
    for (const { id, expires, standing } of await inbox.records()) {
      // Of the rest nothing is over, however old it is.
      if (isOpen(standing.state) && Date.parse(expires) < nowMs) await inbox.step(id, { kind: 'ran-out' })
    }
    for (const id of await offeredMessages(store)) {
      const record = await sent.get(id)
      if (record && Date.parse(record.expires) < nowMs) await store.write(offerDrops(record))
    }
    for (const { id, expires: endsAt } of endingSoon(await inbox.records(), nowMs)) await inbox.learn(id, { endsAt })
    for (const room of rooms) await room(nowMs)
  }
  let cancel = () => {}
  let over = false
  const again = () => {
    if (over) return
    cancel = clock.after(EXPIRE_EVERY_MS, () => void expire().catch(options.onFault).finally(again))
  }
  await expire()
  again()
  return () => {
    over = true
    cancel()
  }
}
