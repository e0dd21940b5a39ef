// What a search found on this device: conversations by name, messages by their words.

import { useAsked } from '../device.ts'
import { Avatar } from '../look/avatar.tsx'
import { ListRow } from '../look/list-row.tsx'
import { href } from '../route.ts'
import { troubleText, useFormats, useWords } from '../words/words.ts'
import { ConversationRow } from './conversation-row.tsx'
import { foundLine } from './found-line.ts'
import { nameOf } from './names.ts'
import { useNow } from './now.ts'
import { useMe } from './oneself.ts'

/** More than a reader looks through; a longer word finds less. */
const FOUND_MAX = 50

export function Found({ words: wanted, current }: { readonly words: string; readonly current: string | undefined }) {
  const words = useWords()
  const formats = useFormats()
  const me = useMe()
  const now = useNow()
  const { value, trouble } = useAsked('talk.search', { words: wanted, limit: FOUND_MAX }, ['talk'])
  if (trouble) return <p className="side-none">{troubleText(trouble)}</p>
  if (!value) return null
  const { conversations, messages } = value
  return (
    <div role="status">
      {conversations.length === 0 && messages.length === 0 && (
        <p className="side-none">{words.talk.foundNothing(wanted)}</p>
      )}
      {conversations.length > 0 && <h2 className="side-heading">{words.talk.foundPeople}</h2>}
      <ul>
        {conversations.map((conversation) => (
          <li key={conversation.id}>
            <ConversationRow conversation={conversation} current={conversation.id === current} />
          </li>
        ))}
      </ul>
      {messages.length > 0 && <h2 className="side-heading">{words.talk.foundMessages}</h2>}
      <ul>
        {messages.map((message) => (
          <li key={message.id}>
            <ListRow
              to={href('with', message.conversation, message.id)}
              before={<Avatar names={[nameOf(message.from, me)]} />}
              title={<bdi>{message.mine ? words.look.you : nameOf(message.from, me)}</bdi>}
              below={<bdi>{foundLine(message, wanted)}</bdi>}
              after={
                <time dateTime={message.at} title={formats.exact(message.at)}>
                  {formats.when(message.at, now)}
                </time>
              }
            />
          </li>
        ))}
      </ul>
    </div>
  )
}
