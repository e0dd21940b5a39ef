// What becomes of the copy that is given out, once everybody it was sent to has it. Pure: which copy may be touched, and what
// follows what. Carrying it out is retention.ts's; moving and deleting are the disk's.
//
//   state     | event                                                   | becomes
//   ----------+---------------------------------------------------------+------------------------------------------
//   held      | everybody has it, the rule says keep, or not this copy  | held
//             | everybody has it, the rule says archive                 | archiving
//             | everybody has it, the rule says delete                  | deleting
//   taking    | placed in Doorpost's own folder                         | held, Doorpost's own
//   archiving | placed                                                  | archived
//   deleting  | removed                                                 | deleted
//   taking, archiving, deleting | another (it is not the file sent)     | kept, for good
//   archived, deleted, kept     | anything                              | stays
//
// A state that ends in -ing is an intention, written down before the disk is touched and taken up again after a crash, or when
// a drive that was away is back.

import type { SentRecord } from './sent.ts'

/** What the user wants done with a sent copy. `folder`: absolute. */
export type WhenFetched =
  | { readonly do: 'keep' }
  | { readonly do: 'archive'; readonly folder: string }
  | { readonly do: 'delete' }

export type CopyState =
  | { readonly state: 'held' }
  | { readonly state: 'taking' | 'archiving'; readonly folder: string; readonly since: string }
  | { readonly state: 'deleting'; readonly since: string }
  | { readonly state: 'archived'; readonly at: string }
  | { readonly state: 'deleted'; readonly at: string }
  /** It is not the file that was sent: it was left alone. */
  | { readonly state: 'kept'; readonly at: string }

/** Room `retention`, key: message id, space, root. One per file that may be touched: Doorpost's own, or asked for. */
export interface SentCopy {
  readonly messageId: string
  readonly root: string
  /** Where it lies; absolute. */
  readonly path: string
  /** As the file was when it was offered: another file under that name is not touched. `changedAtNs` in decimal. */
  readonly stamp: { readonly sizeBytes: number; readonly changedAtNs: string; readonly identity: string }
  /** Doorpost made it, or was given it: the account's rule applies. A user's original is touched only when `asked`. */
  readonly own: boolean
  /** What the user said of this message, and confirmed where it is their original. */
  readonly asked?: WhenFetched
  readonly now: CopyState
}

export type CopyEvent =
  | { readonly kind: 'everybody-has-it'; readonly account: WhenFetched; readonly at: string }
  | { readonly kind: 'placed'; readonly path: string; readonly at: string }
  | { readonly kind: 'removed'; readonly at: string }
  | { readonly kind: 'another'; readonly at: string }

/** The copy after the event; the same object when nothing changed. */
export function nextCopy(copy: SentCopy, event: CopyEvent): SentCopy {
  const { now } = copy
  switch (event.kind) {
    case 'everybody-has-it': {
      if (now.state !== 'held') return copy
      const rule = ruleFor(copy, event.account)
      if (rule.do === 'archive') {
        return { ...copy, now: { state: 'archiving', folder: rule.folder, since: event.at } }
      }
      return rule.do === 'delete' ? { ...copy, now: { state: 'deleting', since: event.at } } : copy
    }
    case 'placed':
      if (now.state === 'taking') return { ...copy, path: event.path, own: true, now: { state: 'held' } }
      return now.state === 'archiving' ? { ...copy, path: event.path, now: { state: 'archived', at: event.at } } : copy
    case 'removed':
      return now.state === 'deleting' ? { ...copy, now: { state: 'deleted', at: event.at } } : copy
    case 'another':
      return isIntention(now) ? { ...copy, now: { state: 'kept', at: event.at } } : copy
  }
}

/** What applies to this copy: what was said of the message; else the account's rule, to Doorpost's own copies alone. */
export function ruleFor(copy: Pick<SentCopy, 'own' | 'asked'>, account: WhenFetched): WhenFetched {
  return copy.asked ?? (copy.own ? account : { do: 'keep' })
}

export function isIntention(
  now: CopyState,
): now is Extract<CopyState, { readonly state: 'taking' | 'archiving' | 'deleting' }> {
  return now.state === 'taking' || now.state === 'archiving' || now.state === 'deleting'
}

/**
 * Whether every named recipient has all of it, by their devices' signatures, while it was given out. One who declined, and a
 * message that ran out or was withdrawn, keep the copy.
 */
export function everybodyHasIt(record: SentRecord, nowMs: number): boolean {
  if (record.withdrawnAt !== undefined || record.failed !== undefined || nowMs > Date.parse(record.expires))
    return false
  return (
    record.media.length > 0 &&
    record.recipients.length > 0 &&
    record.recipients.every(
      ({ state, receipted }) => state === 'fetched' && record.media.every(({ root }) => receipted.includes(root)),
    )
  )
}

export function copyKey(messageId: string, root: string): string {
  return `${messageId} ${root}`
}
