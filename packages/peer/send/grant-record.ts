// A link that this device made: what is kept of it, and what becomes of that. Pure but for the shape of its room.

import { type DeviceAddress, splitDevice } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { formatGrantLink } from '@doorpost/protocol/grant'
import type { LinkStatus } from '../operations.ts'

/** Room `grants`, key: the message id. */
export interface GrantRecord {
  readonly id: string
  /** base64url. Secret: who has it and the fingerprint has the link. */
  readonly secret: string
  readonly fingerprint: string
  readonly slot: string
  /** Public. */
  readonly accessKey: string
  readonly title?: string
  readonly date: string
  readonly expires: string
  readonly media: readonly { readonly root: string; readonly name: string; readonly sizeBytes: number }[]
  /** Whoever owns it may see this device's network address. */
  readonly opens?: true
  /** What the server is to keep; dropped once it does. */
  readonly sealed?: string
  /** What the server was told last. */
  readonly told: 'nothing' | 'deposited' | 'revoked'
  /** A sentence: why the server keeps it not yet. */
  readonly heldBack?: string
  readonly revokedAt?: string
  /** The first browser that proved a verified piece, by its key: the link is its. */
  readonly bound?: { readonly key: string; readonly at: string }
  /** Another device of this user was asked to give it out. `gives`: it does, and this one does no more; `confirmed`: it said so. */
  readonly handed?: {
    readonly to: DeviceAddress
    readonly at: string
    readonly state: 'asked' | 'gives' | 'refused'
    readonly detail?: string
    readonly confirmed?: true
  }
  /** That device of this user made it, and asked this one. `waits`: it is not this one's to give out yet. */
  readonly of?: { readonly from: DeviceAddress; readonly waits?: true }
  /** As that browser told under its signature: verified, and stored there. */
  readonly stored: readonly { readonly root: string; readonly at: string }[]
}

/** Whether anybody may have anything by it. */
export function isOpenGrant({ revokedAt, expires }: GrantRecord, nowMs: number): boolean {
  return revokedAt === undefined && Date.parse(expires) > nowMs
}

/** Whether it is this device that gives it out: of a user's devices it is one at every moment. */
export function isGivenHere({ handed, of }: Pick<GrantRecord, 'handed' | 'of'>): boolean {
  return handed?.state !== 'gives' && of?.waits !== true
}

/** Whether the holder of this key may have a piece. The first of a media is what a browser proves itself by. */
export function mayHavePiece(record: GrantRecord | undefined, key: string, index: number, nowMs: number): boolean {
  if (!record || !isOpenGrant(record, nowMs) || !isGivenHere(record)) return false
  return record.bound ? record.bound.key === key : index === 0
}

function shownHanded({ to, at, state, detail }: NonNullable<GrantRecord['handed']>): NonNullable<LinkStatus['handed']> {
  return { device: splitDevice(to).device, at, state, ...(detail !== undefined && { detail }) }
}

export function linkStatusOf(record: GrantRecord, origin: string, nowMs: number): LinkStatus {
  const { id, title, date, expires, media, bound, stored, revokedAt, heldBack, secret, fingerprint, opens } = record
  const storedAt = (root: string) => stored.find((one) => one.root === root)?.at
  const isFetched = media.every(({ root }) => storedAt(root) !== undefined) && media.length > 0
  const last = stored
    .map(({ at }) => at)
    .sort()
    .at(-1)
  const stands: Pick<LinkStatus, 'state' | 'at'> =
    isFetched && last !== undefined
      ? { state: 'fetched', at: last }
      : revokedAt !== undefined
        ? { state: 'revoked', at: revokedAt }
        : Date.parse(expires) <= nowMs
          ? { state: 'expired', at: expires }
          : bound
            ? { state: 'fetching', at: bound.at }
            : { state: 'waiting' }
  return {
    id,
    link: formatGrantLink({ origin, secret: fromBase64url(secret), fingerprint }),
    ...(title !== undefined && { title }),
    date,
    expires,
    sizeBytes: media.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ...stands,
    open: isOpenGrant(record, nowMs),
    ...(opens && { opens }),
    ...(record.handed && { handed: shownHanded(record.handed) }),
    ...(heldBack !== undefined && { heldBack }),
    media: media.map(({ root, name, sizeBytes }) => {
      const fetchedAt = storedAt(root)
      return { root, name, sizeBytes, ...(fetchedAt !== undefined && { fetchedAt }) }
    }),
  }
}
