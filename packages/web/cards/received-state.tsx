// What is said of media that came: one line of words, a sign and a colour for each state that card-state.ts knows; while it is fetched
// also from where. What can be done about it is received-actions.tsx's.

import { useEffect, useId, useRef, useState } from 'react'
import type { InboxEntry } from '../device-connection.ts'
import { announce } from '../look/announce.tsx'
import { DeviceSays } from '../look/device-says.tsx'
import { ProgressLine } from '../look/progress-line.tsx'
import { nameOf } from '../screens/names.ts'
import { useNow } from '../screens/now.ts'
import { useMe } from '../screens/oneself.ts'
import { troubleText, useFormats, useWords } from '../words/words.ts'
import { titleOf } from './card-frame.tsx'
import { CardLine } from './card-line.tsx'
import { type CardState, endsSoon } from './card-state.ts'
import { SourcePicture } from './source-picture.tsx'

/** Without a byte, after which it is said that nothing comes, ms: looking for another path takes seconds. */
const STILL_MS = 15_000

/** What it is now, in words, one sign and one colour; with a line where there is a part of it. */
export function ReceivedState({ entry, state }: { readonly entry: InboxEntry; readonly state: CardState }) {
  const words = useWords()
  const formats = useFormats()
  const now = useNow()
  const name = nameOf(entry.from, useMe())
  const ends = endsSoon(entry)
  const label = titleOf(entry, words.cards)
  // Also while it looks for another way in between, and says so.
  const isStill = useStill(state.kind === 'fetching' || state.kind === 'waiting' ? state.doneBytes : undefined)
  return (
    <div className="card-state">
      {'share' in state && state.kind !== 'failed' && state.share > 0 && (
        <ProgressLine share={state.share} label={label} />
      )}
      <StateLine state={state} name={name} isStill={isStill} />
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

function StateLine({
  state,
  name,
  isStill,
}: {
  readonly state: CardState
  readonly name: string
  readonly isStill: boolean
}) {
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
      return <FetchingLine state={state} isStill={isStill} />
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

function FetchingLine({
  state,
  isStill,
}: {
  readonly state: Extract<CardState, { kind: 'fetching' }>
  readonly isStill: boolean
}) {
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
      {isStill ? (
        <CardLine tone="plain" sign="clock" below={words.stillHint}>
          {words.still(formats.percent(state.share))}
        </CardLine>
      ) : (
        <CardLine tone="accent" sign="fetch">
          {state.bytesPerSecond === undefined && <>{words.fetching} </>}
          <span className="figures">
            {figures.map((figure) => (
              <span key={figure}>{figure}</span>
            ))}
          </span>
        </CardLine>
      )}
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

/** Nothing came for a while, though it is being fetched: the last rate is none any more. */
function useStill(doneBytes: number | undefined): boolean {
  const [stillAt, setStillAt] = useState<number>()
  useEffect(() => {
    // What was paused begins anew.
    const timer = setTimeout(() => setStillAt(doneBytes), doneBytes === undefined ? 0 : STILL_MS)
    return () => clearTimeout(timer)
  }, [doneBytes])
  return doneBytes !== undefined && stillAt === doneBytes
}

/** What somebody who listens would want to know, once, when it becomes so. */
export function useSaid(state: CardState, title: string): void {
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
