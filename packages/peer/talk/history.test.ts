// A device with many messages and a new one of the same user, in one process: what crosses is counted, and either ends in between.

import { expect, test } from 'vitest'
import { type DeviceAddress, deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { HISTORY_MESSAGES_MAX, type HistoryNote, type Note, noteSchema } from '@doorpost/protocol/note'
import type { SignedNote } from '@doorpost/protocol/signed-message'
import { fakeClock } from '../fake-clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import { openInbox } from '../receive/inbox.ts'
import type { InboxRecord } from '../receive/inbox-record.ts'
import type { OutboxEntry } from '../send/outbox-entry.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { conversationId, membersOf } from './conversation-id.ts'
import { historyPart } from './history-give.ts'
import { createHistoryTaking, wantsHistory } from './history-take.ts'
import { placeOf } from './order.ts'
import { createOwnMessages } from './own-messages.ts'
import { createSeen } from './seen.ts'
import { createTalkIndex } from './talk-index.ts'

const ALICE = 'alice@example.org' as UserAddress
const BOB = 'bob@example.org' as UserAddress
const OLD = deviceAddress(ALICE, 'laptop')
const NEW = deviceAddress(ALICE, 'tower')
const BOBS = deviceAddress(BOB, 'phone')
const MEMBERS = membersOf([ALICE, BOB])
const START_MS = Date.parse('2026-01-01T12:00:00.000Z')
const HASH = toBase64url(new Uint8Array(32))

const idOf = (number: number) =>
  toBase64url(new Uint8Array(16).fill(0).map((_, at) => (at < 4 ? number >> (8 * (3 - at)) : 0)))
const atOf = (number: number) => new Date(START_MS + 1000 * number).toISOString()

const handle = (number: number, previewCharacters: number) => ({
  root: HASH,
  sizeBytes: 10,
  pieceLength: 1024 * 1024,
  key: HASH,
  name: `film ${number}.mp4`,
  type: 'video/mp4',
  sources: [],
  ...(previewCharacters > 0 && {
    preview: { type: 'image/jpeg' as const, bytes: 'A'.repeat(previewCharacters), width: 1, height: 1 },
  }),
})

/** Every second is this user's own; `contentOf` says what else than words is in one. */
function deviceWith(count: number, contentOf: (number: number) => LocationMessage) {
  const index = createTalkIndex()
  const numbers = new Map(Array.from({ length: count }, (_, number) => [idOf(number), number]))
  for (const [id, number] of numbers) {
    const isMine = number % 2 === 0
    index.put(
      { id, place: placeOf(atOf(number), id), from: isMine ? ALICE : BOB, ...(!isMine && { state: 'ready' as const }) },
      MEMBERS,
    )
  }
  const recordOf = (id: string, number: number): InboxRecord => ({
    id,
    from: BOBS,
    to: [ALICE],
    accounts: [HASH],
    sentAt: atOf(number),
    expires: atOf(number),
    receivedAt: atOf(number),
    acceptedAt: atOf(number),
    messageHash: HASH,
    media: [],
    standing: { state: 'ready' },
  })
  return {
    index,
    give: (wanted: Extract<Note, { note: 'history-wanted' }>, isGiven: (id: string) => boolean = () => true) =>
      historyPart(wanted, ({ id }) => isGiven(id), {
        index,
        inbox: {
          async get(id) {
            const number = numbers.get(id)
            return number === undefined || number % 2 === 0
              ? undefined
              : { record: recordOf(id, number), content: contentOf(number) }
          },
        },
        sent: { get: async () => undefined },
        own: {
          async get(id) {
            const number = numbers.get(id)
            if (number === undefined || number % 2 === 1) return undefined
            const [date, content] = [atOf(number), contentOf(number)]
            return {
              message: { id, from: OLD, to: [BOB], date, expires: date, content },
              acceptedAt: date,
              marks: { [BOB]: 'read' },
            }
          },
        },
        seen: () => placeOf(atOf(count - 1), idOf(count - 1)),
      }),
  }
}

/** As one life of the new device; another begins with the same store. `asked`: what it told its sibling in this life. */
async function newDevice(store: Store, nowMs = START_MS, names = ['laptop', 'tower']) {
  const clock = fakeClock(nowMs)
  const asked: Extract<Note, { note: 'history-wanted' }>[] = []
  const askedOf: string[] = []
  let numbered = 0
  const noteEntry = (to: UserAddress | DeviceAddress, content: Note): OutboxEntry => ({
    id: `note ${numbered++}`,
    class: 'note',
    to: [to],
    date: '',
    expires: '',
    content,
    tries: 0,
    notBeforeMs: 0,
  })
  const me = {
    user: ALICE,
    device: 'tower',
    address: NEW,
    opened: { list: { devices: names.map((name) => ({ name })) } },
  } as unknown as Identity
  const inbox = await openInbox({
    store,
    clock,
    me,
    people: { recall: async () => undefined },
    outgoing: {
      notes: () => {
        throw new Error('nobody is told of what was said before')
      },
      changesFor: () => [],
      add() {},
    },
    watchers: { tell: () => expect.unreachable('what was said before is no news') },
    isJunk: () => false,
    requestsPerDay: () => 10,
    fetchesByItself: () => true,
    hooked: true,
    onStop() {},
    onDue: () => expect.unreachable('no command runs for what was said before'),
  })
  const own = createOwnMessages({ store, clock, me, noteEntry })
  const seen = createSeen(store)
  const taking = createHistoryTaking({
    store,
    clock,
    me,
    inbox,
    own,
    seen,
    outbox: {
      changesFor: (entries) => entries.map((value) => ({ put: 'outbox' as const, key: value.id, value })),
      add(entries) {
        for (const { content, to } of entries) {
          asked.push(content as (typeof asked)[number])
          askedOf.push(...to)
        }
      },
    },
    noteEntry,
  })
  await taking.begin()
  return {
    asked,
    askedOf,
    taking,
    inbox,
    seen,
    take: (part: HistoryNote, from = OLD) => taking.take({ from } as SignedNote, part, []),
    async ids() {
      const received = (await inbox.records()).map(({ id }) => id)
      const mine = (await store.all('talk', 'own ')).map(({ key }) => key.slice(4))
      return [...received, ...mine].sort()
    },
  }
}

async function linkedStore(): Promise<Store> {
  const store = openMemoryStore()
  await store.write([wantsHistory(OLD)])
  return store
}

const allIds = (count: number) => Array.from({ length: count }, (_, number) => idOf(number)).sort()

test('[SYN1] [SYN3] everything comes, the newest first, in parts of bounded size, one at a time, and the rest is counted', async () => {
  const count = 2.5 * HISTORY_MESSAGES_MAX
  const old = deviceWith(count, (number) => ({ text: `word ${number}`, media: [] }))
  const fresh = await newDevice(await linkedStore())
  const lefts: number[] = []
  for (let at = 0; at < fresh.asked.length; at++) {
    const part = await old.give(fresh.asked[at] as never)
    noteSchema.parse(part)
    expect(await fresh.taking.state()).toMatchObject({ from: OLD, taken: count - (lefts.at(-1) ?? count) })
    lefts.push(part.left)
    expect(await fresh.take(part)).toHaveLength(part.messages.length)
    expect(fresh.asked.length).toBeLessThanOrEqual(at + 2)
  }
  expect(lefts).toEqual([count - HISTORY_MESSAGES_MAX, count - 2 * HISTORY_MESSAGES_MAX, 0])
  expect(await fresh.ids()).toEqual(allIds(count))
  expect(fresh.seen.of(conversationId(MEMBERS))).toBe(placeOf(atOf(count - 1), idOf(count - 1)))
  expect(await fresh.taking.state()).toBeUndefined()
})

test('[SYN3] parts with many previews hold fewer messages, and one message that is too large for a note comes without its previews', async () => {
  const withPreviews = deviceWith(40, (number) => ({ media: [handle(number, 30_000)] }))
  const part = await withPreviews.give({ note: 'history-wanted' })
  expect(JSON.stringify(part).length).toBeLessThan(330_000)
  expect(part.messages.length).toBe(9)
  expect(part.left).toBe(31)
  const huge = deviceWith(1, () => ({
    text: 'all of it',
    media: Array.from({ length: 30 }, (_, at) => handle(at, 30_000)),
  }))
  const [only] = (await huge.give({ note: 'history-wanted' })).messages
  expect(only?.content).toMatchObject({ text: 'all of it', media: Array.from({ length: 30 }, () => ({ root: HASH })) })
  expect(JSON.stringify(only)).not.toContain('AAAA'.repeat(100))
})

test('[SYN2] whoever ends in between goes on where it was, and what comes twice, late or from elsewhere changes nothing', async () => {
  const count = 2 * HISTORY_MESSAGES_MAX + 7
  const old = deviceWith(count, (number) => ({ text: `word ${number}`, media: [] }))
  const store = await linkedStore()
  const first = await newDevice(store)
  const parts = [await old.give(first.asked[0] as never)]
  await first.take(parts[0] as HistoryNote)
  // Its question is in its outbox, on the disk: a new life asks nothing, and a day later again.
  expect((await newDevice(store)).asked).toEqual([])
  const second = await newDevice(store, START_MS + 25 * 3600_000)
  expect(second.asked).toEqual(first.asked.slice(1))
  expect(await second.take(parts[0] as HistoryNote)).toBeUndefined()
  const next = await old.give(second.asked[0] as never)
  expect(await second.take(next, deviceAddress(ALICE, 'another'))).toBeUndefined()
  expect(await second.take(next)).toHaveLength(HISTORY_MESSAGES_MAX)
  await second.take(await old.give(second.asked[1] as never))
  expect(await second.ids()).toEqual(allIds(count))
  // It is over, and nothing asks any more.
  expect((await newDevice(store, START_MS + 99 * 24 * 3600_000)).asked).toEqual([])
})

test('[SYN1] what was said on both devices meanwhile stays as this one has it, and is there once', async () => {
  const old = deviceWith(4, (number) => ({ text: `word ${number}`, media: [] }))
  const store = await linkedStore()
  const { messages } = await old.give({ note: 'history-wanted' })
  const [theirs, mine] = [messages.find(({ id }) => id === idOf(3)), messages.find(({ id }) => id === idOf(2))]
  if (theirs?.said !== 'theirs' || mine?.said !== 'mine') throw new Error('no such messages')
  const { id, from, to, accounts, expires, receivedAt, messageHash } = theirs
  const came = {
    id,
    from,
    to,
    accounts,
    sentAt: theirs.date,
    expires,
    receivedAt,
    messageHash,
    media: [],
    told: 'announced',
  }
  const content = { text: 'as it came', media: [] }
  await store.write([
    { put: 'inbox', key: id, value: { ...came, standing: { state: 'ready' } } },
    { put: 'talk', key: `own ${mine.id}`, value: { ...mine, content } },
  ])
  const fresh = await newDevice(store)
  const placed = await fresh.take(await old.give(fresh.asked[0] as never))
  expect(placed?.map(({ line }) => line.id).sort()).toEqual([idOf(0), idOf(1)])
  expect(await fresh.ids()).toEqual(allIds(4))
  expect((await fresh.inbox.records()).find((one) => one.id === id)).toMatchObject({ told: 'announced', receivedAt })
  expect(await store.get('talk', `own ${mine.id}`)).toMatchObject({ content })
})

test('[SYN4] what was forgotten here, who asks to be a contact, and what waits for the server stay here', async () => {
  const old = deviceWith(4, (number) => ({ text: `word ${number}`, media: [] }))
  old.index.put({ id: idOf(90), place: placeOf(atOf(90), idOf(90)), from: BOB, state: 'request' }, MEMBERS)
  old.index.put({ id: idOf(91), place: `~${placeOf(atOf(91), idOf(91))}`, from: ALICE }, MEMBERS)
  const part = await old.give({ note: 'history-wanted' }, (id) => id !== idOf(1))
  expect(part.messages.map(({ id }) => id)).toEqual([3, 2, 0].map(idOf))
})

test('[SYN5] of films of that time nothing is fetched by itself, no command runs and their senders are told nothing', async () => {
  const old = deviceWith(4, (number) => ({ media: [handle(number, 0)] }))
  const store = await linkedStore()
  // What came or was sent first is over by then.
  const fresh = await newDevice(store, Date.parse(atOf(2)))
  await fresh.take(await old.give(fresh.asked[0] as never))
  const records = await fresh.inbox.records()
  expect(records.map(({ own = false, standing, cleared }) => [own, standing.state, cleared])).toEqual([
    [false, 'announced', true],
    [true, 'announced', undefined],
    [false, 'expired', true],
  ])
})

test('[SYN7] where the device that was asked is one no more another is asked; where there is none, or nothing came for 90 days, it is over', async () => {
  const store = await linkedStore()
  expect((await newDevice(store)).askedOf).toEqual([OLD])
  const other = await newDevice(store, START_MS, ['tablet', 'tower'])
  expect(other.askedOf).toEqual([deviceAddress(ALICE, 'tablet')])
  expect(await other.taking.state()).toMatchObject({ from: deviceAddress(ALICE, 'tablet') })
  const alone = await newDevice(store, START_MS, ['tower'])
  expect([alone.asked, await alone.taking.state()]).toEqual([[], undefined])
  const silent = await linkedStore()
  await newDevice(silent)
  expect((await newDevice(silent, START_MS + 50 * 24 * 3600_000)).asked).toHaveLength(1)
  const late = await newDevice(silent, START_MS + 91 * 24 * 3600_000)
  expect([late.asked, await late.taking.state()]).toEqual([[], undefined])
})
