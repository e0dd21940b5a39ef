import { expect, test } from 'vitest'
import type { Conversation } from '../device-connection.ts'
import { isNewsNow } from './history-coming.ts'
import { newOnes } from './new-contacts.ts'
import { tabTitle } from './heading-focus.ts'
import { news, unreadIn } from './notifying.ts'

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

test('[SYN5] while what was said before is coming, only what is said just now rings', () => {
  const nowMs = Date.parse('2026-11-22T12:00:00.000Z')
  expect(isNewsNow('2025-11-22T12:00:00.000Z', true, nowMs)).toBe(false)
  expect(isNewsNow('2026-11-22T11:59:00.000Z', true, nowMs)).toBe(true)
  expect(isNewsNow('2025-11-22T12:00:00.000Z', false, nowMs)).toBe(true)
})

test('[EYE6] a tab says how much is unread; of muted conversations and requests nothing', () => {
  expect(unreadIn([talk({ unread: 2 }), talk({ unread: 3, muted: true }), talk({ request: true }), talk({})])).toBe(3)
  expect(tabTitle('ann', 3)).toBe('(3) ann · Doorpost')
  expect(tabTitle('ann', 0)).toBe('ann · Doorpost')
  expect(tabTitle('Doorpost', 1)).toBe('(1) Doorpost')
})
