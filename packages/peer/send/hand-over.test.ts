// Both sides of handing a message over, with everything around them pretended; whole devices do it in scenarios/hand-over.

import type { DeviceAddress } from '@doorpost/protocol/address'
import type { Note } from '@doorpost/protocol/note'
import { expect, test } from 'vitest'
import { type FakeClock, fakeClock } from '../fake-clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import { Trouble } from '../operations.ts'
import type { InboxRecord } from '../receive/inbox-record.ts'
import { listeners } from '../session/listeners.ts'
import { createHandOver } from './hand-over.ts'
import { HAND_OVER_QUIET_MS } from './hand-over-watch.ts'
import { nextSent, type SentEvent, type SentRecord } from './sent.ts'

const BOB = 'bob@example.org'
const LAPTOP = `${BOB}/laptop` as DeviceAddress
const TOWER = `${BOB}/tower` as DeviceAddress
const STRANGER = 'eve@example.org/laptop' as DeviceAddress
const own = { own: true, from: LAPTOP, standing: { state: 'announced' } } as unknown as InboxRecord

function device(
  name: 'laptop' | 'tower',
  options: { keepInto?: string; record?: InboxRecord; sent?: SentRecord; clock?: FakeClock } = {},
) {
  const clock = options.clock ?? fakeClock()
  const told: { to: DeviceAddress; note: Note }[] = []
  const asked: string[] = []
  const whole = new Set<DeviceAddress>()
  let record = options.record
  let sent =
    options.sent ??
    ({
      id: 'm1',
      acceptedAt: '2026-05-13T12:00:00Z',
      expires: '2999-01-01T00:00:00Z',
      recipients: [],
      media: [{ root: 'r', sizeBytes: 1 }],
    } as unknown as SentRecord)
  let copyChanged: (id: string) => void = () => {}
  let problem: Error | undefined
  const inboxWatchers = listeners<InboxRecord>()
  const handOver = createHandOver({
    me: {
      user: BOB,
      device: name,
      address: `${BOB}/${name}`,
      opened: { list: { devices: [{ name: 'laptop' }, { name: 'tower' }] } },
    } as unknown as Identity,
    clock,
    sent: {
      get: async (id) => (id === sent.id ? sent : undefined),
      all: async () => [sent],
      step: async (_id, event: SentEvent) => (sent = nextSent(sent, event)),
    },
    rooms: () => ({
      inbox: { get: async () => record && { record, content: { media: [] } } },
      fetches: {
        async ask(id) {
          if (problem) throw problem
          asked.push(id)
        },
      },
    }),
    copies: {
      of: () => [...whole].map((one) => ({ device: one, state: 'whole' as const })),
      onChange(listener) {
        copyChanged = listener
        return () => {}
      },
    },
    ...(options.keepInto !== undefined && { keepInto: options.keepInto }),
    inboxWatchers,
    own: {
      get: async (id) => ({ message: { id, to: [], content: { media: [] } } as never, acceptedAt: '', marks: {} }),
    },
    async tell(to, ...notes) {
      for (const note of notes) told.push({ to, note })
    },
    onFault(error) {
      throw error
    },
  })
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  return {
    handOver,
    clock,
    told,
    asked,
    sent: () => sent,
    learns(given: InboxRecord) {
      record = given
      inboxWatchers.tell({ ...given, id: 'm1' })
    },
    fails(error: Error) {
      problem = error
    },
    async take(...args: Parameters<typeof handOver.take>) {
      const taken = await handOver.take(...args)
      await settled()
      return taken
    },
    async has(who: DeviceAddress, isThere: boolean) {
      if (isThere) whole.add(who)
      else whole.delete(who)
      copyChanged('m1')
      await settled()
    },
    settled,
  }
}
const handOverNote = { note: 'hand-over', messageId: 'm1' } as const

test('[BSR2] only another device of this very user is listened to, and only about what it sent itself', async () => {
  const tower = device('tower', { keepInto: '/kept', record: own })
  expect(await tower.take(STRANGER, handOverNote)).toBe(false)
  expect(await tower.take(TOWER, handOverNote)).toBe(false)
  const elsewhere = device('tower', { keepInto: '/kept', record: { ...own, from: STRANGER } })
  await elsewhere.take(LAPTOP, handOverNote)
  expect([tower.asked, elsewhere.asked, tower.told, elsewhere.told]).toEqual([[], [], [], []])
  expect(await tower.take(LAPTOP, handOverNote)).toBe(true)
  expect(tower.asked).toEqual(['m1'])
  expect(tower.told).toEqual([{ to: LAPTOP, note: { note: 'handed', messageId: 'm1', state: 'taken' } }])
})

test('[BSR2] asked before it knows the message, it begins once it does', async () => {
  const tower = device('tower', { keepInto: '/kept' })
  await tower.take(LAPTOP, handOverNote)
  expect(tower.asked).toEqual([])
  for (const _twice of [1, 2]) tower.learns(own)
  await tower.settled()
  expect(tower.asked).toEqual(['m1'])
})

test('[BSR5] a device that keeps nothing, may not fetch or fails says why', async () => {
  const browser = device('tower', { record: own })
  await browser.take(LAPTOP, handOverNote)
  const late = device('tower', { keepInto: '/kept', record: own })
  late.fails(new Trouble('expired', 'Its time ran out.'))
  await late.take(LAPTOP, handOverNote)
  const full = device('tower', { keepInto: '/kept', record: own })
  full.handOver.ended('m1', { kind: 'failed', trouble: new Trouble('disk-full', 'The disk is full.') })
  full.handOver.ended('m1', { kind: 'stopped' })
  await full.settled()
  expect([browser, late, full].map(({ told }) => told)).toEqual(
    ['tower keeps nothing for others.', 'Its time ran out.', 'The disk is full.'].map((detail) => [
      { to: LAPTOP, note: { note: 'handed', messageId: 'm1', state: 'refused', detail } },
    ]),
  )
})

