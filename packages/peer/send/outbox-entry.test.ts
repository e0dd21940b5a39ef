import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import type { Envelope } from '@doorpost/protocol/envelope'
import { AGAIN_FIRST_MS, AGAIN_MAX_MS, nextEntry, type OutboxEntry, outboxKey } from './outbox-entry.ts'

const draft: OutboxEntry = {
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  class: 'message',
  to: ['bob@example.org' as UserAddress],
  date: '2026-11-21T12:00:00.000Z',
  expires: '2026-12-21T12:00:00.000Z',
  content: { title: 'hello', media: [] },
  tries: 0,
  notBeforeMs: 0,
}
const envelope = (body: string): Envelope => ({
  v: 1,
  id: draft.id,
  class: 'message',
  from: 'alice@example.org/laptop' as DeviceAddress,
  to: [...draft.to],
  date: draft.date,
  expires: draft.expires,
  heads: [{ sequence: 1, hash: 'x' }],
  sealed: { keys: [], body },
})

describe('an outbox entry', () => {
  test('[G9] the wait doubles from a second to five minutes, is half random, and no shorter than the server asks', () => {
    let entry: OutboxEntry | undefined = draft
    const waits: number[] = []
    for (let tries = 0; tries < 12 && entry; tries++) {
      entry = nextEntry(entry, { kind: 'held', nowMs: 1000, jitter: 1 })
      waits.push((entry?.notBeforeMs ?? 0) - 1000)
    }
    expect(waits.slice(0, 4)).toEqual([AGAIN_FIRST_MS, 2 * AGAIN_FIRST_MS, 4 * AGAIN_FIRST_MS, 8 * AGAIN_FIRST_MS])
    expect(waits.at(-1)).toBe(AGAIN_MAX_MS)
    expect(nextEntry(draft, { kind: 'held', nowMs: 0, jitter: 0 })?.notBeforeMs).toBe(AGAIN_FIRST_MS / 2)
    expect(nextEntry(draft, { kind: 'held', nowMs: 0, jitter: 0, retryAfterMs: 30_000 })?.notBeforeMs).toBe(30_000)
    expect(nextEntry(draft, { kind: 'held', nowMs: 0, jitter: 0, retryAfterMs: 1e12 })?.notBeforeMs).toBe(AGAIN_MAX_MS)
  })

  test('[G5] sealed bytes stay the same through everything but the word that none were accepted', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('sealed' as const), envelope: fc.string().map(envelope) }),
      fc.record({
        kind: fc.constant('held' as const),
        nowMs: fc.nat(),
        jitter: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ kind: fc.constant('moved-on' as const), nowMs: fc.nat(), jitter: fc.constant(0.5) }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let entry: OutboxEntry = draft
        for (const one of events) {
          const after = nextEntry(entry, one)
          if (!after) throw new Error('gone')
          if (entry.envelope && one.kind !== 'moved-on') expect(after.envelope).toEqual(entry.envelope)
          if (one.kind === 'moved-on') expect([after.envelope, after.fresh]).toEqual([undefined, true])
          expect([after.id, after.content, outboxKey(after)]).toEqual([draft.id, draft.content, outboxKey(draft)])
          entry = after
        }
      }),
    )
  })

  test('[G5] accepted, refused and run out leave nothing to send', () => {
    for (const kind of ['accepted', 'refused', 'ran-out'] as const) {
      expect(nextEntry({ ...draft, envelope: envelope('x') }, { kind })).toBeUndefined()
    }
  })
})
