// Preferences of one user on two devices, over a slot that keeps, withholds, goes back and lies.

import fc from 'fast-check'
import { generateHybridIdentity, identityToRecipient } from 'age-encryption'
import { deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { countersign, type OpenedDeviceList, openDeviceList, signDeviceList } from '@doorpost/protocol/device-list'
import { firstPreferences, type Preferences } from '@doorpost/protocol/preferences'
import { generateSigningKey } from '@doorpost/protocol/signature'
import { beforeAll, expect, test, vi } from 'vitest'
import type { DeviceEvent } from '../device-event.ts'
import type { SigningKey } from '../identity/identity-record.ts'
import { createIdentity } from '../identity/keys.ts'
import { systemRandom as random } from '../random.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { openPreferences, type PreferencesOptions, type PreferencesRoom } from './preferences.ts'
import { sealPreferences } from './sealed-preferences.ts'
import { type SharedSlot, sharedSlot, type SlotLine } from './shared-slot.ts'

/** What happens by itself takes its time on a busy machine. */
const eventually = (look: () => void | Promise<void>) => vi.waitFor(look, 10_000)

const user = 'alice@example.org' as UserAddress
const startMs = Date.parse('2026-11-21T12:00:00.000Z')

let laptop: PreferencesOptions['me']
let phone: PreferencesOptions['me']
/** The laptop alone; both; the laptop alone again. */
let lists: [OpenedDeviceList, OpenedDeviceList, OpenedDeviceList]

beforeAll(async () => {
  const made = await createIdentity({ user, device: 'laptop', origin: 'https://example.org', random, nowMs: startMs })
  laptop = made.identity
  const deviceKey: SigningKey = generateSigningKey(random)
  const ageIdentity = await generateHybridIdentity()
  phone = { user, device: 'phone', address: deviceAddress(user, 'phone'), deviceKey, ageIdentity }
  const entry = countersign(
    user,
    {
      name: 'phone',
      key: toBase64url(deviceKey.public),
      recipient: await identityToRecipient(ageIdentity),
      createdAt: new Date(startMs).toISOString(),
    },
    deviceKey.secret,
  )
  const first = made.identity.opened
  const next = (before: OpenedDeviceList, devices: OpenedDeviceList['list']['devices']) => {
    const list = { ...before.list, sequence: before.list.sequence + 1, previous: before.head.hash, devices }
    return openDeviceList(signDeviceList(list, made.accountKey)) as OpenedDeviceList
  }
  const both = next(first, [...first.list.devices, entry])
  const revoked = { ...entry, revokedAt: new Date(startMs + 1).toISOString() }
  lists = [first, both, next(both, [...first.list.devices, revoked])]
})

interface Opened extends AsyncDisposable {
  readonly room: PreferencesRoom
  readonly line: SlotLine
  readonly store: Store
  readonly events: DeviceEvent[]
}

let minute = 0
async function open(
  me: PreferencesOptions['me'],
  slot: SharedSlot,
  {
    store = openMemoryStore(),
    list = () => lists[1],
    online = true,
  }: { store?: Store; list?: () => OpenedDeviceList; online?: boolean } = {},
): Promise<Opened> {
  const line = slot.lineOf(me.device)
  if (!online) line.become('offline')
  const events: DeviceEvent[] = []
  const room = await openPreferences({
    store,
    line,
    me,
    ownList: list,
    // Every look at the clock is a minute later.
    clock: { nowMs: () => startMs + ++minute * 60_000, after: () => () => {} },
    random,
    onEvent: (event) => events.push(event),
    onTrouble: (error) => {
      throw error
    },
  })
  return { room, line, store, events, [Symbol.asyncDispose]: () => room[Symbol.asyncDispose]() }
}

const agreed = (one: Opened, other: Opened) =>
  eventually(async () => {
    await one.room.sync()
    await other.room.sync()
    expect(other.room.now).toEqual(one.room.now)
  })

test('[RUL1] without any change nothing is asked to be kept; what is changed is there again after a restart', async () => {
  const slot = sharedSlot()
  const store = openMemoryStore()
  const first = await open(laptop, slot, { store })
  await first.room.sync()
  expect(slot.kept).toBeUndefined()
  await first.room.change((now) => ({ ...now, junk: ['spam.example'] }))
  await first.room.sync()
  await first.room[Symbol.asyncDispose]()
  await using again = await open(laptop, slot, { store, online: false })
  expect(again.room.now).toMatchObject({ sequence: 1, junk: ['spam.example'] })
})

test('[RUL1] what is no preference, and more than a slot holds, is refused and changes nothing', async () => {
  await using one = await open(laptop, sharedSlot())
  const before = one.room.now
  await expect(one.room.change((now) => ({ ...now, junk: ['Not An Address'] }))).rejects.toMatchObject({
    code: 'bad-preference',
  })
  const long = Array.from({ length: 1000 }, (_, index) => `${'x'.repeat(50)}.${'y'.repeat(60)}${index}.example`)
  await expect(one.room.change((now) => ({ ...now, junk: long }))).rejects.toMatchObject({ code: 'bad-preference' })
  expect(one.room.now).toBe(before)
})

test('[RUL3] a change on one device arrives on the other, who is told what it was before', async () => {
  const slot = sharedSlot()
  await using one = await open(laptop, slot)
  await using other = await open(phone, slot)
  const heard: unknown[] = []
  other.room.onChange((now, before) => heard.push([now.priority, before.priority]))
  await one.room.change((now) => ({ ...now, priority: ['bob@example.org'] }))
  // Pushed: nobody asks for it here.
  await eventually(() => expect(other.room.now.priority).toEqual(['bob@example.org']))
  expect(heard).toEqual([[['bob@example.org'], []]])
  const { calls } = slot
  const asked = calls.length
  await one.room.change((now) => ({ ...now, priority: ['bob@example.org'] }))
  await one.room.sync()
  expect(calls.slice(asked)).not.toContain('SEND')
})

test('[RUL2] what stands at the server names nobody and no rule', async () => {
  const slot = sharedSlot()
  await using one = await open(laptop, slot)
  await one.room.change((now) => ({ ...now, junk: ['canary@canary.example'] }))
  await one.room.sync()
  const kept = JSON.stringify(slot.kept)
  expect(kept).toContain(slot.kept?.sealed.body)
  for (const text of ['canary', 'junk', Buffer.from('canary').toString('base64url')]) expect(kept).not.toContain(text)
})

test('[RUL4] changes made apart are merged when the line is back, and both devices come to the same', async () => {
  const slot = sharedSlot()
  await using one = await open(laptop, slot)
  await using other = await open(phone, slot)
  await one.room.change((now) => ({ ...now, junk: ['a.example'], requestsPerDay: 5 }))
  await agreed(one, other)
  other.line.become('offline')
  await other.room.change((now) => ({ ...now, junk: ['a.example', 'b.example'], requestsPerDay: 6 }))
  await other.room.change((now) => ({ ...now, sent: { ...now.sent, remindHours: 1 } }))
  await one.room.change((now) => ({ ...now, junk: ['c.example', 'a.example'], requestsPerDay: 7 }))
  await one.room.sync()
  other.line.become('online')
  await agreed(one, other)
  expect(one.room.now).toMatchObject({ requestsPerDay: 7, sent: { remindHours: 1 } })
  expect(one.room.now.junk.toSorted()).toEqual(['a.example', 'b.example', 'c.example'])
  expect(other.events).toContainEqual({ event: 'preferences-merged', level: 'warn', fields: ['requestsPerDay'] })
})

test('[RUL4] of two who change at the same moment neither is lost', async () => {
  const slot = sharedSlot()
  await using one = await open(laptop, slot)
  await using other = await open(phone, slot)
  await Promise.all([
    one.room.change((now) => ({ ...now, junk: ['a.example'] })),
    other.room.change((now) => ({ ...now, priority: ['b.example'] })),
  ])
  await agreed(one, other)
  expect(one.room.now).toMatchObject({ junk: ['a.example'], priority: ['b.example'] })
})

test('[RUL5] a new device can read what was there before it, once another has sealed it again', async () => {
  const slot = sharedSlot()
  let list = lists[0]
  await using one = await open(laptop, slot, { list: () => list })
  await one.room.change((now) => ({ ...now, junk: ['a.example'] }))
  await one.room.sync()
  await using other = await open(phone, slot)
  // A change of its own waits: it cannot know what it would write over.
  await other.room.change((now) => ({ ...now, priority: ['b.example'] }))
  await other.room.sync()
  expect(slot.history).toHaveLength(1)
  expect(other.events.map(({ event }) => event)).toContain('preferences-not-for-us')
  list = lists[1]
  await agreed(one, other)
  expect(one.room.now).toMatchObject({ junk: ['a.example'], priority: ['b.example'] })
})

test('[RUL5] a revoked device can read no later edition, and what it signs is not believed', async () => {
  const slot = sharedSlot()
  let list = lists[1]
  await using one = await open(laptop, slot, { list: () => list })
  await using other = await open(phone, slot)
  await one.room.change((now) => ({ ...now, junk: ['a.example'] }))
  await agreed(one, other)
  list = lists[2]
  await one.room.sync()
  expect(slot.kept?.sealed.keys.map(({ device }) => device)).toEqual(['laptop'])
  // The server works together with the revoked device.
  await other.room.change((now) => ({ ...now, junk: [] }))
  const theirs = sharedSlot()
  await using away = await open(phone, theirs, { store: other.store })
  await away.room.sync()
  const forged = theirs.kept
  slot.kept = forged && { ...forged, sequence: 99 }
  await one.room.sync()
  expect(one.room.now.junk).toEqual(['a.example'])
  expect(one.events.map(({ event }) => event)).toContain('preferences-not-believed')
  expect(slot.kept).toMatchObject({ sequence: 100, replaces: 99 })
})

test('[RUL5] what a device signed that is not known yet is not written over, and is taken once its list is', async () => {
  const slot = sharedSlot()
  let list = lists[0]
  await using other = await open(phone, slot)
  await other.room.change((now) => ({ ...now, priority: ['b.example'] }))
  await other.room.sync()
  await using one = await open(laptop, slot, { list: () => list })
  await one.room.change((now) => ({ ...now, junk: ['a.example', 'c.example'] }))
  await one.room.sync()
  expect(one.events.at(-1)?.event).toBe('preferences-later-list')
  expect(slot.history).toHaveLength(1)
  list = lists[1]
  await agreed(one, other)
  expect(one.room.now).toMatchObject({ junk: ['a.example', 'c.example'], priority: ['b.example'] })
})

test('[RUL5] what a newer program of ours wrote is left as it is', async () => {
  const slot = sharedSlot()
  await using one = await open(laptop, slot)
  const newer = { ...firstPreferences(), v: 2, sequence: 5, colour: 'blue' } as unknown as Preferences
  const sent = await sealPreferences(newer, 0, { me: phone, own: lists[1], random })
  slot.put(sent)
  await one.room.change((now) => ({ ...now, junk: ['a.example'] }))
  await one.room.sync()
  expect(one.events.at(-1)?.event).toBe('preferences-not-understood')
  expect(slot.kept).toEqual(sent)
  expect(one.room.now.junk).toEqual(['a.example'])
})

test('[RUL6] a server cannot drive the number to where it ends', async () => {
  const slot = sharedSlot()
  await using one = await open(laptop, slot)
  await one.room.change((now) => ({ ...now, junk: ['a.example'] }))
  await one.room.sync()
  const { kept } = slot
  if (!kept) throw new Error('nothing was kept')
  slot.kept = { ...kept, id: 'A'.repeat(22), sequence: Number.MAX_SAFE_INTEGER - 1 }
  await expect(one.room.sync()).rejects.toMatchObject({ code: 'server-broke-protocol' })
  expect(one.room.now).toMatchObject({ sequence: 1, junk: ['a.example'] })
  slot.kept = { ...kept, id: 'A'.repeat(22), sequence: 9 }
  await one.room.sync()
  expect(slot.kept).toMatchObject({ replaces: 9, sequence: 10 })
})

test('[RUL6] an older edition that was seen already is not taken back, and the newest is put there again', async () => {
  const slot = sharedSlot()
  await using one = await open(laptop, slot)
  await one.room.change((now) => ({ ...now, junk: ['a.example'] }))
  await one.room.sync()
  await one.room.change((now) => ({ ...now, junk: ['a.example', 'b.example'] }))
  await one.room.sync()
  slot.kept = slot.history[0]
  await one.room.sync()
  expect(one.room.now.junk).toEqual(['a.example', 'b.example'])
  expect(one.events).toContainEqual({ event: 'preferences-rolled-back', level: 'warn', sequence: 1, known: 2 })
  expect(slot.kept).toMatchObject({ sequence: 2, replaces: 1 })
  slot.kept = undefined
  await one.room.sync()
  expect(slot.kept).toMatchObject({ sequence: 2, replaces: 0 })
})

const step = fc.record({
  device: fc.constantFrom(0, 1),
  what: fc.constantFrom('add', 'add', 'remove', 'set', 'leave', 'return', 'restart', 'roll-back' as const),
})

test('[RUL4] however two devices come, go, change and start again, they agree in the end, and nothing added is lost', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
    const slot = sharedSlot()
    const both = [await open(laptop, slot), await open(phone, slot)]
    const expected = new Set<string>()
    let number = 0
    for (const { device, what } of steps) {
      const one = both[device] as Opened
      const [first] = one.room.now.junk
      const { priority } = one.room.now
      if (what === 'add') {
        const added = `d${++number}.example`
        expected.add(added)
        await one.room.change((now) => ({ ...now, junk: [...now.junk, added] }))
      } else if (what === 'remove' && first !== undefined) {
        expected.delete(first)
        await one.room.change((now) => ({ ...now, junk: now.junk.filter((each) => each !== first) }))
      } else if (what === 'set') {
        await one.room.change((now) => ({
          ...now,
          priority: [...priority, `p${++number}.example`],
          requestsPerDay: number,
        }))
      } else if (what === 'leave') one.line.become('offline')
      else if (what === 'return') one.line.become('online')
      else if (what === 'restart') {
        await one.room[Symbol.asyncDispose]()
        both[device] = await open(device === 0 ? laptop : phone, slot, { store: one.store })
      } else if (what === 'roll-back') slot.kept = slot.history[Math.floor(slot.history.length / 2)]
    }
    for (const { line } of both) line.become('online')
    await agreed(both[0] as Opened, both[1] as Opened)
    expect(new Set(both[0]?.room.now.junk)).toEqual(expected)
    for (const { room } of both) await room[Symbol.asyncDispose]()
  })
  await fc.assert(property, { numRuns: fc.readConfigureGlobal().numRuns ?? 12 })
})
