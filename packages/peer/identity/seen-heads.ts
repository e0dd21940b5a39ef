// List heads that others name in verified messages: the highest is remembered, of each person and of ourselves, so that a server which
// shows an older list, or another of the same number, is noticed.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import type { Head } from '@doorpost/protocol/device-list'
import type { Store } from '../store/store.ts'
import type { Identity } from './identity-record.ts'
import type { KnownPeople } from './known-people.ts'
import { higherHead, type SeenHead } from './person.ts'

/** Room `people`: the highest head of our own list that others named. */
const OWN_SEEN = 'own-seen'

export interface SeenHeads {
  /**
   * A list head read in a verified message of device `by`: its sender's own (`address` is its user), or ours as they have
   * seen it (`address` is our own).
   */
  noteSeenHead(address: UserAddress, head: Head, by: DeviceAddress): Promise<void>
  /** `ahead`: a contact has seen a newer list of ours than we have; `forked`: another one under the same number. Stop and warn. */
  ownList(): Promise<'fine' | 'ahead' | 'forked'>
}

export function createSeenHeads(store: Store, known: KnownPeople, me: Identity): SeenHeads {
  async function noteOwn(next: SeenHead): Promise<void> {
    // Anybody may write to us and name any number; only contacts' word is worth a warning.
    if ((await known.recall(splitDevice(next.by).user))?.approvedAt === undefined) return
    const before = await store.get<SeenHead>('people', OWN_SEEN)
    const highest = higherHead(before, next, me.opened.head)
    if (highest !== before) await store.write([{ put: 'people', key: OWN_SEEN, value: highest }])
  }

  return {
    async noteSeenHead(address, head, by) {
      const next: SeenHead = { head, by }
      if (address === me.user) return await noteOwn(next)
      await known.change(address, (stored) => {
        const seen = higherHead(stored.seen, next, known.openedOf(stored).head)
        return seen === stored.seen ? undefined : { ...stored, seen }
      })
    },
    async ownList() {
      const seen = await store.get<SeenHead>('people', OWN_SEEN)
      const { head } = me.opened
      if (!seen || seen.head.sequence < head.sequence) return 'fine'
      if (seen.head.sequence > head.sequence) return 'ahead'
      return seen.head.hash === head.hash ? 'fine' : 'forked'
    },
  }
}
