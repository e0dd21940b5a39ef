// The frame around everything once the device is open: conversations at the start side, one thing at the end side; one column on a
// phone, where the start shows the list and everything else the thing itself.

import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useWhileSending } from '../cards/while-sending.ts'
import { useAsked, useDeviceState } from '../device.ts'
import { announce } from '../look/announce.tsx'
import { IconLink } from '../look/button.tsx'
import { OfflineIcon, PeopleIcon, PlusIcon, SettingsIcon } from '../look/icons.tsx'
import { Mark } from '../look/mark.tsx'
import { href, useRoute, type Route } from '../route.ts'
import { troubleText, useWords, type Words } from '../words/words.ts'
import { LiveProvider, useNewLiveRoom } from '../live/live.ts'
import { LiveCornerPlace } from '../live/live-place.tsx'
import { Blank } from './blank.tsx'
import { Conversation } from './conversation.tsx'
import { InvitationLine } from './invitation-line.tsx'
import { useNarrow } from './narrow.ts'
import { useNewContacts } from './new-contacts.ts'
import { useNotifications } from './notifying.ts'
import { useMe } from './oneself.ts'
import { Placard } from './placard.tsx'
import { type Refused, useRefused } from './refused.ts'
import { Room } from './room.tsx'
import { Side } from './side.tsx'
import { WordsReminder } from './words-reminder.tsx'
import './frame.css'

const UpdateLine = lazy(async () => ({ default: (await import('../play/update-line.tsx')).UpdateLine }))
const Contacts = lazy(async () => ({ default: (await import('./contacts.tsx')).Contacts }))
const Contact = lazy(async () => ({ default: (await import('./contact.tsx')).Contact }))
const Requests = lazy(async () => ({ default: (await import('./requests.tsx')).Requests }))
const NewConversation = lazy(async () => ({ default: (await import('./new-conversation.tsx')).NewConversation }))
const Group = lazy(async () => ({ default: (await import('./group.tsx')).Group }))
const RecoveryWords = lazy(async () => ({ default: (await import('./recovery-words.tsx')).RecoveryWords }))
const AdminPage = lazy(async () => ({ default: (await import('../admin/admin-page.tsx')).AdminPage }))
const Out = lazy(async () => ({ default: (await import('./out.tsx')).Out }))
const Settings = lazy(async () => ({ default: (await import('./settings.tsx')).Settings }))

/** From the first picture on a line is expected within, ms. */
const LINE_EXPECTED_MS = 3_000

/** A server that starts anew is back before that, ms. */
const LONG_MS = 60_000

/** Live pictures go on whichever screen is open. */
export function Frame() {
  const room = useNewLiveRoom()
  const [first, conversation] = useRoute()
  return (
    <LiveProvider value={room}>
      <Screens />
      <News />
      <LiveCornerPlace conversation={first === 'with' ? conversation : undefined} />
    </LiveProvider>
  )
}

function Screens() {
  const words = useWords()
  const route = useRoute()
  const narrow = useNarrow()
  useWhileSending()
  const list = (
    <>
      <SideHead first={route[0]} />
      <Line />
      <Suspense fallback={null}>{<UpdateLine />}</Suspense>
      <InvitationLine />
      <WordsReminder />
      <Side narrow={narrow} />
    </>
  )
  if (narrow && route.length === 0) return <main className="frame frame-side">{list}</main>
  const thing = <Room key={route[0]}>{<Thing route={route} />}</Room>
  if (narrow) {
    return (
      <div className="frame frame-column">
        <Line />
        <Suspense fallback={null}>{<UpdateLine />}</Suspense>
        <main className="frame-thing">{thing}</main>
      </div>
    )
  }
  return (
    <div className="frame">
      <a
        className="frame-skip"
        href="#thing"
        onClick={(event) => {
          event.preventDefault()
          document.getElementById('thing')?.focus()
        }}
      >
        {words.look.skip}
      </a>
      <nav className="frame-side" aria-label={words.shell.conversations}>
        {list}
      </nav>
      <main className="frame-thing" id="thing" tabIndex={-1}>
        {thing}
      </main>
    </div>
  )
}

