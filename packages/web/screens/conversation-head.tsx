// Above a conversation: who it is with and whether they are there, and the way to more about them.

import type { Conversation } from '../device-connection.ts'
import { usePeer } from '../device.ts'
import { Avatar } from '../look/avatar.tsx'
import { IconButton, IconLink } from '../look/button.tsx'
import { BackIcon, BellIcon, BellOffIcon, InfoIcon } from '../look/icons.tsx'
import { ShowButton } from '../live/show-button.tsx'
import { href } from '../route.ts'
import { useWords } from '../words/words.ts'
import { useHeadingFocus } from './heading-focus.ts'
import { nameOf, namesOf, othersOf } from './names.ts'
import { useMe } from './oneself.ts'
import { usePresence } from './presence.ts'

export function ConversationHead({ facts, showing }: { readonly facts: Conversation; readonly showing: boolean }) {
  const words = useWords()
  const peer = usePeer()
  const me = useMe()
  const names = namesOf(facts, me)
  const others = othersOf(facts)
  const [only] = others
  const online = usePresence()(only?.online)
  const title = names.length === 0 ? words.talk.onlyYou : words.talk.members(names)
  const heading = useHeadingFocus(title)
  return (
    <header className="conversation-head">
      <IconLink className="only-phone" name={words.look.back} href={href()}>
        <BackIcon />
      </IconLink>
      <Avatar names={names.length > 0 ? names : [nameOf(me, me)]} />
      <div className="conversation-who">
        <h1 ref={heading} tabIndex={-1}>
          <bdi>{title}</bdi>
        </h1>
        {others.length > 1 && <p>{words.talk.membersCount(others.length + 1)}</p>}
        {others.length === 1 && online !== undefined && <p>{online ? words.talk.online : words.talk.away}</p>}
      </div>
      {others.length > 0 && others.every(({ contact }) => contact !== 'changed' && contact !== 'blocked') && (
        <ShowButton
          conversation={facts.id}
          begun={showing}
          others={others.map(({ address }) => ({ address, name: nameOf(address, me) }))}
        />
      )}
      <IconButton
        name={words.talk.mute}
        aria-pressed={facts.muted}
        onClick={() =>
          void peer.do('talk.mute', { conversation: facts.id, muted: !facts.muted }).catch(() => undefined)
        }
      >
        {facts.muted ? <BellOffIcon /> : <BellIcon />}
      </IconButton>
      <IconLink
        name={words.talk.about}
        href={others.length === 1 && only ? href('contacts', only.address) : href('with', facts.id, 'about')}
      >
        <InfoIcon />
      </IconLink>
    </header>
  )
}
