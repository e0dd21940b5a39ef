// One message as this device keeps it, and as it shows it. The room `inbox` has one record per message id (ids are 128
// random bits, so a second message under a known id is somebody's doing and is not taken in) and, under another key, what
// the message says, which never changes and may be large.

import { type DeviceAddress, type UserAddress, userOf } from '@doorpost/protocol/address'
import type { Handle } from '@doorpost/protocol/handle'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { Note } from '@doorpost/protocol/note'
import type { SignedMessage } from '@doorpost/protocol/signed-message'
import type { InboxEntry, Tombstone } from '../operations.ts'
import { listedMedia } from '../send/compose.ts'
import { type InboxEvent, isOpen, next, type Standing } from './inbox-state.ts'

/** What is here of one media; in the order of the message's handles. */
export interface KeptMedia {
  readonly root: string
  readonly sizeBytes: number
  readonly verifiedBytes: number
  /** Verified, synced and in place there; absolute. */
  readonly path?: string
  /** A receipt was made (room `receipts`), or given to the outbox too. */
  readonly receipt?: 'made' | 'given'
  /** Its verified piece list is kept (room `lists-bytes`, copyListKey): with it and the handle's key this device can give it out. */
  readonly listed?: true
}

/** What the keys of contents begin with. */
export const CONTENT = 'content '

/** Key in the room `inbox` of what a message says: a LocationMessage. Ids have no space. */
export function contentKey(id: string): string {
  return CONTENT + id
}

/** Room `inbox`, key: the message id. */
export interface InboxRecord {
  readonly id: string
  readonly from: DeviceAddress
  readonly to: readonly (UserAddress | DeviceAddress)[]
  /** Fingerprints of the account keys by which the sender named them, in the same order. */
  readonly accounts?: readonly string[]
  readonly sentAt: string
  readonly expires: string
  readonly receivedAt: string
  /** By the server, as it says. */
  readonly acceptedAt?: string
  /** Hash of the signed bytes: what receipts name. */
  readonly messageHash: string
  readonly media: readonly KeptMedia[]
  readonly standing: Standing
  /** Where it was to go when it was last asked for: there are its beginnings. */
  readonly folder?: string
  /** What the sender was told last by a progress note. */
  readonly told?: 'announced' | 'fetching' | 'refused'
  /** Set once its user was reminded: when it ends. */
  readonly endsAt?: string
  /** Why it is gone, or will be had from its sender no more. */
  readonly gone?: Tombstone
  /** Not shown until it is there, or will not be: it is fetched without being asked for. */
  readonly quiet?: true
  /** A request beyond those of its day: not shown while it is one. */
  readonly capped?: true
  /** Its user cleared it away: it is fetched again when they ask, and not by itself. */
  readonly cleared?: true
  /** No mail: another device of this user sent it. Its media can be had from there, and given to its recipients; nothing is receipted. */
  readonly own?: true
  /** `due`: the on-ready command shall run; `begun`: it was started once and never is again. */
  readonly hook?: 'due' | 'begun'
}

/** Of a `sent` note of another device of this user's. */
export function ownRecordOf(
  note: Extract<Note, { note: 'sent' }>,
  from: DeviceAddress,
  receivedAt: string,
): InboxRecord {
  const { messageId: id, to, date, expires, acceptedAt, content } = note
  return {
    id,
    from,
    to,
    sentAt: date,
    expires,
    receivedAt,
    acceptedAt,
    // Receipts name it, and there are none.
    messageHash: '',
    media: content.media.map(({ root, sizeBytes }) => ({ root, sizeBytes, verifiedBytes: 0 })),
    standing: { state: 'announced' },
    own: true,
  }
}

export function recordOf(
  message: SignedMessage,
  facts: {
    readonly messageHash: string
    readonly receivedAt: string
    readonly standing: Standing
    readonly acceptedAt?: string | undefined
  },
): InboxRecord {
  return {
    id: message.id,
    from: message.from,
    to: message.to.map(({ address }) => address),
    accounts: message.to.map(({ accountKey }) => accountKey),
    sentAt: message.date,
    expires: message.expires,
    receivedAt: facts.receivedAt,
    ...(facts.acceptedAt !== undefined && { acceptedAt: facts.acceptedAt }),
    messageHash: facts.messageHash,
    media: message.content.media.map(({ root, sizeBytes }) => ({ root, sizeBytes, verifiedBytes: 0 })),
    standing: facts.standing,
  }
}

