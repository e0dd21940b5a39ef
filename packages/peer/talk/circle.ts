// Who is who at this moment, for one look at conversations: contacts, those whose mail is hidden, who is there. Read once, then
// asked for every message.

import type { UserAddress } from '@doorpost/protocol/address'
import { contactLine } from '../contact-operations.ts'
import type { People } from '../identity/people.ts'
import type { Person } from '../identity/person.ts'
import type { TalkPerson } from './contract.ts'

export interface Circle {
  readonly me: UserAddress
  /** Approved by this user. */
  isApproved(user: UserAddress): boolean
  /** Their messages are not shown. */
  isHidden(user: UserAddress): boolean
  shown(user: UserAddress): TalkPerson
}

async function readCircle(
  me: UserAddress,
  people: Pick<People, 'list'>,
  isJunk: (user: UserAddress) => boolean,
): Promise<Circle> {
  const known = new Map((await people.list()).map((person) => [person.address, person]))
  /** Asked for each message there is: rules are looked through once for each of their authors. */
  const hidden = new Map<UserAddress, boolean>()
  return {
    me,
    isApproved: (user) => user === me || known.get(user)?.approved === true,
    isHidden(user) {
      const before = hidden.get(user)
      if (before !== undefined) return before
      const is = user !== me && (known.get(user)?.blocked === true || isJunk(user))
      hidden.set(user, is)
      return is
    },
    shown: (user) => (user === me ? { address: me, me: true } : personShown(user, known.get(user))),
  }
}

/** The circle as it is now: read when somebody came, went or is another contact than before, or `rules` are others, and not at every glance. */
export function createCircles(
  me: UserAddress,
  people: Pick<People, 'list' | 'onChange'>,
  isJunk: (user: UserAddress) => boolean,
  rules: () => unknown,
): { now(): Promise<Circle>; stop(): void } {
  let known: Promise<Circle> | undefined
  let rulesThen: unknown
  const stop = people.onChange(() => (known = undefined))
  return {
    now() {
      if (known && rulesThen === rules()) return known
      rulesThen = rules()
      const reading = readCircle(me, people, isJunk)
      // Whoever asks next tries again.
      reading.catch(() => (known = undefined))
      known = reading
      return reading
    },
    stop,
  }
}

export function personShown(user: UserAddress, person: Person | undefined): TalkPerson {
  const isContact = person && (person.approved || person.theyAsked || person.blocked || person.changedTo !== undefined)
  if (!isContact) return { address: user, contact: 'none' }
  const { state, online } = contactLine(person)
  return { address: user, contact: state, ...(online !== undefined && { online }) }
}

/** Whether they may be told that this user reads and writes, and be believed when they say so. */
export function sharesMarks(person: Person | undefined): person is Person {
  return person !== undefined && person.mutual && person.approved && !person.blocked && person.changedTo === undefined
}
