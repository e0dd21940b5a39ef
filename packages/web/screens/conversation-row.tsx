// A conversation in the list: who, the last line or what is going on, when, and how much of it is unread.

import type { Conversation } from '../device-connection.ts'
import { Avatar } from '../look/avatar.tsx'
import { Badge } from '../look/badge.tsx'
import { BellOffIcon, FilmIcon } from '../look/icons.tsx'
import { href } from '../route.ts'
import { useFormats, useWords } from '../words/words.ts'
import { nameOf, namesOf, othersOf } from './names.ts'
import { useNow } from './now.ts'
import { useMe } from './oneself.ts'
import { usePresence } from './presence.ts'
import { shownName } from '../look/shown-name.ts'
import './conversation-row.css'

export function ConversationRow({
  conversation,
  current,
}: {
  readonly conversation: Conversation
  readonly current: boolean
}) {
  const words = useWords()
  const formats = useFormats()
  const me = useMe()
  const now = useNow()
  const { last, unread, muted } = conversation
  const names = namesOf(conversation, me)
  const others = othersOf(conversation)
  const there = usePresence()
  const online = others.length === 1 && there(others[0]?.online) === true
  const changed = others.some(({ contact }) => contact === 'changed')
  return (
    <a
      className="list-row list-row-link conversation-row"
      href={href('with', conversation.id)}
      aria-current={current ? 'page' : undefined}
      data-unread={unread > 0 ? '' : undefined}
    >
      <Avatar names={names.length > 0 ? names : [nameOf(me, me)]} online={online} />
      <span className="list-row-text">
        <span className="conversation-row-top">
          <bdi className="conversation-row-name">
            {names.length === 0 ? words.talk.onlyYou : words.talk.members(names)}
          </bdi>
          {online && <span className="unseen">, {words.talk.online}</span>}
          {last && (
            <time className="conversation-row-when" dateTime={last.at} title={formats.exact(last.at)}>
              {formats.when(last.at, now)}
            </time>
          )}
        </span>
        <span className="conversation-row-below">
          <span className="conversation-row-line" dir="auto">
            <LastLine conversation={conversation} me={me} />
          </span>
          {muted && <BellOffIcon size={16} />}
          {changed && <Badge tone="warn">{words.talk.changedShort}</Badge>}
          {unread > 0 && (
            <Badge tone="accent">
              <span aria-hidden="true">{formats.number(unread)}</span>
              <span className="unseen">{words.talk.unread(unread)}</span>
            </Badge>
          )}
        </span>
      </span>
    </a>
  )
}

function LastLine({ conversation, me }: { readonly conversation: Conversation; readonly me: string }) {
  const words = useWords()
  const { typing, draft, last, people } = conversation
  if (typing.length > 0) {
    return (
      <span className="conversation-row-now">{words.talk.isTyping(typing.map((address) => nameOf(address, me)))}</span>
    )
  }
  if (draft !== undefined) {
    return (
      <>
        <span className="conversation-row-now">{words.talk.draft}</span> {draft}
      </>
    )
  }
  if (!last) return null
  const speaker = last.mine ? words.talk.youSaid : people.length > 2 ? `${nameOf(last.from, me)}:` : undefined
  return (
    <>
      {speaker !== undefined && <span>{speaker} </span>}
      {last.media.length > 0 && (
        <span className="conversation-row-media">
          <FilmIcon size={16} />
        </span>
      )}
      {last.line !== ''
        ? last.line
        : last.media.length === 1
          ? shownName(last.media[0]?.name ?? '')
          : words.talk.media(last.media.length)}
    </>
  )
}
