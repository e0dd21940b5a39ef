import {
  firstPreferences,
  type Preferences,
  type PreferencesInput,
  preferencesSchema,
} from '@doorpost/protocol/preferences'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergePreferences, samePreferences } from './merge-preferences.ts'

const base = edition({ sequence: 3, priority: ['bob@example.org', 'example.com'], requestsPerDay: 20 }, 0)

function edition(change: Partial<PreferencesInput>, minute: number): Preferences {
  const changedAt = `2026-11-21T12:${String(minute).padStart(2, '0')}:00.000Z`
  return preferencesSchema.parse({ ...firstPreferences(), ...change, changedAt })
}
const changed = (change: Partial<PreferencesInput>, minute: number) =>
  edition({ ...base, sequence: base.sequence + 1, ...change }, minute)
const merged = (ours: Preferences, theirs: Preferences) => {
  const both = [mergePreferences(base, ours, theirs), mergePreferences(base, theirs, ours)] as const
  // Whoever merges comes to the same.
  expect(both[0]).toEqual(both[1])
  return both[0]
}

test('[RUL4] what one device changed and the other did not is followed, field by field', () => {
  const { merged: both, gaveWay } = merged(
    changed({ requestsPerDay: 3, serve: { copies: false } }, 1),
    changed({ serve: { bytesPerSecond: 1000 }, sent: { remindHours: 1 } }, 2),
  )
  expect(gaveWay).toEqual([])
  expect(both).toMatchObject({
    requestsPerDay: 3,
    serve: { copies: false, bytesPerSecond: 1000 },
    sent: { remindHours: 1, whenFetched: 'keep' },
    priority: base.priority,
  })
})

test('[RUL4] of lists that both changed nothing added is lost, and nothing removed comes back', () => {
  const one = changed({ priority: ['example.com', 'carol@example.org'], junk: ['spam.example'] }, 1)
  const other = changed({ priority: ['dora@example.org', 'bob@example.org', 'example.com'] }, 2)
  const { merged: both, gaveWay } = merged(one, other)
  expect(both.priority).toEqual(['dora@example.org', 'example.com', 'carol@example.org'])
  expect(both.junk).toEqual(['spam.example'])
  expect(gaveWay).toEqual([])
})

test('[RUL4] of fetching rules the later order holds, and what the other added comes behind', () => {
  const before = edition({ ...base, fetch: [{ sizeBytesMax: 1, decide: 'fetch' }, { decide: 'ask' }] }, 0)
  const earlier = edition({ ...before, fetch: [...before.fetch, { types: ['video/*'], decide: 'fetch' }] }, 1)
  const later = edition({ ...before, fetch: before.fetch.toReversed() }, 2)
  const { merged: both } = mergePreferences(before, earlier, later)
  expect(both.fetch.map(({ sizeBytesMax, types }) => sizeBytesMax ?? types?.[0] ?? 'all')).toEqual([
    'all',
    1,
    'video/*',
  ])
})

test('[RUL4] of single values the later change holds, and the field is named', () => {
  const { merged: both, gaveWay } = merged(
    changed({ requestsPerDay: 3, serve: { hours: { from: '22:00', to: '06:00' } } }, 5),
    changed({ requestsPerDay: 9, serve: { hours: { from: '20:00', to: '06:00' } } }, 4),
  )
  expect(both).toMatchObject({ requestsPerDay: 3, serve: { hours: { from: '22:00', to: '06:00' } } })
  expect(gaveWay).toEqual(['requestsPerDay', 'serve.hours'])
})

test('[RUL4] taking hours away is a change like any other', () => {
  const before = edition({ ...base, serve: { hours: { from: '22:00', to: '06:00' } } }, 0)
  const without = edition({ ...before, serve: {} }, 1)
  const other = edition({ ...before, requestsPerDay: 1 }, 2)
  const { merged: both } = mergePreferences(before, without, other)
  expect(both.serve.hours).toBeUndefined()
  expect(both.requestsPerDay).toBe(1)
  expect(samePreferences(both, { ...other, serve: without.serve, sequence: 99 })).toBe(true)
  expect(samePreferences(both, other)).toBe(false)
})

const who = fc.constantFrom('a.example', 'b.example', 'c.example', 'd.example')
const whoList = fc.uniqueArray(who, { maxLength: 4 })
const rule = fc.record({
  sizeBytesMax: fc.integer({ min: 1, max: 3 }),
  decide: fc.constantFrom('fetch' as const, 'ask' as const),
})
const anyEdition = fc
  .record({
    priority: whoList,
    junk: whoList,
    fetch: fc.uniqueArray(rule, { maxLength: 3, selector: (one) => JSON.stringify(one) }),
    requestsPerDay: fc.integer({ min: 0, max: 2 }),
    minute: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ minute, ...change }) => edition(change, minute))

test('[RUL4] whatever two devices changed, both merges are the same, lose nothing added and bring back nothing removed', () => {
  fc.assert(
    fc.property(anyEdition, anyEdition, anyEdition, (start, ours, theirs) => {
      const both = mergePreferences(start, ours, theirs)
      expect(mergePreferences(start, theirs, ours)).toEqual(both)
      for (const list of ['priority', 'junk', 'fetch'] as const) {
        const texts = (from: Preferences) => from[list].map((entry) => JSON.stringify(entry))
        const [was, one, other, now] = [start, ours, theirs, both.merged].map((each) => new Set(texts(each)))
        for (const entry of new Set([...texts(start), ...texts(ours), ...texts(theirs)])) {
          const kept = was?.has(entry) ? one?.has(entry) && other?.has(entry) : one?.has(entry) || other?.has(entry)
          expect(now?.has(entry)).toBe(kept)
        }
        expect(texts(both.merged)).toHaveLength(now?.size ?? -1)
      }
      // Merged once more with what was merged already, nothing changes.
      expect(samePreferences(mergePreferences(start, both.merged, both.merged).merged, both.merged)).toBe(true)
    }),
  )
})
