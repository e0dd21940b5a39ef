// What a user decided about others, told among the user's own devices: whom they approved or blocked, with the key they
// meant. The later decision holds. The server is told by the device that made it.

import { activeDevices, openDeviceList } from '@doorpost/protocol/device-list'
import type { Note } from '@doorpost/protocol/note'
import type { KnownPeople } from './known-people.ts'
import type { Identity } from './identity-record.ts'
import { isStranger, type StoredPerson } from './person.ts'

export type Decision = Extract<Note, { note: 'contacts' }>['contacts'][number]

/** Longest list of contacts in one note, characters of their device lists: well within a message body. */
const NOTE_LENGTH_MAX = 400_000
/** Contacts in one note at most, as its schema has it. */
const NOTE_CONTACTS_MAX = 50

export function decisionOf(stored: StoredPerson): Decision {
  const { address, deviceList, approvedAt, blocked = false, decidedAt, metAt } = stored
  return {
    address,
    deviceList,
    ...(approvedAt !== undefined && { approvedAt }),
    blocked,
    decidedAt: decidedAt ?? approvedAt ?? metAt,
  }
}

/** All that was decided, in notes of bearable size: for a device that is new. */
export async function allDecisions(known: KnownPeople, me: Pick<Identity, 'user'>): Promise<Decision[][]> {
  const decisions = (await known.all())
    .filter((stored) => stored.address !== me.user && (!isStranger(stored) || stored.decidedAt !== undefined))
    .map(decisionOf)
  const notes: Decision[][] = []
  let length = 0
  for (const decision of decisions) {
    const own = decision.deviceList.body.length
    const last = notes.at(-1)
    if (last && last.length < NOTE_CONTACTS_MAX && length + own <= NOTE_LENGTH_MAX) {
      last.push(decision)
      length += own
    } else {
      notes.push([decision])
      length = own
    }
  }
  return notes
}

/** Takes over what another device of this user told; answers whether anything was news. */
export async function takeDecisions(
  known: KnownPeople,
  me: Pick<Identity, 'user'>,
  decisions: readonly Decision[],
): Promise<boolean> {
  let news = false
  for (const decision of decisions) {
    const { address, deviceList, approvedAt, blocked, decidedAt } = decision
    const opened = openDeviceList(deviceList)
    if (!opened || opened.list.user !== address || address === me.user || activeDevices(opened.list).length === 0)
      continue
    const before = await known.recall(address)
    if (before && (before.decidedAt ?? before.approvedAt ?? '') >= decidedAt) continue
    await known.take(address, { signed: deviceList, opened, presence: known.presences.get(address) })
    await known.change(address, (stored) => {
      // Where another key is pinned here the user has to look here, too: the other device may have met the wrong one.
      const { approvedAt: _approved, blocked: _blocked, askedAt: _asked, ...rest } = stored
      return {
        ...rest,
        ...(approvedAt !== undefined && { approvedAt }),
        ...(blocked && { blocked: true as const }),
        decidedAt,
      }
    })
    news = true
  }
  return news
}
