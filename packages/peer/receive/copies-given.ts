// What this device gives out of what it received: a copy that is in place, or as much of one as is there while it is fetched. To devices
// of those whom the message names, and to the user's own. Its key stands in the message, its list is kept in the step that
// records the file as in place; a list that is missing is never made again. Reading and hashing are serve.ts's.

import { isDeviceAddress, splitDevice } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import type { Preferences } from '@doorpost/protocol/preferences'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { Caller, MediaRef } from '../paths/path.ts'
import { isNamed } from '../paths/permitted.ts'
import type { Permission } from '../send/permission.ts'
import { SourceAway } from '../send/media-file.ts'
import type { ServedMedia } from '../send/serve.ts'
import type { Change, Store } from '../store/store.ts'
import type { Inbox } from './inbox.ts'
import type { InboxRecord } from './inbox-record.ts'

/** Key in the room `lists-bytes` of the list of received media. No offer has such a key: ids have no colon. */
export function copyListKey(messageId: string, root: string): string {
  return `copy: ${messageId} ${root}`
}

/** For a message that is over: nothing of it is given out any more, and its lists are not kept. */
export function copyDrops(record: Pick<InboxRecord, 'id' | 'media'>): Change[] {
  return record.media
    .filter(({ listed }) => listed)
    .map(({ root }) => ({ drop: 'lists-bytes', key: copyListKey(record.id, root) }))
}

export interface CopiesGivenOptions {
  readonly store: Store
  readonly clock: Clock
  readonly me: Pick<Identity, 'user'>
  readonly inbox: Pick<Inbox, 'get'>
  readonly permission: Pick<Permission, 'mayHave'>
  preferences(): Pick<Preferences, 'serve'>
  /** What is being fetched, as far as it is there. */
  partialOf(messageId: string, root: string): ServedMedia | undefined
}

/**
 * The media, when the caller may have it. Undefined for everything else, whatever the reason. Rejects SourceAway, which is no
 * refusal, outside the hours in which this user's devices give copies out.
 */
export async function findCopy(
  caller: Caller,
  media: MediaRef,
  { store, clock, me, inbox, permission, preferences, partialOf }: CopiesGivenOptions,
): Promise<ServedMedia | undefined> {
  const found = await inbox.get(media.messageId)
  if (!found || !isDeviceAddress(caller.address)) return undefined
  const { record, content } = found
  if (!isGivenOut(record, clock.nowMs())) return undefined
  const { user } = splitDevice(caller.address)
  const isOwn = user === me.user
  const isParty = isOwn || user === splitDevice(record.from).user || isNamed(caller.address, record.to)
  if (!isParty || !(await permission.mayHave(caller, accountOf(record, caller.address)))) return undefined

  const root = toBase64url(media.root)
  const handle = content.media.find((one) => one.root === root)
  const kept = record.media.find((one) => one.root === root)
  if (!handle || !kept) return undefined
  const { serve } = preferences()
  // What this user sent is no copy of somebody else's: it is given out whatever they prefer about those.
  const isSent = record.own === true
  if (!isOwn && !isSent && !serve.copies) return undefined
  if (!isOwn && !isSent && !isWithin(serve.hours, new Date(clock.nowMs()))) throw new SourceAway('until its hours come')
  if (kept.path === undefined) return partialOf(record.id, root)
  const list = await store.get<Uint8Array>('lists-bytes', copyListKey(record.id, root))
  if (!list) return undefined
  return { path: kept.path, sizeBytes: handle.sizeBytes, key: fromBase64url(handle.key), list, root: media.root }
}

/** Whether a message's media may be given out at all: it is not over, and was neither declined nor taken back. */
export function isGivenOut(
  { expires, standing, gone }: Pick<InboxRecord, 'expires' | 'standing' | 'gone'>,
  nowMs: number,
): boolean {
  if (Date.parse(expires) < nowMs || gone?.reason === 'withdrawn') return false
  const { state } = standing
  return state === 'announced' || state === 'scheduled' || state === 'fetching' || state === 'ready'
}

/** The fingerprint by which the message names this recipient, or this device's user; undefined for its sender and whoever is not named. */
export function accountOf({ to, accounts }: Pick<InboxRecord, 'to' | 'accounts'>, device: string): string | undefined {
  const at = to.findIndex((one) => device === one || device.startsWith(`${one}/`))
  return at < 0 ? undefined : accounts?.[at]
}

/** Whether it is time: `from` up to but not with `to`, over midnight where `from` is later; always where nothing is said. */
export function isWithin(hours: Preferences['serve']['hours'], now: Date): boolean {
  if (!hours || hours.from === hours.to) return true
  const written = `${String(now.getHours()).padStart(2, '0')}:${String(now.getMinutes()).padStart(2, '0')}`
  const { from, to } = hours
  return from < to ? from <= written && written < to : written >= from || written < to
}
