// What was said: by day, the newest at the foot, where the reader stays unless they went up.

import { Fragment, memo, useEffect, useLayoutEffect, useRef } from 'react'
import type { TalkMessage } from '../device-connection.ts'
import { announce } from '../look/announce.tsx'
import { Avatar } from '../look/avatar.tsx'
import { Button } from '../look/button.tsx'
import { useFormats, useWords } from '../words/words.ts'
import { arrange, marksSentence, type Go } from './arrange.ts'
import { footOf, isAtFoot } from './at-foot.ts'
import { Message } from './message.tsx'
import { nameOf } from './names.ts'
import { useNow } from './now.ts'
import { useMe } from './oneself.ts'
import './messages.css'

export interface MessagesProps {
  readonly messages: readonly TalkMessage[]
  /** More than one other: names stand above. */
  readonly group: boolean
  readonly typing: readonly string[]
  readonly around: string | undefined
  readonly onEarlier?: () => void
  /** Where these are not the newest. */
  readonly onLater?: () => void
}

/** Drawn again when they look otherwise, and not with each key that is pressed beside them. */
export const Messages = memo(function Messages(props: MessagesProps) {
  const { messages, group, typing, around, onEarlier, onLater } = props
  const words = useWords()
  const formats = useFormats()
  const me = useMe()
  const now = useNow()
  const place = useScroll(messages, typing.length, around, onLater === undefined)
  useHeard(messages, me, onLater === undefined)
  const lastMine = onLater ? undefined : messages.findLast(({ mine }) => mine)
  return (
    <div className="messages" ref={place} role="region" aria-label={words.talk.messages} tabIndex={0}>
      <div className="messages-inside">
        {onEarlier ? (
          <Button kind="quiet" onClick={onEarlier}>
            {words.talk.earlier}
          </Button>
        ) : (
          messages.length === 0 && (
            <p className="messages-begin">
              {words.talk.begin} {words.talk.beginHint}
            </p>
          )
        )}
        {arrange(messages, formats, now).map((day) => (
          <Fragment key={`${day.name} ${day.goes[0]?.messages[0]?.id}`}>
            <h2 className="messages-day">{day.name}</h2>
            <ol className="messages-goes">
              {day.goes.map((go) => (
                <li key={go.messages[0]?.id}>
                  <OneGo go={go} group={group} me={me} lastMine={lastMine?.id} around={around} />
                </li>
              ))}
            </ol>
          </Fragment>
        ))}
        {typing.length > 0 && (
          <p className="messages-typing">{words.talk.isTyping(typing.map((address) => nameOf(address, me)))}</p>
        )}
        {onLater && (
          <Button kind="quiet" onClick={onLater}>
            {words.talk.later}
          </Button>
        )}
      </div>
    </div>
  )
})

function OneGo({
  go,
  group,
  me,
  lastMine,
  around,
}: {
  readonly go: Go
  readonly group: boolean
  readonly me: string
  readonly lastMine: string | undefined
  readonly around: string | undefined
}) {
  const words = useWords()
  const formats = useFormats()
  const last = go.messages.at(-1)
  const name = nameOf(go.from, me)
  return (
    <div className="messages-go" data-mine={go.mine ? '' : undefined}>
      {group && !go.mine && (
        <div className="messages-who">
          <Avatar names={[name]} />
        </div>
      )}
      <div className="messages-said">
        <p className={group && !go.mine ? 'messages-name' : 'unseen'}>
          <bdi>{go.mine ? words.look.you : name}</bdi>
        </p>
        {go.messages.map((message) => (
          <Message key={message.id} message={message} found={message.id === around} />
        ))}
        {last && (
          <p className="messages-when">
            <time dateTime={last.at} title={formats.exact(last.at)}>
              {formats.time(last.at)}
            </time>
            {last.id === lastMine && last.failed === undefined && (
              <span> · {marksSentence(last, words.talk, (address) => nameOf(address, me))}</span>
            )}
          </p>
        )}
      </div>
    </div>
  )
}

/** What a reader sees first, and how far below the top of the box it stands, px. */
interface Anchor {
  readonly id: string | undefined
  readonly below: number
}