/** The record after an event. `hooked`: an on-ready command is set, so that its run can fall due. */
export function stepRecord(
  record: InboxRecord,
  event: InboxEvent,
  hooked: boolean,
): { readonly record: InboxRecord; readonly stop: boolean } {
  const [standing = record.standing, effects] = next(record.standing, event)
  if (standing === record.standing) return { record, stop: false }
  const due = hooked && effects.includes('hook') && record.hook === undefined
  const folder = standing.state === 'scheduled' ? { folder: standing.want.folder } : {}
  // Nobody fetches it any more, or it is there: from here on it is shown.
  const { cleared: _asked, ...wanted } = record
  const now = event.kind === 'asked' ? wanted : record
  const { quiet: _shown, ...loud } = now
  const isUnderWay = standing.state === 'scheduled' || standing.state === 'fetching'
  return {
    record: { ...(isUnderWay ? now : loud), ...folder, standing, ...(due && { hook: 'due' as const }) },
    stop: effects.includes('stop'),
  }
}

/** Its user cleared this copy away. What was taken back meanwhile cannot be had again. */
export function clearedRecord(record: InboxRecord, root: string): InboxRecord {
  const media = record.media.map((one): KeptMedia => {
    if (one.root !== root) return one
    const { path: _path, listed: _listed, ...rest } = one
    return { ...rest, verifiedBytes: 0 }
  })
  const { record: opened } = stepRecord({ ...record, media, cleared: true }, { kind: 'cleared' }, false)
  if (record.gone?.reason !== 'withdrawn') return opened
  return stepRecord(opened, { kind: 'withdrawn' }, false).record
}

export function withMedia(record: InboxRecord, root: string, change: Partial<KeptMedia>): InboxRecord {
  return { ...record, media: record.media.map((one) => (one.root === root ? { ...one, ...change } : one)) }
}

/** Media that are not in place, among those wanted. */
export function missing(record: InboxRecord, content: LocationMessage, roots?: readonly string[]): Handle[] {
  return content.media.filter(
    ({ root }, index) => (roots?.includes(root) ?? true) && record.media[index]?.path === undefined,
  )
}

/** As a user sees it. `verified`: bytes verified of media being fetched now, by root. */
export function entryOf(
  record: InboxRecord,
  content: LocationMessage,
  verified?: ReadonlyMap<string, number>,
): InboxEntry {
  const { media: _handles, ...words } = content
  const { standing } = record
  const waitsFor =
    standing.state === 'scheduled' || standing.state === 'changed'
      ? standing.waitsFor
      : standing.state === 'announced'
        ? standing.why
        : undefined
  const trouble = standing.state === 'announced' ? standing.trouble : undefined
  // A stranger's pictures are not decoded, so they are not given out.
  const isRequest = standing.state === 'request' || (standing.state === 'refused' && standing.request === true)
  const hidden = record.own
    ? 'own'
    : record.quiet
      ? 'by-itself'
      : record.capped && standing.state === 'request'
        ? 'over-the-cap'
        : undefined
  return {
    ...words,
    id: record.id,
    from: userOf(record.from),
    fromDevice: record.from.slice(record.from.indexOf('/') + 1),
    to: [...record.to],
    date: content.date ?? record.sentAt,
    sentAt: record.sentAt,
    receivedAt: record.receivedAt,
    expires: record.expires,
    media: content.media.map((handle, index) => {
      const kept = record.media[index]
      return {
        ...listedMedia(isRequest ? withoutPreview(handle) : handle, record.from, record.id),
        verifiedBytes: verified?.get(handle.root) ?? kept?.verifiedBytes ?? 0,
        ...(kept?.path !== undefined && { path: kept.path }),
      }
    }),
    state: standing.state,
    ...(waitsFor !== undefined && { waitsFor }),
    ...(trouble !== undefined && { trouble }),
    ...(hidden !== undefined && { hidden }),
    ...(record.endsAt !== undefined && isOpen(standing.state) && { endsAt: record.endsAt }),
    ...goneOf(record),
  }
}

function withoutPreview({ preview: _hidden, ...handle }: Handle): Handle {
  return handle
}

function goneOf({ gone, standing, expires }: InboxRecord): Pick<InboxEntry, 'gone'> {
  if (gone) return { gone }
  return standing.state === 'expired' ? { gone: { reason: 'expired', at: expires } } : {}
}
