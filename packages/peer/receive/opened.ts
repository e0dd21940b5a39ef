// Who said, by an `open` note, that this user may see their network address. Their word alone opens nothing: this user must have
// said the same of them (preferences, openTo). What follows is permitted.ts's.

import type { UserAddress } from '@doorpost/protocol/address'
import type { Change, Store } from '../store/store.ts'

/** People who are no contacts and whose word is kept; anybody can send one. Contacts' words are always kept. */
export const STRANGERS_OPENED_MAX = 500

const PLACE = 'opens/'

export interface Opened {
  /** Whether that user said so, and did not take it back. */
  opensToMe(user: UserAddress): Promise<boolean>
  /** Written together with `also`, in any case. */
  take(user: UserAddress, open: boolean, isContact: boolean, also: readonly Change[]): Promise<'fitted' | 'nothing'>
}

/** Room `people`, key: `opens/` and the user. */
export async function openOpened(store: Store): Promise<Opened> {
  const words = new Map((await store.all<boolean>('people', PLACE)).map(({ key, value }) => [key, value]))
  return {
    opensToMe: async (user) => words.get(`${PLACE}${user}`) ?? false,
    async take(user, open, isContact, also) {
      const key = `${PLACE}${user}`
      const isRoom = isContact || words.has(key) || words.size < STRANGERS_OPENED_MAX
      if (!isRoom || (words.get(key) ?? false) === open) {
        await store.write(also)
        return isRoom ? 'fitted' : 'nothing'
      }
      if (open) words.set(key, true)
      else words.delete(key)
      await store.write([open ? { put: 'people', key, value: true } : { drop: 'people', key }, ...also])
      return 'fitted'
    },
  }
}
