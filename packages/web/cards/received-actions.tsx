// What can be done with media that came: the buttons below a card, and those at the end of the row of one of several. Which there are in
// which state is card-state.ts's to say.

import type { ReactNode } from 'react'
import type { InboxEntry } from '../device-connection.ts'
import { usePeer } from '../device.ts'
import { Button, IconButton, LinkButton } from '../look/button.tsx'
import { CheckIcon } from '../look/icons.tsx'
import { useFocusKept } from '../look/focus-kept.ts'
import { toast } from '../look/toast.tsx'
import type { Shown } from '../play/media-types.ts'
import { href } from '../route.ts'
import { troubleText, useFormats, useWords } from '../words/words.ts'
import { actionsOf, type CardAction, type CardState, hereOf } from './card-state.ts'
import type { OneFetch } from './fetches.ts'
import { FetchIcon, ImageIcon, PauseIcon, PlayIcon, SaveIcon } from './icons.tsx'
import { shownHere } from './shown-here.ts'
import { doUnlessUndone } from './undoable.ts'

type Media = InboxEntry['media'][number]

/** Under which declining it can be undone for a while. */
export function declineKey(id: string): string {
  return `decline ${id}`
}

export function ReceivedActions({
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
  const kept = useFocusKept()
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
    <div className="card-actions" {...kept}>
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

function openFirst(actions: readonly CardAction[]): readonly CardAction[] {
  return actions.includes('open') ? ['open', ...actions.filter((action) => action !== 'open')] : actions
}

/** What is here of one of several, or what brings it. */
export function RowEnd({
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
