// What the server keeps, as contracts: accounts, who approved whom, logins, invitations, mail. Every implementation runs
// storage.contract.ts. Asynchronous, and no shared memory between servers is assumed: each call is atomic by itself,
// and what it answered is on stable storage (memory.ts promises the first alone).
// Rules (who may do what) are the rooms' business; nothing here refuses for a reason of policy but for counted quotas.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import type { Head } from '@doorpost/protocol/device-list'
import type { DeliveredEnvelope, Envelope, ListedEnvelope } from '@doorpost/protocol/envelope'
import type { MailKey } from '@doorpost/protocol/messages/mailbox'
import type { Signed } from '@doorpost/protocol/signature'

export interface Storage extends AsyncDisposable {
  readonly accounts: AccountStore
  readonly contacts: ContactStore
  readonly invitations: InvitationStore
  readonly logins: LoginStore
  readonly mail: MailStore
}

export interface Account {
  /** `alice@example.org`, canonical. */
  readonly address: UserAddress
  readonly deviceList: Signed
  readonly head: Head
  /** What mutual contacts may know. */
  readonly share: 'all' | 'presence' | 'nothing'
  readonly createdAtMs: number
}

export interface AccountStore {
  /** Creates, consuming the invitation (SHA-256 of its token, base64url) in the same step when one is given. */
  create(
    account: Account,
    invitation?: { tokenHash: string; nowMs: number },
  ): Promise<'created' | 'taken' | 'invitation-void'>
  get(address: UserAddress): Promise<Account | undefined>
  /** Puts `deviceList` in the place of the list whose head is `expected`; `moved-on` when that is not the current one. */
  replaceList(address: UserAddress, expected: Head, deviceList: Signed, head: Head): Promise<'replaced' | 'moved-on'>
  setShare(address: UserAddress, share: Account['share']): Promise<void>
  count(): Promise<number>
  /** In order of address; for the administrator. */
  list(after: string, limit: number): Promise<Account[]>
}

export interface ContactStore {
  /** Idempotent. `full`: the bound on approvals of one user is met. */
  approve(owner: UserAddress, other: UserAddress, max: number): Promise<'approved' | 'full'>
  /** Idempotent. */
  withdraw(owner: UserAddress, other: UserAddress): Promise<void>
  block(owner: UserAddress, other: UserAddress, max: number): Promise<'blocked' | 'full'>
  unblock(owner: UserAddress, other: UserAddress): Promise<void>
  /** Whom `owner` approved, blocked ones included, and which of them are mutual. */
  list(owner: UserAddress): Promise<{ address: UserAddress; mutual: boolean }[]>
  blocked(owner: UserAddress): Promise<UserAddress[]>
  /** Both approved and neither blocked the other. One query, the same work whatever the reason for false. */
  mutual(a: UserAddress, b: UserAddress): Promise<boolean>
}

export interface InvitationStore {
  /** `full`: the bound on one inviter's open invitations is met. `inviter` null: the administrator's, for registration alone. */
  add(
    invitation: { tokenHash: string; inviter: UserAddress | null; expiresAtMs: number },
    max: number,
  ): Promise<'added' | 'full'>
  /** Uses a token for making contact, once. Undefined when it is void, used for that already, or the administrator's. */
  useForContact(tokenHash: string, nowMs: number): Promise<{ inviter: UserAddress } | undefined>
}
// One invitation serves one registration and one contact: both by the same new person, in that order or the second alone.

export interface LoginStore {
  /** `tokenHash`: SHA-256 of the token. The oldest of that device's logins goes when there are more than `max`. */
  add(login: { tokenHash: string; device: DeviceAddress; expiresAtMs: number }, max: number): Promise<void>
  get(tokenHash: string, nowMs: number): Promise<{ device: DeviceAddress; expiresAtMs: number } | undefined>
  /** Ends one login; false when there was none. */
  end(tokenHash: string): Promise<boolean>
  /** Ends every login of a device (revoked). */
  endDevice(device: DeviceAddress): Promise<void>
}

/** Mail as the rooms hand it in, checked and ready to be kept. */
export interface IncomingMail {
  readonly envelope: Envelope
  /** SHA-256 of the envelope in canonical form: what "the same bytes" means, whichever door they came through. */
  readonly digest: string
  readonly acceptedAtMs: number
  readonly expiresAtMs: number
  /** Devices it is kept for, each with its sealed key; a subset of envelope.sealed.keys. */
  readonly deliveries: readonly { device: DeviceAddress; user: UserAddress; key: string }[]
}

export type AcceptOutcome =
  /** On stable storage now. */
  | { readonly kind: 'accepted'; readonly acceptedAtMs: number }
  /** The same sender handed in the same id with the same digest before. */
  | { readonly kind: 'already'; readonly acceptedAtMs: number }
  | { readonly kind: 'conflict' }
  /** That user's mailbox is at its bound; nothing was kept for anybody. */
  | { readonly kind: 'full'; readonly user: UserAddress }

export interface MailQuota {
  /** Per recipient user: copies waiting and their bytes. */
  readonly messagesMax: number
  readonly bytesMax: number
}

export interface MailStore {
  /** Idempotent per (envelope.from's user, id). Concurrent calls are committed together. */
  accept(mail: IncomingMail, quota: MailQuota): Promise<AcceptOutcome>
  /** Waiting for a device, oldest first. Mail from users its owner has blocked is left out while they are blocked. */
  list(
    device: DeviceAddress,
    page: { afterMs?: number; after?: MailKey; limit: number },
    nowMs: number,
  ): Promise<ListedEnvelope[]>
  /** Whole envelopes of those that are waiting for this device and not hidden; missing ones are left out. */
  retrieve(device: DeviceAddress, keys: readonly MailKey[], nowMs: number): Promise<DeliveredEnvelope[]>
  /** Oldest first, at most `limit`, whole: what is pushed when a device comes on-line. */
  waiting(device: DeviceAddress, limit: number, nowMs: number): Promise<DeliveredEnvelope[]>
  /** Ends this device's copies alone; answers the keys that were there. */
  remove(device: DeviceAddress, keys: readonly MailKey[]): Promise<MailKey[]>
  /** Ends every copy of a device (revoked). */
  removeDevice(device: DeviceAddress): Promise<void>
  /** Users named by one message, until it expires, also when every copy was removed: what admits to the tunnel. */
  parties(
    key: MailKey,
    nowMs: number,
  ): Promise<{ from: DeviceAddress; to: (UserAddress | DeviceAddress)[] } | undefined>
  /** Drops what has expired, at most `limit` messages; answers how many. */
  expire(nowMs: number, limit: number): Promise<number>
  /** For figures: messages kept and copies waiting. */
  counts(): Promise<{ messages: number; copies: number }>
}
