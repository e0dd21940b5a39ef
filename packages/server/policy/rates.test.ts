// Rates: each row of the table is counted under the rate that the policy gives it, per address and per user.

import { Refusal } from '@doorpost/protocol/errors'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { inMemoryServer, type Question } from '../in-memory-server.ts'
import { type PolicyFile, policyOf, type RateName } from './policy.ts'
import { openRates } from './rates.ts'

// rate-limiter-flexible reads the system's clock.
beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }))
afterEach(() => vi.useRealTimers())

const policyWith = (name: RateName, which: 'perAddress' | 'perUser', requests = 2): PolicyFile => ({
  rates: { [name]: { [which]: { requests, seconds: 60 } } },
})

const COUNTED: readonly [RateName, Question][] = [
  ['authorization', { method: 'AUTHORIZATION', target: '/users/alice/laptop' }],
  ['finger', { method: 'FINGER', target: '/users/alice' }],
  ['registration', { method: 'SEND', target: '/accounts', body: {} }],
  ['send', { method: 'SEND', target: '/messages', body: {} }],
  ['other', { method: 'LIST', target: '/contacts' }],
]

describe('rates', () => {
  for (const [name, question] of COUNTED) {
    test(`[Y5] rates.${name}.perAddress refuses one address and lets others be`, async () => {
      const server = inMemoryServer()
      const { token } = await server.join('alice')
      server.follow(policyWith(name, 'perAddress'))
      const isRefused = async (remoteAddress: string) =>
        (await server.ask({ ...question, token, remoteAddress })).status === 429
      expect([await isRefused('192.0.2.1'), await isRefused('192.0.2.1')]).toEqual([false, false])
      expect([await isRefused('192.0.2.1'), await isRefused('192.0.2.2')]).toEqual([true, false])
      vi.advanceTimersByTime(60_000)
      expect(await isRefused('192.0.2.1')).toBe(false)
    })

    test(`[Y5] rates.${name}.perUser refuses one user, from wherever`, async () => {
      const server = inMemoryServer()
      const [alice, bob] = [await server.join('alice'), await server.join('bob')]
      server.follow(policyWith(name, 'perUser'))
      const isRefused = async (token: string, last: number) =>
        (await server.ask({ ...question, token, remoteAddress: `192.0.2.${last}` })).status === 429
      expect([await isRefused(alice.token, 1), await isRefused(alice.token, 2)]).toEqual([false, false])
      expect([await isRefused(alice.token, 3), await isRefused(bob.token, 3)]).toEqual([true, false])
    })
  }

  test('[Y5] IPv6 is counted by /64, and IPv4 in IPv6 clothes as IPv4', async () => {
    const rates = openRates(policyOf(policyWith('finger', 'perAddress', 1), false))
    const isRefused = (address: string) =>
      rates.count('finger', address, undefined).then(
        () => false,
        (error: unknown) => error instanceof Refusal,
      )
    expect([await isRefused('2001:db8:0:1::1'), await isRefused('2001:db8:0:1:ffff::2')]).toEqual([false, true])
    expect(await isRefused('2001:db8:0:2::1')).toBe(false)
    expect([await isRefused('192.0.2.1'), await isRefused('::ffff:192.0.2.1')]).toEqual([false, true])
  })

  test('[Y5] the places to count in are bounded, whoever asks', async () => {
    const rates = openRates(policyOf(policyWith('finger', 'perAddress', 1), false), 8)
    let refused = 0
    for (let i = 0; i < 200; i++) {
      await rates.count('finger', `10.0.${i}.1`, undefined).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'too-many' })
        refused++
      })
    }
    expect(refused).toBeGreaterThanOrEqual(192)
  })
})
