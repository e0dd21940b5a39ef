// What a link shows to whoever opens it, with or without an account: who sends what, until when, and one tap to have it. Looking uses
// nothing up; the first tap that fetches makes the link this browser's.

import { useEffect } from 'react'
import { ReceivedCard } from '../cards/received-card.tsx'
import { DeviceProvider, useAsked, useDevice, useDeviceState } from '../device.ts'
import type { DeviceConnection, DeviceState, InboxEntry, TalkMessage } from '../device-connection.ts'
import { Announcements } from '../look/announce.tsx'
import { Button } from '../look/button.tsx'
import { Mark } from '../look/mark.tsx'
import { Toasts } from '../look/toast.tsx'
import { useSpatialKeys } from '../look/spatial-keys.ts'
import { useHeadingFocus } from '../screens/heading-focus.ts'
import { nameOf } from '../screens/names.ts'
import { useNow } from '../screens/now.ts'
import { useMe } from '../screens/oneself.ts'
import { Placard } from '../screens/placard.tsx'
import { Coming } from '../screens/room.tsx'
import { useFormats, useWords } from '../words/words.ts'
import { KeptHere } from './kept-here.tsx'
import { StraightHere } from './straight-here.tsx'
import './link-page.css'

/** `device`: of open-link.ts. */
export function LinkPage({ device }: { readonly device: DeviceConnection }) {
  useSpatialKeys()
  // Another link in the same tab is another page.
  useEffect(() => {
    const anew = () => location.reload()
    addEventListener('hashchange', anew)
    return () => removeEventListener('hashchange', anew)
  }, [])
  return (
    <DeviceProvider value={device}>
      <Standing />
      <Toasts />
      <Announcements />
    </DeviceProvider>
  )
}

function Standing() {
  const state = useDeviceState()
  const words = useWords().link
  switch (state.state) {
    case 'open':
      return <Opened />
    case 'elsewhere':
      return (
        <Placard main picture={<Mark size={48} />} title={words.otherTab}>
          <p>{words.otherTabSays}</p>
        </Placard>
      )
    case 'none':
      return (
        <Placard main picture={<Mark size={48} />} title={words.cleared}>
          <p>{words.clearedSays}</p>
          <Button kind="main" onClick={() => location.reload()}>
            {words.openAgain}
          </Button>
        </Placard>
      )
    case 'closed':
      return <Closed state={state} />
    default:
      return <Coming />
  }
}

/** In plain words why there is nothing, and what can be done. */
function Closed({ state }: { readonly state: Extract<DeviceState, { state: 'closed' }> }) {
  const words = useWords()
  const { code, detail } = state
  const told = {
    'not-allowed': words.link.taken,
    gone: words.link.takenBack,
    expired: words.link.over,
    malformed: words.link.broken,
    'server-unreachable': words.link.away,
  } as const
  const known = code !== undefined && code in told ? told[code as keyof typeof told] : undefined
  // Nothing that is over opens by being tried again.
  const isWorthATry = known === undefined || known === words.link.away
  return (
    <Placard main picture={<Mark size={48} />} title={known?.title ?? words.link.wrong}>
      <p>{known?.says ?? <span lang="en">{detail}</span>}</p>
      {isWorthATry && (
        <Button kind="main" onClick={() => location.reload()}>
          {words.look.again}
        </Button>
      )}
    </Placard>
  )
}

function Opened() {
  const { value } = useAsked('inbox', {}, ['inbox'])
  const [entry] = value ?? []
  return entry ? <Shown entry={entry} /> : <Coming />
}

function Shown({ entry }: { readonly entry: InboxEntry }) {
  const { link: words, shell } = useWords()
  const formats = useFormats()
  const now = useNow()
  const device = useDevice()
  const name = nameOf(entry.from, useMe())
  const title = words.title(name, entry.media.length, kindOf(entry))
  const heading = useHeadingFocus(title)
  const isOver = entry.state === 'expired' || entry.state === 'gone'
  return (
    <main className="link-page">
      <div className="link-inside">
        <p className="link-house">
          <Mark size={28} />
          {shell.name}
        </p>
        <div className="link-head">
          <h1 ref={heading} tabIndex={-1}>
            <bdi>{title}</bdi>
          </h1>
          <p>
            <bdi>{entry.from}</bdi>
            {!isOver && (
              <>
                {' · '}
                <time dateTime={entry.expires} title={formats.exact(entry.expires)}>
                  {words.openUntil(formats.when(entry.expires, now))}
                </time>
              </>
            )}
          </p>
        </div>
        <ReceivedCard message={messageOf(entry)} entry={entry} bare />
        {!isOver && entry.state !== 'ready' && <StraightHere device={device} name={name} />}
        <KeptHere device={device} />
        <footer className="link-foot">
          {!isOver && <p>{words.how(name)}</p>}
          {!isOver && entry.state !== 'ready' && <p>{words.first}</p>}
          <p>
            <a href="/">{words.house}</a>
          </p>
        </footer>
      </div>
    </main>
  )
}

/** What it is called where it is one, by what its sender says of it. */
function kindOf({ media }: InboxEntry): 'film' | 'picture' | 'sound' | 'file' {
  const [only, other] = media
  if (!only || other) return 'file'
  if (only.type.startsWith('video/')) return 'film'
  if (only.type.startsWith('image/')) return 'picture'
  return only.type.startsWith('audio/') ? 'sound' : 'file'
}

/** A card shows messages of conversations; this one is of none. */
function messageOf(entry: InboxEntry): TalkMessage {
  return { ...entry, conversation: '', mine: false, at: entry.sentAt }
}
