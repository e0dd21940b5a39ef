// What the tunnel may carry: rates pace, quotas and numbers refuse, each for one user and for the server.

import type { UserAddress } from '@doorpost/protocol/address'
import { describe, expect, test } from 'vitest'
import { turnedClock } from '../listen/turned-clock.ts'
import { type PolicyFile, policyOf } from '../policy/policy.ts'
import { memoryStorage } from '../storage/memory.ts'
import { openMeter, SAVE_EVERY_MS } from './meter.ts'

const settled = () => new Promise(setImmediate)
const [alice, bob] = ['alice@h', 'bob@h'] as UserAddress[] as [UserAddress, UserAddress]
const { signal } = new AbortController()

function metered(tunnel: NonNullable<PolicyFile['tunnel']>) {
  const clock = turnedClock()
  return { clock, meter: openMeter(() => policyOf({ tunnel }, true).tunnel, clock) }
}

/** Passes so many chunks one after the other, as a relay does; `passed` counts. */
function passing(meter: ReturnType<typeof openMeter>, user: UserAddress, chunks: number, bytes: number) {
  const one = { passed: 0 }
  const pass = async () => {
    for (let chunk = 0; chunk < chunks; chunk++) {
      await meter.pass(user, bytes, signal)
      one.passed++
    }
  }
  pass().catch(() => {})
  return one
}

async function turned(clock: ReturnType<typeof turnedClock>, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 20) {
    clock.turn(20)
    await settled()
  }
}

describe('rates', () => {
  test('[TUN10] userBytesPerSecond paces one user and leaves others alone', async () => {
    const { clock, meter } = metered({ userBytesPerSecond: 100_000 })
    const [slow, other] = [passing(meter, alice, 100, 10_000), passing(meter, bob, 1, 10_000)]
    await settled()
    expect(other.passed).toBe(1)
    await turned(clock, 1000)
    // Ten a second, and what 100 ms of silence had saved up.
    expect(slow.passed).toBeGreaterThanOrEqual(10)
    expect(slow.passed).toBeLessThanOrEqual(13)
    await turned(clock, 4000)
    expect(slow.passed).toBeGreaterThanOrEqual(50)
    expect(slow.passed).toBeLessThanOrEqual(53)
  })

  test('[TUN10] serverBytesPerSecond paces all together, and none of them is starved', async () => {
    const { clock, meter } = metered({ serverBytesPerSecond: 100_000 })
    const both = [passing(meter, alice, 100, 10_000), passing(meter, bob, 100, 10_000)]
    await turned(clock, 2000)
    const [ofAlice, ofBob] = both.map(({ passed }) => passed) as [number, number]
    expect(ofAlice + ofBob).toBeGreaterThanOrEqual(20)
    expect(ofAlice + ofBob).toBeLessThanOrEqual(24)
    expect(Math.abs(ofAlice - ofBob)).toBeLessThanOrEqual(2)
  })

  test('[TUN10] who waits for the rate and is given up stops waiting', async () => {
    const { meter } = metered({ userBytesPerSecond: 1024 })
    await meter.pass(alice, 100_000, signal)
    const stop = new AbortController()
    const waiting = meter.pass(alice, 10, stop.signal)
    stop.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
  })
})

describe('quotas', () => {
  test('[TUN11] userBytesPerDay refuses with the wait until midnight, and a new day is a new day', async () => {
    const { clock, meter } = metered({ userBytesPerDay: 1000 })
    await meter.pass(alice, 1000, signal)
    const day = 24 * 3600_000
    const left = day - (clock.wallMs() % day)
    await expect(meter.pass(alice, 1, signal)).rejects.toMatchObject({
      code: 'too-many',
      problem: { retryAfterMs: left },
    })
    expect(() => meter.enter(alice)).toThrow('The 1000 bytes that one user may take')
    meter.enter(bob)
    clock.turn(left)
    meter.enter(alice)
    await meter.pass(alice, 1, signal)
  })

  test('[TUN11] what was taken before a new start of the server counts, for the user and for the server', async () => {
    const clock = turnedClock()
    const { tunnelDays: store } = memoryStorage()
    const onFault = (error: unknown) => expect.unreachable(String(error))
    const open = (tunnel: NonNullable<PolicyFile['tunnel']>) =>
      openMeter(() => policyOf({ tunnel }, true).tunnel, clock, { store, onFault })
    const first = open({ userBytesPerDay: 1000, serverBytesPerDay: 1500 })
    await first.pass(alice, 1000, signal)
    // Written down by itself.
    clock.turn(SAVE_EVERY_MS)
    await settled()
    await first.pass(bob, 499, signal)
    first.close()
    await first.save()
    const second = open({ userBytesPerDay: 1000, serverBytesPerDay: 1500 })
    await expect(second.pass(alice, 1, signal)).rejects.toThrow('The 1000 bytes that one user may take')
    await second.pass(bob, 1, signal)
    await expect(second.pass(bob, 1, signal)).rejects.toThrow('The 1500 bytes that this server may tunnel')
    await second.save()
    clock.turn(24 * 3600_000)
    const third = open({ userBytesPerDay: 1000 })
    await third.pass(alice, 1000, signal)
    second.close()
    third.close()
  })

  test('[TUN11] serverBytesPerDay refuses everybody', async () => {
    const { clock, meter } = metered({ serverBytesPerDay: 1000 })
    await meter.pass(alice, 1000, signal)
    expect(() => meter.enter(bob)).toThrow('The 1000 bytes that this server may tunnel')
    clock.turn(24 * 3600_000)
    meter.enter(bob)
  })
})

describe('numbers', () => {
  test('[TUN12] userTunnels and serverTunnels refuse one more, and leave room again when one ends', () => {
    const { meter } = metered({ userTunnels: 2, serverTunnels: 3 })
    const leave = meter.enter(alice)
    meter.enter(alice)
    expect(() => meter.enter(alice)).toThrow('A user may have 2 tunnels')
    meter.enter(bob)
    expect(() => meter.enter(bob)).toThrow('This server has 3 tunnels')
    leave()
    leave()
    expect(meter.open).toBe(2)
    meter.enter(bob)
    expect(() => meter.enter(alice)).toThrow('This server has 3 tunnels')
  })
})
