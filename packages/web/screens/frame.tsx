// The frame around everything once the device is open: conversations at the start side, one thing at the end side; one column on a
// phone, where the start shows the list and everything else the thing itself.

import { lazy, useEffect, useRef } from 'react'
import { useDeviceState } from '../device.ts'
import { announce } from '../look/announce.tsx'
import { IconLink } from '../look/button.tsx'
import { OfflineIcon, PeopleIcon, PlusIcon, SettingsIcon } from '../look/icons.tsx'
import { Mark } from '../look/mark.tsx'
import { href, useRoute, type Route } from '../route.ts'
import { useWords } from '../words/words.ts'
import { Placard } from './placard.tsx'
import { Room } from './room.tsx'
import './frame.css'

const StoragePage = lazy(async () => ({ default: (await import('../play/storage-page.tsx')).StoragePage }))

export function Frame() {
  const words = useWords()
  const route = useRoute()
  return (
    <div className="frame" data-at={route.length === 0 ? 'list' : 'thing'}>
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
        <SideHead first={route[0]} />
        <Line />
      </nav>
      <main className="frame-thing" id="thing" tabIndex={-1}>
        <Room key={route[0]}>{<Thing route={route} />}</Room>
      </main>
    </div>
  )
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

/** Said once when it changes; while off-line it stands there, calmly. */
function Line() {
  const words = useWords()
  const state = useDeviceState()
  const online = state.state === 'open' && state.online
  const before = useRef(online)
  useEffect(() => {
    if (before.current !== online) announce(online ? words.shell.backOnline : words.shell.offline)
    before.current = online
  }, [online, words])
  if (online) return null
  return (
    <p className="frame-offline">
      <OfflineIcon />
      <span>{words.shell.offline}</span>
    </p>
  )
}

function Thing({ route }: { readonly route: Route }) {
  const words = useWords()
  const [first, second] = route
  if (first === 'settings' && second === 'storage') return <StoragePage />
  return <Placard title={first === undefined ? words.shell.conversations : words.shell.lost} />
}
