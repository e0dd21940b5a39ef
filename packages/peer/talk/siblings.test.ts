// Three devices of one user, and what they come to agree on: notes in any order, twice, with new starts in between.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { Note } from '@doorpost/protocol/note'
import { firstPreferences } from '@doorpost/protocol/preferences'
import type { SignedNote } from '@doorpost/protocol/signed-message'
import { fakeClock } from '../fake-clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { Person } from '../identity/person.ts'
import type { SentStatus, TalkMark } from '../operations.ts'
import { entryOf, type InboxRecord } from '../receive/inbox-record.ts'
import type { OutboxEntry } from '../send/outbox-entry.ts'
import { createSentRoom } from '../send/sent-room.ts'
import { listeners } from '../session/listeners.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { conversationId, membersOf } from './conversation-id.ts'
import { placeOf } from './order.ts'
import { createOwnMessages, keepOwn } from './own-messages.ts'
import { createTalk } from './talk.ts'

const ALICE = 'alice@example.org' as UserAddress
const BOB = 'bob@example.org' as UserAddress
const BOBS = 'bob@example.org/phone' as DeviceAddress
const NAMES = ['laptop', 'phone', 'tablet'] as const
const START_MS = Date.parse('2026-11-21T12:00:00.000Z')
const CONVERSATION = conversationId(membersOf([ALICE, BOB]))
const bob = { address: BOB, approved: true, mutual: true, blocked: false, theyAsked: false } as Person
const alice = { ...bob, address: ALICE } as Person

/** What the post office brings to one device. */
type Mail =
  | { readonly note: Note; readonly by: DeviceAddress; readonly person: Person }
  | { readonly message: InboxRecord; readonly content: LocationMessage }

function meOn(device: string): Identity {
  const devices = NAMES.map((name) => ({ name }))
  const me = { user: ALICE, device, address: `${ALICE}/${device}`, opened: { list: { devices } } }
  return me as unknown as Identity
}

/** One device's conversations over a store; everything around them is pretended. */
function live(name: string, store: Store, told: (entry: OutboxEntry) => void) {
  const clock = fakeClock()
  const me = meOn(name)
  let numbered = 0
  const noteEntry = (to: UserAddress, content: Note): OutboxEntry => ({
    id: `note ${numbered++}`,
    class: 'note',
    to: [to],
    date: '',
    expires: '',
    content,
    tries: 0,
    notBeforeMs: 0,
  })
  const own = createOwnMessages({ store, clock, me, noteEntry })
  const sentWatchers = listeners<SentStatus>()
  const inboxWatchers = listeners<InboxRecord>()
  const sent = createSentRoom(store, clock, sentWatchers)
  const received = async (id: string) => {
    const record = await store.get<InboxRecord>('inbox', id)
    const content = await store.get<LocationMessage>('inbox', `content ${id}`)
    return record && content ? { record, content } : undefined
  }
  const talk = createTalk({
    store,
    clock,
    me,
    own,
    sent,
    sentWatchers,
    inboxWatchers,
    random: (bytes) => new Uint8Array(bytes),
    line: { state: 'online' },
    people: {
      recall: async (user) => (user === BOB ? bob : undefined),
      list: async () => [bob],
      onChange: () => () => {},
    },
    preferences: { now: firstPreferences() },
    inbox: {
      get: received,
      records: async () =>
        (await store.all<InboxRecord>('inbox')).flatMap(({ key, value }) => (key.includes(' ') ? [] : [value])),
      async entry(id) {
        const found = await received(id)
        return found && entryOf(found.record, found.content)
      },
      forget: async () => {},
      takeOwn: async () => {},
      takePast: async () => [],
    },
    outbox: { changesFor: () => [], add: (entries) => entries.forEach(told) },
    isJunk: () => false,
    noteEntry,
    send: () => Promise.reject(new Error('not here')),
    onFault(error) {
      throw error
    },
  })
  return {
    talk,
    async say(id: string, at: string): Promise<void> {
      const content = { text: id, media: [] }
      const entry: OutboxEntry = {
        ...noteEntry(BOB, undefined as never),
        id,
        class: 'message',
        date: at,
        expires: at,
        content,
      }
      const recipients = [{ address: BOB, state: 'waiting' as const, fetchedAt: null, receipted: [] }]
      await sent.create(
        { id, date: at, expires: at, media: [], uploadedBytes: 0, recipients },
        keepOwn(entry, me.address),
      )
      const { changes, notes } = own.accepted(entry, at)
      await sent.step(id, { kind: 'accepted', at }, changes)
      notes.forEach(told)
    },
    async take(mail: Mail): Promise<void> {
      if ('message' in mail) {
        if (await received(mail.message.id)) return
        await store.write([
          { put: 'inbox', key: mail.message.id, value: mail.message },
          { put: 'inbox', key: `content ${mail.message.id}`, value: mail.content },
        ])
        inboxWatchers.tell(mail.message)
        return
      }
      const { note: content, by, person } = mail
      const note = { from: by, content } as SignedNote
      const progress = content.note === 'progress' && (await sent.get(content.messageId))
      if (progress) await sent.step(content.messageId, { kind: 'progress', by, state: content.state })
      else await talk.takeNote(note, content as never, person, [])
    },
  }
}

interface View {
  readonly order: readonly string[]
  readonly unread: number
  readonly marks: Readonly<Record<string, TalkMark['state']>>
}

