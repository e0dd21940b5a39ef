// What stands at the end side while no conversation is open: two invitations to begin, and a link to give to a friend. Files that are let
// go of here wait until somebody is chosen for them.

import { useCarried } from '../cards/carried.ts'
import { useAsked } from '../device.ts'
import { LinkButton } from '../look/button.tsx'
import { FilmIcon } from '../look/icons.tsx'
import { ShowIcon } from '../live/icons.tsx'
import { toast } from '../look/toast.tsx'
import { go, href } from '../route.ts'
import { useFormats, useWords } from '../words/words.ts'
import { useDropTarget } from './drop-target.ts'
import { useHeadingFocus } from './heading-focus.ts'
import { Invite } from './invite.tsx'
import { lostSays } from './lost-says.ts'
import './blank.css'

export function Blank() {
  const words = useWords()
  const heading = useHeadingFocus(words.shell.name)
  const { value } = useAsked('contacts.list', {}, ['people'])
  const alone = value?.length === 0
  const formats = useFormats()
  const { carry } = useCarried()
  const { over, onDragEnter, onDragOver, onDragLeave, onDrop } = useDropTarget(
    (given) => {
      carry(given)
      go('new')
    },
    true,
    (lost) => toast({ text: lostSays(words.talk, formats, lost) }),
  )
  return (
    <div className="blank" {...{ onDragEnter, onDragOver, onDragLeave, onDrop }}>
      <div className="blank-cards">
        <section className="blank-card">
          <span className="blank-sign">
            <FilmIcon size={32} />
          </span>
          <h1 ref={heading} tabIndex={-1}>
            {words.talk.blankTitle}
          </h1>
          <p>{words.talk.blankSays}</p>
          <LinkButton kind={alone ? 'plain' : 'main'} href={href('new')}>
            {words.talk.blankWho}
          </LinkButton>
        </section>
        {navigator.mediaDevices !== undefined && (
          <section className="blank-card">
            <span className="blank-sign">
              <ShowIcon size={32} />
            </span>
            <h2>{words.talk.showTitle}</h2>
            <p>{words.talk.showSays}</p>
            <LinkButton href={href('new', 'show')}>{words.talk.showWho}</LinkButton>
          </section>
        )}
      </div>
      <Invite {...(alone && { title: words.talk.inviteTitle, main: true })} />
      {over && (
        <p className="conversation-drop">
          <span>{words.talk.dropFirst}</span>
        </p>
      )}
    </div>
  )
}
