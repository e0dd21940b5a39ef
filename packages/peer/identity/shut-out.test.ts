// What a device learns by itself when the server lets it in no more, and how often it asks.

import { expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { Trouble } from '../operations.ts'
import type { LineState } from '../session/line.ts'
import { listeners } from '../session/listeners.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { openFakePostOffice } from './fake-post-office.ts'
import { keepOwnList } from './own-list.ts'
import { alice, identityOf, nextList } from './people-stage.ts'
import { ASK_AGAIN_MS, watchShutOut } from './shut-out.ts'

test('[DEV30] a device that is let in no more asks once a minute at most, and says that and when it was revoked', async () => {
  const { identity, accountKey } = await identityOf(alice)
  const office = openFakePostOffice()
  office.lists.set(alice, identity.deviceList)
  const clock = fakeClock()
  const states = listeners<LineState>()
  const line = { onState: states.add, trouble: undefined as { code: string; detail: string } | undefined }
  let revoked = 0
  await using shutOut = watchShutOut({
    line: line as Parameters<typeof watchShutOut>[0]['line'],
    own: keepOwnList(openMemoryStore(), identity),
    clock,
    openLine: () => office.lineOf(alice),
    onRevoked: () => revoked++,
    onFault(error) {
      throw error
    },
  })
  const refusedTimes = async (times: number) => {
    for (let at = 0; at < times; at++) {
      states.tell('offline')
      await clock.pass(1_000)
    }
  }
  line.trouble = { code: 'server-unreachable', detail: '' }
  await refusedTimes(3)
  expect(office.calls).toEqual([])
  line.trouble = { code: 'login-refused', detail: '' }
  await refusedTimes(5)
  // The list is the same: the server means something else.
  expect([office.calls.length, shutOut.signal.aborted]).toEqual([1, false])
  const revokedAt = '2026-11-21T13:00:00.000Z'
  office.lists.set(
    alice,
    nextList(identity.deviceList, accountKey, ({ devices }) => ({
      devices: [...devices.map((one) => ({ ...one, revokedAt }))],
    })),
  )
  await clock.pass(ASK_AGAIN_MS)
  await refusedTimes(5)
  expect([office.calls.length, revoked]).toEqual([2, 1])
  expect(shutOut.signal.reason).toBeInstanceOf(Trouble)
  expect(String(shutOut.signal.reason)).toContain(`revoked at ${revokedAt}`)
})
