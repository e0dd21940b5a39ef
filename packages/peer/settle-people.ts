// What follows when what was agreed with somebody has changed: their requests become mail, what they are owed is told, and what may be
// fetched of theirs is, or is left.

import { splitDevice, type UserAddress } from '@doorpost/protocol/address'
import type { People } from './identity/people.ts'
import type { Collect } from './receive/collect.ts'
import type { Inbox } from './receive/inbox.ts'
import type { InboxRecord } from './receive/inbox-record.ts'
import type { ByItself } from './rules/by-itself.ts'
import type { Outbox } from './send/outbox.ts'

export interface SettlingOptions {
  readonly people: Pick<People, 'recall'>
  readonly inbox: Pick<Inbox, 'settle' | 'records'>
  readonly outbox: Pick<Outbox, 'kick'>
  readonly collect: Pick<Collect, 'retry'>
  readonly byItself: Pick<ByItself, 'leave' | 'considerAll'>
  readonly signal: AbortSignal
}

/** `among`: the records to look at, where the caller has them. */
export type Settle = (user: UserAddress, among?: readonly InboxRecord[]) => Promise<void>

export function createSettling({ people, inbox, outbox, collect, byItself, signal }: SettlingOptions): Settle {
  /** Agreement with each user as it was last acted upon: presence alone changes nothing here. */
  const agreed = new Map<UserAddress, string>()
  return async (user, among) => {
    const person = await people.recall(user)
    const agreement = JSON.stringify([
      person?.approved,
      person?.mutual,
      person?.blocked,
      person?.changedTo,
      person?.head,
    ])
    if (signal.aborted || agreed.get(user) === agreement) return
    agreed.set(user, agreement)
    await inbox.settle(user, among)
    outbox.kick('people')
    await collect.retry('person')
    const theirs = (among ?? (await inbox.records())).filter(({ from }) => splitDevice(from).user === user)
    if (person?.blocked) await byItself.leave(theirs)
    else if (person?.mutual) await byItself.considerAll(theirs)
  }
}
