// Live pictures above a conversation: what others show, what this user shows, who watches it and by which way. The same pictures in a corner while
// the reader is elsewhere.

import type { CapacityNow } from '@doorpost/peer/browser/live-contract'
import { useCallback, useEffect, useRef, useState } from 'react'
import { Button, IconButton, LinkButton } from '../look/button.tsx'
import { useFocusKept } from '../look/focus-kept.ts'
import { CloseIcon } from '../look/icons.tsx'
import { toast } from '../look/toast.tsx'
import { useAsked, usePeer } from '../device.ts'
import { href } from '../route.ts'
import { nameOf } from '../screens/names.ts'
import { notify } from '../screens/notifying.ts'
import { useMe } from '../screens/oneself.ts'
import { useWakeLock } from '../cards/wake-lock.ts'
import { useFormats, useWords, type Words } from '../words/words.ts'
import { MicIcon, MicOffIcon, RecordIcon, SoundIcon, SoundOffIcon } from './icons.tsx'
import { useLive, useLiveRoom } from './live.ts'
import type { ShowingNow, WatchingNow } from './live-room.ts'
import { capacityText, standingText, viewerText } from './standing.ts'
import './pictures.css'

/** Between two looks at what the server carries, ms, while somebody reads it. */
const CAPACITY_AGAIN_MS = 2_000

/** `people`: those of the conversation; what others show is shown elsewhere. */
export function LivePictures({
  conversation,
  people,
}: {
  readonly conversation: string
  readonly people: readonly string[]
}) {
  const words = useWords().live
  const room = useLiveRoom()
  const me = useMe()
  const { showing, watching, shownBy } = useLive()
  const kept = useFocusKept()
  const here = watching.filter((one) => one.conversation === conversation)
  const offered = shownBy.filter((user) => people.includes(user))
  const isShownHere = showing?.conversation === conversation
  if (here.length === 0 && offered.length === 0 && !isShownHere) return null
  return (
    <div className="live" {...kept}>
      {offered.map((user) => (
        <p className="live-offer" key={user} role="status">
          <span>{words.asks(nameOf(user, me))}</span>
          <Button kind="main" onClick={() => room.watch(user, conversation)}>
            {words.watch(nameOf(user, me))}
          </Button>
        </p>
      ))}
      <div className="live-pictures">
        {here.map((one) => (
          <Watched key={one.user} watching={one} />
        ))}
        {isShownHere && <Own showing={showing} />}
      </div>
    </div>
  )
}

/** In a corner of every screen: what belongs to another conversation than `conversation`, the one that is open. */
export function LiveCorner({ conversation }: { readonly conversation: string | undefined }) {
  const words = useWords().live
  const { showing, watching } = useLive()
  const away = watching.filter((one) => one.conversation !== conversation)
  const shown = showing?.conversation === conversation ? undefined : showing
  const [where = shown?.conversation] = away.map((one) => one.conversation)
  useWakeLock(showing !== undefined || watching.length > 0)
  if (where === undefined) return null
  return (
    <aside className="live-corner" aria-label={words.corner}>
      {away.map((one) => (
        <Watched key={one.user} watching={one} />
      ))}
      {shown && <Own showing={shown} />}
      <LinkButton kind="quiet" href={href('with', where)}>
        {words.back}
      </LinkButton>
    </aside>
  )
}

/** Somebody shows something, and their conversation is not the one that is open. */
export function LiveOffers({ conversation }: { readonly conversation: string | undefined }) {
  const words = useWords().live
  const me = useMe()
  const { shownBy } = useLive()
  const { value } = useAsked('conversations', {}, ['talk'])
  const places = shownBy.flatMap((user) => {
    const place = value?.find((one) => one.people.length === 2 && one.people.some(({ address }) => address === user))
    return place ? [{ user, id: place.id }] : []
  })
  const told = useRef<ReadonlySet<string>>(new Set())
  useEffect(() => {
    for (const { user, id } of places) if (!told.current.has(user)) notify(words.notice(nameOf(user, me)), id)
    told.current = new Set(places.map(({ user }) => user))
  })
  const elsewhere = places.filter(({ id }) => id !== conversation)
  return elsewhere.map(({ user, id }) => (
    <p className="live-offer live-offer-away" key={user} role="status">
      <span>{words.asks(nameOf(user, me))}</span>
      <LinkButton kind="main" href={href('with', id)}>
        {words.look}
      </LinkButton>
    </p>
  ))
}

