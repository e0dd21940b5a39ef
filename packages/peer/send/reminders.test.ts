import { describe, expect, test } from 'vitest'
import { endingSoon } from '../receive/reminders.ts'
import type { InboxRecord } from '../receive/inbox-record.ts'
import { remindAtMs, toRemind } from './reminders.ts'
import type { SentRecord } from './sent.ts'

const HOUR_MS = 3600_000
const START_MS = Date.parse('2026-11-01T00:00:00.000Z')
const iso = (hours: number) => new Date(START_MS + hours * HOUR_MS).toISOString()

describe('when recipients are reminded', () => {
  test('[RET8] so many hours before the end, but never in the first half of the time there is', () => {
    const at = (lifeHours: number, hours: number) =>
      (remindAtMs({ date: iso(0), expires: iso(lifeHours) }, hours) - START_MS) / HOUR_MS
    expect([at(720, 48), at(720, 700), at(12, 48), at(96, 48)]).toEqual([672, 360, 6, 48])
  })

  const record = (more: Partial<SentRecord> = {}) =>
    ({
      id: 'A'.repeat(22),
      date: iso(0),
      expires: iso(720),
      acceptedAt: iso(0),
      media: [{ root: 'a', sizeBytes: 1 }],
      uploadedBytes: 0,
      recipients: (['accepted', 'announced', 'fetching', 'fetched', 'refused'] as const).map((state) => ({
        address: `${state}@example.org`,
        state,
        fetchedAt: null,
        receipted: [],
      })),
      ...more,
    }) as unknown as SentRecord
  const reminded = (one: SentRecord, hours: number, before = 48) =>
    toRemind(one, START_MS + hours * HOUR_MS, before).map(({ state }) => state)

  test('[RET8] those who have neither fetched nor declined, once, of what can still be fetched', () => {
    expect(reminded(record(), 672)).toEqual(['accepted', 'announced', 'fetching'])
    expect(reminded(record(), 671.9)).toEqual([])
    expect(reminded(record(), 720.1)).toEqual([])
    expect(reminded(record(), 700, 0)).toEqual([])
    for (const more of [{ remindedAt: iso(672) }, { withdrawnAt: iso(1) }, { copyDeletedAt: iso(1) }, { media: [] }]) {
      expect(reminded(record(more), 700)).toEqual([])
    }
    const { acceptedAt: _never, ...waiting } = record()
    expect(reminded(waiting, 700)).toEqual([])
  })

  test('[RET8] one’s own device reminds of what its user was shown and has not fetched', () => {
    const entry = (state: string, more: Partial<InboxRecord> = {}) =>
      ({
        id: state,
        sentAt: iso(0),
        expires: iso(720),
        media: [{ root: 'a' }],
        standing: { state },
        ...more,
      }) as unknown as InboxRecord
    const states = ['request', 'announced', 'scheduled', 'fetching', 'ready', 'changed', 'refused', 'expired', 'gone']
    const soon = (records: InboxRecord[], hours: number) =>
      endingSoon(records, START_MS + hours * HOUR_MS).map(({ id }) => id)
    expect(
      soon(
        states.map((state) => entry(state)),
        700,
      ),
    ).toEqual(['announced', 'scheduled', 'fetching'])
    expect(soon([entry('announced')], 600)).toEqual([])
    expect(soon([entry('announced', { endsAt: iso(720) }), entry('announced', { media: [] })], 700)).toEqual([])
  })
})
