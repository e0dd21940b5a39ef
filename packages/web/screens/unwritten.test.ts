import { expect, test } from 'vitest'
import type { ContactLine, Conversation } from '../device-connection.ts'
import { unwritten } from './unwritten.ts'

const contact = (address: string, state: ContactLine['state'] = 'mutual'): ContactLine => ({
  address,
  fingerprint: 'f',
  state,
})
const withPeople = (...addresses: string[]): Conversation => ({
  id: addresses.join(),
  people: [{ address: 'me@here', me: true }, ...addresses.map((address) => ({ address }))],
  request: false,
  unread: 0,
  count: 1,
  muted: false,
  typing: [],
})

test('[SCR20] contacts without a conversation of their own are listed: a group is none, and who has not added back is not', () => {
  const contacts = [contact('ann@here'), contact('bob@here'), contact('carol@here'), contact('dan@here', 'approved')]
  const conversations = [withPeople('ann@here'), withPeople('bob@here', 'carol@here')]
  expect(unwritten(conversations, contacts).map(({ address }) => address)).toEqual(['bob@here', 'carol@here'])
})
