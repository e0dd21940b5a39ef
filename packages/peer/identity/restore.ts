// After recovery: takes over whom the server says this user approved and blocked. Nothing of the old devices is left to say
// so, and the keys are those it shows now; the user is told, and compares fingerprints.

import type { UserAddress } from '@doorpost/protocol/address'
import { blocksSchema, contactsSchema } from '@doorpost/protocol/messages/contacts'
import type { Clock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import { brokeProtocol } from '../session/answer.ts'
import type { Line } from '../session/line.ts'
import type { KnownPeople } from './known-people.ts'
import { pause } from './link-offer.ts'
import type { Resolved } from './person.ts'

/** Wait where the server wants to be asked more slowly, ms, and how often: its rates are counted by the minute. */
const WAIT_MS = 5_000
const TRIES_MAX = 24

export interface RestoreOptions {
  readonly known: KnownPeople
  readonly line: Line
  readonly clock: Clock
  readonly signal: AbortSignal
  resolve(address: UserAddress, options: { readonly signal: AbortSignal }): Promise<Resolved>
}

export async function restoreDecisions({ known, line, clock, signal, resolve }: RestoreOptions): Promise<void> {
  const contacts = contactsSchema.safeParse((await line.call('LIST', '/contacts', { signal })).body)
  if (!contacts.success) throw brokeProtocol('The server answered LIST /contacts with something else.', contacts.error)
  const blocks = blocksSchema.safeParse((await line.call('LIST', '/blocks', { signal })).body)
  if (!blocks.success) throw brokeProtocol('The server answered LIST /blocks with something else.', blocks.error)
  const approved = new Map(contacts.data.contacts.map(({ address, mutual }) => [address, mutual]))
  const blocked = new Set(blocks.data.blocked)
  for (const address of new Set([...approved.keys(), ...blocked])) {
    if (!(await meet(address))) continue
    const now = new Date(clock.nowMs()).toISOString()
    await known.change(address, (stored) => ({
      ...stored,
      ...(approved.has(address) && { approvedAt: stored.approvedAt ?? now }),
      ...(approved.get(address) === true && { mutual: true as const }),
      ...(blocked.has(address) && { blocked: true as const }),
      decidedAt: now,
    }))
  }

  /** False for somebody who is not there any more. */
  async function meet(address: UserAddress): Promise<boolean> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      // That it wants to be asked more slowly comes as being unreachable, too.
      const resolved = await resolve(address, { signal })
      if (resolved.kind !== 'unreachable' || resolved.person)
        return 'person' in resolved && resolved.person !== undefined
      await pause(WAIT_MS, signal, clock)
    }
    throw new Trouble('server-unreachable', `The server cannot be asked about ${address} now.`)
  }
}
