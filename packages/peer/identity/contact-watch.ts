// Keeps what the server knows of contacts up to date here: who is mutual, and who is where. Asks when the line comes on, and
// listens to pushes in between. It can make nobody approved: only what is approved here becomes mutual.

import type { UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, fromUtf8 } from '@doorpost/protocol/bytes'
import { activeDevices, type DeviceList } from '@doorpost/protocol/device-list'
import { contactsSchema } from '@doorpost/protocol/messages/contacts'
import type { DevicePresence } from '@doorpost/protocol/messages/finger'
import { contactPresenceSchema } from '@doorpost/protocol/messages/presence'
import type { Signed } from '@doorpost/protocol/signature'
import { brokeProtocol } from '../session/answer.ts'
import type { Line } from '../session/line.ts'
import type { KnownPeople } from './known-people.ts'
import type { Wishes } from './wishes.ts'

export async function keepMutual(known: KnownPeople, address: UserAddress, mutual: boolean): Promise<void> {
  const stored = await known.recall(address)
  if (!stored || (stored.mutual ?? false) === mutual) return
  if (!mutual) known.presences.delete(address)
  await known.change(address, ({ mutual: _before, ...rest }) => (mutual ? { ...rest, mutual: true } : rest))
}

export interface ContactWatch {
  /** Asks now; rejects with what went wrong. */
  lookAround(): Promise<void>
  stop(): void
}

export interface WatchOptions {
  /** This user: no contact, but with other devices to know of. */
  readonly self: UserAddress
  /** Somebody's devices are others than those of the list that is known. */
  onOtherDevices(address: UserAddress): void
  onTrouble(error: unknown): void
}

/** Runs until it is stopped. `onTrouble` is told what went wrong; the next time the line comes on it is tried again. */
export function watchContacts(
  known: KnownPeople,
  line: Line,
  wishes: Wishes,
  { self, onOtherDevices, onTrouble }: WatchOptions,
): ContactWatch {
  async function refreshContacts(): Promise<void> {
    const said = contactsSchema.safeParse((await line.call('LIST', '/contacts')).body)
    if (!said.success) throw brokeProtocol('The server answered LIST /contacts with something else.', said.error)
    const mutual = new Set(said.data.contacts.filter((contact) => contact.mutual).map(({ address }) => address))
    for (const { address, approvedAt } of await known.all()) {
      if (approvedAt !== undefined && address !== self) await keepMutual(known, address, mutual.has(address))
    }
  }

  async function refreshPresence(): Promise<void> {
    const said = contactPresenceSchema.safeParse((await line.call('LIST', '/presence')).body)
    if (!said.success) throw brokeProtocol('The server answered LIST /presence with something else.', said.error)
    const { presences } = known
    const before = new Map(presences)
    presences.clear()
    for (const { address, presence } of said.data.contacts) presences.set(address, presence)
    for (const address of new Set([...before.keys(), ...presences.keys()])) {
      const presence = presences.get(address)
      if (JSON.stringify(before.get(address)) === JSON.stringify(presence)) continue
      known.changes.tell(address)
      const stored = presence && (await known.recall(address))
      if (stored && !sameNames(namesIn(stored.deviceList), presence.map(nameOf))) onOtherDevices(address)
    }
  }

  /** A contact who shares nothing, or oneself whose other devices are all gone: the list alone tells. */
  async function lookAtList(address: UserAddress): Promise<void> {
    if (known.presences.has(address)) return
    if ((await known.recall(address))?.approvedAt !== undefined) onOtherDevices(address)
  }

  async function lookAround(): Promise<void> {
    await wishes.carryOut()
    await refreshContacts()
    await refreshPresence()
  }

  const lookAroundSoon = atMostOneAhead(lookAround, onTrouble)
  const lookWhoIsThere = atMostOneAhead(refreshPresence, onTrouble)

  const stopStates = line.onState((state) => {
    if (state === 'online') lookAroundSoon()
  })
  const stopPushes = line.onPush((push) => {
    if (push.kind === 'presence') {
      lookWhoIsThere()
      lookAtList(push.address).catch(onTrouble)
    }
    if (push.kind === 'contact') keepMutual(known, push.address, push.mutual).then(lookWhoIsThere).catch(onTrouble)
  })
  if (line.state === 'online') lookAroundSoon()
  return {
    lookAround,
    stop() {
      stopStates()
      stopPushes()
    },
  }
}

/** Of a list that was opened before it was kept: reading it is enough, and all contacts' are read when the line comes on. */
function namesIn({ body }: Signed): string[] {
  const list = JSON.parse(fromUtf8(fromBase64url(body))) as DeviceList
  return activeDevices(list).map(({ name }) => name)
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return JSON.stringify(some.toSorted()) === JSON.stringify(others.toSorted())
}

function nameOf({ device }: DevicePresence): string {
  return device
}

/** Work asked for while it runs is done once more afterwards, however often it was asked for. */
function atMostOneAhead(work: () => Promise<void>, onTrouble: (error: unknown) => void): () => void {
  let isRunning = false
  let isWanted = false
  const run = async () => {
    isRunning = true
    while (isWanted) {
      isWanted = false
      await work().catch(onTrouble)
    }
    isRunning = false
  }
  return () => {
    isWanted = true
    if (!isRunning) void run()
  }
}
