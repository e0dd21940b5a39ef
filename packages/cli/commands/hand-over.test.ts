// Handing what was sent over in a terminal: to whom, and how it is kept here instead.

import type { SentStatus } from '@doorpost/peer/operations'
import { expect, test } from 'vitest'
import { fake } from '../fake-surroundings.ts'

const sent: SentStatus = {
  id: 'AbCdEf12AbCdEf12AbCdEf',
  date: '2026-11-21T12:00:00.000Z',
  expires: '2026-12-21T12:00:00.000Z',
  sizeBytes: 5_000_000,
  uploadedBytes: 0,
  recipients: [{ address: 'bob@example.org', state: 'accepted', fetchedAt: null, receipt: 'none' }],
}
const handed = { device: 'tower', at: sent.date, state: 'asked' } as const

test('[BSR31] --stop waits for no other device; it goes with none, and something has to be said', async () => {
  const it = fake({
    answers: {
      status: () => sent,
      'send.handOver': () => ({ ...sent, handed: { ...handed, quietSince: sent.date } }),
      'send.keepHere': () => sent,
    },
  })
  expect(await it.run('hand-over', sent.id, 'tower')).toBe(0)
  expect(it.err()).toContain('tower does not go on; it may be away.')
  expect(await it.run('hand-over', sent.id, '--stop')).toBe(0)
  expect(it.err()).toContain('This device gives it out, and has to stay until they have it.')
  expect(it.asked.at(-1)).toEqual({ name: 'send.keepHere', args: { id: sent.id } })
  expect([await it.run('hand-over', sent.id), await it.run('hand-over', sent.id, 'tower', '--stop')]).toEqual([64, 64])
})
