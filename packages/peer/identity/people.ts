// stub
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import type { Head } from '@doorpost/protocol/device-list'
import type { Clock } from '../clock.ts'
import type { Line } from '../session/line.ts'
import type { Store } from '../store/store.ts'
import type { Identity } from './identity-record.ts'
import type { Person, Resolved } from './person.ts'

export interface PeopleOptions {
  readonly store: Store
  readonly line: Line
  readonly me: Identity
  readonly clock?: Clock
  readonly random?: (bytes: number) => Uint8Array
}

export interface People extends AsyncDisposable {
  /**
   * Who stands behind an address; asked of the server when nothing is remembered, when a newer list than the remembered one
   * has been seen, or when `fresh`. Throws Refusal `other-domain` and what the server refuses for good.
   */
  resolve(
    address: UserAddress,
    options?: { readonly fresh?: boolean; readonly signal?: AbortSignal },
  ): Promise<Resolved>
  /** What is remembered, without asking anybody. */
  recall(address: UserAddress): Promise<Person | undefined>
  /** Everybody approved, asking, blocked, or with a changed key; by address. */
  list(): Promise<Person[]>

  /** Local at once; the server is told now or when the line is back. Resolves when the wish is on stable storage. */
  approve(address: UserAddress): Promise<Resolved>
  withdraw(address: UserAddress): Promise<void>
  block(address: UserAddress): Promise<Resolved>
  unblock(address: UserAddress): Promise<void>
  /** Pins the other key after the user compared it. False when that is not the fingerprint which waits. */
  acceptChangedKey(address: UserAddress, fingerprint: string): Promise<boolean>

  /**
   * A list head read in a verified message of device `by`: its sender's own (`address` is its user), or ours as they have
   * seen it (`address` is our own).
   */
  noteSeenHead(address: UserAddress, head: Head, by: DeviceAddress): Promise<void>
  /** `ahead`: others have seen a newer list of ours than we have; `forked`: another one under the same number. Stop and warn. */
  ownList(): Promise<'fine' | 'ahead' | 'forked'>

  /** A link that makes whoever opens it a contact, once. Throws Trouble `server-unreachable`. */
  invite(lifetimeMs: number): Promise<{ readonly link: string; readonly expires: string }>
  /** Pins the key by the link's fingerprint and approves; the server is told with the token. `token` goes to the inviter in a `contact` note. */
  useInvitation(link: string): Promise<InvitationUse>
  /** A verified `contact` note from somebody: approves them when the token is one of ours, unused and unexpired; else they ask. */
  acceptContactNote(from: Person, token: string | undefined): Promise<'approved' | 'asks'>

  /** Whether a device may reach us directly: an approved person's, active in the newest list. Asks the server about an unknown one now and then. */
  permitDevice(caller: { readonly address: string; readonly deviceKey: Uint8Array }): Promise<boolean>
  /** The Ed25519 key of an active device, from what is remembered. */
  deviceKeyOf(address: DeviceAddress): Promise<Uint8Array | undefined>

  /** Called after anything about a person changed: agreement, key, list, presence. */
  onChange(listener: (address: UserAddress) => void): () => void
}

export type InvitationUse =
  | { readonly kind: 'approved'; readonly person: Person; readonly token: string }
  | { readonly kind: 'bad-link' }
  /** FINGER shows another key than the link: nothing was pinned or approved. */
  | { readonly kind: 'wrong-key'; readonly fingerprint: string }
  | Exclude<Resolved, { kind: 'known' }>

export async function openPeople(_options: PeopleOptions): Promise<People> {
  throw new Error('not yet')
}
