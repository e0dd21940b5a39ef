// What may look otherwise than a moment ago, for screens that ask again: one word for each kind.

import type { SentStatus } from './operations.ts'
import type { InboxRecord } from './receive/inbox-record.ts'
import type { PreferencesRoom } from './rules/preferences.ts'
import type { Grants } from './send/grants.ts'
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
  readonly grants: Pick<Grants, 'onChange'>
}): OnMessageChange {
  return (listener) => {
    const heard = [
      rooms.inboxWatchers.add(({ id }) => listener({ what: 'inbox', id })),
      rooms.sentWatchers.add(({ id }) => listener({ what: 'sent', id })),
      rooms.preferences.onChange(() => listener({ what: 'preferences' })),
      rooms.grants.onChange((id) => listener({ what: 'sent', id })),
      rooms.talk.onChange((id) => listener({ what: 'talk', id })),
    ]
    return () => {
      for (const end of heard) end()
    }
  }
}
