import { expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from './address.ts'
import { retrievedPreferencesSchema, sendPreferencesSchema } from './messages/preferences.ts'
import { firstPreferences, isAmong, preferencesSchema, signedPreferencesSchema } from './preferences.ts'
import { filled } from './sample-people.ts'

test('[RUL1] what nobody changed is the same everywhere, and is whole', () => {
  expect(preferencesSchema.parse(JSON.parse(JSON.stringify(firstPreferences())))).toEqual(firstPreferences())
  expect(firstPreferences()).toMatchObject({
    sequence: 0,
    priority: [],
    requestsPerDay: 20,
    serve: { copies: true, bytesPerSecond: 0 },
    sent: { whenFetched: 'keep', remindHours: 48 },
  })
})

test('[RUL1] users and domains in canonical form, times, types and bounds; anything else is no preference', () => {
  const with_ = (change: object) => preferencesSchema.safeParse({ ...firstPreferences(), ...change }).success
  const right = [
    { junk: ['bob@example.org', 'example.org', '[2001:db8::1]:8025', 'localhost:8025'] },
    {
      fetch: [
        { decide: 'ask' },
        { types: ['video/*', 'image/svg+xml'], sizeBytesMax: 0, network: 'local', decide: 'fetch' },
      ],
    },
    { serve: { hours: { from: '22:00', to: '06:00' } } },
    { requestsPerDay: 0 },
  ]
  for (const change of right) expect(with_(change), JSON.stringify(change)).toBe(true)
  const wrong = [
    { junk: ['Bob@example.org'] },
    { junk: ['bob@example.org/laptop'] },
    { junk: [''] },
    { junk: Array.from({ length: 1001 }, (_, index) => `d${index}.example`) },
    { fetch: [{ types: ['video'], decide: 'ask' }] },
    { fetch: [{ types: ['*/*'], decide: 'ask' }] },
    { fetch: [{ decide: 'delete' }] },
    { fetch: [{}] },
    { serve: { hours: { from: '24:00', to: '06:00' } } },
    { serve: { bytesPerSecond: -1 } },
    { requestsPerDay: 1001 },
    { more: 1 },
  ]
  for (const change of wrong) expect(with_(change), JSON.stringify(change)).toBe(false)
})

test('[RUL10] somebody is meant by their address or their whole domain, and by nothing that only looks alike', () => {
  const bob = 'bob@example.org' as UserAddress
  expect(isAmong(['bob@example.org'], bob)).toBe(true)
  expect(isAmong(['example.org'], bob)).toBe(true)
  expect(isAmong(['example.org'], 'bob@example.org/laptop' as DeviceAddress)).toBe(true)
  expect(isAmong(['localhost:8025'], 'bob@localhost:8025/laptop' as DeviceAddress)).toBe(true)
  for (const who of ['b@example.org', 'xbob@example.org', 'org', 'le.org', 'sub.example.org', 'example.org:8025']) {
    expect(isAmong([who], bob), who).toBe(false)
  }
})

test('[RUL2] a slot names what it replaces by a lower number, and holds nothing in clear', () => {
  const sealed = { keys: [{ device: 'laptop', key: 'AAAA' }], body: 'AAAA' }
  const slot = { replaces: 1, sequence: 2, id: filled(1, 16), sealed }
  expect(sendPreferencesSchema.parse(slot)).toEqual(slot)
  const wrong = [
    { ...slot, replaces: 2 },
    { ...slot, replaces: -1 },
    { ...slot, sequence: 2.5 },
    { ...slot, id: 'short' },
    { ...slot, sealed: { ...sealed, keys: [] } },
    { ...slot, sealed: { ...sealed, keys: [{ device: 'bob@example.org/laptop', key: 'AAAA' }] } },
    { ...slot, preferences: firstPreferences() },
  ]
  for (const one of wrong) expect(sendPreferencesSchema.safeParse(one).success, JSON.stringify(one)).toBe(false)
  const { sequence, id } = slot
  for (const answer of [{ slot: null }, { slot: { sequence, id, sealed: { body: 'AAAA' } } }]) {
    expect(retrievedPreferencesSchema.parse(answer)).toEqual(answer)
  }
  expect(retrievedPreferencesSchema.safeParse({ slot: { sequence, id, sealed } }).success).toBe(false)
  expect(signedPreferencesSchema.safeParse(firstPreferences()).success).toBe(false)
})
