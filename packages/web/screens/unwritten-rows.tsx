// Contacts nobody has exchanged a word with yet, below the conversations: whoever came by a link is there at once.

import type { ReactNode } from 'react'
import type { ContactLine, Conversation } from '../device-connection.ts'
import { useAsked } from '../device.ts'
import { Avatar } from '../look/avatar.tsx'
import { ListRow } from '../look/list-row.tsx'
import { href } from '../route.ts'
import { useWords } from '../words/words.ts'
import { nameOf } from './names.ts'
import { useMe } from './oneself.ts'
import { usePresence } from './presence.ts'
import { unwritten } from './unwritten.ts'

/** Shown at most: whoever has more looks among the contacts. */
const SHOWN_MAX = 12

export function Unwritten({
  conversations,
  current,
  children,
}: {
  readonly conversations: readonly Conversation[]
  readonly current: string | undefined
  /** Where there is nobody of the kind. */
  readonly children: ReactNode
}) {
  const { value } = useAsked('contacts.list', {}, ['people'])
  if (!value) return null
  const rows = unwritten(conversations, value).slice(0, SHOWN_MAX)
  if (rows.length === 0) return children
  return (
    <ul>
      {rows.map((contact) => (
        <li key={contact.address}>
          <UnwrittenRow contact={contact} current={current} />
        </li>
      ))}
    </ul>
  )
}

function UnwrittenRow({
  contact: { address, online },
  current,
}: {
  readonly contact: ContactLine
  readonly current: string | undefined
}) {
  const words = useWords()
  const me = useMe()
  const there = usePresence()
  const { value } = useAsked('conversation', { with: [address], limit: 1 })
  const name = nameOf(address, me)
  const id = value?.conversation.id
  return (
    <ListRow
      to={id === undefined ? href('contacts', address) : href('with', id)}
      current={id !== undefined && id === current}
      before={<Avatar names={[name]} online={there(online) === true} />}
      title={<bdi>{name}</bdi>}
      below={words.talk.nothingYet}
    />
  )
}
