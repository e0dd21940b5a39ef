import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { isOffered, isSettled, nextSent, recipientOf, type SentEvent, type SentRecord, statusOf } from './sent.ts'

const bob = 'bob@example.org' as UserAddress
const bobLaptop = 'bob@example.org/laptop' as DeviceAddress
const bobPhone = 'bob@example.org/phone' as DeviceAddress
const carolPhone = 'carol@example.org/phone' as DeviceAddress
const carolLaptop = 'carol@example.org/laptop' as DeviceAddress
const nowMs = Date.parse('2026-11-21T12:00:00.000Z')
const record: SentRecord = {
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  date: '2026-11-21T11:00:00.000Z',
  expires: '2026-12-21T11:00:00.000Z',
  media: [
    { root: 'one', sizeBytes: 1 },
    { root: 'two', sizeBytes: 2 },
  ],
  messageHash: 'hash',
  uploadedBytes: 0,
  recipients: [
    { address: bob, state: 'waiting', fetchedAt: null, receipted: [] },
    { address: carolPhone, state: 'waiting', fetchedAt: null, receipted: [] },
  ],
}
const apply = (events: readonly SentEvent[], from = record) => events.reduce(nextSent, from)
const stateOf = (after: SentRecord, address: string) => after.recipients.find((one) => one.address === address)?.state
const receipt = (by: DeviceAddress, root: string): SentEvent => ({
  kind: 'receipt',
  by,
  root,
  storedAt: '2026-11-21T12:02:00.000Z',
})
const accepted: SentEvent = { kind: 'accepted', at: '2026-11-21T11:00:01.000Z' }

describe('a sent record', () => {
  test('[G10] a device speaks for the recipient that names it or its user, and for nobody else', () => {
    expect(recipientOf(record, bobLaptop)?.address).toBe(bob)
    expect(recipientOf(record, carolPhone)?.address).toBe(carolPhone)
    expect(recipientOf(record, carolLaptop)).toBeUndefined()
    expect(recipientOf(record, 'bobby@example.org/laptop' as DeviceAddress)).toBeUndefined()
    const told = apply([accepted, { kind: 'progress', by: carolLaptop, state: 'fetching' }])
    expect(stateOf(told, carolPhone)).toBe('accepted')
  })

  test('[G10] a state only goes forward, but for one who declined and fetches after all', () => {
    const states = ['announced', 'fetching', 'refused'] as const
    const event = fc.oneof(
      fc.constant(accepted),
      fc.constantFrom(...states).map((state): SentEvent => ({ kind: 'progress', by: bobLaptop, state })),
      fc.constantFrom('one', 'two').map((root) => receipt(bobLaptop, root)),
    )
    const rank: Record<string, number> = {
      waiting: 0,
      accepted: 1,
      announced: 2,
      refused: 2.5,
      fetching: 3,
      fetched: 4,
    }
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let now = record
        for (const one of events) {
          const before = stateOf(now, bob) ?? ''
          now = nextSent(now, one)
          const after = stateOf(now, bob) ?? ''
          if (after !== 'refused') expect(rank[after]).toBeGreaterThanOrEqual(rank[before] ?? 0)
          if (before === 'fetched') expect(after).toBe('fetched')
        }
      }),
    )
  })

  test('[R3] fetched means a receipt for every media, from whichever device of that recipient', () => {
    const first = apply([accepted, receipt(bobLaptop, 'one')])
    expect(statusOf(first, nowMs).recipients[0]).toMatchObject({ state: 'fetching', receipt: 'none', fetchedAt: null })
    const both = apply([receipt(bobPhone, 'two')], first)
    expect(statusOf(both, nowMs).recipients).toEqual([
      { address: bob, state: 'fetched', fetchedAt: '2026-11-21T12:02:00.000Z', receipt: 'verified' },
      { address: carolPhone, state: 'accepted', fetchedAt: null, receipt: 'none' },
    ])
    expect(apply([receipt(bobLaptop, 'three')], record)).toBe(record)
  })

  test('[R4] the same receipt twice counts once', () => {
    const once = apply([receipt(bobLaptop, 'one')])
    expect(nextSent(once, receipt(bobLaptop, 'one'))).toBe(once)
  })

  test('[G14] of a recipient who says nothing, nothing but accepted or expired is told', () => {
    const quiet = apply([accepted])
    expect(statusOf(quiet, nowMs).recipients[0]?.state).toBe('accepted')
    expect(statusOf(quiet, Date.parse(record.expires) + 1).recipients[0]?.state).toBe('expired')
  })

  test('[G13] waiting ends when all fetched or declined, when it failed, was withdrawn or ran out', () => {
    const all = [receipt(bobLaptop, 'one'), receipt(bobLaptop, 'two')]
    const done = apply([accepted, ...all, { kind: 'progress', by: carolPhone, state: 'refused' }])
    expect(isSettled(done, nowMs)).toBe(true)
    expect(isSettled(apply([accepted, ...all]), nowMs)).toBe(false)
    expect(isSettled(apply([{ kind: 'failed', reason: 'no' }]), nowMs)).toBe(true)
    expect(isSettled(apply([{ kind: 'withdrawn', at: record.date }]), nowMs)).toBe(true)
    expect(isSettled(record, Date.parse(record.expires) + 1)).toBe(true)
    const text = { ...record, media: [] }
    expect([isSettled(text, nowMs), isSettled(apply([accepted], text), nowMs)]).toEqual([false, true])
  })

  test('[G11] what was withdrawn or ran out is not offered', () => {
    expect(isOffered(record, nowMs)).toBe(true)
    expect(isOffered(apply([{ kind: 'withdrawn', at: record.date }]), nowMs)).toBe(false)
    expect(isOffered(record, Date.parse(record.expires) + 1)).toBe(false)
  })

  test('[G6] a message that is held back says so until it is accepted, and is sealed anew only before that', () => {
    const held = apply([{ kind: 'held', reason: 'no line' }])
    expect(statusOf(held, nowMs).heldBack).toBe('no line')
    const gone = apply([accepted, { kind: 'held', reason: 'no line' }, { kind: 'sealed', messageHash: 'other' }], held)
    expect([statusOf(gone, nowMs).heldBack, gone.messageHash]).toEqual([undefined, 'hash'])
  })
})
