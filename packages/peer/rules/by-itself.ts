// Carries out what decide.ts decides about mail in the inbox: asks for what is to be fetched without anybody asking, shows
// what is not, and ends what was under way when its sender became junk. Looks again when people or preferences change.

import { splitDevice, type UserAddress } from '@doorpost/protocol/address'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import { isAmong, type Preferences } from '@doorpost/protocol/preferences'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import type { Person } from '../identity/person.ts'
import type { Fetches } from '../receive/fetches.ts'
import type { Inbox } from '../receive/inbox.ts'
import type { InboxRecord } from '../receive/inbox-record.ts'
import { isOpen } from '../receive/inbox-state.ts'
import { type Decision, decide } from './decide.ts'
import type { PreferencesRoom } from './preferences.ts'
import { isSameNetwork } from './same-network.ts'

export interface ByItselfOptions {
  /** Opened later than this: what is decided when mail comes is asked for by the inbox itself. */
  readonly rooms: () => { readonly inbox: Inbox; readonly fetches: Pick<Fetches, 'ask' | 'stop'> }
  readonly me: Pick<Identity, 'user'>
  readonly people: Pick<People, 'recall'>
  readonly preferences: Pick<PreferencesRoom, 'now'>
  /** Where it goes, absolute; undefined where this device fetches nothing by itself. */
  readonly folder: string | undefined
  readonly byDefault: 'fetch' | 'ask'
  readonly metered: boolean
  /** Where this device listens. */
  networkAddresses(): readonly string[]
  readonly signal: AbortSignal
  /** Shown from now on, though nothing about it was written. */
  onShown(record: InboxRecord): void
}

export interface ByItself {
  isJunk(user: UserAddress): boolean
  isPriority(user: UserAddress): boolean
  /** Whether a message that comes now will be fetched by itself. */
  wants(from: Person, content: Pick<LocationMessage, 'media'>): boolean
  /** Asks for one message, or shows it, as the rules say now. */
  consider(id: string): Promise<void>
  /** The same for all that wait: `among`, else everything in the inbox. */
  considerAll(among?: readonly InboxRecord[]): Promise<void>
  /** Where somebody is has changed: rules for the local network may hold now. */
  moved(user: UserAddress): Promise<void>
  /** Ends what is under way of these. */
  leave(records: readonly InboxRecord[]): Promise<void>
  /** The user wants something else now. */
  follow(now: Preferences, before: Preferences): Promise<void>
}

export function createByItself(options: ByItselfOptions): ByItself {
  const { people, preferences, folder, signal } = options

  function decisionOn(person: Person | undefined, { media }: Pick<LocationMessage, 'media'>): Decision {
    if (folder === undefined || !person) return { decision: 'ask', local: false }
    const { address, mutual, blocked, changedTo, presence } = person
    const theirs = presence?.filter(({ online }) => online).flatMap(({ addresses }) => addresses) ?? []
    return decide(
      {
        from: address,
        mutual: mutual && !blocked && changedTo === undefined,
        media,
        network: { metered: options.metered, local: isSameNetwork(options.networkAddresses(), theirs) },
        byDefault: options.byDefault,
      },
      preferences.now,
    )
  }

  async function consider(id: string): Promise<void> {
    const { inbox, fetches } = options.rooms()
    if (signal.aborted) return
    const found = await inbox.get(id)
    if (found?.record.standing.state !== 'announced') return
    const { record, content } = found
    // No mail, or cleared away: its user fetches it, or hands it over.
    if (record.own || record.cleared) return
    const { decision, local } = decisionOn(await people.recall(splitDevice(record.from).user), content)
    if (decision === 'ask' || folder === undefined) {
      // A command that came in between leaves it to the agent.
      if (folder !== undefined) await inbox.show(id)
      return
    }
    await fetches.ask(id, { folder, ...(local && { path: 'direct' as const }) })
  }

  async function considerAll(among?: readonly InboxRecord[]): Promise<void> {
    if (folder === undefined) return
    for (const { id, media, standing } of among ?? (await options.rooms().inbox.records())) {
      // Nothing of the rest is ever fetched: it is not read for that.
      if (media.length > 0 && isOpen(standing.state)) await consider(id)
    }
  }

  async function leave(records: readonly InboxRecord[]): Promise<void> {
    for (const { id, standing } of records) {
      if (standing.state === 'scheduled' || standing.state === 'fetching') await options.rooms().fetches.stop(id)
    }
  }

  /** What one sends oneself is no junk, whatever else comes from the domain. */
  const isJunk = (user: UserAddress) => user !== options.me.user && isAmong(preferences.now.junk, user)

  return {
    isJunk,
    isPriority: (user) => isAmong(preferences.now.priority, user),
    wants: (from, content) => decisionOn(from, content).decision === 'fetch',
    consider,
    considerAll,
    async moved(user) {
      if (!preferences.now.fetch.some(({ network }) => network === 'local')) return
      const records = await options.rooms().inbox.records()
      await considerAll(records.filter(({ from }) => splitDevice(from).user === user))
    },
    leave,
    async follow(now, before) {
      const { inbox } = options.rooms()
      const records = await inbox.records()
      const senders = Map.groupBy(records, ({ from }) => splitDevice(from).user)
      for (const [user, theirs] of senders) {
        if (user === options.me.user || isAmong(now.junk, user) === isAmong(before.junk, user)) continue
        if (!isAmong(now.junk, user)) {
          // What they are owed as the senders of mail that is here, they are told now.
          await inbox.settle(user, theirs)
          for (const { id } of theirs) {
            const found = await inbox.get(id)
            if (found) options.onShown(found.record)
          }
          continue
        }
        await leave(theirs)
      }
      await considerAll(records)
    },
  }
}
