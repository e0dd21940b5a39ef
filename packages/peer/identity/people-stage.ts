// Alice's people, a fake post office with Bob in it, and what else the tests of this folder share.

import type { UserAddress } from '@doorpost/protocol/address'
import { deviceAddress } from '@doorpost/protocol/address'
import { type DeviceList, type Head, openDeviceList, signDeviceList } from '@doorpost/protocol/device-list'
import type { Signed } from '@doorpost/protocol/signature'
import type { Clock } from '../clock.ts'
import { systemRandom as random } from '../random.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { type FakeLine, type FakePostOffice, openFakePostOffice } from './fake-post-office.ts'
import type { SigningKey } from './identity-record.ts'
import { createIdentity, type NewIdentity } from './keys.ts'
import { openPeople, type People } from './people.ts'
import type { Person } from './person.ts'

export const alice = 'alice@example.org' as UserAddress
export const bob = 'bob@example.org' as UserAddress
export const carol = 'carol@example.org' as UserAddress
export const bobsDevice = deviceAddress(bob, 'laptop')
export const startMs = Date.parse('2026-11-21T12:00:00.000Z')

const identities = new Map<string, Promise<NewIdentity>>()

/** Keys are made once a file: they are what takes time. */
export function identityOf(user: UserAddress, which = 'first'): Promise<NewIdentity> {
  const key = `${user} ${which}`
  const made =
    identities.get(key) ??
    createIdentity({ user, device: 'laptop', origin: 'https://example.org', random, nowMs: startMs })
  identities.set(key, made)
  return made
}

/** The list after this one, changed by `edit`. */
export function nextList(
  signed: Signed,
  key: SigningKey,
  edit: (list: DeviceList) => Partial<DeviceList> = () => ({}),
): Signed {
  const opened = openDeviceList(signed)
  if (!opened) throw new Error('not a list')
  const { list, head } = opened
  return signDeviceList({ ...list, sequence: list.sequence + 1, previous: head.hash, ...edit(list) }, key)
}

export function headOf(signed: Signed): Head {
  const opened = openDeviceList(signed)
  if (!opened) throw new Error('not a list')
  return opened.head
}

export interface Stage {
  readonly office: FakePostOffice
  readonly a: NewIdentity
  readonly b: NewIdentity
  readonly store: Store
  readonly line: FakeLine
  /** Alice's. */
  readonly people: People
  readonly troubles: unknown[]
  readonly clock: Clock
  /** Lets time pass. */
  pass(ms: number): void
  openFor(who: NewIdentity, itsStore?: Store, itsLine?: FakeLine): Promise<People>
  /** Whom Alice remembers; throws when nobody. */
  remembered(address: UserAddress): Promise<Person>
  /** How often the post office was asked for keys. */
  fingers(): number
}

export async function openStage(): Promise<Stage> {
  let nowMs = startMs
  const clock: Clock = { nowMs: () => nowMs, after: () => () => {} }
  const office = openFakePostOffice()
  const a = await identityOf(alice)
  const b = await identityOf(bob)
  office.lists.set(alice, a.identity.deviceList)
  office.lists.set(bob, b.identity.deviceList)
  const troubles: unknown[] = []
  const openFor = (
    who: NewIdentity,
    store: Store = openMemoryStore(),
    line: FakeLine = office.lineOf(who.identity.user),
  ) => openPeople({ store, line, me: who.identity, clock, random, onTrouble: (error) => troubles.push(error) })
  const store = openMemoryStore()
  const line = office.lineOf(alice)
  const people = await openFor(a, store, line)
  return {
    office,
    a,
    b,
    store,
    line,
    people,
    troubles,
    clock,
    pass(ms) {
      nowMs += ms
    },
    openFor,
    async remembered(address) {
      const person = await people.recall(address)
      if (!person) throw new Error(`${address} is not remembered`)
      return person
    },
    fingers: () => office.calls.filter((call) => call.includes('FINGER')).length,
  }
}
