// What this device knows of others and agreed with them: resolves addresses to pinned keys, approves, blocks, invites. Which devices
// may reach us is device-owners.ts's, what a shown list means person.ts's, what the server was not told yet wishes.ts's business.

import type { UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { Refusal } from '@doorpost/protocol/errors'
import { type Invitation, parseInvitation } from '@doorpost/protocol/invitation-link'
import { fingerprintOf } from '@doorpost/protocol/signature'
import { type Clock, systemClock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import { type Random, systemRandom } from '../random.ts'
import type { Line } from '../session/line.ts'
import { listeners } from '../session/listeners.ts'
import type { Change, Store } from '../store/store.ts'
import { keepMutual, watchContacts } from './contact-watch.ts'
import { allDecisions, type Decision, decisionOf, takeDecisions } from './decisions.ts'
import { createDeviceOwners, type DeviceOwners } from './device-owners.ts'
import { finger } from './finger.ts'
import type { Identity } from './identity-record.ts'
import { giveOut, useUp } from './invitations.ts'
import { openKnownPeople } from './known-people.ts'
import { knowOneself } from './oneself.ts'
import { keepOwnList, type OwnList } from './own-list.ts'
import { restoreDecisions } from './restore.ts'
import { isStranger, type Person, type Resolved, reopen, type StoredPerson } from './person.ts'
import { createSeenHeads, type SeenHeads } from './seen-heads.ts'
import { openWishes, wish } from './wishes.ts'

export interface PeopleOptions {
  readonly store: Store
  readonly line: Line
  readonly me: Identity
  /** Moves on with every newer list of one's own; one of its own where nothing is said. */
  readonly own?: OwnList
  readonly clock?: Clock
  readonly random?: Random
  /** Told of what goes wrong in work nobody waits for: asking for presence, telling the server of an old wish. */
  readonly onTrouble?: (error: unknown) => void
}

export interface People extends DeviceOwners, SeenHeads, AsyncDisposable {
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

  /** A link that makes whoever opens it a contact, once. Throws Trouble `server-unreachable`. */
  invite(lifetimeMs: number): Promise<{ readonly link: string; readonly expires: string }>
  /** Pins the key by the link's fingerprint and approves; the server is told with the token. `token` goes to the inviter in a `contact` note. */
  useInvitation(link: string): Promise<InvitationUse>
  /** A verified `contact` note from somebody: approves them when the token is one of ours, unused and unexpired; else they ask. */
  acceptContactNote(from: Person, token: string | undefined): Promise<'approved' | 'asks'>

  /** Tells the server what it was not told, and asks who is mutual and where. A standing line does so by itself; one that polls does it with each poll. */
  refresh(): Promise<void>
  /** Called when this user decided about somebody on this device: for the user's other devices. */
  onDecision(listener: (decision: Decision) => void): () => void
  /** All that was decided, in portions of a note each: for a device that is new. */
  decisions(): Promise<Decision[][]>
  /** What another device of this user was decided on. */
  takeDecisions(decisions: readonly Decision[]): Promise<void>
  /**
   * Takes whom the server has as approved or blocked by this user for that, with the keys it shows now: after recovery, when
   * nothing else is left to go by. May be asked again. Throws what the line throws.
   */
  restore(signal: AbortSignal): Promise<void>
  /** Called after anything about a person changed: agreement, key, list, presence. */
  onChange(listener: (address: UserAddress) => void): () => void
}

export type InvitationUse =
  | { readonly kind: 'approved'; readonly person: Person; readonly token: string }
  | { readonly kind: 'bad-link' }
  /** FINGER shows another key than the link: nothing was pinned or approved. */
  | { readonly kind: 'wrong-key'; readonly fingerprint: string }
  | Exclude<Resolved, { kind: 'known' }>

export async function openPeople({
  store,
  line,
  me: given,
  own: givenOwn,
  clock = systemClock,
  random = systemRandom,
  onTrouble = () => {},
}: PeopleOptions): Promise<People> {
  const known = await openKnownPeople(store, clock)
  const own = givenOwn ?? keepOwnList(store, given)
  const { me } = own
  const stopFollowing = await knowOneself(known, own, () => new Date(clock.nowMs()).toISOString())
  const decided = listeners<Decision>()
  const wishes = openWishes(store, line, (address, mutual) => keepMutual(known, address, mutual), onTrouble)
  const now = () => new Date(clock.nowMs()).toISOString()
  const mark = () => toBase64url(random(9))
  let accepting: Promise<unknown> = Promise.resolve()

  function checkDomain(address: UserAddress): void {
    if (domainOf(address) === domainOf(me.user)) return
    throw new Refusal('other-domain', { detail: `${address} is on another server.` })
  }

  /** What an error of asking about somebody means; those that mean nothing here are thrown again. */
  function asOutcome(
    error: unknown,
    stored?: StoredPerson,
  ): Extract<Resolved, { kind: 'unknown-user' | 'unreachable' }> {
    const isRefusal = error instanceof Refusal
    if (isRefusal && (error.code === 'not-found' || error.code === 'no-such-user')) return { kind: 'unknown-user' }
    const isAway = isRefusal ? error.again === 'later' : error instanceof Trouble && error.code === 'server-unreachable'
    if (isAway) return { kind: 'unreachable', ...(stored && { person: known.personOf(stored) }) }
    throw error
  }

  async function resolve(
    address: UserAddress,
    { fresh = false, signal }: { readonly fresh?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<Resolved> {
    signal?.throwIfAborted()
    checkDomain(address)
    const stored = await known.recall(address)
    if (stored && !fresh) {
      const remembered = known.resolved(stored)
      if (remembered.kind === 'known' || remembered.kind === 'key-changed') return remembered
    }
    try {
      const shown = await finger(line, address, signal)
      const resolved = await known.take(address, shown)
      if (address === me.user && resolved.kind === 'known') await own.follow(shown.signed, shown.opened)
      return resolved
    } catch (error) {
      return asOutcome(error, stored)
    }
  }

  async function approveKnown(address: UserAddress, token?: string, also: readonly Change[] = []): Promise<Resolved> {
    await known.change(
      address,
      ({ askedAt: _answered, ...stored }) => ({ ...stored, approvedAt: stored.approvedAt ?? now(), decidedAt: now() }),
      [wish('contact', address, true, mark(), token), ...also],
    )
    await tellDecision(address)
    await wishes.carryOut()
    const after = await known.recall(address)
    return after ? known.resolved(after) : { kind: 'unreachable' }
  }

  /** Pins somebody not met before only when the server shows the key that the link names: the link is what the user trusts. */
  async function meetAsInvited({ from, fingerprint }: Invitation): Promise<InvitationUse | undefined> {
    const stored = await known.recall(from)
    if (stored) {
      const pinned = known.personOf(stored).fingerprint
      return pinned === fingerprint ? undefined : { kind: 'wrong-key', fingerprint: pinned }
    }
    try {
      const asked = await finger(line, from)
      const shown = fingerprintOf(asked.opened.list.accountKey)
      if (shown !== fingerprint) return { kind: 'wrong-key', fingerprint: shown }
      await known.take(from, asked)
      return undefined
    } catch (error) {
      return asOutcome(error)
    }
  }

  async function tellDecision(address: UserAddress): Promise<void> {
    const stored = await known.recall(address)
    if (stored) decided.tell(decisionOf(stored))
  }

  /** One's own other devices are neither approved nor blocked: they are devices of this user or they are not. */
  function checkOther(address: UserAddress): void {
    if (address === me.user) throw new Trouble('bad-address', 'That is your own address.')
  }

  const watch = watchContacts(known, line, wishes, {
    self: me.user,
    onOtherDevices: (address) => void resolve(address, { fresh: true }).catch(onTrouble),
    onTrouble,
  })

  return {
    ...createSeenHeads(store, known, me),
    ...createDeviceOwners({ known, clock, lookUp: (user) => resolve(user, { fresh: true }), onTrouble }),
    resolve,
    async recall(address) {
      const stored = await known.recall(address)
      return stored && known.personOf(stored)
    },
    async list() {
      const all = await known.all()
      const concerns = (stored: StoredPerson) =>
        stored.address !== me.user && (!isStranger(stored) || stored.askedAt !== undefined || stored.changed)
      return all.filter(concerns).map((stored) => known.personOf(stored))
    },

    async approve(address) {
      checkOther(address)
      const outcome = await resolve(address)
      return outcome.kind === 'known' ? approveKnown(address) : outcome
    },
    async withdraw(address) {
      checkOther(address)
      known.presences.delete(address)
      await known.change(
        address,
        ({ approvedAt: _approved, askedAt: _asked, mutual: _mutual, ...rest }) => ({ ...rest, decidedAt: now() }),
        [wish('contact', address, false, mark())],
      )
      await tellDecision(address)
      await wishes.carryOut()
    },
    async block(address) {
      checkOther(address)
      const outcome = await resolve(address)
      if (!('person' in outcome) || !outcome.person) return outcome
      known.presences.delete(address)
      await known.change(address, (stored) => ({ ...stored, blocked: true, decidedAt: now() }), [
        wish('block', address, true, mark()),
      ])
      await tellDecision(address)
      await wishes.carryOut()
      const after = await known.recall(address)
      return after && outcome.kind === 'known' ? known.resolved(after) : outcome
    },
    async unblock(address) {
      await known.change(address, ({ blocked: _blocked, ...rest }) => ({ ...rest, decidedAt: now() }), [
        wish('block', address, false, mark()),
      ])
      await tellDecision(address)
      await wishes.carryOut()
    },
    async acceptChangedKey(address, fingerprint) {
      let accepted = false
      await known.change(address, ({ changed, seen: _ofTheOldKey, ...rest }) => {
        accepted = changed !== undefined && fingerprintOf(reopen(changed).list.accountKey) === fingerprint
        return accepted && changed ? { ...rest, deviceList: changed, decidedAt: now() } : undefined
      })
      if (accepted) await tellDecision(address)
      return accepted
    },

    invite: (lifetimeMs) => giveOut({ store, line, me, random, nowMs: clock.nowMs(), lifetimeMs }),
    async useInvitation(link) {
      const invitation = parseInvitation(link.trim())
      if (!invitation || invitation.from === me.user) return { kind: 'bad-link' }
      const { from, token } = invitation
      checkDomain(from)
      const hindrance = await meetAsInvited(invitation)
      if (hindrance) return hindrance
      const outcome = await resolve(from)
      if (outcome.kind !== 'known') return outcome
      const after = await approveKnown(from, token)
      return after.kind === 'known' ? { kind: 'approved', person: after.person, token } : after
    },
    acceptContactNote(from, token) {
      const accept = async () => {
        const used = token === undefined ? undefined : await useUp(store, token, clock.nowMs())
        if (used) {
          await approveKnown(from.address, undefined, [used])
          return 'approved'
        }
        await known.change(from.address, (stored) =>
          stored.approvedAt === undefined && stored.askedAt === undefined ? { ...stored, askedAt: now() } : undefined,
        )
        return 'asks'
      }
      // One after the other: a token is used by whoever shows it first.
      const mine = accepting.then(accept, accept)
      accepting = mine
      return mine
    },

    refresh: () => watch.lookAround(),
    restore: (signal) => restoreDecisions({ known, line, clock, signal, resolve }),
    onDecision: decided.add,
    decisions: () => allDecisions(known, me),
    async takeDecisions(decisions) {
      if (await takeDecisions(known, me, decisions)) watch.lookAround().catch(onTrouble)
    },
    onChange: known.changes.add,
    async [Symbol.asyncDispose]() {
      stopFollowing()
      watch.stop()
    },
  }
}

function domainOf(user: UserAddress): string {
  return user.slice(user.indexOf('@') + 1)
}
