// What may look otherwise than a moment ago, for screens that ask again: one word for each kind.

import type { SentStatus } from './operations.ts'
import type { InboxRecord } from './receive/inbox-record.ts'
import type { PreferencesRoom } from './rules/preferences.ts'
import type { Listeners } from './session/listeners.ts'
import type { Talk } from './talk/talk.ts'

export interface MessageChange {
  readonly what: 'inbox' | 'sent' | 'preferences' | 'talk'
  /** The message, where it is one; the conversation. */
  readonly id?: string
}

export type OnMessageChange = (listener: (change: MessageChange) => void) => () => void

export function messageChanges(rooms: {
  readonly inboxWatchers: Listeners<InboxRecord>
  readonly sentWatchers: Listeners<SentStatus>
  readonly preferences: Pick<PreferencesRoom, 'onChange'>
  readonly talk: Pick<Talk, 'onChange'>
}): OnMessageChange {
  return (listener) => {
    const heard = [
      rooms.inboxWatchers.add(({ id }) => listener({ what: 'inbox', id })),
      rooms.sentWatchers.add(({ id }) => listener({ what: 'sent', id })),
      rooms.preferences.onChange(() => listener({ what: 'preferences' })),
      rooms.talk.onChange((id) => listener({ what: 'talk', id })),
    ]
    return () => {
      for (const end of heard) end()
    }
  }
}
