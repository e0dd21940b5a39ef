// One conversation: who it is with, what was said, a place to write, and everything of it a place to drop files on.

import { lazy, useCallback, useEffect, useState } from 'react'
import type { Recorded } from '../cards/attach.tsx'
import { placeOf, useGivenFor } from '../cards/kept-sheets.ts'
import type { Conversation as Facts, TalkMessage } from '../device-connection.ts'
import { useAsked, usePeer } from '../device.ts'
import { href } from '../route.ts'
import { troubleText, useFormats, useWords } from '../words/words.ts'
import { Composer } from './composer.tsx'
import { ConversationHead } from './conversation-head.tsx'
import { useDropTarget, usePastedFiles } from './drop-target.ts'
import { useRecorded } from '../live/recorded.ts'
import { LivePlace } from '../live/live-place.tsx'
import { KeyChanged } from './key-changed.tsx'
import { lostSays } from './lost-says.ts'
import { firstWindow, type MessageWindow, widerBefore, laterThan } from './message-window.ts'
import { Messages } from './messages.tsx'
import { namesOf, othersOf } from './names.ts'
import { useMe } from './oneself.ts'
import { Placard } from './placard.tsx'
import { useIsOver } from './refused.ts'
import { Coming, Room } from './room.tsx'
import { Standing } from './standing.tsx'
import './conversation.css'

const SendMedia = lazy(async () => ({ default: (await import('../cards/send-media.tsx')).SendMedia }))

/** `around`: a message that a search found. `showing`: it was opened to show something. */
export function Conversation({
  id,
  around,
  showing = false,
}: {
  readonly id: string
  readonly around: string | undefined
  readonly showing?: boolean
}) {
  const words = useWords()
  const { shown, setShown } = useMessageWindow(around)
  const asked = useAsked('conversation', { id, ...shown }, ['talk', 'inbox', 'sent', 'people'], { keeps: true })
  const { value, trouble } = asked
  const first = value?.messages[0]?.id
  const last = value?.messages.at(-1)?.id
  const onEarlier = useCallback(() => setShown((now) => widerBefore(now, first)), [setShown, first])
  const onLater = useCallback(() => setShown((now) => laterThan(now, last)), [setShown, last])
  useOwnWordsShown(value?.conversation, value?.later === true, setShown)
  if (trouble && !value) return <Placard title={words.shell.lost}>{<p>{troubleText(trouble)}</p>}</Placard>
  if (!value) return <Coming />
  return (
    <Open
      facts={value.conversation}
      messages={value.messages}
      around={around}
      showing={showing}
      {...(value.more && { onEarlier })}
      {...(value.later && { onLater })}
    />
  )
}

function Open({
  facts,
  messages,
  around,
  showing,
  onEarlier,
  onLater,
}: {
  readonly facts: Facts
  readonly messages: readonly TalkMessage[]
  readonly around: string | undefined
  readonly showing: boolean
  readonly onEarlier?: () => void
  readonly onLater?: () => void
}) {
  const words = useWords()
  const formats = useFormats()
  const me = useMe()
  const others = othersOf(facts)
  const to = others.map(({ address }) => address)
  const { given, turn, give, letGo: letGoOfGiven } = useGivenFor(placeOf(to))
  const [record, setRecord] = useState<Recorded>()
  const [text, setText] = useState(facts.draft ?? '')
  const isGiving = given.length > 0 || record !== undefined
  const letGo = () => {
    forgetLost()
    letGoOfGiven()
    setRecord(undefined)
  }
  const changed = others.find(({ contact }) => contact === 'changed')
  const blocked = others.length === 1 && others[0]?.contact === 'blocked'
  const isOver = useIsOver()
  const takes = changed === undefined && !blocked && !isOver
  const { over, lost, forgetLost, ...dropping } = useDropTarget(give, takes)
  usePastedFiles(give, takes)
  useSeen(facts, messages)
  useRecorded(facts.id, (file) => give([{ file, folder: [] }]))
  return (
    <section className="conversation" {...dropping} data-over={over ? '' : undefined}>
      <ConversationHead facts={facts} showing={showing} />
      {changed ? (
        <KeyChanged address={changed.address} />
      ) : (
        <>
          <LivePlace conversation={facts.id} people={others.map(({ address }) => address)} />
          <Messages
            messages={messages}
            group={others.length > 1}
            typing={facts.typing}
            around={around}
            {...(onEarlier && { onEarlier })}
            {...(onLater && { onLater })}
          />
          <div className="conversation-foot">
            <Standing others={others} />
            {lost && (
              <p className="conversation-lost" role="alert">
                {lostSays(words.talk, formats, lost)}
              </p>
            )}
            {isGiving && (
              <Room inside>
                <SendMedia
                  key={turn}
                  to={to}
                  given={given}
                  text={text}
                  {...(record && { record })}
                  onSent={() => {
                    letGo()
                    setText('')
                  }}
                  onCancel={letGo}
                />
              </Room>
            )}
            {isOver && (
              <div className="standing">
                <p>
                  {words.shell.outHere} <a href={href('out')}>{words.shell.outMore}</a>
                </p>
              </div>
            )}
            {!isGiving && !blocked && !isOver && (
              <Composer
                key={facts.id}
                conversation={facts.id}
                to={to}
                label={words.talk.writeTo(others.length === 0 ? [words.talk.onlyYou] : namesOf(facts, me))}
                text={text}
                onText={setText}
                onFiles={give}
                onRecord={setRecord}
              />
            )}
          </div>
        </>
      )}
      {over && (
        <p className="conversation-drop">
          <span>{words.talk.drop}</span>
        </p>
      )}
    </section>
  )
}

/** What came of a drop and is not to be sent. */
/** A part of the conversation: its end, or what is around a message that was found. */
function useMessageWindow(around: string | undefined) {
  const [shown, setShown] = useState<MessageWindow>(() => firstWindow(around))
  const [was, setWas] = useState(around)
  if (was !== around) {
    setWas(around)
    if (around !== undefined) setShown(firstWindow(around))
  }
  return { shown, setShown }
}

/** Whoever says something is shown what they said, wherever they were reading. */
function useOwnWordsShown(facts: Facts | undefined, isBefore: boolean, setShown: (shown: MessageWindow) => void): void {
  const last = facts?.last
  const [was, setWas] = useState(last?.id)
  useEffect(() => {
    if (last?.id === was) return
    setWas(last?.id)
    if (was !== undefined && isBefore && last?.mine) setShown(firstWindow(undefined))
  }, [last, was, isBefore, setShown])
}

/** What stands before the reader is read: once the page is looked at, and again with every message that comes. */
function useSeen({ id, unread, request }: Facts, messages: readonly TalkMessage[]): void {
  const peer = usePeer()
  const last = messages.findLast(({ mine }) => !mine)?.id
  useEffect(() => {
    if (unread === 0 || last === undefined || request) return
    const mark = () => {
      if (document.visibilityState !== 'visible') return
      // What was not marked now is marked when it is looked at again.
      peer.do('talk.mark', { conversation: id, upTo: last }).catch(() => undefined)
    }
    mark()
    document.addEventListener('visibilitychange', mark)
    return () => document.removeEventListener('visibilitychange', mark)
  }, [peer, id, unread, last, request])
}
