// The card of media that came: what is known of it, what can be done, and, once it is on its way, how far it is and from where.

import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import { atHand } from '../at-hand.ts'
import type { InboxEntry, TalkMessage } from '../device-connection.ts'
import { usePeer } from '../device.ts'
import { announce } from '../look/announce.tsx'
import { Button, IconButton, LinkButton } from '../look/button.tsx'
import { CheckIcon, CloseIcon } from '../look/icons.tsx'
import { ProgressLine } from '../look/progress-line.tsx'
import { toast } from '../look/toast.tsx'
import type { Shown } from '../play/media-types.ts'
import { href } from '../route.ts'
import { Room } from '../screens/room.tsx'
import { nameOf } from '../screens/names.ts'
import { useNow } from '../screens/now.ts'
import { useMe } from '../screens/oneself.ts'
import { troubleText, useFormats, useWords } from '../words/words.ts'
import { CardFrame, titleOf } from './card-frame.tsx'
import { actionsOf, cardState, type CardAction, type CardState, endsSoon, hereOf } from './card-state.ts'
import { CardLine } from './card-line.tsx'
import { useFetch, type OneFetch } from './fetches.ts'
import { FetchIcon, ImageIcon, PauseIcon, PlayIcon, SaveIcon } from './icons.tsx'
import { MediaRows } from './media-rows.tsx'
import { useSaving } from './saving.ts'
import { isUnplayable, shownHere } from './shown-here.ts'
import { SourcePicture } from './source-picture.tsx'
import { doUnlessUndone, useUndoable } from './undoable.ts'
import { useWakeLock } from './wake-lock.ts'

type Media = InboxEntry['media'][number]

const { Shown: PlayMedia, load: loadPlayer } = atHand(async () => (await import('../play/play-media.tsx')).PlayMedia)

export function ReceivedCard({
  message,
  entry,
  bare = false,
}: {
  readonly message: TalkMessage
  readonly entry: InboxEntry
  /** Of a link: there is nobody to decline it to, and no other screen. Watching comes first. */
  readonly bare?: boolean
}) {
  const words = useWords()
  const formats = useFormats()
  const now = useNow()
  const [only, other] = entry.media
  const shown = only && !other ? shownHere(only) : undefined
  const fetch = useFetch(entry.id, entry.state === 'fetching' || entry.state === 'scheduled')
  const isDeclined = useUndoable(declineKey(entry.id))
  const known: CardState = isDeclined ? { kind: 'refused' } : cardState(entry, fetch.view, now, shown)
  const state = bare ? orWaiting(known) : known
  useWakeLock(state.kind === 'fetching')
  useEffect(() => {
    // Here before it is tapped; what does not come now is asked for again then.
    if (shown !== undefined) loadPlayer().catch(() => {})
  }, [shown])
  useSaid(state, titleOf(message, words.cards))
  const [playing, setPlaying] = useState<string>()
  const { save, share: savedShare, stop: stopSaving } = useSaving(entry.id)
  const played = entry.media.find(({ root }) => root === playing)
  const isToCome = state.kind === 'offered' || state.kind === 'waiting' || state.kind === 'paused'
  return (
    <CardFrame
      message={message}
      strange={entry.state === 'request'}
      alone={bare}
      stage={
        played && (
          <div className="card-stage">
            <Room inside>
              <PlayMedia id={entry.id} media={played} among={entry.media} keep onSave={() => save(played)} />
            </Room>
            <IconButton className="card-unstage" name={words.look.close} onClick={() => setPlaying(undefined)}>
              <CloseIcon />
            </IconButton>
          </div>
        )
      }
      rows={
        <MediaRows media={entry.media}>
          {(media) => <RowEnd media={media as Media} state={state} fetch={fetch} onOpen={setPlaying} onSave={save} />}
        </MediaRows>
      }
    >
      {entry.hidden === 'own' && <p className="card-hint">{words.cards.sentFrom(entry.fromDevice)}</p>}
      {isToCome && entry.media.some((one) => isUnplayable(one)) && (
        <p className="card-hint">{words.cards.cannotPlay}</p>
      )}
      {savedShare !== undefined && (
        <div className="card-saving">
          <ProgressLine
            share={savedShare}
            label={words.cards.saving}
            words={`${words.cards.saving} ${formats.percent(savedShare)}`}
          />
          <Button kind="quiet" onClick={stopSaving}>
            {words.cards.stopSending}
          </Button>
        </div>
      )}
      <State entry={entry} state={state} />
      {!isDeclined && (
        <Actions
          entry={entry}
          bare={bare}
          state={state}
          shown={shown}
          fetch={fetch}
          playing={playing}
          onOpen={setPlaying}
          onPause={() => setPlaying(undefined)}
          onSave={save}
        />
      )}
    </CardFrame>
  )
}

