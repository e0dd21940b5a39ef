import { preferencesSchema } from '@doorpost/protocol/preferences'
import { expect, test } from 'vitest'
import { restoring, restoringRules } from './restoring.ts'

const before = preferencesSchema.parse({
  v: 1,
  sequence: 7,
  changedAt: '2026-11-21T12:00:00.000Z',
  priority: ['ann@example.org', 'crew.example'],
  junk: ['spam.example'],
  fetch: [{ from: ['ann@example.org'], decide: 'fetch' }, { decide: 'ask' }],
  requestsPerDay: 3,
  serve: { copies: false, hours: { from: '22:00', to: '07:00' } },
  openTo: ['dora@example.org'],
  tunnelOnly: ['otto@example.org'],
  sent: { whenFetched: 'archive', remindHours: 5 },
  marks: 'off',
  tellReceived: 'on',
})

test('[SCR15] the way back names every preference there is, rules in their order', () => {
  const edits = restoring(before)
  expect(edits[0]).toEqual({ reset: 'all' })
  const named = new Set(
    edits.flatMap((edit) =>
      'set' in edit ? Object.keys(edit.set) : 'add' in edit ? [edit.add] : 'addRule' in edit ? ['fetch'] : [],
    ),
  )
  const all = Object.keys(before).filter((name) => !['v', 'sequence', 'changedAt'].includes(name))
  expect([...named].toSorted()).toEqual(all.toSorted())
  expect(edits.flatMap((edit) => ('addRule' in edit ? [edit.addRule] : []))).toEqual(before.fetch)
  expect(edits.at(-1)).toMatchObject({
    set: { serve: before.serve, sent: before.sent, marks: 'off', tellReceived: 'on' },
  })
  expect(restoringRules({ fetch: [] })).toEqual([{ reset: 'fetch' }])
})

test('[SCR15] hours that nobody set are taken away again', () => {
  const { hours: _, ...serve } = before.serve
  expect(restoring({ ...before, serve }).at(-1)).toMatchObject({ set: { serve: { hours: null } } })
})