interface Before {
  readonly last: string | undefined
  readonly anchor: Anchor | undefined
  readonly follows: boolean
  /** How far down it could be scrolled when it was last placed, px. */
  readonly foot: number
}

/** Follows the foot while the reader is there; what they read stays where it is when messages come or go above; goes to what was found. */
function useScroll(messages: readonly TalkMessage[], typing: number, around: string | undefined, isNewest: boolean) {
  const place = useRef<HTMLDivElement>(null)
  const before = useRef<Before>(undefined)
  const wentTo = useRef<string>(undefined)
  const first = messages[0]?.id
  const last = messages.at(-1)
  useLayoutEffect(() => {
    const box = place.current
    if (!box) return
    const was = before.current
    const found = around === undefined || wentTo.current === around ? null : box.querySelector('[data-found]')
    const said = last?.mine === true && isNewest && was?.last !== last.id
    if (found) {
      wentTo.current = around
      found.scrollIntoView({ block: 'center' })
    } else if (!was || (was.follows && isNewest) || said) box.scrollTop = box.scrollHeight
    else if (was.anchor) stay(box, was.anchor)
    before.current = standing(box, last?.id, isNewest)
  }, [first, last?.id, last?.mine, typing, around, isNewest])
  useEffect(() => {
    const box = place.current
    if (!box) return
    const note = () => {
      before.current = standing(box, last?.id, isNewest, before.current?.foot)
    }
    box.addEventListener('scroll', note, { passive: true })
    // A card that grows, or a keyboard that opens, leaves the foot where it is, or what is read.
    const sizes = new ResizeObserver(() => {
      const was = before.current
      if (!was) return
      // Who is going up is not held back: browsers differ in whether they tell of the scroll or of the size first.
      if (was.follows && isAtFoot(box, was.foot)) box.scrollTop = box.scrollHeight
      else if (!was.follows && was.anchor) stay(box, was.anchor)
      before.current = { ...was, foot: footOf(box) }
    })
    sizes.observe(box)
    if (box.firstElementChild) sizes.observe(box.firstElementChild)
    return () => {
      box.removeEventListener('scroll', note)
      sizes.disconnect()
    }
  }, [first, last?.id, isNewest])
  return place
}

/** `knownFoot`: where it was placed before; what grew since then is still to be told of. */
function standing(box: Element, last: string | undefined, isNewest: boolean, knownFoot?: number): Before {
  return {
    last,
    anchor: anchorIn(box),
    follows: isNewest && isAtFoot(box, knownFoot),
    foot: knownFoot ?? footOf(box),
  }
}

/** What was found, while it is seen; or else the first message that is not above the box, looked for by halves. */
function anchorIn(box: Element): Anchor | undefined {
  const all = box.querySelectorAll<HTMLElement>('[data-id]')
  const { top, bottom } = box.getBoundingClientRect()
  const found = box.querySelector<HTMLElement>('[data-found]')
  const place = found?.getBoundingClientRect()
  if (found && place && place.bottom > top && place.top < bottom) {
    return { id: found.dataset['id'], below: place.top - top }
  }
  let [low, high] = [0, all.length - 1]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((all[middle] as HTMLElement).getBoundingClientRect().bottom <= top) low = middle + 1
    else high = middle
  }
  const one = all[low]
  return one && { id: one.dataset['id'], below: one.getBoundingClientRect().top - top }
}

function stay(box: Element, { id, below }: Anchor): void {
  const one = [...box.querySelectorAll<HTMLElement>('[data-id]')].find(({ dataset }) => dataset['id'] === id)
  if (one) box.scrollTop += one.getBoundingClientRect().top - box.getBoundingClientRect().top - below
}

/** What somebody says while the conversation is open is heard. */
function useHeard(messages: readonly TalkMessage[], me: string, isNewest: boolean): void {
  const heard = useRef<string>(undefined)
  const last = messages.at(-1)
  useEffect(() => {
    // Who reads what was said earlier has come to another last message, and heard nothing new.
    if (!last || !isNewest) return
    const isNew = heard.current !== undefined && heard.current !== last.id
    heard.current = last.id
    if (isNew && !last.mine)
      announce(`${nameOf(last.from, me)}: ${last.text ?? last.title ?? last.media[0]?.name ?? ''}`)
  }, [last, me, isNewest])
}
