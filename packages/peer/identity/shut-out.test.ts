// What a device learns by itself when the server lets it in no more, and how often it asks.

import { openDeviceList, signRecovered } from '@doorpost/protocol/device-list'
import { toBase64url } from '@doorpost/protocol/bytes'
import { expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { type ShutOutFacts, Trouble } from '../operations.ts'
import type { LineState } from '../session/line.ts'
import { listeners } from '../session/listeners.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { openFakePostOffice } from './fake-post-office.ts'
import { keepOwnList } from './own-list.ts'
import { alice, identityOf, nextList } from './people-stage.ts'
import { recoveryKeyOf } from './recovery.ts'
import { ASK_AGAIN_MS, watchShutOut } from './shut-out.ts'

async function stage() {
  const made = await identityOf(alice)
  const { identity } = made
  const office = openFakePostOffice()
  office.lists.set(alice, identity.deviceList)
  const clock = fakeClock()
  const states = listeners<LineState>()
  const line = {
    state: 'offline' as LineState,
    onState: states.add,
    trouble: undefined as { code: string; detail: string } | undefined,
  }
  const known: ShutOutFacts[] = []
  const own = keepOwnList(openMemoryStore(), identity)
  const shutOut = watchShutOut({
    line: line as Parameters<typeof watchShutOut>[0]['line'],
    own,
    clock,
    openLine: () => office.lineOf(alice),
    onKnown: (facts) => known.push(facts),
    onFault(error) {
      throw error
    },
  })
  const become = (state: LineState) => {
    line.state = state
    states.tell(state)
  }
  /** As a line that tries again and again. */
  const refusedTimes = async (times: number, code = 'login-refused') => {
    line.trouble = { code, detail: '' }
    for (let at = 0; at < times; at++) {
      become('offline')
      await clock.pass(1_000)
    }
  }
  return { made, identity, office, clock, line, own, known, shutOut, become, refusedTimes }
}

test('[DEV30] a device that is let in no more asks once a minute at most, and says that and when it was revoked', async () => {
  const { made, identity, office, clock, known, shutOut, refusedTimes } = await stage()
  await using _ = shutOut
  await refusedTimes(3, 'server-unreachable')
  expect(office.calls).toEqual([])
  await refusedTimes(5)
  // The list is the same: the server means something else.
  expect([office.calls.length, shutOut.signal.aborted, shutOut.facts]).toEqual([1, false, undefined])
  const revokedAt = '2026-11-21T13:00:00.000Z'
  office.lists.set(
    alice,
    nextList(identity.deviceList, made.accountKey, ({ devices }) => ({
      devices: [...devices.map((one) => ({ ...one, revokedAt }))],
    })),
  )
  await clock.pass(ASK_AGAIN_MS)
  await refusedTimes(5)
  expect([office.calls.length, known]).toEqual([2, [{ why: 'revoked', at: revokedAt }]])
  expect(shutOut.signal.reason).toBeInstanceOf(Trouble)
  expect(String(shutOut.signal.reason)).toContain('revoked at 2026-11-21 13:00 UTC')
})

test('[GON4] a device whose account was taken back with the words says so, also where the new device has its name', async () => {
  for (const isRenamed of [true, false]) {
    const { made, identity, office, shutOut, refusedTimes } = await stage()
    await using _ = shutOut
    const recoveryKey = recoveryKeyOf(made.recoveryWords)
    if (!recoveryKey) throw new Error('no words')
    const { accountKey, identity: other } = await identityOf(alice, 'recovered')
    const revokedAt = '2026-11-21T13:00:00.000Z'
    office.lists.set(
      alice,
      nextList(identity.deviceList, recoveryKey, (list) => {
        const named = { user: list.user, accountKey: toBase64url(accountKey.public) }
        return {
          ...named,
          signedAt: revokedAt,
          devices: isRenamed ? list.devices.map((one) => ({ ...one, revokedAt })) : other.opened.list.devices,
          recovered: signRecovered(named, list.sequence + 1, recoveryKey.secret),
        }
      }),
    )
    await refusedTimes(1)
    expect([shutOut.facts, shutOut.signal.aborted]).toEqual([{ why: 'taken-over', at: revokedAt }, true])
    expect(String(shutOut.signal.reason)).toContain('recovery words')
  }
})

test('[GON5] nobody or somebody else of that name, and a server of an earlier time, are told apart, believed for now alone, and forgotten when it lets the device in', async () => {
  const { made, identity, office, clock, line, own, known, shutOut, become, refusedTimes } = await stage()
  await using _ = shutOut
  const { devices } = (await identityOf(alice, 'another')).identity.opened.list
  const earlier = nextList(identity.deviceList, made.accountKey, () => ({ devices }))
  const later = nextList(earlier, made.accountKey, () => ({ devices: identity.opened.list.devices }))
  const opened = openDeviceList(later)
  if (!opened) throw new Error('no list')
  await own.follow(later, opened)
  const found = async () => {
    await clock.pass(ASK_AGAIN_MS)
    await refusedTimes(1)
    return shutOut.facts?.why
  }
  office.lists.delete(alice)
  expect(await found()).toBe('no-account')
  office.lists.set(alice, (await identityOf(alice, 'another')).identity.deviceList)
  expect(await found()).toBe('other-account')
  office.lists.set(alice, earlier)
  expect(await found()).toBe('put-back')
  expect(shutOut.signal.aborted).toBe(false)
  expect(known.map(({ why }) => why)).toEqual(['no-account', 'other-account', 'put-back'])
  line.trouble = undefined
  become('online')
  expect(shutOut.facts).toBeUndefined()
})
