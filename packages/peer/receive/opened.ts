// Who may see whose network address beyond contacts: tells those whom this user decided about, by an `open` note, and remembers what
// others said. One word alone opens nothing: it takes both (permitted.ts). Who is written in the preferences (openTo) is its user's.

import { isUserAddress, type UserAddress } from '@doorpost/protocol/address'
import type { Note } from '@doorpost/protocol/note'
import { isAmong, type Preferences } from '@doorpost/protocol/preferences'
import { createInTurn } from '../in-turn.ts'
import type { Change, Store } from '../store/store.ts'

/** People who are no contacts and whose word is kept; anybody can send one. Contacts' words are always kept. */
export const STRANGERS_OPENED_MAX = 500

/** Room `people`: who said so to us, and to whom this user's yes was told. */
const THEIRS = 'opens/'
const OURS = 'opened/'

type OpenNote = Extract<Note, { note: 'open' }>

export interface Opened {
  /** Whether that user said so, and did not take it back. */
  opensToMe(user: UserAddress): Promise<boolean>
  /** Written together with `also`, in any case. */
  take(user: UserAddress, open: boolean, isContact: boolean, also: readonly Change[]): Promise<'fitted' | 'nothing'>
  /** Tells everybody about whom the preferences say something else than they were told. */
  tellAll(): Promise<void>
}

export async function openOpened(options: {
  readonly store: Store
  preferences(): Pick<Preferences, 'openTo'>
  /** Puts a note into the outbox, with `also` in the same write. */
  tell(user: UserAddress, note: OpenNote, also: readonly Change[]): Promise<void>
}): Promise<Opened> {
  const { store, tell } = options
  const usersIn = async (place: string) =>
    new Set((await store.all<boolean>('people', place)).map(({ key }) => key.slice(place.length)))
  const theirs = await usersIn(THEIRS)
  const told = await usersIn(OURS)
  const turns = createInTurn()

  /** Says what holds now, unless it was said. */
  async function settle(user: UserAddress): Promise<void> {
    const open = isAmong(options.preferences().openTo, user)
    if (told.has(user) === open) return
    const key = `${OURS}${user}`
    await tell(user, { note: 'open', open }, [open ? { put: 'people', key, value: true } : { drop: 'people', key }])
    if (open) told.add(user)
    else told.delete(user)
  }

  return {
    opensToMe: async (user) => theirs.has(user),
    async take(user, open, isContact, also) {
      const isRoom = isContact || theirs.has(user) || theirs.size < STRANGERS_OPENED_MAX
      if (!isRoom || theirs.has(user) === open) {
        await store.write(also)
        return isRoom ? 'fitted' : 'nothing'
      }
      const key = `${THEIRS}${user}`
      await store.write([open ? { put: 'people', key, value: true } : { drop: 'people', key }, ...also])
      if (open) theirs.add(user)
      else theirs.delete(user)
      // Of a domain that is open nobody is told before they speak.
      if (open) await turns.take(() => settle(user))
      return 'fitted'
    },
    tellAll: () =>
      turns.take(async () => {
        for (const user of new Set([...options.preferences().openTo, ...told]))
          if (isUserAddress(user)) await settle(user)
      }),
  }
}
