// Somebody this device knows of, and what a device list they show makes of it. Pure: what is remembered and what is shown in,
// what to remember and what to say out. Asking and storing are people.ts's business.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import {
  activeDevices,
  type Device,
  type Head,
  mayFollow,
  type OpenedDeviceList,
  reopenDeviceList,
} from '@doorpost/protocol/device-list'
import type { DevicePresence } from '@doorpost/protocol/messages/finger'
import { fingerprintOf, type Signed } from '@doorpost/protocol/signature'

/** The pinned account key, the newest device list, and what was agreed. */
export interface Person {
  readonly address: UserAddress
  /** base64url of the pinned account key. */
  readonly accountKey: string
  readonly fingerprint: string
  readonly opened: OpenedDeviceList
  readonly head: Head
  /** By this user, here: nothing a server says makes it so. */
  readonly approved: boolean
  /** RFC 3339. */
  readonly approvedAt?: string
  /** They approved us and wait for an answer. */
  readonly theyAsked: boolean
  readonly blocked: boolean
  /** Approved here, and the server last said that they approved us. */
  readonly mutual: boolean
  /** The fingerprint of another account key that was shown for this address, until it is accepted: stop and compare. */
  readonly changedTo?: string
  /** As last told by the server; only of mutual contacts. Undefined: not told. */
  readonly presence?: readonly DevicePresence[]
}

/** What may be done with a person now. */
export type Standing = 'known' | 'key-changed' | 'list-withheld' | 'list-forked'

export type Resolved =
  | { readonly kind: 'known'; readonly person: Person }
  | { readonly kind: 'unknown-user' }
  /** Another account key than the pinned one, not signed for by the recovery key. Nothing may be sent or believed. */
  | { readonly kind: 'key-changed'; readonly fingerprint: string; readonly person: Person }
  /** A newer list than the server shows has been seen. Nothing may be sealed to the old one. */
  | { readonly kind: 'list-withheld'; readonly person: Person }
  /** Two lists under one number. */
  | { readonly kind: 'list-forked'; readonly person: Person }
  /** No line to ask over; `person` is what is remembered, where there is something. */
  | { readonly kind: 'unreachable'; readonly person?: Person }

/** A head somebody named in a verified message. */
export interface SeenHead {
  readonly head: Head
  readonly by: DeviceAddress
}

/** As it stands in the store. */
export interface StoredPerson {
  readonly v: 1
  readonly address: UserAddress
  /** When the account key was pinned. */
  readonly metAt: string
  /** The newest list of the pinned account key. */
  readonly deviceList: Signed
  /** A list of another account key, until the user accepts it. */
  readonly changed?: Signed
  /** The highest head of theirs that was named to us. */
  readonly seen?: SeenHead
  readonly approvedAt?: string
  /** When this user last decided about them, on whichever device. */
  readonly decidedAt?: string
  readonly askedAt?: string
  readonly blocked?: true
  readonly mutual?: true
}

/** Opens a list that was opened before; throws when the store is damaged. */
export function reopen(signed: Signed): OpenedDeviceList {
  const opened = reopenDeviceList(signed)
  if (!opened) throw new Error('a stored device list does not open')
  return opened
}

/** What a list that was just shown for `address` makes of what is remembered. */
export function meet(
  stored: StoredPerson | undefined,
  address: UserAddress,
  shown: { readonly signed: Signed; readonly opened: OpenedDeviceList },
  now: string,
): { readonly stored: StoredPerson; readonly standing: Standing } {
  if (!stored) {
    return { stored: { v: 1, address, metAt: now, deviceList: shown.signed }, standing: 'known' }
  }
  const step = mayFollow(reopen(stored.deviceList), shown.opened)
  switch (step) {
    case 'older':
      return { stored, standing: 'list-withheld' }
    case 'forked':
      return { stored, standing: 'list-forked' }
    case 'other-account':
      return { stored: { ...stored, changed: shown.signed }, standing: 'key-changed' }
    case 'same':
    case 'follows':
    case 'recovered': {
      // The pinned key is shown again: what was shown in between was nobody the user has to decide about.
      const { changed: _gone, ...rest } = stored
      const next = { ...rest, deviceList: shown.signed }
      return { stored: next, standing: standingOf(next, shown.opened) }
    }
  }
}

/** What the remembered allows by itself. */
export function standingOf({ changed, seen }: StoredPerson, opened: OpenedDeviceList): Standing {
  if (changed) return 'key-changed'
  if (!seen || !counts(seen, opened)) return 'known'
  if (seen.head.sequence > opened.head.sequence) return 'list-withheld'
  return seen.head.sequence === opened.head.sequence && seen.head.hash !== opened.head.hash ? 'list-forked' : 'known'
}

/** The word of one of their own devices, unless that device was revoked since: it could name any number to cut them off. */
function counts({ by }: SeenHead, { list }: OpenedDeviceList): boolean {
  const { user, device } = splitDevice(by)
  return user === list.user && activeDevices(list).some(({ name }) => name === device)
}

/** The higher of two heads; of two with one number, that which does not fit `known`. */
export function higherHead(before: SeenHead | undefined, next: SeenHead, known: Head): SeenHead {
  if (!before || next.head.sequence > before.head.sequence) return next
  const isTwin = next.head.sequence === before.head.sequence && next.head.sequence === known.sequence
  return isTwin && before.head.hash === known.hash ? next : before
}

/** The device that may speak now under this name. */
export function activeDevice(opened: OpenedDeviceList, name: string): Device | undefined {
  return activeDevices(opened.list).find((device) => device.name === name)
}

export function personOf(
  stored: StoredPerson,
  opened: OpenedDeviceList,
  presence: readonly DevicePresence[] | undefined,
): Person {
  const { address, approvedAt, askedAt, blocked = false, mutual = false, changed } = stored
  const approved = approvedAt !== undefined
  return {
    address,
    accountKey: opened.list.accountKey,
    fingerprint: fingerprintOf(opened.list.accountKey),
    opened,
    head: opened.head,
    approved,
    ...(approved && { approvedAt }),
    theyAsked: askedAt !== undefined && !approved,
    blocked,
    mutual: approved && mutual && !blocked,
    ...(changed && { changedTo: fingerprintOf(reopen(changed).list.accountKey) }),
    ...(presence && { presence }),
  }
}

export function resolvedAs(standing: Standing, person: Person): Resolved {
  if (standing === 'key-changed') return { kind: standing, fingerprint: person.changedTo ?? '', person }
  return { kind: standing, person }
}

/** Nobody this user decided anything about. */
export function isStranger({ approvedAt, blocked }: StoredPerson): boolean {
  return approvedAt === undefined && blocked === undefined
}
