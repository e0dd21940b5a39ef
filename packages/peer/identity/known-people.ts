// The people this device remembers: one document each, their opened lists at hand, and where the server last said they are.
// Whom to ask and what was agreed is people.ts's business.

import type { UserAddress } from '@doorpost/protocol/address'
import type { OpenedDeviceList } from '@doorpost/protocol/device-list'
import type { DevicePresence } from '@doorpost/protocol/messages/finger'
import type { Clock } from '../clock.ts'
import { type Changed, recordsOf } from '../records.ts'
import { listeners, type Listeners } from '../session/listeners.ts'
import type { Change, Store } from '../store/store.ts'
import type { Shown } from './finger.ts'
import {
  isStranger,
  meet,
  type Person,
  personOf,
  reopen,
  type Resolved,
  resolvedAs,
  type Standing,
  type StoredPerson,
  standingOf,
} from './person.ts'

/** Strangers whose keys stay pinned; beyond it those met first are forgotten. Anybody can make us meet them by a message. */
const STRANGERS_MAX = 2_000
/** How many are forgotten at once: an eighth, so that the whole room is read seldom. */
const FORGOTTEN_AT_ONCE = STRANGERS_MAX / 8
/** Opened lists kept at hand: opening one costs some milliseconds of signatures. */
const OPENED_MAX = 500

const PLACE = 'person/'

export interface KnownPeople {
  recall(address: UserAddress): Promise<StoredPerson | undefined>
  all(): Promise<StoredPerson[]>
  openedOf(stored: StoredPerson): OpenedDeviceList
  personOf(stored: StoredPerson): Person
  /** As things stand, without asking anybody. */
  resolved(stored: StoredPerson): Resolved
  /** Takes in what the server showed, and answers what it means. */
  take(address: UserAddress, shown: Shown): Promise<Resolved>
  /** Changes somebody who is remembered, with `also` in the same write; undefined from `next` leaves all as it is. */
  change(
    address: UserAddress,
    next: (stored: StoredPerson) => StoredPerson | undefined,
    also?: readonly Change[],
  ): Promise<void>
  /** Only what the server said in this run: where somebody is now is not worth remembering. */
  readonly presences: Map<UserAddress, readonly DevicePresence[]>
  readonly changes: Listeners<UserAddress>
}

export async function openKnownPeople(store: Store, clock: Clock): Promise<KnownPeople> {
  const records = recordsOf<StoredPerson>(store, 'people')
  const changes = listeners<UserAddress>()
  const presences = new Map<UserAddress, readonly DevicePresence[]>()
  const openedLists = new Map<string, OpenedDeviceList>()

  /** As they were written last, by address: asked for at every glance at conversations and contacts. */
  const known = new Map((await records.all(PLACE)).map(({ value }) => [value.address, value]))
  let strangers = [...known.values()].filter(isStranger).length

  /** One change, written; and known from then on. */
  async function write(
    address: UserAddress,
    change: (stored: StoredPerson | undefined) => Changed<StoredPerson> | undefined,
  ): Promise<StoredPerson | undefined> {
    const stored = await records.change(`${PLACE}${address}`, change)
    if (stored) known.set(address, stored)
    else known.delete(address)
    return stored
  }

  function openedOf({ deviceList }: StoredPerson): OpenedDeviceList {
    const known = openedLists.get(deviceList.signature)
    if (known) return known
    const opened = reopen(deviceList)
    if (openedLists.size >= OPENED_MAX) openedLists.clear()
    openedLists.set(deviceList.signature, opened)
    return opened
  }

  const person = (stored: StoredPerson) => personOf(stored, openedOf(stored), presences.get(stored.address))

  async function forgetStrangers(): Promise<void> {
    strangers++
    if (strangers <= STRANGERS_MAX) return
    const met = [...known.values()].filter(isStranger).toSorted((a, b) => (a.metAt < b.metAt ? -1 : 1))
    for (const { address } of met.slice(0, FORGOTTEN_AT_ONCE)) {
      await write(address, (stored) => (stored && isStranger(stored) ? { value: undefined } : undefined))
    }
    strangers = met.length - FORGOTTEN_AT_ONCE
  }

  return {
    recall: async (address) => known.get(address),
    all: async () => [...known.values()],
    openedOf,
    personOf: person,
    resolved: (stored) => resolvedAs(standingOf(stored, openedOf(stored)), person(stored)),
    async take(address, shown) {
      let standing: Standing = 'known'
      let before: StoredPerson | undefined
      const stored = await write(address, (current) => {
        before = current
        const met = meet(current, address, shown, new Date(clock.nowMs()).toISOString())
        standing = met.standing
        return { value: met.stored }
      })
      if (!stored) throw new Error(`nothing was remembered of ${address}`)
      const presenceBefore = presences.get(address)
      if (shown.presence) presences.set(address, shown.presence)
      else presences.delete(address)
      if (!before) await forgetStrangers()
      const isNews =
        JSON.stringify(before) !== JSON.stringify(stored) ||
        JSON.stringify(presenceBefore) !== JSON.stringify(shown.presence)
      if (isNews) changes.tell(address)
      return resolvedAs(standing, person(stored))
    },
    async change(address, next, also = []) {
      let isChanged = false
      await write(address, (stored) => {
        const value = stored && next(stored)
        isChanged = value !== undefined
        return value && { value, also }
      })
      if (isChanged) changes.tell(address)
    },
    presences,
    changes,
  }
}
