import { expect, test } from 'vitest'
import { clearedRecord, type InboxRecord, stepRecord } from './inbox-record.ts'

const whole = {
  id: 'm1',
  expires: '2999-01-01T00:00:00.000Z',
  media: ['a', 'b'].map((root) => ({
    root,
    sizeBytes: 9,
    verifiedBytes: 9,
    path: `/${root}`,
    listed: true,
    receipt: 'given',
  })),
  standing: { state: 'ready' },
} as unknown as InboxRecord

test('[BSR8] what was cleared away is not here any more, is given out by nobody, and can be asked for again', () => {
  const record = clearedRecord(whole, 'a')
  expect(record.standing).toEqual({ state: 'announced' })
  // That it was receipted once stays true.
  expect(record.media[0]).toEqual({ root: 'a', sizeBytes: 9, verifiedBytes: 0, receipt: 'given' })
  expect(record.media[1]).toEqual(whole.media[1])
  expect(record.cleared).toBe(true)
  const asked = stepRecord(record, { kind: 'asked', want: { folder: '/kept' } }, false).record
  expect([asked.standing.state, asked.cleared]).toEqual(['scheduled', undefined])
})

test('[BSR8] what was taken back meanwhile cannot be had again', () => {
  const gone = { reason: 'withdrawn', at: '2026-11-21T12:00:00.000Z' } as const
  expect(clearedRecord({ ...whole, gone }, 'a').standing).toEqual({ state: 'gone' })
})