/** Messages that come while nobody looks are told, whichever screen is open. Draws nothing: no screen is drawn again for it. */
function News() {
  const { value } = useAsked('conversations', {}, ['talk'])
  useNotifications(value, useMe())
  useNewContacts()
  return null
}

function SideHead({ first }: { readonly first: string | undefined }) {
  const words = useWords()
  return (
    <header className="frame-head">
      <a className="frame-name" href={href()}>
        <Mark size={28} />
        <span>{words.shell.name}</span>
      </a>
      <IconLink
        name={words.shell.newConversation}
        href={href('new')}
        aria-current={first === 'new' ? 'page' : undefined}
      >
        <PlusIcon />
      </IconLink>
      <IconLink
        name={words.shell.contacts}
        href={href('contacts')}
        aria-current={first === 'contacts' ? 'page' : undefined}
      >
        <PeopleIcon />
      </IconLink>
      <IconLink
        name={words.shell.settings}
        href={href('settings')}
        aria-current={first === 'settings' ? 'page' : undefined}
      >
        <SettingsIcon />
      </IconLink>
    </header>
  )
}

/** Said once when it changes; while off-line it stands there, calmly, with what is known of why. */
function Line() {
  const words = useWords()
  const online = useOnline()
  const refused = useRefused(online)
  const isLong = useIsLong(!online)
  const why = online ? undefined : lineWords(refused, words, isLong)
  const before = useRef(why)
  useEffect(() => {
    if (before.current !== why) announce(why ?? words.shell.backOnline)
    before.current = why
  }, [why, words])
  if (why === undefined) return null
  return (
    <p className="frame-offline">
      <OfflineIcon />
      <span>
        {why} {refused?.why !== undefined && <a href={href('out')}>{words.shell.outMore}</a>}
      </span>
    </p>
  )
}

function lineWords(refused: Refused | undefined, { shell }: Words, isLong: boolean): string {
  // Whether it is the network or the server no browser tells; that there is a network, it does.
  if (!refused) return isLong && navigator.onLine ? shell.offlineLong : shell.offline
  if (refused.why !== undefined) return shell.out[refused.why].line
  return refused.code === 'not-allowed' ? shell.accountClosed : troubleText(refused)
}

/** What has been so for a minute. */
function useIsLong(is: boolean): boolean {
  const [isLong, setLong] = useState(false)
  useEffect(() => {
    if (!is) return
    const timer = setTimeout(() => setLong(true), LONG_MS)
    return () => {
      clearTimeout(timer)
      setLong(false)
    }
  }, [is])
  return is && isLong
}

/** Of a device that is opening, or has only just opened, it is not said that it has no line. */
function useOnline(): boolean {
  const state = useDeviceState()
  const [isLate, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), LINE_EXPECTED_MS)
    return () => clearTimeout(timer)
  }, [])
  return !isLate || state.state !== 'open' || state.online
}

function Thing({ route }: { readonly route: Route }) {
  const words = useWords()
  const [first, second, third] = route
  switch (first) {
    case undefined:
      return <Blank />
    case 'with':
      if (second === undefined) return <Blank />
      if (third === 'about') return <Group id={second} />
      return third === 'show' ? (
        <Conversation key={second} id={second} around={undefined} showing />
      ) : (
        <Conversation key={second} id={second} around={third} />
      )
    case 'new':
      return <NewConversation key={second} showing={second === 'show'} />
    case 'contacts':
      return second === undefined ? <Contacts /> : <Contact key={second} address={second} />
    case 'requests':
      return <Requests />
    case 'words':
      return <RecoveryWords />
    case 'out':
      return <Out />
    case 'settings':
      return <Settings key={second} part={second} />
    case 'admin':
      return <AdminPage />
    default:
      return <Placard title={words.shell.lost}>{<a href={href()}>{words.shell.toStart}</a>}</Placard>
  }
}
