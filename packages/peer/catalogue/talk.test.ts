import { expect, test } from 'vitest'
import { markWords, typingWords } from './talk.ts'

const marks = (...states: ('waiting' | 'accepted' | 'delivered' | 'read' | 'fetched')[]) =>
  states.map((state) => ({ state }))

test('[TLK13] how far a message got is a word for one, and for several how many are how far, the furthest first', () => {
  expect(markWords(marks('read'))).toBe('read')
  expect(markWords(marks('delivered', 'delivered'))).toBe('delivered')
  expect(markWords(marks('accepted', 'read', 'delivered', 'read'))).toBe('read by 2, delivered to 1, sent to 1')
  expect(markWords([])).toBe('')
})

test('[TLK13] who writes is named up to two', () => {
  expect([[], ['bob'], ['bob', 'carol'], ['bob', 'carol', 'dan']].map(typingWords)).toEqual([
    '',
    'bob writes',
    'bob and carol write',
    '3 people write',
  ])
})
