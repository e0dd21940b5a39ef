// The links this device made: what became of each, the link itself once more, and taking it back. "Fetched" is what the browser that has
// it signed, never a guess.

import { lazy, useRef, useState } from 'react'
import { CardLine } from '../cards/card-line.tsx'
import { ChooseAgain } from '../cards/choose-again.tsx'
import type { GivenFile } from '../cards/given-file.ts'
import { useGivenHere } from '../cards/given-here.ts'
import { placeOf, useGivenFor } from '../cards/kept-sheets.ts'
import { doUnlessUndone, useUndoable } from '../cards/undoable.ts'
import type { LinkStatus } from '../device-connection.ts'
import { useAsked, usePeer } from '../device.ts'
import { Button } from '../look/button.tsx'
import { LinkIcon } from '../look/icons.tsx'
import { MoreRows } from '../look/more-rows.tsx'
import { toast } from '../look/toast.tsx'
import { useNow } from '../screens/now.ts'
import { Part } from '../screens/page.tsx'
import { Room } from '../screens/room.tsx'
import { troubleText, useFormats, useWords } from '../words/words.ts'
import { LinkHandOver } from './link-hand-over.tsx'
import { LinkMade } from './link-made.tsx'
import './own-links.css'

/** Links at first: the newest. */
const LINKS = 30

const SendMedia = lazy(async () => ({ default: (await import('../cards/send-media.tsx')).SendMedia }))

export function OwnLinks() {
  const words = useWords().link
  const { value } = useAsked('links.list', {}, ['sent'])
  const { given, turn, give, letGo } = useGivenFor(placeOf([]))
  return (
    <>
      <Part says={words.ownSays}>
        {given.length > 0 ? (
          <Room inside>
            <SendMedia key={turn} to={[]} given={given} text="" onSent={letGo} onCancel={letGo} />
          </Room>
        ) : (
          <Choose onFiles={give} />
        )}
      </Part>
      {value && (
        <Part>
          {value.length === 0 && <p>{words.none}</p>}
          <MoreRows all={value.toReversed()} step={LINKS} className="own-links">
            {(link) => (
              <li key={link.id}>
                <OwnLink link={link} />
              </li>
            )}
          </MoreRows>
        </Part>
      )}
    </>
  )
}

/** Folders and clips are added in what opens then. */
function Choose({ onFiles }: { readonly onFiles: (given: readonly GivenFile[]) => void }) {
  const words = useWords().link
  const picker = useRef<HTMLInputElement>(null)
  return (
    <div className="part-buttons">
      <Button icon={<LinkIcon />} onClick={() => picker.current?.click()}>
        {words.make}
      </Button>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          const chosen = [...(event.target.files ?? [])]
          event.target.value = ''
          if (chosen.length > 0) onFiles(chosen.map((file) => ({ file, folder: [] })))
        }}
      />
    </div>
  )
}

function OwnLink({ link }: { readonly link: LinkStatus }) {
  const words = useWords()
  const formats = useFormats()
  const now = useNow()
  const peer = usePeer()
  const key = `link ${link.id}`
  const isTakenBack = useUndoable(key)
  const isHere = useGivenHere(link.id)
  const [shown, setShown] = useState(false)
  const [first] = link.media
  const isOpen = link.open && !isTakenBack
  const revoke = () =>
    doUnlessUndone(key, words.link.revoked, () => {
      peer.do('links.revoke', { id: link.id }).catch((error: unknown) => toast({ text: troubleText(error) }))
    })
  return (
    <article className="own-link">
      <h2>
        <bdi>{link.title ?? first?.name}</bdi>
      </h2>
      <p className="quiet small">
        {link.media.length > 1 && <>{words.cards.files(link.media.length)} · </>}
        <bdi>{formats.size(link.sizeBytes)}</bdi>
        {' · '}
        <time dateTime={link.date} title={formats.exact(link.date)}>
          {formats.when(link.date, now)}
        </time>
      </p>
      <Became link={isTakenBack ? { ...link, state: 'revoked', open: false } : link} />
      {isOpen && link.state !== 'fetched' && !isHere && link.handed?.state !== 'gives' && (
        <ChooseAgain message={link} />
      )}
      {isOpen && link.state !== 'fetched' && (isHere || link.handed) && <LinkHandOver link={link} />}
      {shown && isOpen && <LinkMade made={link} fresh />}
      {isOpen && (
        <div className="part-buttons">
          {!shown && <Button onClick={() => setShown(true)}>{words.link.show}</Button>}
          <Button kind="bad" onClick={revoke}>
            {words.link.revoke}
          </Button>
        </div>
      )}
    </article>
  )
}

function Became({ link: { state, at, expires } }: { readonly link: LinkStatus }) {
  const words = useWords().link
  const formats = useFormats()
  const now = useNow()
  const when = (instant: string | undefined) => (instant === undefined ? '' : formats.when(instant, now))
  switch (state) {
    case 'waiting':
      return (
        <CardLine sign="clock" below={words.openUntil(when(expires))}>
          {words.notYet}
        </CardLine>
      )
    case 'fetching':
      return (
        <CardLine tone="accent" sign="fetch">
          {words.fetching(when(at))}
        </CardLine>
      )
    case 'fetched':
      return (
        <CardLine tone="good" sign="check">
          {words.fetched(when(at))}
        </CardLine>
      )
    case 'expired':
      return <CardLine sign="gone">{words.ended(when(expires))}</CardLine>
    case 'revoked':
      return <CardLine sign="gone">{words.revoked}</CardLine>
  }
}
