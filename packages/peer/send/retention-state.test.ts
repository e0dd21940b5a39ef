import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CopyEvent,
  everybodyHasIt,
  nextCopy,
  ruleFor,
  type SentCopy,
  type WhenFetched,
} from './retention-state.ts'
import { nextSent, type SentEvent, type SentRecord } from './sent.ts'

const at = '2026-11-21T12:00:00.000Z'
const nowMs = Date.parse(at)
const copy: SentCopy = {
  messageId: 'A'.repeat(22),
  root: 'R'.repeat(43),
  path: '/films/a.mov',
  stamp: { sizeBytes: 1, changedAtNs: '1', identity: '1:1' },
  own: false,
  now: { state: 'held' },
}
const rule: fc.Arbitrary<WhenFetched> = fc.constantFrom<WhenFetched>(
  { do: 'keep' },
  { do: 'archive', folder: '/archive' },
  { do: 'delete' },
)
const event: fc.Arbitrary<CopyEvent> = fc.oneof(
  rule.map((account): CopyEvent => ({ kind: 'everybody-has-it', account, at })),
  fc.constantFrom<CopyEvent>(
    { kind: 'placed', path: '/archive/a.mov', at },
    { kind: 'removed', at },
    { kind: 'another', at },
  ),
)

describe('what becomes of a sent copy', () => {
  test("[RET1] whatever happens, a user's original is touched only when that was asked of its message", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        expect(events.reduce(nextCopy, copy).now).toEqual({ state: 'held' })
      }),
    )
  })

  test("[RET1] the account's rule is for Doorpost's own copies; what was said of the message comes first", () => {
    const account: WhenFetched = { do: 'delete' }
    expect(ruleFor(copy, account)).toEqual({ do: 'keep' })
    expect(ruleFor({ own: true }, account)).toEqual(account)
    expect(ruleFor({ own: true, asked: { do: 'keep' } }, account)).toEqual({ do: 'keep' })
    expect(ruleFor({ own: false, asked: { do: 'delete' } }, { do: 'keep' })).toEqual({ do: 'delete' })
  })

  test('[RET2] nothing is moved or deleted before everybody has it, nor without its intention before it; the end is the end', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), rule, fc.boolean(), (events, asked, own) => {
        let now: SentCopy = { ...copy, own, asked }
        let before = now
        let due = false
        for (const each of events) {
          due ||= each.kind === 'everybody-has-it'
          before = now
          now = nextCopy(now, each)
          if (now.now.state === 'deleted' && before.now.state !== 'deleted') expect(before.now.state).toBe('deleting')
          if (now.now.state === 'archived' && before.now.state !== 'archived')
            expect(before.now.state).toBe('archiving')
          if (!due) expect(now.now).toEqual({ state: 'held' })
          if (['archived', 'deleted', 'kept'].includes(before.now.state)) expect(now).toBe(before)
          if (asked.do === 'keep') expect(now.now).toEqual({ state: 'held' })
        }
      }),
    )
  })

  const media = [
    { root: 'a', sizeBytes: 1 },
    { root: 'b', sizeBytes: 1 },
  ]
  const record: SentRecord = {
    id: 'A'.repeat(22),
    date: at,
    expires: '2026-12-21T12:00:00.000Z',
    acceptedAt: at,
    media,
    uploadedBytes: 0,
    recipients: (['bob@example.org', 'carol@example.org'] as const).map((address) => ({
      address: address as SentRecord['recipients'][number]['address'],
      state: 'accepted',
      fetchedAt: null,
      receipted: [],
    })),
  }
  const sentEvent = fc.oneof(
    fc.record({
      kind: fc.constant('receipt' as const),
      by: fc.constantFrom(
        'bob@example.org/laptop',
        'bob@example.org/phone',
        'carol@example.org/tower',
        'eve@example.org/x',
      ),
      root: fc.constantFrom('a', 'b', 'c'),
      storedAt: fc.constant(at),
    }),
    fc.record({
      kind: fc.constant('progress' as const),
      by: fc.constantFrom('bob@example.org/laptop', 'carol@example.org/tower'),
      state: fc.constantFrom('announced' as const, 'fetching' as const, 'refused' as const),
    }),
    fc.constant({ kind: 'withdrawn' as const, at }),
  ) as fc.Arbitrary<SentEvent>

  test('[RET2] everybody has it exactly when each named recipient has receipted every media and nothing was taken back', () => {
    fc.assert(
      fc.property(fc.array(sentEvent, { maxLength: 20 }), (events) => {
        const last = events.reduce(nextSent, record)
        const has = (user: string, root: string) =>
          events.some((one) => one.kind === 'receipt' && one.root === root && one.by.startsWith(`${user}/`))
        const all = record.recipients.every(({ address }) => media.every(({ root }) => has(address, root)))
        const withdrawn = events.some(({ kind }) => kind === 'withdrawn')
        expect(everybodyHasIt(last, nowMs)).toBe(all && !withdrawn)
        expect(everybodyHasIt(last, Date.parse(record.expires) + 1)).toBe(false)
      }),
      { numRuns: 500 },
    )
  })
})
