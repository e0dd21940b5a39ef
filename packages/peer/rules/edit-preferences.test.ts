import type { UserAddress } from '@doorpost/protocol/address'
import { firstPreferences, type Preferences, preferencesSchema } from '@doorpost/protocol/preferences'
import { expect, test } from 'vitest'
import { preferenceLines } from '../catalogue/preferences.ts'
import type { PreferenceEdit } from '../operations.ts'
import { edited, whoOf } from './edit-preferences.ts'

const after = (edits: PreferenceEdit[], start = firstPreferences()): Preferences =>
  edits.reduce((so, edit) => preferencesSchema.parse(edited(so, edit, 'ann@example.org' as UserAddress)), start)

test('[RUL21] a name alone is on the own server, and whole domains are told from users', () => {
  const said = {
    bob: 'bob@example.org',
    'Bob@Example.NET': 'bob@example.net',
    'example.net': 'example.net',
    '@localhost': 'localhost',
    'localhost:8025': 'localhost:8025',
    '[2001:DB8::1]:8025': '[2001:db8::1]:8025',
    ' carol ': 'carol@example.org',
  }
  for (const [typed, who] of Object.entries(said)) expect(whoOf(typed, 'example.org')).toBe(who)
  for (const typed of ['', '@', 'bob@example.org/laptop', 'no body', 'a@b@c', '-x-', 'exa mple.org']) {
    expect(() => whoOf(typed, 'example.org'), typed).toThrow(/neither a user nor a domain/)
  }
})

test('[RUL21] who is put into a list stands there once, and is taken out of its opposite', () => {
  const one = after([
    { add: 'junk', who: 'bob' },
    { add: 'junk', who: 'bob' },
    { add: 'priority', who: 'bob' },
  ])
  expect([one.junk, one.priority]).toEqual([[], ['bob@example.org']])
  const other = after([
    { add: 'openTo', who: 'x.example' },
    { add: 'tunnelOnly', who: 'x.example' },
  ])
  expect([other.openTo, other.tunnelOnly]).toEqual([[], ['x.example']])
  expect(after([{ remove: 'priority', who: 'bob' }], one).priority).toEqual([])
  expect(() => after([{ add: 'junk', who: 'ann' }])).toThrow('your own address')
  expect(() => after([{ remove: 'junk', who: 'bob' }], one)).toThrow(/bob@example\.org is not in this list/)
})

test('[RUL21] rules stand in the order they are tried, and go by their number', () => {
  const rules = after([
    { addRule: { types: ['video/*'], decide: 'ask' } },
    { addRule: { from: ['bob', 'crew.example'], decide: 'fetch' }, first: true },
  ])
  expect(rules.fetch).toEqual([
    { from: ['bob@example.org', 'crew.example'], network: 'any', decide: 'fetch' },
    { types: ['video/*'], network: 'any', decide: 'ask' },
  ])
  expect(after([{ removeRule: 1 }], rules).fetch).toEqual(rules.fetch.slice(1))
  expect(() => after([{ removeRule: 3 }], rules)).toThrow('There is no rule 3')
})

test('[RUL21] values are set one by one, and put back one by one or all', () => {
  const set = after([
    { set: { requestsPerDay: 3 } },
    { set: { serve: { hours: { from: '22:00', to: '06:00' } } } },
    { set: { serve: { bytesPerSecond: 2_000_000 } } },
    { set: { sent: { whenFetched: 'archive' } } },
    { add: 'junk', who: 'x.example' },
  ])
  expect(set).toMatchObject({
    requestsPerDay: 3,
    serve: { copies: true, bytesPerSecond: 2_000_000, hours: { from: '22:00', to: '06:00' } },
    sent: { whenFetched: 'archive', remindHours: 48 },
  })
  expect(after([{ set: { serve: { hours: null } } }], set).serve).toEqual({ copies: true, bytesPerSecond: 2_000_000 })
  expect(after([{ reset: 'serve' }], set)).toEqual({ ...set, serve: firstPreferences().serve })
  expect(after([{ reset: 'all' }], { ...set, sequence: 7 })).toEqual({ ...firstPreferences(), sequence: 7 })
})

test('[RUL20] preferences are told in words, each with what holds now', () => {
  const words = (preferences: Preferences) =>
    Object.fromEntries(preferenceLines(preferences).map(({ name, says }) => [name, says.replaceAll('\u00a0', ' ')]))
  expect(words(firstPreferences())).toMatchObject({
    'Comes first': 'nobody',
    'Fetched by itself': 'as the agent was started: doorpost agent --fetch fetches what contacts send',
    Requests: 'at most 20 a day are shown from people who are no contacts',
    Copies: 'given out to the other recipients',
    'Network address': 'shown to contacts',
    Reminders: '48 h before the end, to those who have not fetched',
  })
  const rule = {
    from: ['crew.example'],
    types: ['video/*'],
    sizeBytesMax: 2e9,
    network: 'unmetered',
    decide: 'fetch',
  } as const
  const all = words(
    preferencesSchema.parse({
      ...firstPreferences(),
      fetch: [rule, { network: 'local', decide: 'fetch' }, { decide: 'ask' }],
      serve: { copies: true, bytesPerSecond: 2e6, hours: { from: '22:00', to: '06:00' } },
      tunnelOnly: ['bob@example.org'],
      openTo: ['x.example'],
      requestsPerDay: 0,
      sent: { whenFetched: 'delete', remindHours: 0 },
    }),
  )
  expect(all).toMatchObject({
    'Rule 1': 'fetch video/* of at most 2.0 GB from crew.example, unless the network is metered',
    'Rule 2': 'fetch everything, while the sender is in the same network',
    'Rule 3': 'ask before fetching everything',
    Copies: 'given out to the other recipients, from 22:00 to 06:00; everything together at most 2.0 MB/s',
    'Network address': 'shown to contacts except bob@example.org, and to x.example',
    Reminders: 'none',
  })
})