function Watched({ watching }: { readonly watching: WatchingNow }) {
  const words = useWords().live
  const room = useLiveRoom()
  const me = useMe()
  const { user, standing, hasSound, isMuted } = watching
  const name = nameOf(user, me)
  const canvas = room.canvasOf(user)
  const place = useCallback(
    (around: HTMLElement | null) => {
      if (around && canvas) around.prepend(canvas)
    },
    [canvas],
  )
  const says = standingText(words, standing, name)
  const isSeen = standing?.state === 'watching'
  return (
    <figure className="live-picture" data-waits={isSeen ? undefined : ''}>
      <div ref={place} className="live-frame" role="img" aria-label={words.theirs(name)} />
      <figcaption>
        <p role="status">{says}</p>
        <div className="live-do">
          {hasSound && (
            <IconButton
              name={words.muteTheirs(name)}
              aria-pressed={isMuted}
              onClick={() => room.muteWatched(user, !isMuted)}
            >
              {isMuted ? <SoundOffIcon /> : <SoundIcon />}
            </IconButton>
          )}
          <IconButton name={words.leave} onClick={() => room.leave(user)}>
            <CloseIcon />
          </IconButton>
        </div>
      </figcaption>
      {standing?.capacity && <CapacityLine capacity={standing.capacity} />}
    </figure>
  )
}

function Own({ showing }: { readonly showing: ShowingNow }) {
  const words = useWords().live
  const room = useLiveRoom()
  const { stream, what, isMuted, hasSound, standing, recordedSinceMs } = showing
  const show = useCallback(
    (video: HTMLVideoElement | null) => {
      if (video) video.srcObject = stream
    },
    [stream],
  )
  const viewers = standing?.viewers.filter(({ state }) => state === 'watching') ?? []
  return (
    <figure className="live-picture live-own">
      <div className="live-frame">
        <video
          ref={show}
          aria-label={words.yours}
          data-mirrored={what === 'screen' ? undefined : ''}
          autoPlay
          muted
          playsInline
        />
      </div>
      <figcaption>
        <p role="status">{viewers.length === 0 ? words.nobody : words.watchers(viewers.length)}</p>
        <div className="live-do">
          {hasSound && (
            <IconButton name={words.mute} aria-pressed={isMuted} onClick={() => room.mute(!isMuted)}>
              {isMuted ? <MicOffIcon /> : <MicIcon />}
            </IconButton>
          )}
          {typeof MediaRecorder !== 'undefined' && (
            <IconButton
              name={words.record}
              aria-pressed={recordedSinceMs !== undefined}
              className={recordedSinceMs === undefined ? '' : 'live-recording'}
              onClick={() => room.record(recordedSinceMs === undefined)}
            >
              <RecordIcon />
            </IconButton>
          )}
          <IconButton name={words.stop} onClick={() => room.stop()}>
            <CloseIcon />
          </IconButton>
        </div>
      </figcaption>
      {standing && <Viewers standing={standing} words={words} />}
      {standing?.capacity && <CapacityLine capacity={standing.capacity} />}
    </figure>
  )
}

/** For those who want to know: as it was told last, and while somebody reads it, as it is. */
function CapacityLine({ capacity: told }: { readonly capacity: CapacityNow }) {
  const words = useWords().live
  const formats = useFormats()
  const [isRead, setRead] = useState(false)
  const { value, again } = useAsked('live.capacity', isRead ? {} : undefined)
  useEffect(() => {
    if (!isRead) return undefined
    const timer = setInterval(again, CAPACITY_AGAIN_MS)
    return () => clearInterval(timer)
  }, [isRead, again])
  return (
    <details className="live-capacity" onToggle={({ currentTarget }) => setRead(currentTarget.open)}>
      <summary>{words.details}</summary>
      <p>{capacityText(words, formats, value ?? told)}</p>
    </details>
  )
}

function Viewers({
  standing: { asking, viewers },
  words,
}: {
  readonly standing: NonNullable<ShowingNow['standing']>
  readonly words: Words['live']
}) {
  const peer = usePeer()
  const me = useMe()
  const [busy, setBusy] = useState<string>()
  const decide = (user: string, decision: 'approve' | 'allow' | 'decline' | 'kick' | 'lift') => {
    setBusy(user)
    peer
      .do('live.decide', { user, decision })
      .catch(() => undefined)
      .finally(() => setBusy(undefined))
  }
  const userOf = (address: string) => address.slice(0, address.lastIndexOf('/'))
  return (
    <ul className="live-people">
      {asking.map((user) => {
        const name = nameOf(user, me)
        return (
          <li key={user} role="status">
            <span>{words.wantsIn(name)}</span>
            <Button kind="main" disabled={busy === user} onClick={() => decide(user, 'approve')}>
              {words.letIn}
            </Button>
            <Button disabled={busy === user} onClick={() => decide(user, 'allow')}>
              {words.letInAlways}
            </Button>
            <Button kind="quiet" disabled={busy === user} onClick={() => decide(user, 'decline')}>
              {words.decline}
            </Button>
          </li>
        )
      })}
      {viewers
        .filter(({ state }) => state === 'watching' || state === 'pending')
        .map((viewer) => {
          const user = userOf(viewer.address)
          const name = nameOf(user, me)
          return (
            <li key={viewer.address}>
              <span>
                <bdi>{name}</bdi> <span className="quiet">{viewerText(words, viewer, name)}</span>
              </span>
              <IconButton
                name={words.kick(name)}
                onClick={() => {
                  decide(user, 'kick')
                  toast({ text: words.kicked(name), undo: () => decide(user, 'approve') })
                }}
              >
                <CloseIcon size={16} />
              </IconButton>
            </li>
          )
        })}
    </ul>
  )
}
