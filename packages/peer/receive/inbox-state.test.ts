import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InboxState } from '../operations.ts'
import { type InboxEvent, next, type Standing } from './inbox-state.ts'

const want = { folder: '/out' }
const other = { folder: '/elsewhere' }
const standings: Record<InboxState, Standing> = {
  request: { state: 'request' },
  announced: { state: 'announced' },
  scheduled: { state: 'scheduled', want },
  fetching: { state: 'fetching', want },
  ready: { state: 'ready' },
  changed: { state: 'changed', waitsFor: 'the file changed' },
  refused: { state: 'refused' },
  gone: { state: 'gone' },
  expired: { state: 'expired' },
}
const states = Object.keys(standings) as InboxState[]
const events: InboxEvent[] = [
  { kind: 'taken-in', contact: true, media: true },
  { kind: 'approved', media: true },
  { kind: 'approved', media: false },
  { kind: 'asked', want: other },
  { kind: 'began' },
  { kind: 'waits', reason: 'nobody is there' },
  { kind: 'paused' },
  { kind: 'paused', why: 'the disk is full' },
  { kind: 'reopened' },
  { kind: 'stored' },
  { kind: 'cleared' },
  { kind: 'source-changed', reason: 'the file changed' },
  { kind: 'refused' },
  { kind: 'ran-out' },
]

/** The table of inbox-state.ts, row by row: what is not here changes nothing. */
const moves: [InboxState, InboxEvent, Standing, string[]][] = [
  ['request', { kind: 'approved', media: true }, { state: 'announced' }, []],
  ['request', { kind: 'approved', media: false }, { state: 'ready' }, ['hook']],
  ['announced', { kind: 'asked', want: other }, { state: 'scheduled', want: other }, []],
  ['scheduled', { kind: 'asked', want: other }, { state: 'scheduled', want: other }, []],
  ['refused', { kind: 'asked', want: other }, { state: 'scheduled', want: other }, []],
  ['scheduled', { kind: 'began' }, { state: 'fetching', want }, []],
  ...(['scheduled', 'fetching'] as const).flatMap((state): [InboxState, InboxEvent, Standing, string[]][] => [
    [
      state,
      { kind: 'waits', reason: 'nobody is there' },
      { state: 'scheduled', want, waitsFor: 'nobody is there' },
      [],
    ],
    [state, { kind: 'paused' }, { state: 'announced' }, []],
    [state, { kind: 'paused', why: 'the disk is full' }, { state: 'announced', why: 'the disk is full' }, []],
  ]),
  ['fetching', { kind: 'reopened' }, { state: 'scheduled', want }, []],
  ['fetching', { kind: 'stored' }, { state: 'ready' }, ['hook']],
  ['ready', { kind: 'cleared' }, { state: 'announced' }, []],
  ...(['announced', 'scheduled', 'fetching'] as const).map((state): [InboxState, InboxEvent, Standing, string[]] => [
    state,
    { kind: 'source-changed', reason: 'the file changed' },
    { state: 'changed', waitsFor: 'the file changed' },
    ['stop'],
  ]),
  ['request', { kind: 'refused' }, { state: 'refused', request: true }, ['stop']],
  ...(['announced', 'scheduled', 'fetching', 'changed'] as const).map(
    (state): [InboxState, InboxEvent, Standing, string[]] => [
      state,
      { kind: 'refused' },
      { state: 'refused' },
      ['stop'],
    ],
  ),
  ...(['request', 'announced', 'scheduled', 'fetching', 'changed'] as const).map(
    (state): [InboxState, InboxEvent, Standing, string[]] => [
      state,
      { kind: 'withdrawn' },
      { state: 'gone' },
      ['stop'],
    ],
  ),
  ...(['request', 'announced', 'scheduled', 'fetching'] as const).map(
    (state): [InboxState, InboxEvent, Standing, string[]] => [
      state,
      { kind: 'ran-out' },
      { state: 'expired' },
      ['stop'],
    ],
  ),
]

describe('inbox states', () => {
  test('[I1] a message of a contact is announced, without media ready at once; anybody else makes a request', () => {
    expect(next(undefined, { kind: 'taken-in', contact: true, media: true })).toEqual([{ state: 'announced' }, []])
    expect(next(undefined, { kind: 'taken-in', contact: true, media: false })).toEqual([{ state: 'ready' }, ['hook']])
    for (const media of [true, false]) {
      expect(next(undefined, { kind: 'taken-in', contact: false, media })).toEqual([{ state: 'request' }, []])
    }
  })

  test('[I2] every state and event: the moves of the table, and nothing else moves', () => {
    for (const state of states) {
      for (const event of events) {
        const found = moves.find(([from, when]) => from === state && JSON.stringify(when) === JSON.stringify(event))
        const [, , to, effects] = found ?? [state, event, standings[state], []]
        expect([state, event.kind, next(standings[state], event)]).toEqual([state, event.kind, [to, effects]])
      }
    }
  })

  test('[I2] a request that was declined can be fetched only after its sender was approved', () => {
    const declined: Standing = { state: 'refused', request: true }
    expect(next(declined, { kind: 'asked', want })).toEqual([declined, []])
    expect(next(declined, { kind: 'approved', media: true })).toEqual([{ state: 'refused' }, []])
  })

  test('[I2] whatever happens, nothing is fetched of a request, and ready is left by clearing alone', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 40 }), fc.boolean(), (path, contact) => {
        let [standing] = next(undefined, { kind: 'taken-in', contact, media: true })
        let approved = contact
        let hooks = 0
        let cleared = 0
        for (const event of path) {
          const before: Standing | undefined = standing
          const [after, effects] = next(standing, event)
          standing = after
          approved ||= event.kind === 'approved'
          hooks += effects.filter((effect) => effect === 'hook').length
          if (!approved) expect(['request', 'refused', 'expired']).toContain(standing?.state)
          if (before?.state === 'ready' && event.kind === 'cleared') cleared++
          else if (before?.state === 'ready') expect(standing?.state).toBe('ready')
        }
        // What is fetched again is due again here; the record knows that it was run.
        expect(hooks).toBeLessThanOrEqual(1 + cleared)
      }),
    )
  })
})
