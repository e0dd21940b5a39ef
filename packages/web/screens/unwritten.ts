// Which contacts nobody has exchanged a word with yet. Pure.

import type { ContactLine, Conversation } from '../device-connection.ts'
import { othersOf } from './names.ts'

/** Mutual contacts without a conversation of their own. */
export function unwritten(conversations: readonly Conversation[], contacts: readonly ContactLine[]): ContactLine[] {
  const written = new Set(
    conversations.flatMap((conversation) => {
      const [only, another] = othersOf(conversation)
      return only && !another ? [only.address] : []
    }),
  )
  return contacts.filter(({ address, state }) => state === 'mutual' && !written.has(address))
}
