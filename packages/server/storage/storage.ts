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
  readonly preferences: PreferencesStore
  readonly grants: GrantStore
  readonly figures: FigureStore
  readonly limits: LimitStore
  readonly tunnelDays: TunnelDayStore
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

/** open: as usual. closed: its devices may not log in; mail waits. removed: hidden from every other operation; its name stays taken. */
export type Standing = 'open' | 'closed' | 'removed'

/** An account as whoever runs the server sees it. */
export interface ListedAccount {
  readonly account: Account
  readonly standing: Standing
  /** When it came to stand so; 0: it never stood otherwise. */
  readonly standingSinceMs: number
  /** Days since 1970 (UTC) when one of its devices logged in last. */
  readonly seenDay: number | undefined
}

export interface AccountStore {
  /** Creates, consuming the invitation (SHA-256 of its token, base64url) in the same step when one is given. */
  create(
    account: Account,
    invitation?: { tokenHash: string; nowMs: number },
  ): Promise<'created' | 'taken' | 'invitation-void'>
  get(address: UserAddress): Promise<Account | undefined>
  /** Which list is the current one, without the list: asked for every recipient of every message. */
  head(address: UserAddress): Promise<Head | undefined>
  /** Puts `deviceList` in the place of the list whose head is `expected`; `moved-on` when that is not the current one. */
  replaceList(address: UserAddress, expected: Head, deviceList: Signed, head: Head): Promise<'replaced' | 'moved-on'>
  setShare(address: UserAddress, share: Account['share']): Promise<void>
  count(): Promise<number>
  /** In order of address, removed ones that were not forgotten yet among them; for the administrator. */
  list(after: string, limit: number): Promise<ListedAccount[]>
  /** Undefined where there is none, or it was forgotten. */
  standing(address: UserAddress): Promise<Standing | undefined>
  /** False where there is no such account, or it was forgotten. */
  setStanding(address: UserAddress, standing: Standing, nowMs: number): Promise<boolean>
  /** Never goes back. */
  seen(address: UserAddress, day: number): Promise<void>
  /** Removed at this time or before, and not forgotten. */
  removedBy(ms: number, limit: number): Promise<Account[]>
  /** Forgets all but the name of a removed account, for good. False where it is not removed. */
  forget(address: UserAddress): Promise<boolean>
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
  /** Forgets whom `owner` approved and blocked. */
  drop(owner: UserAddress): Promise<void>
  /** Both approved and neither blocked the other. One query, the same work whatever the reason for false. */
  mutual(a: UserAddress, b: UserAddress): Promise<boolean>
}

export interface InvitationStore {
  /**
   * `full`: the bound on one inviter's invitations that are neither used up nor expired is met. `inviter` null: the
   * administrator's, for registration alone. A hash that is there already stays as it is and answers `added`.
   */
  add(
    invitation: { tokenHash: string; inviter: UserAddress | null; expiresAtMs: number },
    max: number,
    nowMs: number,
  ): Promise<'added' | 'full'>
  /** Uses a token for making contact, once. Undefined when it is void, used for that already, or the administrator's. */
  useForContact(tokenHash: string, nowMs: number): Promise<{ inviter: UserAddress } | undefined>
  /** Undefined when it is void. */
  find(tokenHash: string, nowMs: number): Promise<KeptInvitation | undefined>
  /** Of one inviter or, where none is said, of everybody: those not over, the first to end first. */
  list(of: { inviter: UserAddress | null } | undefined, nowMs: number, limit: number): Promise<KeptInvitation[]>
  /** False when there was none. */
  revoke(tokenHash: string): Promise<boolean>
}

export interface KeptInvitation {
  readonly tokenHash: string
  /** Null: the administrator. */
  readonly inviter: UserAddress | null
  readonly expiresAtMs: number
  /** Somebody registered with it, or met its inviter. */
  readonly used: boolean
}
// One invitation serves one registration and one contact: both by the same new person, in that order or the second alone.

/** One slot a user, sealed: what stands in it means nothing here. */
export interface PreferencesStore {
  get(user: UserAddress): Promise<{ sequence: number; slot: string } | undefined>
  /** Puts `slot` under `sequence` in the place of what stands under `expected` (0: of nothing); `moved-on` when that is not there. */
  replace(user: UserAddress, expected: number, sequence: number, slot: string): Promise<'replaced' | 'moved-on'>
  drop(user: UserAddress): Promise<void>
}

/** Sums of a day (days since 1970, UTC) by name: bytes or counts. Nothing in them names a user. */
export interface FigureStore {
  /** Adds each to what stands there, and forgets the days before `keptFromDay`. */
  add(day: number, figures: Readonly<Record<string, number>>, keptFromDay: number): Promise<void>
  /** In the order of days; those without figures are left out. */
  since(day: number): Promise<{ day: number; figures: Record<string, number> }[]>
}

