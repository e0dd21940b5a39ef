import { expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import type { Note } from '@doorpost/protocol/note'
import { fakeClock } from '../fake-clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { OutboxEntry } from '../send/outbox-entry.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { shownMark } from './marks.ts'
import { acceptedAtOf } from './order.ts'
import { createOwnMessages } from './own-messages.ts'

const ALICE = 'alice@example.org' as UserAddress
const BOB = 'bob@example.org' as UserAddress
const CAROL = 'carol@example.org' as UserAddress
const AT = '2026-11-21T12:00:00.000Z'
const idOf = (number: number) => String(number).padStart(22, 'm')

function room(devices = ['laptop', 'phone']) {
  const store = openMemoryStore()
  const clock = fakeClock()
  const list = { devices: devices.map((name) => ({ name })) }
  const me = { user: ALICE, device: 'laptop', address: `${ALICE}/laptop`, opened: { list } } as unknown as Identity
  const noteEntry = (to: UserAddress, content: Note) => ({ to: [to], content }) as unknown as OutboxEntry
  const own = createOwnMessages({ store, clock, me, noteEntry })
  const early = async () => (await store.all('talk', 'early ')).length
  const sent = (id: string, to: UserAddress[]) => own.takeSent(`${ALICE}/phone` as DeviceAddress, sentNote(id, to), [])
  return { store, clock, own, early, sent }
}

function sentNote(messageId: string, to: UserAddress[]): Extract<Note, { note: 'sent' }> {
  return { note: 'sent', messageId, to, date: AT, expires: AT, acceptedAt: AT, content: { text: 'hello', media: [] } }
}

test('[TLK15] marks that come before their message count when it comes, and those of people it does not name never', async () => {
  const { own, early, sent } = room()
  expect(await own.takeMark(BOB, [idOf(1)], 'read', [])).toBe('fitted')
  expect(await own.takeMark(BOB, [idOf(1)], 'delivered', [])).toBe('fitted')
  expect(await own.takeMark(CAROL, [idOf(1)], 'read', [])).toBe('fitted')
  await sent(idOf(1), [BOB])
  expect((await own.get(idOf(1)))?.marks).toEqual({ [BOB]: 'read' })
  await own.takeMark(CAROL, [idOf(1)], 'read', [])
  expect((await own.get(idOf(1)))?.marks).toEqual({ [BOB]: 'read' })
  expect(await early()).toBe(1)
})

test('[TLK15] of one contact 500 early marks are kept, for 90 days, and none where this is the only device', async () => {
  const { own, early, clock } = room()
  for (let from = 0; from < 600; from += 200) {
    await own.takeMark(
      BOB,
      Array.from({ length: 200 }, (_, index) => idOf(from + index)),
      'read',
      [],
    )
  }
  expect(await early()).toBe(500)
  expect(await own.takeMark(BOB, [idOf(700)], 'read', [])).toBe('nothing')
  expect(await own.takeMark(CAROL, [idOf(700)], 'read', [])).toBe('fitted')
  await clock.pass(LIFETIME_MAX_MS)
  await own.expire()
  expect(await early()).toBe(501)
  await clock.pass(1)
  await own.expire()
  expect(await early()).toBe(0)
  const alone = room(['laptop'])
  expect(await alone.own.takeMark(BOB, [idOf(1)], 'read', [])).toBe('nothing')
  expect(await alone.early()).toBe(0)
})

test('[TLK14] an accepted message is told to the other devices, and to nobody where there are none', () => {
  const entry = { id: idOf(1), to: [BOB], date: AT, expires: AT, content: { text: 'hello', media: [] } } as unknown
  const { notes, changes } = room().own.accepted(entry as OutboxEntry, AT)
  expect(notes).toEqual([{ to: [ALICE], content: sentNote(idOf(1), [BOB]) }])
  expect(changes).toEqual([{ put: 'talk', key: `accepted ${idOf(1)}`, value: AT }])
  expect(room(['laptop']).own.accepted(entry as OutboxEntry, AT).notes).toEqual([])
})

test('[TLK2] of one recipient the latest is shown that is known from anywhere', () => {
  const on = { accepted: true, showsRead: true }
  const shown = [
    shownMark(undefined, 'waiting', { ...on, accepted: false }),
    shownMark(undefined, undefined, on),
    shownMark(undefined, 'fetching', on),
    shownMark('delivered', undefined, on),
    shownMark('read', 'announced', on),
    shownMark('read', undefined, { ...on, showsRead: false }),
    shownMark('read', 'fetched', on),
    shownMark('read', 'refused', on),
  ]
  expect(shown).toEqual(['waiting', 'accepted', 'delivered', 'delivered', 'read', 'delivered', 'fetched', 'refused'])
})

test('[TLK1] an instant of acceptance that lies after the coming of a message is not believed', () => {
  const later = '2026-11-21T12:05:00.001Z'
  expect(acceptedAtOf('2026-11-21T12:05:00.000Z', AT)).toBe('2026-11-21T12:05:00.000Z')
  expect(acceptedAtOf(later, AT)).toBe(AT)
  expect(acceptedAtOf(undefined, AT)).toBe(AT)
})
