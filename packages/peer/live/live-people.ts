// Who may watch without being asked about, and who may not at all: kept on this device, edited ahead, the same for every broadcast.

import type { UserAddress } from '@doorpost/protocol/address'
import { APPROVED_MAX } from '@doorpost/protocol/live/limits'
import { Trouble } from '../operations.ts'
import type { Store } from '../store/store.ts'

/** Key in the room `settings`. */
const LIVE_PEOPLE = 'live-people'

/** `always`: the approved list. `never`: kicked, until lifted. */
export interface LivePeopleLists {
  readonly always: readonly UserAddress[]
  readonly never: readonly UserAddress[]
}

/** `always`, `never`: onto that list and off the other. `forget`: off both; they are asked about again. */
export type LiveWish = 'always' | 'never' | 'forget'

export interface LivePeople {
  readonly now: LivePeopleLists
  /** On stable storage when it resolves. Throws Trouble `bad-preference` where a list is full. */
  wish(user: UserAddress, wish: LiveWish): Promise<LivePeopleLists>
}

export async function openLivePeople(store: Store): Promise<LivePeople> {
  let now: LivePeopleLists = (await store.get<LivePeopleLists>('settings', LIVE_PEOPLE)) ?? { always: [], never: [] }
  return {
    get now() {
      return now
    },
    async wish(user, wish) {
      const others = (list: readonly UserAddress[]) => list.filter((one) => one !== user)
      const next = {
        always: [...others(now.always), ...(wish === 'always' ? [user] : [])],
        never: [...others(now.never), ...(wish === 'never' ? [user] : [])],
      }
      if (Math.max(next.always.length, next.never.length) > APPROVED_MAX) {
        throw new Trouble('bad-preference', `There are ${APPROVED_MAX} people on that list: it is full.`)
      }
      now = next
      await store.write([{ put: 'settings', key: LIVE_PEOPLE, value: next }])
      return next
    },
  }
}
