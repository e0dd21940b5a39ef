// Shows one media while it arrives: a film, a sound, a picture or a text, as its kind allows. What this browser cannot show is said,
// with the offer to save it; a PDF is among that (docs/decisions/0024-pdf-is-saved.md). Where the bytes come from is the reader's.

import { useCallback, useState } from 'react'
import { Button } from '../look/button.tsx'
import { useWords } from '../words/words.ts'
import { Film } from './film.tsx'
import type { MediaReader } from './media-reader.ts'
import { shownAs } from './media-types.ts'
import { Picture } from './picture.tsx'
import { PlainText } from './plain-text.tsx'
import type { SubtitleFile } from './subtitle-tracks.ts'
import './player.css'

export interface PlayerProps {
  readonly root: string
  readonly name: string
  readonly type: string
  /** The same object as long as it is the same media. */
  readonly reader: MediaReader
  /** What stands there until its first picture: an address of this page. */
  readonly poster?: string | undefined
  /** Sent along in the same message. */
  readonly subtitles?: readonly SubtitleFile[]
  /** Offered where it cannot be shown. */
  readonly onSave?: () => void
}

const NONE: readonly SubtitleFile[] = []

export function Player({ root, name, type, reader, poster, subtitles = NONE, onSave }: PlayerProps) {
  const words = useWords()
  const shown = shownAs({ type, name })
  const [cannot, setCannot] = useState(shown === 'none')
  const [trouble, setTrouble] = useState<string>()
  const [attempt, setAttempt] = useState(0)
  const onCannot = useCallback(() => setCannot(true), [])
  if (cannot) {
    return (
      <div className="player-cannot">
        <p>{words.play.cannot}</p>
        {onSave && (
          <Button kind="main" onClick={onSave}>
            {words.play.save}
          </Button>
        )}
      </div>
    )
  }
  if (trouble !== undefined) {
    return (
      <div className="player-cannot">
        <p role="status">{trouble}</p>
        <Button
          onClick={() => {
            setTrouble(undefined)
            setAttempt((before) => before + 1)
          }}
        >
          {words.look.again}
        </Button>
      </div>
    )
  }
  if (shown === 'picture') return <Picture key={attempt} {...{ name, reader, onCannot, onTrouble: setTrouble }} />
  if (shown === 'text') return <PlainText key={attempt} {...{ name, reader, onTrouble: setTrouble }} />
  return <Film {...{ root, name, type, reader, poster, subtitles, onCannot }} />
}
