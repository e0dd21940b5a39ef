// Conversations in words, the same on every screen. Pure.

import type { TalkMark } from '../operations.ts'

const one: Record<TalkMark['state'], string> = {
  waiting: 'waits here',
  accepted: 'sent',
  delivered: 'delivered',
  read: 'read',
  fetched: 'has it',
  refused: 'declined',
}

/** From what was reached last to what was reached first, in the order in which it is told. */
const order = ['read', 'fetched', 'refused', 'delivered', 'accepted', 'waiting'] as const

/** What stands at the end of one's own line: `read`; to several `read by 2, delivered to 1`. Empty where nobody else is meant. */
export function markWords(marks: readonly Pick<TalkMark, 'state'>[]): string {
  const [first, ...more] = marks
  if (!first) return ''
  if (more.every(({ state }) => state === first.state)) return one[first.state]
  return order
    .flatMap((state) => {
      const count = marks.filter((mark) => mark.state === state).length
      return count === 0 ? [] : [`${one[state]}${prepositions[state]} ${count}`]
    })
    .join(', ')
}

const prepositions: Record<TalkMark['state'], string> = {
  waiting: ' for',
  accepted: ' to',
  delivered: ' to',
  read: ' by',
  fetched: ':',
  refused: ' by',
}

/** `bob writes`, `bob and carol write`. Empty where nobody does. `names`: as they are shown. */
export function typingWords(names: readonly string[]): string {
  if (names.length === 0) return ''
  if (names.length === 1) return `${names[0]} writes`
  if (names.length === 2) return `${names[0]} and ${names[1]} write`
  return `${names.length} people write`
}

/** Whoever wants somebody more in a conversation. */
export const anotherConversation =
  'One person more makes another conversation: those who come do not see what was said before.'