function declineKey(id: string): string {
  return `decline ${id}`
}

/** What it is now, in words, one sign and one colour; with a line where there is a part of it. */
function State({ entry, state }: { readonly entry: InboxEntry; readonly state: CardState }) {
  const words = useWords()
  const formats = useFormats()
  const now = useNow()
  const name = nameOf(entry.from, useMe())
  const ends = endsSoon(entry)
  const label = titleOf(entry, words.cards)
  return (
    <div className="card-state">
      {'share' in state && state.kind !== 'failed' && state.share > 0 && (
        <ProgressLine share={state.share} label={label} />
      )}
      <StateLine state={state} name={name} />
      {ends !== undefined && (
        <CardLine tone="warn" sign="clock">
          <time dateTime={ends} title={formats.exact(ends)}>
            {words.cards.endsSoon(formats.when(ends, now))}
          </time>
        </CardLine>
      )}
    </div>
  )
}

function StateLine({ state, name }: { readonly state: CardState; readonly name: string }) {
  const words = useWords().cards
  const formats = useFormats()
  const now = useNow()
  switch (state.kind) {
    case 'request':
      return <CardLine sign="lock">{words.request(name)}</CardLine>
    case 'offered':
      return <CardLine sign="fetch">{words.offered}</CardLine>
    case 'waiting':
      return (
        <CardLine tone="plain" sign="clock" below={<DeviceSays says={state.says} otherwise={words.waitingHint} />}>
          {words.waiting(name)}
        </CardLine>
      )
    case 'fetching':
      return <FetchingLine state={state} />
    case 'paused':
      return <CardLine sign="pause">{words.paused(formats.percent(state.share))}</CardLine>
    case 'failed':
      return (
        <CardLine tone="bad" sign="stop" below={troubleText({ code: state.code, message: state.says })}>
          {words.failed}
        </CardLine>
      )
    case 'full':
      return (
        <CardLine tone="warn" sign="full" below={words.fullHint}>
          {words.full}
        </CardLine>
      )
    case 'have':
      return (
        <CardLine tone="good" sign="check">
          {words.have}
        </CardLine>
      )
    case 'changed':
      return (
        <CardLine tone="bad" sign="changed" below={words.changedHint(name)}>
          {words.changed(name)}
        </CardLine>
      )
    case 'refused':
      return <CardLine sign="stop">{words.refused}</CardLine>
    case 'gone':
      return <GoneLine state={state} name={name} when={formats.when(state.at, now)} />
  }
}

/** The device's own sentence; its catalogue is English. */
function DeviceSays({ says, otherwise }: { readonly says: string | undefined; readonly otherwise: string }) {
  return says === undefined ? otherwise : <span lang="en">{says}</span>
}

