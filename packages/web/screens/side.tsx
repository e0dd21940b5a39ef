// The start side: search, contact requests, conversations.

import { useDeferredValue, useState } from 'react'
import type { Conversation } from '../device-connection.ts'
import { useAsked, usePeer } from '../device.ts'
import { Badge } from '../look/badge.tsx'
import { Button, IconButton } from '../look/button.tsx'
import { CloseIcon, PersonIcon, SearchIcon } from '../look/icons.tsx'
import { ListRow } from '../look/list-row.tsx'
import { useSomeFirst } from '../look/some-first.ts'
import { href, useRoute } from '../route.ts'
import { useWords } from '../words/words.ts'
import { Blank } from './blank.tsx'
import { ConversationRow } from './conversation-row.tsx'
import { Found } from './found.tsx'
import { useHeadingFocus } from './heading-focus.ts'
import { HistoryLine } from './history-line.tsx'
import { Unwritten } from './unwritten-rows.tsx'
import './side.css'

const NONE: readonly Conversation[] = []
/** Conversations at first: whoever is a contact can begin as many as there are sets of people. */
const ROWS = 200

/** `narrow`: it is the whole page, and where nothing is listed yet it says how to begin. */
export function Side({ narrow }: { readonly narrow: boolean }) {
  const words = useWords()
  const peer = usePeer()
  const [route0, route1] = useRoute()
  const [typed, setTyped] = useState('')
  const search = useDeferredValue(typed.trim())
  const { value } = useAsked('conversations', {}, ['talk', 'inbox', 'sent', 'people'])
  const conversations = value ?? NONE
  const requests = conversations.filter(({ request }) => request)
  const { some, next, showMore } = useSomeFirst(
    conversations.filter(({ request }) => !request),
    ROWS,
  )
  const isEmpty = value !== undefined && conversations.length === requests.length
  return (
    <>
      {narrow && conversations.length > requests.length && <SideHeading />}
      <div className="side-search">
        <SearchIcon size={18} />
        <input
          type="search"
          aria-label={words.talk.search}
          placeholder={words.talk.searchHint}
          {...(typed !== '' && { dir: 'auto' })}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          // What is looked through is read while the first word is typed.
          onFocus={() => void peer.do('talk.search', { words: '' }).catch(() => undefined)}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && typed !== '') {
              event.preventDefault()
              event.stopPropagation()
              setTyped('')
            }
          }}
        />
        {typed !== '' && (
          <IconButton name={words.talk.clearSearch} onClick={() => setTyped('')}>
            <CloseIcon size={16} />
          </IconButton>
        )}
      </div>
      <div className="side-list">
        {search !== '' ? (
          <Found words={search} current={route0 === 'with' ? route1 : undefined} />
        ) : (
          <>
            {requests.length > 0 && (
              <ListRow
                to={href('requests')}
                current={route0 === 'requests'}
                before={
                  <span className="side-sign">
                    <PersonIcon />
                  </span>
                }
                title={words.talk.requests(requests.length)}
                after={<Badge tone="accent">{requests.length}</Badge>}
              />
            )}
            <HistoryLine />
            <ul>
              {some.map((conversation) => (
                <li key={conversation.id}>
                  <ConversationRow
                    conversation={conversation}
                    current={route0 === 'with' && route1 === conversation.id}
                  />
                </li>
              ))}
            </ul>
            {next > 0 && (
              <Button kind="quiet" wide onClick={showMore}>
                {words.cards.more(next)}
              </Button>
            )}
            {value && (
              <Unwritten conversations={conversations} current={route0 === 'with' ? route1 : undefined}>
                {isEmpty && !narrow && <p className="side-none">{words.talk.noConversations}</p>}
              </Unwritten>
            )}
            {isEmpty && narrow && <Blank />}
          </>
        )}
      </div>
    </>
  )
}

/** On a phone the list is a screen of its own. */
function SideHeading() {
  const words = useWords()
  const heading = useHeadingFocus(words.shell.conversations)
  return (
    <h1 className="unseen" ref={heading} tabIndex={-1}>
      {words.shell.conversations}
    </h1>
  )
}
