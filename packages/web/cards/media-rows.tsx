// The files of a card, one a row, where there are several: a sign of their kind, their folders and name, size, and what is here. A long
// list shows its beginning.

import { useState, type ReactNode } from 'react'
import type { TalkMessage } from '../device-connection.ts'
import { FilmIcon } from '../look/icons.tsx'
import { shownAs } from '../play/media-types.ts'
import { useFormats, useWords } from '../words/words.ts'
import { FileIcon, ImageIcon, SoundIcon } from './icons.tsx'
import { Button } from '../look/button.tsx'
import { shownName } from '../look/shown-name.ts'

type Media = TalkMessage['media'][number]

/** Rows at first; fifty more with each asking, so that two thousand files stop nobody. */
const ROWS_FIRST = 4
const ROWS_MORE = 50

/** Nothing where there is a single one: the card is about it. */
export function MediaRows({
  media,
  children,
}: {
  readonly media: readonly Media[]
  /** What stands at the end of each row. */
  readonly children?: (media: Media) => ReactNode
}) {
  const words = useWords()
  const [count, setCount] = useState(ROWS_FIRST)
  if (media.length < 2) return null
  const hidden = media.length - count
  return (
    <div className="rows">
      <ul>
        {media.slice(0, count).map((one, index) => (
          // The same file may be there twice, under two names.
          <Row key={`${one.root} ${index}`} media={one}>
            {children?.(one)}
          </Row>
        ))}
      </ul>
      {hidden > 0 && (
        <Button kind="quiet" onClick={() => setCount(count + ROWS_MORE)}>
          {words.cards.more(Math.min(hidden, ROWS_MORE))}
        </Button>
      )}
    </div>
  )
}

function Row({ media, children }: { readonly media: Media; readonly children: ReactNode }) {
  const formats = useFormats()
  const { title, folder = [], sizeBytes } = media
  const name = shownName(media.name)
  return (
    <li className="row">
      <KindIcon media={media} />
      <span className="row-words">
        <bdi className="row-name">{title ?? name}</bdi>
        <span className="row-below">
          {formats.size(sizeBytes)}
          {(folder.length > 0 || title !== undefined) && (
            <bdi className="row-folder">
              {[...folder.map(shownName), ...(title === undefined ? [] : [name])].join(' / ')}
            </bdi>
          )}
        </span>
      </span>
      {children}
    </li>
  )
}

export function KindIcon({ media }: { readonly media: { readonly type: string; readonly name: string } }) {
  switch (shownAs(media)) {
    case 'film':
      return <FilmIcon />
    case 'sound':
      return <SoundIcon />
    case 'picture':
      return <ImageIcon />
    default:
      return media.type.startsWith('video/') ? <FilmIcon /> : <FileIcon />
  }
}
