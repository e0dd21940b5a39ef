// A message that came to another device of this user before this one was linked, as this one keeps it: nothing of its media is here, nothing
// is fetched by itself, and its sender was told that it came.

import type { PastMessage } from '@doorpost/protocol/note'
import type { Identity } from '../identity/identity-record.ts'
import { type InboxRecord, ownRecordOf } from './inbox-record.ts'
import type { Standing } from './inbox-state.ts'

export function pastRecord(past: Extract<PastMessage, { said: 'theirs' }>, nowMs: number): InboxRecord {
  const { id, from, to, accounts, date: sentAt, expires, receivedAt, acceptedAt, messageHash, gone, content } = past
  const standing = standingOf(past, nowMs)
  return {
    ...{ id, from, to, accounts, sentAt, expires, receivedAt, messageHash, standing },
    ...(acceptedAt !== undefined && { acceptedAt }),
    media: content.media.map(({ root, sizeBytes }) => ({ root, sizeBytes, verifiedBytes: 0 })),
    told: standing.state === 'refused' ? 'refused' : 'announced',
    ...(gone && { gone }),
    // Years of films are not fetched because somebody has a new device.
    ...(content.media.length > 0 && { cleared: true as const }),
  }
}

/** What another device of this user sent, where it has media to be had from there: as a `sent` note would have told. */
export function ownPastRecord(
  past: Extract<PastMessage, { said: 'mine' }>,
  me: Pick<Identity, 'user' | 'address'>,
  nowMs: number,
): InboxRecord | undefined {
  const { id: messageId, from, to, date, expires, acceptedAt, content } = past
  const isMail = to.some((one) => one === me.user || one === me.address)
  if (isMail || content.media.length === 0 || Date.parse(expires) < nowMs) return undefined
  const note = { note: 'sent' as const, messageId, to, date, expires, acceptedAt, content }
  return ownRecordOf(note, from, new Date(nowMs).toISOString())
}

function standingOf({ state, expires, content }: Extract<PastMessage, { said: 'theirs' }>, nowMs: number): Standing {
  if (state !== 'open') return { state }
  if (content.media.length === 0) return { state: 'ready' }
  return { state: Date.parse(expires) < nowMs ? 'expired' : 'announced' }
}
