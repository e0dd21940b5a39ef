// What became of a message that was sent: the record per message, and what moves it. Pure but for the shape of its room.
// A recipient's state only goes forward, but that one who declined may fetch after all.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import type { HandedOver, RecipientState, SentStatus } from '../operations.ts'

export interface SentRecipient {
  /** As the message names it: a user, or one device of a user. */
  readonly address: UserAddress | DeviceAddress
  /** Never `expired`: that follows from the clock. */
  readonly state: Exclude<RecipientState, 'expired'>
  readonly fetchedAt: string | null
  readonly refusedAt?: string
  /** Roots with a verified receipt from a device of this recipient. */
  readonly receipted: readonly string[]
}

/** Room `sent`, key: the message id. */
export interface SentRecord {
  readonly id: string
  readonly title?: string
  readonly date: string
  readonly expires: string
  readonly media: readonly { readonly root: string; readonly sizeBytes: number }[]
  /** Hash of the signed message as it was last sealed; absent while it waits for keys. A receipt must name it. */
  readonly messageHash?: string
  readonly acceptedAt?: string
  readonly withdrawnAt?: string
  /** When those who had not fetched were reminded. */
  readonly remindedAt?: string
  /** When the copy given out was deleted because everybody had it. */
  readonly copyDeletedAt?: string
  /** When it was moved for the same reason, and where the last of its files lies. */
  readonly copyArchived?: { readonly at: string; readonly path: string }
  /** Who was asked to give it out in this device's place, and what they said. */
  readonly handed?: {
    readonly to: DeviceAddress
    readonly at: string
    readonly state: HandedOver['state']
    readonly detail?: string
    /** Nothing was heard of them since. */
    readonly quietSince?: string
  }
  /** A sentence: it will never go. */
  readonly failed?: string
  /** A sentence: it has not gone yet. */
  readonly heldBack?: string
  readonly uploadedBytes: number
  readonly recipients: readonly SentRecipient[]
}

export type SentEvent =
  | { readonly kind: 'sealed'; readonly messageHash: string }
  | { readonly kind: 'held'; readonly reason: string }
  | { readonly kind: 'accepted'; readonly at: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'withdrawn'; readonly at: string }
  | { readonly kind: 'reminded'; readonly at: string }
  | { readonly kind: 'copy-deleted'; readonly at: string }
  | { readonly kind: 'copy-archived'; readonly at: string; readonly path: string }
  | { readonly kind: 'hand-over'; readonly to: DeviceAddress; readonly at: string }
  /** The device that was asked does not go on; `at`: its last sign of life. Undefined: it goes on again. */
  | { readonly kind: 'handed-quiet'; readonly at: string | undefined }
  /** Nobody is waited for any more: this device gives it out, as before. */
  | { readonly kind: 'kept-here' }
  /** From the device that was asked. `has`: whether it has all of it now. */
  | {
      readonly kind: 'handed'
      readonly by: DeviceAddress
      readonly state: Exclude<HandedOver['state'], 'asked'>
      readonly detail?: string
    }
  | { readonly kind: 'uploaded'; readonly bytes: number }
  /** From a device of a recipient, authenticated. */
  | {
      readonly kind: 'progress'
      readonly by: DeviceAddress
      readonly state: 'announced' | 'fetching' | 'refused'
      readonly at?: string
    }
  /** A receipt whose signature, message, root and size were checked. */
  | { readonly kind: 'receipt'; readonly by: DeviceAddress; readonly root: string; readonly storedAt: string }

/** The record after the event; the same object when nothing changed. */
export function nextSent(record: SentRecord, event: SentEvent): SentRecord {
  switch (event.kind) {
    case 'sealed':
      return record.acceptedAt === undefined ? { ...record, messageHash: event.messageHash } : record
    case 'held':
      return record.acceptedAt !== undefined || record.heldBack === event.reason
        ? record
        : { ...record, heldBack: event.reason }
    case 'accepted': {
      if (record.acceptedAt !== undefined) return record
      const { heldBack: _gone, ...rest } = record
      const recipients = record.recipients.map((one) =>
        one.state === 'waiting' ? { ...one, state: 'accepted' as const } : one,
      )
      return { ...rest, acceptedAt: event.at, recipients }
    }
    case 'failed': {
      const { heldBack: _gone, ...rest } = record
      return { ...rest, failed: event.reason }
    }
    case 'withdrawn':
      return record.withdrawnAt === undefined ? { ...record, withdrawnAt: event.at } : record
    case 'reminded':
      return record.remindedAt === undefined ? { ...record, remindedAt: event.at } : record
    case 'copy-deleted':
      return { ...record, copyDeletedAt: event.at }
    case 'copy-archived':
      return { ...record, copyArchived: { at: event.at, path: event.path } }
    case 'hand-over':
      return { ...record, handed: { to: event.to, at: event.at, state: 'asked' } }
    case 'handed-quiet': {
      if (!record.handed || record.handed.quietSince === event.at) return record
      const { quietSince: _before, ...handed } = record.handed
      return { ...record, handed: { ...handed, ...(event.at !== undefined && { quietSince: event.at }) } }
    }
    case 'kept-here': {
      const { handed, ...rest } = record
      return handed ? rest : record
    }
    case 'handed':
      return handedOver(record, event)
    case 'uploaded':
      return event.bytes === 0 ? record : { ...record, uploadedBytes: record.uploadedBytes + event.bytes }
    case 'progress':
      return ofRecipient(record, event.by, (one) => progressed(one, event.state, event.at))
    case 'receipt':
      return ofRecipient(record, event.by, (one) => receipted(record, one, event.root, event.storedAt))
  }
}

