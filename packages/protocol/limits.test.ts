import { expect, test } from 'vitest'
import { ADDRESS_LENGTH_MAX } from './address.ts'
import { filled, signedAt } from './sample-people.ts'
import * as limits from './limits.ts'

const base64urlLength = (bytes: number) => Math.ceil((bytes * 4) / 3)

test('[M22] every bound is a whole number above zero', () => {
  for (const [name, value] of Object.entries(limits)) {
    expect(Number.isSafeInteger(value) && value > 0, name).toBe(true)
  }
})

test('[M22] the largest envelope its own bounds allow fits into one SEND', () => {
  const address = 'x'.repeat(ADDRESS_LENGTH_MAX)
  const head = { sequence: Number.MAX_SAFE_INTEGER, hash: filled(1) }
  const without = {
    v: 1,
    id: filled(1, 16),
    class: 'message',
    from: address,
    to: Array.from({ length: limits.RECIPIENTS_MAX }, () => address),
    date: signedAt,
    expires: signedAt,
    heads: Array.from({ length: limits.RECIPIENTS_MAX }, () => head),
    sealed: { keys: [], body: '' },
  }
  const key = JSON.stringify({ device: address, key: '' }).length + 1 + base64urlLength(limits.SEALED_KEY_BYTES_MAX)
  const whole =
    JSON.stringify(without).length + limits.SEALED_KEYS_MAX * key + base64urlLength(limits.MESSAGE_BODY_BYTES_MAX)
  expect(whole).toBeLessThanOrEqual(limits.SEND_BODY_BYTES_MAX)
})

test('[M22] a message with as many handles as it may have fits into its body', () => {
  // Root, key, size, a name of 40 characters, type and one source: what the bound on media reckons with.
  expect(limits.MEDIA_MAX * 400).toBeLessThan(limits.MESSAGE_BODY_BYTES_MAX * 0.8)
})

test('[M22] times fit into each other', () => {
  const { PUSH_AGAIN_MS, DEVICE_SILENCE_MS, NONCE_LIFE_MS, TOKEN_LIFE_MS, LIFETIME_DEFAULT_MS, LIFETIME_MAX_MS } =
    limits
  // A push that was lost with a device is sent again before the device counts as gone.
  expect(PUSH_AGAIN_MS).toBeLessThan(DEVICE_SILENCE_MS)
  expect(NONCE_LIFE_MS).toBeLessThan(TOKEN_LIFE_MS)
  expect(LIFETIME_DEFAULT_MS).toBeLessThanOrEqual(LIFETIME_MAX_MS)
  expect(limits.CLOCK_SKEW_MS).toBeLessThan(LIFETIME_DEFAULT_MS)
  // Proxies give up after 60 s.
  expect(limits.PIPE_HOLD_MS).toBeLessThan(60_000)
  expect(limits.DEVICES_MAX).toBeLessThanOrEqual(limits.DEVICE_ENTRIES_MAX)
  // Everybody in a message may have all the devices they may have, or nearly.
  expect(limits.SEALED_KEYS_MAX).toBeGreaterThanOrEqual(limits.RECIPIENTS_MAX * 3)
})
