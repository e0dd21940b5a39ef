// The card of media that this user sent from here: one line a recipient, whether this tab has to stay open, and the way to take it back.

import { useEffect } from 'react'
import type { SentStatus, TalkMessage } from '../device-connection.ts'
import { useAsked, usePeer } from '../device.ts'
import { Button } from '../look/button.tsx'
import { ProgressLine } from '../look/progress-line.tsx'
import { toast } from '../look/toast.tsx'
import { nameOf } from '../screens/names.ts'
import { useNow } from '../screens/now.ts'
import { useMe } from '../screens/oneself.ts'
import { useIsOver } from '../screens/refused.ts'
import { troubleText, useFormats, useWords } from '../words/words.ts'
import { CardFrame, titleOf } from './card-frame.tsx'
import { CardLine, type Sign, type Tone } from './card-line.tsx'
import { ChooseAgain } from './choose-again.tsx'
import { useCannotGive, useGivenHere } from './given-here.ts'
import { HandOver } from './hand-over.tsx'
import { MediaRows } from './media-rows.tsx'
import { isOpen, isTakingOver, othersServe, recipientLine, stillNeeded, type RecipientLine } from './sent-state.ts'
import { doUnlessUndone, useUndoable } from './undoable.ts'

/** While somebody fetches, how much of it went out is asked for so often, ms: the device tells no change for every piece. */
const LOOK_EVERY_MS = 1_000

export function SentCard({ message, sent }: { readonly message: TalkMessage; readonly sent: SentStatus }) {
  const words = useWords()
  const peer = usePeer()
  const formats = useFormats()
  const now = useNow()
  const isWithdrawn = useUndoable(withdrawKey(sent.id))
  const isFetching = sent.recipients.some(({ state }) => state === 'fetching')
  const status = useStatus(sent, isFetching || isTakingOver(sent))
  const shown: SentStatus = isWithdrawn
    ? { ...status, gone: { reason: 'withdrawn', at: new Date(now).toISOString() } }
    : status
  const needed = stillNeeded(shown)
  const isOver = useIsOver()
  const isHere = useGivenHere(sent.id)
  const cannot = useCannotGive(sent.id, status.uploadedBytes)
  const everybody = shown.recipients.length > 2 && shown.recipients.every(({ receipt }) => receipt === 'verified')
  const withdraw = () =>
    doUnlessUndone(withdrawKey(sent.id), words.cards.withdrew, () => {
      peer.do('send.withdraw', { id: sent.id }).catch((error: unknown) => toast({ text: troubleText(error) }))
    })
  return (
    <CardFrame message={message} rows={<MediaRows media={message.media} />}>
      {shown.heldBack !== undefined && (
        <CardLine tone="warn" sign="clock" below={<span lang="en">{shown.heldBack}</span>}>
          {words.cards.heldBack}
        </CardLine>
      )}
      <ul className="recipients" aria-label={words.cards.to}>
        {shown.recipients.map((one) => (
          <Recipient
            key={one.address}
            address={one.address}
            line={recipientLine(one, shown)}
            title={titleOf(message, words.cards)}
          />
        ))}
      </ul>
      {everybody && (
        <CardLine tone="good" sign="check">
          {words.cards.everybodyHas}
        </CardLine>
      )}
      {shown.gone && needsGone(shown) && (
        <CardLine sign="gone">{words.cards.sentGone[shown.gone.reason](formats.when(shown.gone.at, now))}</CardLine>
      )}
      {needed > 0 && isOver && <p className="card-hint">{words.cards.tabOver}</p>}
      {needed > 0 && !isOver && !isHere && <ChooseAgain message={message} />}
      {needed > 0 && !isOver && isHere && cannot === 'away' && <ChooseAgain message={message} why="away" />}
      {needed > 0 && !isOver && isHere && cannot === 'changed' && (
        <CardLine tone="warn" sign="changed" below={words.cards.fileChangedHint}>
          {words.cards.fileChanged}
        </CardLine>
      )}
      {needed > 0 && !isOver && isHere && !isTakingOver(shown) && (
        <p className="card-hint">
          {words.cards.tab} {othersServe(shown) ? words.cards.tabOthers : words.cards.tabOne}
        </p>
      )}
      {isOpen(shown) && !isOver && (isHere || shown.handed) && shown.heldBack === undefined && (
        <HandOver sent={shown} title={titleOf(message, words.cards)} />
      )}
      {isOpen(shown) && !isOver && (
        <div className="card-actions">
          <Button kind="quiet" onClick={withdraw}>
            {words.cards.withdraw}
          </Button>
          {shown.uploadedBytes > 0 && (
            <span className="card-hint">{words.cards.uploaded(formats.size(shown.uploadedBytes))}</span>
          )}
        </div>
      )}
    </CardFrame>
  )
}

/** What is over means nothing to those who have it. */
function needsGone({ recipients }: SentStatus): boolean {
  return recipients.some(({ receipt }) => receipt !== 'verified')
}

function withdrawKey(id: string): string {
  return `withdraw ${id}`
}

function useStatus(sent: SentStatus, isFetching: boolean): SentStatus {
  const { value, again } = useAsked('status', isFetching ? { id: sent.id } : undefined)
  useEffect(() => {
    if (!isFetching) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') again()
    }, LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [isFetching, again])
  return (isFetching && value) || sent
}

function Recipient({
  address,
  line,
  title,
}: {
  readonly address: string
  readonly line: RecipientLine
  readonly title: string
}) {
  const words = useWords()
  const formats = useFormats()
  const now = useNow()
  const name = nameOf(address, useMe())
  const at = 'at' in line ? line.at : undefined
  const share = line.kind === 'fetching' ? line.share : undefined
  const { says, sign, tone } = facts(words.cards)[line.kind]
  return (
    <li className="recipient">
      <CardLine sign={sign} tone={tone}>
        <bdi>{name}</bdi>{' '}
        <span className="recipient-says">
          {says}
          {share !== undefined && ` ${formats.percent(share)}`}
          {at !== undefined && (
            <>
              {', '}
              <time dateTime={at} title={formats.exact(at)}>
                {formats.when(at, now)}
              </time>
            </>
          )}
        </span>
      </CardLine>
      {share !== undefined && <ProgressLine share={share} label={`${title}, ${name}`} />}
    </li>
  )
}

function facts(
  words: ReturnType<typeof useWords>['cards'],
): Record<RecipientLine['kind'], { says: string; sign: Sign; tone: Tone }> {
  return {
    outbox: { says: words.outbox, sign: 'clock', tone: 'plain' },
    waiting: { says: words.inMailbox, sign: 'clock', tone: 'plain' },
    told: { says: words.toldThem, sign: 'clock', tone: 'plain' },
    fetching: { says: words.fetchingThem, sign: 'fetch', tone: 'accent' },
    has: { says: words.has, sign: 'check', tone: 'good' },
    refused: { says: words.refusedThem, sign: 'stop', tone: 'plain' },
    expired: { says: words.expiredThem, sign: 'gone', tone: 'plain' },
    withdrawn: { says: words.withdrawnThem, sign: 'gone', tone: 'plain' },
  }
}
