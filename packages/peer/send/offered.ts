// What this device gives out, and to whom: the record per media, written with its piece list in one step when the message
// comes to be, and the one question a source asks before each answer. Reading and hashing are serve.ts's.

import { isDeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import type { Clock } from '../clock.ts'
import type { FoundFile } from '../device-files.ts'
import type { Caller, MediaRef } from '../paths/path.ts'
import type { Change, Store } from '../store/store.ts'
import type { Offer } from './offer.ts'
import type { Permission } from './permission.ts'
import { isOffered, recipientOf, type SentRecord } from './sent.ts'
import type { ServedMedia } from './serve.ts'

/** Rooms `offers` and `lists-bytes`, key: offerKey. Both are there or neither is. */
export interface OfferRecord {
  readonly path: string
  readonly sizeBytes: number
  /** base64url. Secret. */
  readonly key: string
}

export function offerKey(messageId: string, root: string): string {
  return `${messageId} ${root}`
}

/** Key and list together, in the write that makes the message: neither is ever derived again. */
export function offerChanges(messageId: string, file: Pick<FoundFile, 'path'>, offer: Offer): Change[] {
  const key = offerKey(messageId, toBase64url(offer.root))
  const record: OfferRecord = { path: file.path, sizeBytes: offer.sizeBytes, key: toBase64url(offer.key) }
  return [
    { put: 'offers', key, value: record },
    { put: 'lists-bytes', key, value: offer.list },
  ]
}

/** For a message that is over: its files are given out no more. */
export function offerDrops(sent: Pick<SentRecord, 'id' | 'media'>): Change[] {
  return sent.media.flatMap(({ root }) => offerDropsOf(sent.id, root))
}

/** One media is given out no more. */
export function offerDropsOf(messageId: string, root: string): Change[] {
  const key = offerKey(messageId, root)
  return [
    { drop: 'offers', key },
    { drop: 'lists-bytes', key },
  ]
}

/** The same file lies elsewhere now. */
export function offerMoved(messageId: string, root: string, offer: OfferRecord, path: string): Change[] {
  return [{ put: 'offers', key: offerKey(messageId, root), value: { ...offer, path } }]
}

/** Ids of messages of which something is still given out. */
export async function offeredMessages(store: Store): Promise<Set<string>> {
  return new Set((await store.all('offers')).map(({ key }) => key.slice(0, key.indexOf(' '))))
}

export interface OfferedOptions {
  readonly me: { readonly user: UserAddress }
  readonly store: Store
  readonly clock: Clock
  readonly permission: Pick<Permission, 'mayHave'>
  readonly sent: { get(id: string): Promise<SentRecord | undefined> }
}

/**
 * The media, when the caller may have it: we sent that message, it is neither over nor withdrawn, the caller's device
 * belongs to one of its recipients or is this user's own, and may have it by the way it came. Undefined for everything else, whatever the reason.
 */
export async function findOffered(
  caller: Caller,
  media: MediaRef,
  { me, store, clock, permission, sent }: OfferedOptions,
): Promise<ServedMedia | undefined> {
  const record = await sent.get(media.messageId)
  if (!record || !isOffered(record, clock.nowMs())) return undefined
  if (!isDeviceAddress(caller.address)) return undefined
  const isOwn = splitDevice(caller.address).user === me.user
  if (!isOwn && !recipientOf(record, caller.address)) return undefined
  if (!(await permission.mayHave(caller))) return undefined
  const key = offerKey(record.id, toBase64url(media.root))
  const offer = await store.get<OfferRecord>('offers', key)
  const list = await store.get<Uint8Array>('lists-bytes', key)
  if (!offer || !list) return undefined
  return { path: offer.path, sizeBytes: offer.sizeBytes, key: fromBase64url(offer.key), list, root: media.root }
}
