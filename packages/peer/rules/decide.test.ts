import type { UserAddress } from '@doorpost/protocol/address'
import { firstPreferences, type PreferencesInput, preferencesSchema } from '@doorpost/protocol/preferences'
import { expect, test } from 'vitest'
import { type Arrival, decide } from './decide.ts'

const film = { sizeBytes: 2_000_000_000, type: 'video/x-matroska' }
const photo = { sizeBytes: 5_000_000, type: 'image/jpeg' }
const sound = { sizeBytes: 90_000_000, type: 'audio/flac; rate=48000' }

type Case = readonly [
  says: string,
  fetch: PreferencesInput['fetch'],
  arrival: Partial<Arrival>,
  expected: 'fetch' | 'ask',
]

const rules: PreferencesInput['fetch'] = [
  { from: ['noisy.example'], decide: 'ask' },
  { sizeBytesMax: 10_000_000, types: ['image/*', 'audio/flac'], decide: 'fetch' },
  { network: 'local', decide: 'fetch' },
  { from: ['crew.example', 'bob@example.org'], network: 'unmetered', decide: 'fetch' },
]

const cases: readonly Case[] = [
  ['no rule, asked for', [], { byDefault: 'ask' }, 'ask'],
  ['no rule, an agent that fetches', [], { byDefault: 'fetch' }, 'fetch'],
  ['a rule without conditions always holds', [{ decide: 'ask' }], { byDefault: 'fetch' }, 'ask'],
  ['the first that holds decides', [{ decide: 'fetch' }, { decide: 'ask' }], {}, 'fetch'],
  ['a small picture', rules, { media: [photo] }, 'fetch'],
  ['pictures that are too much together', rules, { media: [photo, photo, photo] }, 'ask'],
  ['one medium of another type', rules, { media: [photo, { ...film, sizeBytes: 1 }] }, 'ask'],
  ['a type with parameters', rules, { media: [{ ...sound, sizeBytes: 9 }] }, 'fetch'],
  ['a type in capitals', rules, { media: [{ ...photo, type: 'IMAGE/JPEG' }] }, 'fetch'],
  [
    'a type that only begins alike',
    [{ types: ['image/jpeg'], decide: 'fetch' }],
    { media: [{ ...photo, type: 'image/jpegx' }] },
    'ask',
  ],
  ['a user of the rule', rules, { from: user('bob@example.org'), media: [film] }, 'fetch'],
  ['another user of that domain', rules, { from: user('eve@example.org'), media: [film] }, 'ask'],
  ['any user of a whole domain', rules, { from: user('eve@crew.example'), media: [film] }, 'fetch'],
  ['a domain that only ends alike', rules, { from: user('eve@motorcrew.example'), media: [film] }, 'ask'],
  [
    'a metered network',
    rules,
    { from: user('bob@example.org'), media: [film], network: network({ metered: true }) },
    'ask',
  ],
  ['a rule for any network on a metered one', rules, { media: [photo], network: network({ metered: true }) }, 'fetch'],
  ['the sender in the same network', rules, { media: [film], network: network({ local: true }) }, 'fetch'],
  ['an earlier rule that says ask', rules, { from: user('a@noisy.example'), media: [photo] }, 'ask'],
  ['no mutual contact', [{ decide: 'fetch' }], { mutual: false, byDefault: 'fetch' }, 'ask'],
  ['nothing to fetch', [{ decide: 'fetch' }], { media: [], byDefault: 'fetch' }, 'ask'],
]

test.each(cases)('[RUL10] %s', (_says, fetch, arrival, expected) => {
  const preferences = preferencesSchema.parse({ ...firstPreferences(), fetch })
  const whole: Arrival = {
    from: user('carol@example.org'),
    mutual: true,
    media: [film],
    network: network({}),
    byDefault: 'ask',
    ...arrival,
  }
  expect(decide(whole, preferences).decision).toBe(expected)
})

test('[RUL10] what is fetched within the local network alone says so', () => {
  const preferences = preferencesSchema.parse({ ...firstPreferences(), fetch: rules })
  const arrival: Arrival = {
    from: user('carol@example.org'),
    mutual: true,
    media: [film],
    network: network({ local: true }),
    byDefault: 'ask',
  }
  expect(decide(arrival, preferences)).toEqual({ decision: 'fetch', local: true })
  expect(decide({ ...arrival, media: [photo] }, preferences)).toEqual({ decision: 'fetch', local: false })
})

test('[RUL12] of a junk sender nothing is fetched by itself, whatever rules and the agent say', () => {
  const fetching = { ...firstPreferences(), fetch: [{ decide: 'fetch' as const }] }
  const arrival: Arrival = {
    from: user('eve@spam.example'),
    mutual: true,
    media: [photo],
    network: network({}),
    byDefault: 'fetch',
  }
  for (const junk of [['spam.example'], ['eve@spam.example']]) {
    expect(decide(arrival, preferencesSchema.parse({ ...fetching, junk })).decision).toBe('ask')
  }
  expect(decide(arrival, preferencesSchema.parse({ ...fetching, junk: ['mallory@spam.example'] })).decision).toBe(
    'fetch',
  )
})

function user(address: string): UserAddress {
  return address as UserAddress
}
function network(change: Partial<Arrival['network']>): Arrival['network'] {
  return { metered: false, local: false, ...change }
}
