import { expect, test } from 'vitest'
import type { Conversation } from '../device-connection.ts'
import { newOnes } from './new-contacts.ts'
import { news } from './notifying.ts'

const talk = (more: Partial<Conversation>): Conversation => ({
  id: 'c',
  people: [],
  request: false,
  unread: 1,
  count: 1,
  last: { id: 'm2', from: 'ann@x', mine: false, at: '', line: 'hello', media: [] },
  muted: false,
  typing: [],
  ...more,
})

test("[SCR10] new messages of others are told once; muted ones, read ones, one's own and requests are not", () => {
  const before = new Map([['c', 'm1']])
  expect(news(before, [talk({})])).toHaveLength(1)
  expect(news(new Map([['c', 'm2']]), [talk({})])).toEqual([])
  expect(news(before, [talk({ muted: true })])).toEqual([])
  expect(news(before, [talk({ unread: 0 })])).toEqual([])
  expect(news(before, [talk({ request: true })])).toEqual([])
  expect(news(before, [talk({ last: { id: 'm2', from: 'me@x', mine: true, at: '', line: '', media: [] } })])).toEqual(
    [],
  )
})

test('[SCR10] who became a contact is told once; who was one, or is half of one, is not', () => {
  const line = (address: string, state: 'mutual' | 'approved') => ({ address, state, fingerprint: 'F' })
  const now = [line('ann@x', 'mutual'), line('bob@x', 'mutual'), line('carol@x', 'approved')]
  expect(newOnes(new Set(['ann@x']), now)).toEqual(['bob@x'])
})
