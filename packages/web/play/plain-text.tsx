// A text file, as text: its first part, and more when it is wanted.

import { useCallback, useEffect, useRef, useState } from 'react'
import { Button } from '../look/button.tsx'
import { useWords } from '../words/words.ts'
import { type MediaReader, readWhole } from './media-reader.ts'
import { encodingOf } from './text-decoding.ts'
import './plain-text.css'

/** Shown at once, bytes: what a browser lays out without a pause. */
const PART_BYTES = 1024 * 1024
/** Beyond this a page is no place to read it, bytes. */
const SHOWN_BYTES_MAX = 16 * 1024 * 1024

export function PlainText({
  name,
  reader,
  onTrouble,
}: {
  readonly name: string
  readonly reader: MediaReader
  readonly onTrouble: (sentence: string) => void
}) {
  const words = useWords()
  const [parts, setParts] = useState<readonly string[]>([])
  const [shownBytes, setShown] = useState(0)
  const decoder = useRef<TextDecoder>(undefined)
  const ends = Math.min(reader.sizeBytes, SHOWN_BYTES_MAX)

  const more = useCallback(
    async (from: number, signal: AbortSignal) => {
      try {
        const bytes = await readWhole(reader, from, Math.min(PART_BYTES, ends - from), signal)
        if (signal.aborted) return
        if (from === 0) decoder.current = new TextDecoder(encodingOf(bytes))
        const text = decoder.current?.decode(bytes, { stream: from + bytes.length < ends }) ?? ''
        setParts((before) => (from === 0 ? [text] : [...before, text]))
        setShown(from + bytes.length)
      } catch (error) {
        if (!signal.aborted) onTrouble(error instanceof Error ? error.message : words.play.stopped)
      }
    },
    [reader, ends, onTrouble, words],
  )
  const reading = useRef<AbortController>(undefined)
  useEffect(() => {
    reading.current = new AbortController()
    void more(0, reading.current.signal)
    return () => reading.current?.abort()
  }, [more])
  return (
    <div className="plain-text">
      <pre className="plain-text-lines" dir="auto" tabIndex={0} role="region" aria-label={name}>
        {parts}
      </pre>
      {shownBytes > 0 && shownBytes < ends && (
        <Button onClick={() => reading.current && void more(shownBytes, reading.current.signal)}>
          {words.look.more}
        </Button>
      )}
      {shownBytes === ends && ends < reader.sizeBytes && <p className="small quiet">{words.play.longText}</p>}
    </div>
  )
}
