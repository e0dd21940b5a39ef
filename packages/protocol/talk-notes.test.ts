import { expect, test } from 'vitest'
import { RECIPIENTS_MAX } from './limits.ts'
import { MARKS_MAX, noteSchema } from './note.ts'
import { filled } from './sample-people.ts'

const at = '2026-11-21T12:00:00.000Z'
const id = filled(9, 16)
const conversation = filled(3, 32)

test('[TLK2] a mark names 1 to 200 messages that were read, and says nothing else', () => {
  const mark = (read: string[], more = {}) => noteSchema.safeParse({ note: 'mark', read, ...more }).success
  const ids = Array.from({ length: MARKS_MAX + 1 }, () => id)
  expect([mark([id]), mark(ids.slice(1)), mark(ids), mark([]), mark(['x']), mark([id], { by: 'x' })]).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ])
})

test('[TLK14] a note of what was sent names whom it went to, as an envelope would, and holds a whole message', () => {
  const sent = {
    note: 'sent',
    messageId: id,
    to: ['bob@example.org', 'carol@example.org/laptop'],
    date: at,
    expires: at,
  }
  const whole = { ...sent, acceptedAt: at, content: { text: 'hello', media: [] } }
  const takes = (more: object) => noteSchema.safeParse({ ...whole, ...more }).success
  const many = Array.from({ length: RECIPIENTS_MAX + 1 }, (_, index) => `user${index}@example.org`)
  expect(takes({})).toBe(true)
  expect(
    [{ to: [] }, { to: many }, { to: ['bob'] }, { content: { text: 'hello' } }, { acceptedAt: 'now' }].map(takes),
  ).toEqual(Array.from({ length: 5 }, () => false))
})

test('[TLK4] [TLK12] typing and seen name a conversation by its hash', () => {
  const takes = (note: object) => noteSchema.safeParse(note).success
  expect(takes({ note: 'typing', conversation })).toBe(true)
  expect(takes({ note: 'typing', conversation: id })).toBe(false)
  expect(takes({ note: 'seen', conversation, upTo: { at, id } })).toBe(true)
  expect(takes({ note: 'seen', conversation, upTo: { at: '2026', id } })).toBe(false)
})
