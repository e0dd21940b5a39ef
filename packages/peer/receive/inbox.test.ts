import { beforeEach, describe, expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import type { SignedMessage } from '@doorpost/protocol/signed-message'
import { type FakeClock, fakeClock } from '../fake-clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { Person } from '../identity/person.ts'
import { startExpiry } from '../expiry.ts'
import { countedStore } from '../store/counted-store.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { type Inbox, openInbox, REQUESTS_A_DAY_MAX, REQUESTS_A_SENDER_MAX, REQUESTS_MAX } from './inbox.ts'
import type { InboxRecord } from './inbox-record.ts'

let store: Store
let clock: FakeClock
let inbox: Inbox
let told: InboxRecord[]
let due: string[]
let junk: Set<string>
let requestsPerDay: number
let byItself: boolean
const open = (people: Parameters<typeof openInbox>[0]['people'] = { recall: async () => undefined }) =>
  openInbox({
    store,
    clock,
    me: {} as Identity,
    people,
    outgoing: { notes: () => [], changesFor: () => [], add: () => {} },
    watchers: { tell: (record) => told.push(record) },
    isJunk: (user) => junk.has(user),
    requestsPerDay: () => requestsPerDay,
    fetchesByItself: () => byItself,
    hooked: true,
    onStop: () => {},
    onDue: (id) => due.push(id),
  })

beforeEach(async () => {
  store = openMemoryStore()
  clock = fakeClock()
  told = []
  due = []
  junk = new Set()
  requestsPerDay = 1000
  byItself = false
  inbox = await open()
})

const personOf = (name: string, approved = false) =>
  ({ address: `${name}@example.org` as UserAddress, approved, blocked: false, mutual: false }) as Person
const messageOf = (id: string, from: string, words = id) =>
  ({
    id,
    from: `${from}@example.org/laptop` as DeviceAddress,
    to: [],
    date: '2026-11-21T12:00:00.000Z',
    expires: '2026-12-21T12:00:00.000Z',
    content: { text: words, media: [] },
  }) as unknown as SignedMessage
const takeIn = (id: string, from: string, approved = false) =>
  inbox.takeIn(messageOf(id, from), 'hash', personOf(from, approved), [
    { put: 'arrivals', key: `seen ${id}`, value: 1 },
  ])

describe('an inbox of years', () => {
  const OLD = 50

  test('[SCA1] it is opened without what messages say, and of what is settled nothing is read again, nor of what is over', async () => {
    const counted = countedStore(store)
    for (let count = 0; count < OLD; count++) await takeIn(`old${count}`, 'ann', true)
    await takeIn('asked', 'bob')
    const person = { ...personOf('ann', true), mutual: true }
    store = counted
    inbox = await open({ recall: async (user) => (user === person.address ? person : undefined) })
    expect(counted.taken()).toEqual({ inbox: OLD + 1 })
    // What ann is owed is told once, in a write each.
    await inbox.settle(person.address)
    counted.taken()
    await inbox.settle(person.address)
    await clock.pass(365 * 24 * 3600_000)
    const stop = await startExpiry({
      store,
      clock,
      inbox,
      sent: { get: async () => undefined },
      rooms: [],
      onFault: (error) => {
        throw error
      },
    })
    stop()
    // The request alone runs out.
    expect(counted.taken().inbox).toBeLessThanOrEqual(4)
    expect((await inbox.records()).find(({ id }) => id === 'asked')?.standing.state).toBe('expired')
    expect((await inbox.records()).length).toBe(OLD + 1)
  })
})

describe('the inbox', () => {
  test('[I6] so many requests of one sender, of one day and in all; contacts are not counted', async () => {
    for (let count = 0; count < REQUESTS_A_SENDER_MAX; count++) expect(await takeIn(`a${count}`, 'a')).toBe('taken-in')
    expect(await takeIn('a-more', 'a')).toBe('too-many-requests')
    // What is not taken in leaves nothing behind.
    expect(await store.get('arrivals', 'seen a-more')).toBeUndefined()
    const fill = async (day: string, count: number) => {
      const outcomes = new Set<string>()
      for (let at = 0; at < count; at++) outcomes.add(await takeIn(`${day}${at}`, `${day}${at}`))
      return [...outcomes]
    }
    expect(await fill('b', REQUESTS_A_DAY_MAX - REQUESTS_A_SENDER_MAX)).toEqual(['taken-in'])
    expect(await fill('c', 1)).toEqual(['too-many-requests'])
    await clock.pass(24 * 3600_000 + 1)
    // Counted from what is stored: a restart forgets nobody.
    inbox = await open()
    expect(await fill('d', REQUESTS_MAX - REQUESTS_A_DAY_MAX)).toEqual(['taken-in'])
    await clock.pass(24 * 3600_000 + 1)
    expect(await fill('e', 1)).toEqual(['too-many-requests'])
    expect(await takeIn('friend', 'friend', true)).toBe('taken-in')
    await inbox.step('a0', { kind: 'refused' })
    expect(await fill('f', 2)).toEqual(['taken-in', 'too-many-requests'])
  })

  test('[I3] an id that is known is nobody else’s, and nothing of the second message is kept', async () => {
    await takeIn('x', 'a', true)
    expect(await inbox.takeIn(messageOf('x', 'mallory', 'other'), 'other', personOf('mallory', true), [])).toBe(
      'id-taken',
    )
    expect((await inbox.entries()).map(({ text, from }) => [text, from])).toEqual([['x', 'a@example.org']])
    expect(told.length).toBe(1)
  })

  test('[I11] a run falls due with the write that makes a message ready, and begins once', async () => {
    await takeIn('x', 'a', true)
    expect([due, (await inbox.get('x'))?.record.hook]).toEqual([['x'], 'due'])
    expect([await inbox.beginHook('x'), await inbox.beginHook('x'), await inbox.beginHook('y')]).toEqual([
      true,
      false,
      false,
    ])
    await inbox.step('x', { kind: 'stored' })
    expect([due, (await inbox.get('x'))?.record.hook]).toEqual([['x'], 'begun'])
  })

  test('[I2] an event that changes nothing is not written and not told', async () => {
    await takeIn('x', 'a', true)
    const before = told.length
    await inbox.step('x', { kind: 'paused' })
    expect(await inbox.step('unknown', { kind: 'paused' })).toBeUndefined()
    expect(told.length).toBe(before)
  })

  const shownRequests = async () =>
    (await inbox.entries()).filter(({ hidden }) => hidden === undefined).map(({ id }) => id)

  test('[RUL14] so many requests of 24 hours are shown; further ones are kept, and shown once their sender is a contact', async () => {
    requestsPerDay = 2
    for (const name of ['a', 'b', 'c']) expect(await takeIn(`of-${name}`, name)).toBe('taken-in')
    expect(await shownRequests()).toEqual(['of-a', 'of-b'])
    inbox = await open()
    expect(await takeIn('of-d', 'd')).toBe('taken-in')
    expect(await shownRequests()).toEqual(['of-a', 'of-b'])
    await inbox.step('of-c', { kind: 'approved', media: true })
    expect(await shownRequests()).toEqual(['of-a', 'of-b', 'of-c'])
    await clock.pass(24 * 3600_000 + 1)
    expect(await takeIn('of-e', 'e')).toBe('taken-in')
    expect(await shownRequests()).toContain('of-e')
    requestsPerDay = 0
    await takeIn('of-f', 'f')
    expect(await shownRequests()).not.toContain('of-f')
  })

  test('[RUL12] junk uses up no bound of anybody else, and starts no command', async () => {
    for (let at = 0; at < REQUESTS_A_DAY_MAX; at++) {
      junk.add(`spam${at}@example.org`)
      expect(await takeIn(`j${at}`, `spam${at}`)).toBe('taken-in')
    }
    junk.add('more@example.org')
    expect(await takeIn('more', 'more')).toBe('too-many-requests')
    expect(await takeIn('carol', 'carol')).toBe('taken-in')
    junk.add('friend@example.org')
    await takeIn('friend', 'friend', true)
    expect(due).toEqual([])
  })

  test('[RUL13] what is fetched by itself is shown once it is there, or when nobody fetches it any more', async () => {
    byItself = true
    const film = {
      ...messageOf('film', 'a'),
      content: { media: [{ root: 'r', sizeBytes: 5 }] },
    } as unknown as SignedMessage
    const hidden = async () => (await inbox.get('film'))?.record.quiet === true
    const states: [Parameters<Inbox['step']>[1], boolean][] = [
      [{ kind: 'asked', want: { folder: '/out' } }, true],
      [{ kind: 'began' }, true],
      [{ kind: 'waits', reason: 'nobody is there' }, true],
      [{ kind: 'began' }, true],
      [{ kind: 'reopened' }, true],
      [{ kind: 'paused', why: 'The disk is full.' }, false],
      // Nothing hides it again.
      [{ kind: 'asked', want: { folder: '/out' } }, false],
    ]
    await inbox.takeIn(film, 'hash', personOf('a', true), [])
    expect(await hidden()).toBe(true)
    for (const [event, expected] of states) {
      await inbox.step('film', event)
      expect([event.kind, await hidden()]).toEqual([event.kind, expected])
    }
    expect(told.find(({ standing }) => 'why' in standing)?.standing).toEqual({
      state: 'announced',
      why: 'The disk is full.',
    })
    for (const [kind, event] of [
      ['source-changed', { kind: 'source-changed', reason: 'changed' }],
      ['ran-out', { kind: 'ran-out' }],
      ['refused', { kind: 'refused' }],
    ] as const) {
      await inbox.takeIn({ ...film, id: kind }, 'hash', personOf('a', true), [])
      await inbox.step(kind, event)
      expect((await inbox.get(kind))?.record.quiet).toBeUndefined()
    }
    byItself = false
    await inbox.takeIn({ ...film, id: 'asked for' }, 'hash', personOf('a', true), [])
    expect((await inbox.get('asked for'))?.record.quiet).toBeUndefined()
  })
})