/** The answer of a device that is not asked any more means nothing. */
function handedOver(record: SentRecord, { by, state, detail }: Extract<SentEvent, { kind: 'handed' }>): SentRecord {
  const { handed } = record
  if (handed?.to !== by || (handed.state === state && handed.detail === detail)) return record
  return { ...record, handed: { to: by, at: handed.at, state, ...(detail !== undefined && { detail }) } }
}

/** The recipient that a device belongs to; undefined for a device the message does not name. */
export function recipientOf(record: SentRecord, device: DeviceAddress): SentRecipient | undefined {
  const user = device.slice(0, device.indexOf('/'))
  return (
    record.recipients.find((one) => one.address === device) ?? record.recipients.find((one) => one.address === user)
  )
}

/** Whether recipients may still fetch. */
export function isOffered(record: SentRecord, nowMs: number): boolean {
  return record.withdrawnAt === undefined && nowMs <= Date.parse(record.expires)
}

/** Whether nothing more can become of it: `send.wait` ends. Without media there is nothing to fetch: being accepted is all. */
export function isSettled(record: SentRecord, nowMs: number): boolean {
  if (record.failed !== undefined || !isOffered(record, nowMs)) return true
  return record.recipients.every(({ state }) =>
    record.media.length === 0 ? state !== 'waiting' : state === 'fetched' || state === 'refused',
  )
}

/** `given`: piece bytes given to each user since the device was opened. */
export function statusOf(record: SentRecord, nowMs: number, given?: ReadonlyMap<string, number>): SentStatus {
  const over = nowMs > Date.parse(record.expires)
  const heldBack = record.failed ?? record.heldBack
  return {
    id: record.id,
    ...(record.title !== undefined && { title: record.title }),
    date: record.date,
    expires: record.expires,
    sizeBytes: record.media.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    uploadedBytes: record.uploadedBytes,
    ...(heldBack !== undefined && { heldBack }),
    ...goneOf(record, over),
    ...(record.handed && { handed: shownHanded(record.handed, given) }),
    ...(record.copyArchived && { archived: record.copyArchived }),
    recipients: record.recipients.map(({ address, state, fetchedAt, refusedAt }) => ({
      address,
      state: over && state !== 'fetched' && state !== 'refused' ? 'expired' : state,
      fetchedAt,
      receipt: state === 'fetched' ? 'verified' : 'none',
      ...(state === 'refused' && refusedAt !== undefined && { refusedAt }),
      ...givenTo(address, given),
    })),
  }
}

function shownHanded(
  { to, at, state, detail, quietSince }: NonNullable<SentRecord['handed']>,
  given: ReadonlyMap<string, number> | undefined,
): HandedOver {
  const { user, device } = splitDevice(to)
  const isWaitedFor = state === 'asked' || state === 'taken'
  return {
    device,
    at,
    state,
    ...(detail !== undefined && { detail }),
    ...(isWaitedFor && quietSince !== undefined && { quietSince }),
    ...givenTo(user, given),
  }
}

function givenTo(
  address: string,
  given: ReadonlyMap<string, number> | undefined,
): Pick<SentStatus['recipients'][number], 'givenBytes'> {
  const givenBytes = given?.get(address.split('/')[0] ?? address)
  return givenBytes === undefined ? {} : { givenBytes }
}

/** Why recipients can fetch no more of it here, and since when. */
function goneOf(record: SentRecord, over: boolean): Pick<SentStatus, 'gone'> {
  if (record.withdrawnAt !== undefined) return { gone: { reason: 'withdrawn', at: record.withdrawnAt } }
  if (record.copyDeletedAt !== undefined) return { gone: { reason: 'deleted', at: record.copyDeletedAt } }
  return over && record.media.length > 0 ? { gone: { reason: 'expired', at: record.expires } } : {}
}

function ofRecipient(
  record: SentRecord,
  device: DeviceAddress,
  change: (one: SentRecipient) => SentRecipient,
): SentRecord {
  const before = recipientOf(record, device)
  if (!before) return record
  const after = change(before)
  if (after === before) return record
  return { ...record, recipients: record.recipients.map((one) => (one === before ? after : one)) }
}

const rank = { waiting: 0, accepted: 1, announced: 2, refused: 3, fetching: 4, fetched: 5 } as const

function progressed(
  one: SentRecipient,
  state: 'announced' | 'fetching' | 'refused',
  at: string | undefined,
): SentRecipient {
  // One who was fetching may decline; one who has it cannot.
  const forward =
    state === 'refused' ? one.state !== 'fetched' && one.state !== 'refused' : rank[state] > rank[one.state]
  if (!forward) return one
  return { ...one, state, ...(state === 'refused' && at !== undefined && { refusedAt: at }) }
}

function receipted(record: SentRecord, one: SentRecipient, root: string, storedAt: string): SentRecipient {
  if (!record.media.some((media) => media.root === root) || one.receipted.includes(root)) return one
  const roots = [...one.receipted, root]
  const whole = record.media.every((media) => roots.includes(media.root))
  return whole
    ? { ...one, receipted: roots, state: 'fetched', fetchedAt: storedAt }
    : { ...one, receipted: roots, state: rank[one.state] < rank.fetching ? 'fetching' : one.state }
}