function GoneLine({
  state,
  name,
  when,
}: {
  readonly state: Extract<CardState, { kind: 'gone' }>
  readonly name: string
  readonly when: string
}) {
  const words = useWords().cards
  const [says, below] = {
    expired: [words.expired(when), words.expiredHint(name)],
    withdrawn: [words.withdrawn(name), words.since(when)],
    deleted: [words.deleted(name), `${words.since(when)} ${words.deletedHint(name)}`],
    refused: [words.refused, words.since(when)],
  }[state.reason]
  return (
    <CardLine sign="gone" below={below}>
      {says}
    </CardLine>
  )
}

function FetchingLine({ state }: { readonly state: Extract<CardState, { kind: 'fetching' }> }) {
  const words = useWords().cards
  const formats = useFormats()
  const [open, setOpen] = useState(false)
  const id = useId()
  const figures = [
    formats.percent(state.share),
    ...(state.bytesPerSecond === undefined ? [] : [formats.rate(state.bytesPerSecond)]),
    ...(state.leftMs === undefined ? [] : [words.left(formats.duration(state.leftMs))]),
  ]
  const now = state.watchable === 'sound' ? words.listenNow : words.watchNow
  return (
    <>
      {state.watchable && (
        <CardLine tone="good" sign="play">
          {now}
        </CardLine>
      )}
      <CardLine tone="accent" sign="fetch">
        {state.bytesPerSecond === undefined && <>{words.fetching} </>}
        <span className="figures">
          {figures.map((figure) => (
            <span key={figure}>{figure}</span>
          ))}
        </span>
      </CardLine>
      <button
        type="button"
        className="card-fold"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {words.sources}
      </button>
      <div id={id} hidden={!open}>
        {open && <SourcePicture serving={state.serving} />}
      </div>
    </>
  )
}

function Actions({
  entry,
  bare,
  state,
  shown,
  fetch,
  playing,
  onOpen,
  onPause,
  onSave,
}: {
  readonly entry: InboxEntry
  readonly bare: boolean
  readonly state: CardState
  readonly shown: Shown | undefined
  readonly fetch: OneFetch
  readonly playing: string | undefined
  readonly onOpen: (root: string) => void
  readonly onPause: () => void
  readonly onSave: (media: Media) => void
}) {
  const words = useWords()
  const peer = usePeer()
  const formats = useFormats()
  const all = actionsOf(state, shown).filter((action) => action !== 'open' || playing === undefined)
  // What one's own device sent is not declined.
  const some = bare || entry.hidden === 'own' ? all.filter((action) => action !== 'decline') : all
  const actions = bare ? openFirst(some) : some
  const [first] = entry.media
  const several = entry.media.length > 1
  const told = (work: Promise<unknown>) => void work.catch((error: unknown) => toast({ text: troubleText(error) }))
  const decline = () =>
    doUnlessUndone(declineKey(entry.id), words.cards.declined, () => told(peer.do('refuse', { id: entry.id })))
  // A player would go on asking for what it needs next: it goes too, and knows where it was.
  const pause = () => {
    onPause()
    told(fetch.pause())
  }
  const isPlayed = shown === 'film' || shown === 'sound'
  const watch = shown === 'film' ? words.cards.watch : shown === 'sound' ? words.cards.listen : words.cards.open
  const sizeBytes = entry.media.reduce((sum, one) => sum + one.sizeBytes, 0)
  const fetchName =
    state.kind === 'refused'
      ? words.cards.fetchAfterAll
      : several
        ? words.cards.fetchAll(formats.size(sizeBytes))
        : words.cards.fetch
  const buttons: Record<CardAction, { name: string; icon: ReactNode; press: () => void }> = {
    fetch: { name: fetchName, icon: <FetchIcon />, press: () => fetch.start() },
    resume: { name: words.cards.resume, icon: <FetchIcon />, press: () => fetch.start() },
    again: { name: words.look.again, icon: <FetchIcon />, press: () => fetch.start() },
    pause: { name: words.cards.pause, icon: <PauseIcon />, press: pause },
    decline: { name: words.cards.decline, icon: undefined, press: decline },
    open: { name: watch, icon: isPlayed ? <PlayIcon /> : <ImageIcon />, press: () => first && onOpen(first.root) },
    save: { name: words.look.save, icon: <SaveIcon />, press: () => first && onSave(first) },
  }
  // Each of several has its own way to be opened and saved.
  const offered = several ? actions.filter((action) => action !== 'open' && action !== 'save') : actions
  if (offered.length === 0) return null
  return (
    <div className="card-actions">
      {offered.map((action, index) => (
        <Button
          key={action}
          kind={action === 'decline' ? 'quiet' : index === 0 && action !== 'pause' ? 'main' : 'plain'}
          icon={buttons[action].icon}
          onClick={buttons[action].press}
        >
          {buttons[action].name}
        </Button>
      ))}
      {state.kind === 'full' && !bare && (
        <LinkButton kind="plain" href={href('settings', 'storage')}>
          {words.cards.makeRoom}
        </LinkButton>
      )}
    </div>
  )
}

