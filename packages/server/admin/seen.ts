// The day on which a user was seen last: one write a user and day, however often their devices log in.

import type { UserAddress } from '@doorpost/protocol/address'
import { dayOf } from '@doorpost/protocol/day'
import type { Clock } from '../listen/clock.ts'
import type { AccountStore } from '../storage/storage.ts'

/** Users remembered as seen today, 100 bytes each; the others are written again. */
const REMEMBERED_MAX = 100_000

/** The function returned notes that a device of this user logged in. */
export function openSeen(store: Pick<AccountStore, 'seen'>, clock: Clock): (user: UserAddress) => Promise<void> {
  let today = 0
  const seen = new Set<UserAddress>()
  return async (user) => {
    const day = dayOf(clock.wallMs())
    if (day !== today || seen.size >= REMEMBERED_MAX) seen.clear()
    today = day
    if (seen.has(user)) return
    seen.add(user)
    await store.seen(user, day)
  }
}
