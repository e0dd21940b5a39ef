// What a recipient's own device says of messages that end soon or are gone: by its own clock, and by what the sender's devices
// tell. A note is believed only of a message of its author's own user.

import { type DeviceAddress, splitDevice } from '@doorpost/protocol/address'
import type { Note } from '@doorpost/protocol/note'
import { remindAtMs } from '../send/reminders.ts'
import type { Change } from '../store/store.ts'
import type { Inbox } from './inbox.ts'
import type { InboxRecord } from './inbox-record.ts'

/** How long before its end one's own device reminds, hours: a weekend. */
const REMIND_HOURS = 48

/** Messages to remind of now: of contacts, not fetched, not reminded of before. */
export function endingSoon(records: readonly InboxRecord[], nowMs: number): InboxRecord[] {
  return records.filter(
    (record) =>
      isWaiting(record) &&
      nowMs >= remindAtMs({ date: record.sentAt, expires: record.expires }, REMIND_HOURS) &&
      nowMs <= Date.parse(record.expires),
  )
}

function isWaiting({ standing, media, endsAt, own, cleared }: InboxRecord): boolean {
  const { state } = standing
  const open = state === 'announced' || state === 'scheduled' || state === 'fetching'
  return open && own === undefined && cleared === undefined && media.length > 0 && endsAt === undefined
}

/** Answers whether it was about a message that is here and its author's to speak of; then `also` is written. */
export async function takeReminderOrGone(
  note: { readonly from: DeviceAddress; readonly date: string },
  content: Extract<Note, { note: 'reminder' | 'gone' }>,
  also: readonly Change[],
  inbox: Pick<Inbox, 'get' | 'learn'>,
): Promise<boolean> {
  const record = (await inbox.get(content.messageId))?.record
  if (!record || splitDevice(record.from).user !== splitDevice(note.from).user) return false
  if (content.note === 'gone') {
    await inbox.learn(record.id, { gone: { reason: content.reason, at: note.date } }, also)
    return true
  }
  await inbox.learn(record.id, isWaiting(record) ? { endsAt: record.expires } : {}, also)
  return true
}