test('[BSR3] the one who asked goes by the copies that the other says it has, and by nobody else’s word', async () => {
  const laptop = device('laptop')
  await expect(laptop.handOver.ask(laptop.sent(), 'laptop')).rejects.toMatchObject({ code: 'bad-address' })
  await expect(laptop.handOver.ask(laptop.sent(), 'nobody')).rejects.toMatchObject({ code: 'bad-address' })
  const unsent: SentRecord = { ...laptop.sent(), expires: '2000-01-01T00:00:00Z' }
  await expect(laptop.handOver.ask(unsent, 'tower')).rejects.toMatchObject({ code: 'not-available' })
  expect(await laptop.handOver.ask(laptop.sent(), 'tower')).toMatchObject({
    handed: { device: 'tower', state: 'asked' },
  })
  // With what the message is: the other device may have been linked since.
  expect(laptop.told).toMatchObject([
    { to: TOWER, note: { note: 'sent', messageId: 'm1', acceptedAt: laptop.sent().acceptedAt } },
    { to: TOWER, note: handOverNote },
  ])
  const phone = `${BOB}/phone` as DeviceAddress
  expect(await laptop.take(phone, { note: 'handed', messageId: 'm1', state: 'refused' })).toBe(false)
  await laptop.has(phone, true)
  expect(laptop.sent().handed?.state).toBe('asked')
  await laptop.take(TOWER, { note: 'handed', messageId: 'm1', state: 'taken' })
  expect(laptop.sent().handed?.state).toBe('taken')
  await laptop.has(TOWER, true)
  // Its first answer may come last.
  await laptop.take(TOWER, { note: 'handed', messageId: 'm1', state: 'taken' })
  expect(laptop.sent().handed?.state).toBe('has')
  await laptop.has(TOWER, false)
  expect(laptop.sent().handed?.state).toBe('refused')
})

test('[BSR30] a device that was asked and does not go on is said to be quiet, and not any more as soon as it does', async () => {
  const laptop = device('laptop')
  const { clock, handOver } = laptop
  const quiet = () => laptop.sent().handed?.quietSince
  await handOver.ask(laptop.sent(), 'tower')
  const askedAt = new Date(clock.nowMs()).toISOString()
  await clock.pass(HAND_OVER_QUIET_MS - 1)
  expect(quiet()).toBeUndefined()
  await clock.pass(1)
  expect(quiet()).toBe(askedAt)
  // It wakes and answers, fetches, and dies in the middle.
  await laptop.take(TOWER, { note: 'handed', messageId: 'm1', state: 'taken' })
  expect([quiet(), laptop.sent().handed?.state]).toEqual([undefined, 'taken'])
  for (let minute = 0; minute < 5; minute++) {
    await clock.pass(60_000)
    handOver.gave('m1', TOWER)
  }
  const lastAt = new Date(clock.nowMs()).toISOString()
  // What others fetch says nothing of it.
  await clock.pass(60_000)
  handOver.gave('m1', STRANGER)
  await clock.pass(HAND_OVER_QUIET_MS)
  expect(quiet()).toBe(lastAt)
  handOver.gave('m1', TOWER)
  await laptop.settled()
  expect(quiet()).toBeUndefined()
  await laptop.has(TOWER, true)
  await clock.pass(2 * HAND_OVER_QUIET_MS)
  expect([quiet(), laptop.sent().handed?.state]).toEqual([undefined, 'has'])
})

test('[BSR30] what was quiet when this device was closed is so when it is opened again; what was not is given its time', async () => {
  const laptop = device('laptop')
  await laptop.handOver.ask(laptop.sent(), 'tower')
  laptop.handOver.stop()
  const again = device('laptop', { sent: laptop.sent(), clock: laptop.clock })
  await again.settled()
  await again.clock.pass(HAND_OVER_QUIET_MS)
  const since = again.sent().handed?.quietSince
  expect(since).toBeDefined()
  const third = device('laptop', { sent: again.sent(), clock: again.clock })
  await third.settled()
  await third.clock.pass(5 * HAND_OVER_QUIET_MS)
  expect(third.sent().handed?.quietSince).toBe(since)
  third.handOver.gave('m1', TOWER)
  await third.settled()
  expect(third.sent().handed?.quietSince).toBeUndefined()
})

test('[BSR31] kept here instead, nothing is waited for; asked again, the time begins anew', async () => {
  const laptop = device('laptop')
  await laptop.handOver.ask(laptop.sent(), 'tower')
  await laptop.clock.pass(HAND_OVER_QUIET_MS)
  expect(await laptop.handOver.keepHere(laptop.sent())).not.toHaveProperty('handed')
  await laptop.clock.pass(2 * HAND_OVER_QUIET_MS)
  // A late answer, and even a whole copy, change nothing about who is asked.
  expect(await laptop.take(TOWER, { note: 'handed', messageId: 'm1', state: 'taken' })).toBe(false)
  await laptop.has(TOWER, true)
  expect(laptop.sent().handed).toBeUndefined()
  await laptop.has(TOWER, false)
  await laptop.handOver.ask(laptop.sent(), 'tower')
  await laptop.clock.pass(HAND_OVER_QUIET_MS - 1)
  expect(laptop.sent().handed).toMatchObject({ state: 'asked' })
  expect(laptop.sent().handed).not.toHaveProperty('quietSince')
})
