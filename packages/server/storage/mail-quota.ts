// How a mailbox is shared, so that nobody fills it for others and a full one tells strangers nothing.
//
// Mail is counted in one of two pools, chosen when it is accepted and kept for good:
// - `contacts`: the sender and the recipient are mutual contacts (or one person). Counted while it waits.
// - `others`: everybody else, blocked senders among them. Counted until it expires, whether it was collected or not, so
//   that its sender cannot learn by "no room" and "room again" when somebody collects mail (promise 6).
// Each pool has its own bound and each sender a share of it. Counting itself is each implementation's business.

import type { MailQuota } from './storage.ts'

export type Pool = 'contacts' | 'others'

/** What is counted: copies, and characters of sealed text turned into bytes. */
export interface Fill {
  readonly copies: number
  readonly bytes: number
}

/** Share of the quota open to all who are not contacts together: half as much again as contacts have, at worst. */
const OTHERS_SHARE = 0.5
/** Share of the quota one sender may occupy: four must work together to fill a mailbox, and one talkative friend cannot. */
const SENDER_SHARE = 0.25
/** Below these a share is not cut down further, so that a small quota still takes some mail from one sender. */
const SHARE_COPIES_MIN = 100
const SHARE_BYTES_MIN = 4 * 1024 * 1024

/** Whether `adding` may be added to what `pool` and, within it, this sender occupy already. */
export function hasRoom(
  pool: Pool,
  quota: MailQuota,
  occupied: { readonly pool: Fill; readonly sender: Fill },
  adding: Fill,
): boolean {
  const ofPool = pool === 'contacts' ? whole(quota) : share(quota, OTHERS_SHARE)
  return fits(ofPool, occupied.pool, adding) && fits(share(quota, SENDER_SHARE), occupied.sender, adding)
}

/** Bytes that base64url text stands for. */
export function bytesOfBase64url(text: string): number {
  return Math.floor((text.length * 3) / 4)
}

function whole(quota: MailQuota): Fill {
  return { copies: quota.messagesMax, bytes: quota.bytesMax }
}

function share(quota: MailQuota, part: number): Fill {
  return {
    copies: Math.min(quota.messagesMax, Math.max(SHARE_COPIES_MIN, Math.ceil(quota.messagesMax * part))),
    bytes: Math.min(quota.bytesMax, Math.max(SHARE_BYTES_MIN, Math.ceil(quota.bytesMax * part))),
  }
}

function fits(bound: Fill, occupied: Fill, adding: Fill): boolean {
  return occupied.copies + adding.copies <= bound.copies && occupied.bytes + adding.bytes <= bound.bytes
}
