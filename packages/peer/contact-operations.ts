// What a user does about people: looking somebody up, approving, inviting, blocking, as operations with their sentences.
// What a person is and what the server is told of it is identity/people.ts's.

import { parseAddress, type UserAddress, userAddress } from '@doorpost/protocol/address'
import { parseInvitation } from '@doorpost/protocol/invitation-link'
import { LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import type { Note } from '@doorpost/protocol/note'
import type { Identity } from './identity/identity-record.ts'
import type { InvitationUse, People } from './identity/people.ts'
import type { Person, Resolved } from './identity/person.ts'
import { type ContactLine, type FingerLine, Trouble } from './operations.ts'
import { resolvedTrouble } from './send/recipients.ts'

/** How long an invitation holds where nothing is said, ms: until the next family dinner. */
const INVITATION_LIFETIME_MS = 7 * 24 * 3600_000

export interface ContactOptions {
  readonly me: Identity
  readonly people: People
  /** Puts a note into the outbox; resolves when it is on stable storage. */
  tell(to: UserAddress, note: Note): Promise<void>
}

/** Asks the server, whatever is remembered. `typed`: a user, as people write one. Throws Trouble or Refusal. */
export async function finger(typed: string, signal: AbortSignal, { me, people }: ContactOptions): Promise<FingerLine> {
  const user = userOf(typed, me)
  const before = await people.recall(user)
  const resolved = await people.resolve(user, { fresh: true, signal })
  if (resolved.kind === 'key-changed') {
    return { ...fingerLine(resolved.person, 'changed'), fingerprint: resolved.fingerprint }
  }
  if (resolved.kind !== 'known') throw resolvedTrouble(user, resolved)
  return fingerLine(resolved.person, before === undefined ? 'new' : 'known')
}

export async function listContacts(people: Pick<People, 'list'>): Promise<ContactLine[]> {
  return (await people.list()).filter(isListed).map(contactLine)
}

/** An address, or an invitation link. */
export async function addContact(
  args: { readonly who: string; readonly acceptChangedKey?: string },
  options: ContactOptions,
): Promise<ContactLine> {
  const { me, people, tell } = options
  const who = args.who.trim()
  if (parseInvitation(who)) return await useInvitation(who, options)
  const user = userOf(who, me)
  if (user === me.user) {
    throw new Trouble('bad-address', 'That is your own address.', { todo: 'Give the address of somebody else.' })
  }
  if (args.acceptChangedKey !== undefined && !(await people.acceptChangedKey(user, args.acceptChangedKey))) {
    throw new Trouble('key-changed', `That is not the fingerprint that ${user} shows now.`, {
      todo: 'Look at it again, and compare it with them by another way.',
    })
  }
  const person = knownOf(user, await people.approve(user))
  await tell(user, { note: 'contact' })
  return contactLine(person)
}

export async function removeContact(typed: string, { me, people }: ContactOptions): Promise<ContactLine[]> {
  const user = userOf(typed, me)
  // A slip in a name must not look like a contact that is gone.
  if (!(await isAmong(people, user))) throw notAmong(`${user} is no contact of yours.`)
  await people.withdraw(user)
  return await listContacts(people)
}

export async function blockContact(typed: string, { me, people }: ContactOptions): Promise<ContactLine[]> {
  const user = userOf(typed, me)
  const resolved = await people.block(user)
  // Somebody whose key changed can be blocked all the same.
  if (!('person' in resolved) || !resolved.person)
    throw resolvedTrouble(user, resolved as Exclude<Resolved, { kind: 'known' }>)
  return await listContacts(people)
}

export async function unblockContact(typed: string, { me, people }: ContactOptions): Promise<ContactLine[]> {
  const user = userOf(typed, me)
  if (!(await isAmong(people, user))) throw notAmong(`${user} is not blocked.`)
  await people.unblock(user)
  return await listContacts(people)
}

export async function invite(
  lifetimeMs: number | undefined,
  people: Pick<People, 'invite'>,
): Promise<{ link: string; expires: string }> {
  const ms = lifetimeMs ?? INVITATION_LIFETIME_MS
  if (!Number.isFinite(ms) || ms < 60_000 || ms > LIFETIME_MAX_MS) {
    throw new Trouble('malformed', 'An invitation holds from a minute to 90 days.')
  }
  return await people.invite(Math.floor(ms))
}

async function useInvitation(link: string, { people, tell }: ContactOptions): Promise<ContactLine> {
  const used: InvitationUse = await people.useInvitation(link)
  switch (used.kind) {
    case 'approved':
      await tell(used.person.address, { note: 'contact', token: used.token })
      return contactLine(used.person)
    case 'bad-link':
      throw new Trouble('bad-address', 'This invitation is not whole, or is your own.', {
        todo: 'Ask for the link again.',
      })
    case 'wrong-key':
      throw new Trouble(
        'key-changed',
        `The server shows another key than the invitation names: ${used.fingerprint}. Nothing was approved.`,
        {
          todo: 'Ask them for a new link by another way.',
        },
      )
    default: {
      const { from } = parseInvitation(link) ?? { from: 'them' as UserAddress }
      throw resolvedTrouble(from, used)
    }
  }
}

async function isAmong(people: Pick<People, 'list'>, user: UserAddress): Promise<boolean> {
  return (await people.list()).some((person) => person.address === user && isListed(person))
}

function notAmong(detail: string): Trouble {
  return new Trouble('bad-address', detail, { todo: 'Check how the address is written: doorpost contacts lists them.' })
}

/** Throws Trouble `bad-address`. */
export function userOf(typed: string, me: Identity): UserAddress {
  const parsed = parseAddress(typed.trim())
  // What begins like a link was meant as one: a piece of it got lost on the way here.
  if (!parsed.ok && /^https?:\/\//.test(typed.trim())) {
    throw new Trouble('bad-address', 'This is no whole invitation link.', {
      todo: 'Copy all of it, or ask for it again.',
    })
  }
  if (!parsed.ok) {
    throw new Trouble('bad-address', `"${typed.replace(/\p{C}/gu, '').slice(0, 80)}" is no address.`, {
      todo: 'Write it like alice or alice@example.org.',
    })
  }
  return userAddress(
    { user: parsed.value.user, ...(parsed.value.domain && { domain: parsed.value.domain }) },
    domainOf(me),
  )
}

function domainOf(me: Identity): string {
  return me.user.slice(me.user.indexOf('@') + 1)
}

function knownOf(user: UserAddress, resolved: Resolved): Person {
  if (resolved.kind === 'known') return resolved.person
  throw resolvedTrouble(user, resolved)
}

function isListed(person: Person): boolean {
  return person.approved || person.theyAsked || person.blocked || person.changedTo !== undefined
}

export function contactLine(person: Person): ContactLine {
  const { address, fingerprint, presence } = person
  const state = stateOf(person)
  const online = state === 'mutual' && presence ? { online: presence.some((one) => one.online) } : {}
  return { address, fingerprint, state, ...online }
}

function stateOf(person: Person): ContactLine['state'] {
  if (person.changedTo !== undefined) return 'changed'
  if (person.blocked) return 'blocked'
  if (person.mutual) return 'mutual'
  return person.approved ? 'approved' : 'asks'
}

function fingerLine(person: Person, key: FingerLine['key']): FingerLine {
  return {
    address: person.address,
    fingerprint: person.fingerprint,
    devices: person.opened.list.devices.map(({ name, createdAt, revokedAt }) => {
      const presence = person.presence?.find((one) => one.device === name)
      return {
        name,
        createdAt,
        ...(revokedAt !== undefined && { revokedAt }),
        ...(presence && { online: presence.online, addresses: [...presence.addresses] }),
      }
    }),
    key,
  }
}