/** Of a link's sender nobody knows whether they are there; as long as nothing comes, that is what is said. */
function orWaiting(state: CardState): CardState {
  if (state.kind !== 'fetching' || state.bytesPerSecond !== undefined || state.watchable) return state
  const { share, doneBytes, sizeBytes } = state
  return { kind: 'waiting', share, doneBytes, sizeBytes }
}

function openFirst(actions: readonly CardAction[]): readonly CardAction[] {
  return actions.includes('open') ? ['open', ...actions.filter((action) => action !== 'open')] : actions
}

/** What is here of one of several, or what brings it. */
function RowEnd({
  media,
  state,
  fetch,
  onOpen,
  onSave,
}: {
  readonly media: Media
  readonly state: CardState
  readonly fetch: OneFetch
  readonly onOpen: (root: string) => void
  readonly onSave: (media: Media) => void
}) {
  const words = useWords()
  const formats = useFormats()
  const name = media.title ?? media.name
  const isHere = media.path !== undefined
  if (isHere) {
    const shown = shownHere(media)
    const isPlayed = shown === 'film' || shown === 'sound'
    return (
      <span className="row-end">
        <span className="row-here">
          <CheckIcon size={18} />
          <span className="unseen">{words.cards.have}</span>
        </span>
        {shown && (
          <IconButton
            name={isPlayed ? words.cards.watchOne(name) : words.cards.openOne(name)}
            onClick={() => onOpen(media.root)}
          >
            {isPlayed ? <PlayIcon /> : <ImageIcon />}
          </IconButton>
        )}
        <IconButton name={words.cards.saveOne(name)} onClick={() => onSave(media)}>
          <SaveIcon />
        </IconButton>
      </span>
    )
  }
  const share = media.sizeBytes === 0 ? 0 : hereOf(media) / media.sizeBytes
  const canFetch = state.kind === 'offered' || state.kind === 'paused' || state.kind === 'failed'
  return (
    <span className="row-end">
      {share > 0 && <span className="row-share">{formats.percent(share)}</span>}
      {canFetch && (
        <IconButton name={words.cards.fetchOne(name)} onClick={() => fetch.start(media.url)}>
          <FetchIcon />
        </IconButton>
      )}
    </span>
  )
}

/** What somebody who listens would want to know, once, when it becomes so. */
function useSaid(state: CardState, title: string): void {
  const words = useWords().cards
  const before = useRef(state.kind)
  const watchable = state.kind === 'fetching' && state.watchable !== undefined
  const couldWatch = useRef(watchable)
  useEffect(() => {
    if (before.current !== state.kind) {
      if (state.kind === 'have') announce(words.nowHere(title))
      else if (state.kind === 'failed') announce(words.failed)
      else if (state.kind === 'full') announce(words.full)
    }
    if (watchable && !couldWatch.current) announce(words.watchNow)
    before.current = state.kind
    couldWatch.current = watchable
  }, [state.kind, watchable, title, words])
}