async function viewOf({ talk }: ReturnType<typeof live>): Promise<View> {
  const context = { signal: new AbortController().signal, onProgress() {} }
  const { conversation, messages } = await talk.operations.conversation({ with: ['bob'], limit: 500 }, context)
  const marks = messages.flatMap(({ id, marks: some }) => (some?.[0] ? [[id, some[0].state] as const] : []))
  return { order: messages.map(({ id }) => id), unread: conversation.unread, marks: Object.fromEntries(marks) }
}

const rank = { waiting: 0, accepted: 1, delivered: 2, read: 3, fetched: 4, refused: 4 } as const

const device = fc.nat({ max: NAMES.length - 1 })
const step = fc.oneof(
  fc.record({ do: fc.constant('say' as const), device, later: fc.boolean() }),
  fc.record({ do: fc.constant('bob says' as const), later: fc.boolean() }),
  fc.record({ do: fc.constant('bob takes in' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('bob reads' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('look' as const), device, which: fc.nat() }),
  fc.record({ do: fc.constant('new start' as const), device }),
  {
    arbitrary: fc.record({ do: fc.constant('comes' as const), device, which: fc.nat(), twice: fc.boolean() }),
    weight: 5,
  },
)

test('[TLK12] however notes are ordered, doubled and interrupted: marks never go back, and three devices agree in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const stores = NAMES.map(() => openMemoryStore())
      const waiting: Mail[][] = NAMES.map(() => [])
      const toSiblings = (from: number) => (entry: OutboxEntry) => {
        if (entry.to[0] !== ALICE) return
        const mail: Mail = {
          note: entry.content as Note,
          by: `${ALICE}/${NAMES[from]}` as DeviceAddress,
          person: alice,
        }
        waiting.forEach((queue, index) => void (index !== from && queue.push(mail)))
      }
      const toAll = (mail: Mail) => waiting.forEach((queue) => void queue.push(mail))
      const open = (index: number) => live(NAMES[index] as string, stores[index] as Store, toSiblings(index))
      const devices = NAMES.map((_, index) => open(index))
      const said: string[] = []
      const places: string[] = []
      let looked = ''
      let nowMs = START_MS
      let numbered = 0
      const nextId = () => `${String(numbered++ % 10)}${'m'.repeat(18)}${String(numbered).padStart(3, '0')}`
      const before: View[] = []

      async function check(index: number): Promise<View> {
        const view = await viewOf(devices[index] as ReturnType<typeof live>)
        for (const [id, state] of Object.entries(before[index]?.marks ?? {})) {
          expect(rank[view.marks[id] ?? 'waiting']).toBeGreaterThanOrEqual(rank[state])
        }
        before[index] = view
        return view
      }

      for (const one of steps) {
        // Some are accepted in the same millisecond: their ids decide.
        if ('later' in one && one.later) nowMs++
        const at = new Date(nowMs).toISOString()
        switch (one.do) {
          case 'say': {
            const id = nextId()
            await devices[one.device]?.say(id, at)
            said.push(id)
            break
          }
          case 'bob says': {
            const id = nextId()
            places.push(placeOf(at, id))
            const message: InboxRecord = {
              id,
              from: BOBS,
              to: [ALICE],
              sentAt: at,
              expires: at,
              receivedAt: at,
              acceptedAt: at,
              messageHash: '',
              media: [],
              standing: { state: 'ready' },
            }
            toAll({ message, content: { text: id, media: [] } })
            break
          }
          case 'bob takes in':
          case 'bob reads': {
            const id = said[one.which % said.length]
            if (id === undefined) break
            const note: Note =
              one.do === 'bob reads'
                ? { note: 'mark', read: [id] }
                : { note: 'progress', messageId: id, state: 'announced' }
            toAll({ note, by: BOBS, person: bob })
            break
          }
          case 'look': {
            const view = await check(one.device)
            const upTo = view.order[one.which % view.order.length]
            if (upTo === undefined) break
            const context = { signal: new AbortController().signal, onProgress() {} }
            await devices[one.device]?.talk.operations['talk.mark']({ conversation: CONVERSATION, upTo }, context)
            const theirs = view.order
              .slice(0, view.order.indexOf(upTo) + 1)
              .flatMap((id) => places.filter((place) => place.endsWith(id)))
            looked = [looked, ...theirs].reduce((a, b) => (a > b ? a : b))
            break
          }
          case 'new start': {
            const [was] = [await check(one.device)]
            devices[one.device]?.talk.stop()
            devices[one.device] = open(one.device)
            expect(await check(one.device)).toEqual(was)
            break
          }
          case 'comes': {
            const queue = waiting[one.device] as Mail[]
            const [mail] = queue.splice(one.which % queue.length, 1)
            if (!mail) break
            if (one.twice) queue.push(mail)
            await devices[one.device]?.take(mail)
            await check(one.device)
          }
        }
      }
      for (const [index, queue] of waiting.entries()) for (const mail of queue) await devices[index]?.take(mail)
      const views = await Promise.all(devices.map((_, index) => check(index)))
      expect(views[1]).toEqual(views[0])
      expect(views[2]).toEqual(views[0])
      expect(views[0]?.order).toHaveLength(said.length + places.length)
      expect(views[0]?.unread).toBe(places.filter((place) => place > looked).length)
    }),
    { numRuns: 150 },
  )
})
