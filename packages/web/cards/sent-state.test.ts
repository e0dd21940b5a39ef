import { describe, expect, test } from 'vitest'
import type { SentStatus } from '../device-connection.ts'
import { handedShare, isOpen, isTakingOver, othersServe, recipientLine, stillNeeded } from './sent-state.ts'

type Recipient = SentStatus['recipients'][number]

const who = (change: Partial<Recipient>): Recipient => ({
  address: 'bob@post.example',
  state: 'accepted',
  fetchedAt: null,
  receipt: 'none',
  ...change,
})
const sent = (recipients: Recipient[], change: Partial<SentStatus> = {}): SentStatus => ({
  id: 'x',
  date: '2026-05-13T12:00:00Z',
  expires: '2026-06-13T12:00:00Z',
  sizeBytes: 1000,
  uploadedBytes: 0,
  recipients,
  ...change,
})
const withdrawn = { reason: 'withdrawn', at: '2026-05-13T12:00:00Z' } as const

describe('what a sender sees of each recipient', () => {
  test.each<[Partial<Recipient>, Partial<SentStatus>, object]>([
    [{ state: 'waiting' }, {}, { kind: 'outbox' }],
    [{ state: 'accepted' }, {}, { kind: 'waiting' }],
    [{ state: 'announced' }, {}, { kind: 'told' }],
    [{ state: 'fetching' }, {}, { kind: 'fetching' }],
    [{ state: 'fetching', givenBytes: 430 }, {}, { kind: 'fetching', share: 0.43 }],
    // What was given out is no receipt.
    [{ state: 'fetching', givenBytes: 4000 }, {}, { kind: 'fetching', share: 0.99 }],
    [{ state: 'fetched', fetchedAt: '2026-05-13T12:02:00Z' }, {}, { kind: 'fetching', share: 0.99 }],
    [
      { state: 'fetched', fetchedAt: '2026-05-13T12:02:00Z', receipt: 'verified' },
      {},
      { kind: 'has', at: '2026-05-13T12:02:00Z' },
    ],
    [{ state: 'fetched', receipt: 'verified' }, { gone: withdrawn }, { kind: 'has' }],
    [{ state: 'refused', refusedAt: '2026-05-13T12:02:00Z' }, {}, { kind: 'refused', at: '2026-05-13T12:02:00Z' }],
    [{ state: 'expired' }, {}, { kind: 'expired' }],
    [{ state: 'fetching' }, { gone: withdrawn }, { kind: 'withdrawn' }],
    [{ state: 'expired' }, { gone: withdrawn }, { kind: 'withdrawn' }],
  ])('[CRD11] %o %o', (recipient, status, expected) => {
    expect(recipientLine(who(recipient), sent([], status))).toEqual(expected)
  })

  test('[CRD12] the tab has to stay open for whoever may still fetch, and for nobody else', () => {
    const open = sent([who({}), who({ state: 'fetching' }), who({ state: 'fetched' }), who({ state: 'refused' })])
    expect(stillNeeded(open)).toBe(2)
    expect(stillNeeded({ ...open, gone: withdrawn })).toBe(0)
    expect(stillNeeded({ ...open, sizeBytes: 0 })).toBe(0)
    expect([othersServe(open), othersServe(sent([who({})]))]).toEqual([true, false])
  })

  test('[BSR6] what was handed over keeps the tab until the other device has all of it, as that one says', () => {
    const handed = (state: 'asked' | 'taken' | 'has' | 'refused', givenBytes?: number) =>
      sent([who({})], {
        handed: { device: 'tower', at: withdrawn.at, state, ...(givenBytes !== undefined && { givenBytes }) },
      })
    const states = (['asked', 'taken', 'has', 'refused'] as const).map((state) => handed(state))
    expect(states.map(stillNeeded)).toEqual([1, 1, 0, 1])
    expect(states.map(isTakingOver)).toEqual([true, true, false, false])
    expect(states.map(isOpen)).toEqual([true, true, true, true])
    expect(isOpen(sent([who({ state: 'fetched' }), who({ state: 'refused' })]))).toBe(false)
    expect([
      handedShare(handed('taken')),
      handedShare(handed('taken', 430)),
      handedShare(handed('taken', 2000)),
    ]).toEqual([0, 0.43, 0.99])
  })
})