/** Bytes that users took through the tunnel in one day (days since 1970, UTC), so that a new start begins no new day. */
export interface TunnelDayStore {
  /** Adds to what stands there for each user, and forgets earlier days. */
  add(day: number, bytes: Readonly<Record<UserAddress, number>>): Promise<void>
  of(day: number): Promise<Record<UserAddress, number>>
}

/** What the administrator set while the server ran, by name; what the values mean is policy/limits.ts's. */
export interface LimitStore {
  all(): Promise<Record<string, number | string>>
  /** Null puts one away. All of them or none. */
  change(changes: Readonly<Record<string, number | string | null>>): Promise<void>
}

/** The sealed grant of a link; `sealed` null once it was taken back, until it would have ended. */
export interface KeptGrant {
  /** 32 hexadecimal digits. */
  readonly slot: string
  readonly user: UserAddress
  readonly from: DeviceAddress
  readonly messageId: string
  readonly accessKey: string
  /** As its maker wrote it, and the same, ms. */
  readonly expires: string
  readonly expiresAtMs: number
  readonly sealed: string | null
}

/** Per user: grants that are not over, those taken back too, and characters of what is sealed. */
export interface GrantQuota {
  readonly grantsMax: number
  readonly lengthMax: number
}

export interface GrantStore {
  /** `kept` too where the same device kept the same there before; `conflict`: something else stands there. */
  keep(
    grant: KeptGrant & { readonly sealed: string },
    quota: GrantQuota,
    nowMs: number,
  ): Promise<'kept' | 'conflict' | 'full'>
  /** Undefined when it is over. */
  get(slot: string, nowMs: number): Promise<KeptGrant | undefined>
  /** Empties it, where it is that user's. Idempotent. */
  revoke(slot: string, user: UserAddress): Promise<void>
  /** From now on that device gives it out, where it is that user's. Idempotent. */
  move(slot: string, user: UserAddress, from: DeviceAddress): Promise<void>
  /** Drops what is over, at most `limit`; answers how many. */
  expire(nowMs: number, limit: number): Promise<number>
}

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
  /** No room for this sender in that user's mailbox (mail-quota.ts); nothing was kept for anybody. */
  | { readonly kind: 'full'; readonly user: UserAddress }

/** Per recipient user. How contacts, everybody else and a single sender share it: mail-quota.ts. */
export interface MailQuota {
  /** Copies, one a device. */
  readonly messagesMax: number
  /** Sealed keys and bodies, once a copy. */
  readonly bytesMax: number
}

/** One page of a device's mail. */
export interface MailPage {
  /** Accepted at this time or later. */
  readonly afterMs?: number
  /** Behind this message, as long as it is known (until it expires, also when it was removed); `afterMs` is for then. */
  readonly after?: MailKey
  readonly limit: number
}

/** A whole envelope and its place in the order of acceptance: grows with every message, the same for all its copies. */
export interface WaitingMail {
  readonly position: number
  readonly envelope: DeliveredEnvelope
}

export interface MailStore {
  /** Idempotent per (envelope.from's user, id). Concurrent calls are committed together. */
  accept(mail: IncomingMail, quota: MailQuota): Promise<AcceptOutcome>
  /** What was accepted from that user under that id and has not been dropped since. */
  known(key: MailKey): Promise<{ digest: string; acceptedAtMs: number } | undefined>
  /**
   * Waiting for a device, in the order of acceptance. Mail from users its owner has blocked is left out while they are
   * blocked; so it is from retrieve and waiting.
   */
  list(device: DeviceAddress, page: MailPage, nowMs: number): Promise<ListedEnvelope[]>
  /** Whole envelopes of those that are waiting for this device and not hidden, as asked; missing ones are left out. */
  retrieve(device: DeviceAddress, keys: readonly MailKey[], nowMs: number): Promise<DeliveredEnvelope[]>
  /**
   * Whole, behind position `after` (0: from the oldest): what is pushed. At most `limit`, and no more once they hold
   * `bytesMax` characters of sealed keys and bodies; at least one when any is waiting.
   */
  waiting(
    device: DeviceAddress,
    page: { after: number; limit: number; bytesMax: number },
    nowMs: number,
  ): Promise<WaitingMail[]>
  /** Ends this device's copies alone, hidden ones too; answers the keys that were there. */
  remove(device: DeviceAddress, keys: readonly MailKey[]): Promise<MailKey[]>
  /** Ends every copy of a device (revoked). */
  removeDevice(device: DeviceAddress): Promise<void>
  /** Users named by one message, until it expires, also when every copy was removed: what admits to the tunnel. */
  parties(
    key: MailKey,
    nowMs: number,
  ): Promise<{ from: DeviceAddress; to: (UserAddress | DeviceAddress)[] } | undefined>
  /** Drops what has expired (it is shown to nobody from that moment on), at most `limit` messages; answers how many. */
  expire(nowMs: number, limit: number): Promise<number>
  /** What counts against a user's quota (mail-quota.ts), both pools together. */
  occupied(user: UserAddress): Promise<{ copies: number; bytes: number }>
  /** For figures: messages that are known and copies that wait. */
  counts(): Promise<{ messages: number; copies: number }>
}
