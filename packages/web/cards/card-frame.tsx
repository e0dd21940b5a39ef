// What every card of media has: the picture, the words of its sender, the files. What became of it stands below, as children.

import { useId, type ReactNode } from 'react'
import { DAY_MS } from '@doorpost/protocol/day'
import type { TalkMessage } from '../device-connection.ts'
import { shownName } from '../look/shown-name.ts'
import { useNow } from '../screens/now.ts'
import { useFormats, useWords } from '../words/words.ts'
import { PreviewPicture } from './preview-picture.tsx'
import './card.css'

export function CardFrame({
  message,
  rows,
  children,
  strange = false,
  stage,
  alone = false,
}: {
  readonly message: TalkMessage
  readonly rows: ReactNode
  readonly children: ReactNode
  /** From somebody who is no contact: nothing of theirs is decoded. */
  readonly strange?: boolean
  /** Stands where the picture stood, while something is looked at. */
  readonly stage?: ReactNode
  /** Straight below the heading of a page; else it stands in a conversation, below that of its day. */
  readonly alone?: boolean
}) {
  const id = useId()
  const words = useWords()
  const Title = alone ? 'h2' : 'h3'
  const { media, text, copyright } = message
  const pictured = strange ? undefined : media.find(({ preview }) => preview)
  return (
    <div className="card" role="group" aria-labelledby={id}>
      {stage}
      {!stage && pictured?.preview && (
        <div className="card-picture">
          <PreviewPicture preview={pictured.preview} />
          <Duration seconds={pictured.preview.durationSeconds} />
        </div>
      )}
      <div className="card-body">
        <div className="card-words">
          <Title id={id} className="card-title" dir="auto">
            {titleOf(message, words.cards)}
          </Title>
          <Figures message={message} />
          {text !== undefined && text !== '' && (
            <p className="card-text" dir="auto">
              {text}
            </p>
          )}
          {copyright !== undefined && copyright !== '' && <Copyright who={copyright} />}
        </div>
        {rows}
        {children}
      </div>
    </div>
  )
}

/** The message's, else how many files they are, else that of its only media or its name. */
export function titleOf(
  { title, media }: Pick<TalkMessage, 'title' | 'media'>,
  words: ReturnType<typeof useWords>['cards'],
): string {
  const [first, second] = media
  if (title !== undefined) return title
  return second ? words.files(media.length) : (first?.title ?? shownName(first?.name ?? ''))
}

function Copyright({ who }: { readonly who: string }) {
  const words = useWords()
  return (
    <p className="card-hint" dir="auto">
      {words.cards.copyright(who)}
    </p>
  )
}

/** How long it is, on the picture. */
function Duration({ seconds }: { readonly seconds: number | undefined }) {
  if (seconds === undefined || seconds < 1) return null
  return <span className="card-duration">{clockText(seconds)}</span>
}

/** `1:02:03`, `4:05`. */
export function clockText(seconds: number): string {
  const whole = Math.floor(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor(whole / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

/** How many, how much, and when it was made where somebody said so. */
function Figures({ message }: { readonly message: TalkMessage }) {
  const words = useWords()
  const formats = useFormats()
  const now = useNow()
  const { media, date, at } = message
  const sizeBytes = media.reduce((sum, one) => sum + one.sizeBytes, 0)
  const [first] = media
  const isNamed = media.length === 1 && first !== undefined && titleOf(message, words.cards) !== shownName(first.name)
  // The time of sending stands beside the message already; a day of its own is worth a word.
  const isDated = date !== undefined && Date.parse(at) - Date.parse(date) > DAY_MS
  return (
    <p className="card-figures">
      {isNamed && <bdi>{shownName(first.name)}</bdi>}
      {media.length > 1 && message.title !== undefined && <span>{words.cards.files(media.length)}</span>}
      <bdi>{formats.size(sizeBytes)}</bdi>
      {isDated && (
        <time dateTime={date} title={formats.exact(date)}>
          {formats.day(date, now)}
        </time>
      )}
    </p>
  )
}
