// The card of media that came: its frame, its player once it is watched, and between them what is said of it (received-state.tsx) and
// what can be done with it (received-actions.tsx).

import { type KeyboardEvent, useEffect, useState } from 'react'
import { atHand } from '../at-hand.ts'
import type { InboxEntry, TalkMessage } from '../device-connection.ts'
import { Button, IconButton } from '../look/button.tsx'
import { CloseIcon } from '../look/icons.tsx'
import { ProgressLine } from '../look/progress-line.tsx'
import { Room } from '../screens/room.tsx'
import { useNow } from '../screens/now.ts'
import { useFormats, useWords } from '../words/words.ts'
import { CardFrame, titleOf } from './card-frame.tsx'
import { cardState, type CardState } from './card-state.ts'
import { useFetch } from './fetches.ts'
import { MediaRows } from './media-rows.tsx'
import { declineKey, ReceivedActions, RowEnd } from './received-actions.tsx'
import { ReceivedState, useSaid } from './received-state.tsx'
import { useSaving } from './saving.ts'
import { shownHere, unshownHere } from './shown-here.ts'
import { useStageFocus } from './stage-focus.ts'
import { useUndoable } from './undoable.ts'
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
  const unshown = entry.media.map((one) => unshownHere(one)).find((one) => one !== undefined)
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
  const stage = useStageFocus(playing !== undefined)
  const closeByEscape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || document.fullscreenElement) return
    event.preventDefault()
    event.stopPropagation()
    setPlaying(undefined)
  }
  const played = entry.media.find(({ root }) => root === playing)
  const isToCome = state.kind === 'offered' || state.kind === 'waiting' || state.kind === 'paused'
  return (
    <CardFrame
      message={message}
      strange={entry.state === 'request'}
      alone={bare}
      stage={
        played && (
          <div className="card-stage" ref={stage} onKeyDown={closeByEscape}>
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
      {isToCome && unshown !== undefined && (
        <p className="card-hint">{words.cards[other ? 'cannotShowSome' : unshown]}</p>
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
      <ReceivedState entry={entry} state={state} />
      {!isDeclined && (
        <ReceivedActions
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

/** Of a link's sender nobody knows whether they are there; as long as nothing comes, that is what is said. */
function orWaiting(state: CardState): CardState {
  if (state.kind !== 'fetching' || state.bytesPerSecond !== undefined || state.watchable) return state
  const { share, doneBytes, sizeBytes } = state
  return { kind: 'waiting', share, doneBytes, sizeBytes }
}
