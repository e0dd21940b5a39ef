// stub
import type { UserAddress } from '@doorpost/protocol/address'
import type { Head, OpenedDeviceList } from '@doorpost/protocol/device-list'
import type { DevicePresence } from '@doorpost/protocol/messages/finger'

/** Somebody this device knows of: the pinned account key, the newest device list, and what was agreed. */
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
