// Reminds recipients who have not fetched before a message ends: when, and whom. Pure. The recipient's own device does the same by
// its own clock (receive/reminders.ts), so that a sender who is away for a week changes nothing; the first of the two counts.

import type { SentRecipient, SentRecord } from './sent.ts'

const HOUR_MS = 3600_000

/** The instant of a reminder, ms since 1970: `hours` before the end, but never in the first half of the time there is. */
export function remindAtMs(message: { readonly date: string; readonly expires: string }, hours: number): number {
  const beginMs = Date.parse(message.date)
  const endMs = Date.parse(message.expires)
  return Math.max(endMs - hours * HOUR_MS, beginMs + (endMs - beginMs) / 2)
}

/** Who is to be reminded now; nobody twice. `hours` 0: never. */
export function toRemind(record: SentRecord, nowMs: number, hours: number): readonly SentRecipient[] {
  const { acceptedAt, withdrawnAt, copyDeletedAt, remindedAt, media } = record
  const isOver = withdrawnAt !== undefined || copyDeletedAt !== undefined || nowMs > Date.parse(record.expires)
  if (hours === 0 || media.length === 0 || acceptedAt === undefined || remindedAt !== undefined || isOver) return []
  if (nowMs < remindAtMs(record, hours)) return []
  return record.recipients.filter(({ state }) => state !== 'fetched' && state !== 'refused')
}
