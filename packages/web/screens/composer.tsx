// The place to write. Enter sends, Shift and Enter begins a line; where a finger types, Enter begins a line and the button sends.
// What is written and not sent is kept by the device.

import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { Attach, type Recorded } from '../cards/attach.tsx'
import type { GivenFile } from '../cards/given-file.ts'
import { usePeer } from '../device.ts'
import { useGrowing } from '../look/growing.ts'
import { SendIcon } from '../look/icons.tsx'
import { troubleText, useWords } from '../words/words.ts'
import { createSaying } from './saying.ts'
import './composer.css'

/** Stillness after which a draft is kept, ms. */
const DRAFT_MS = 600

export interface ComposerProps {
  readonly conversation: string
  readonly to: readonly string[]
  readonly label: string
  readonly text: string
  readonly onText: (text: string) => void
  readonly onFiles: (given: readonly GivenFile[]) => void
  readonly onRecord: (what: Recorded) => void
}

export function Composer({ conversation, to, label, text, onText, onFiles, onRecord }: ComposerProps) {
  const words = useWords()
  const peer = usePeer()
  const [wrong, setWrong] = useState<string>()
  const place = useRef<HTMLTextAreaElement>(null)
  useGrowing(place, text)
  const dropDraft = useKeptDraft(conversation, text)
  // Whoever has a keyboard before them came to write; a finger would have its keyboard thrown over half the screen.
  useEffect(() => {
    if (matchMedia('(hover: hover) and (pointer: fine)').matches) place.current?.focus({ preventScroll: true })
  }, [])
  const ready = text.trim() !== ''

  const newest = useRef({ text, to, onText })
  useEffect(() => {
    newest.current = { text, to, onText }
  })
  const [say] = useState(() =>
    createSaying(
      async (said) => {
        try {
          await peer.do('talk.send', { to: [...newest.current.to], text: said })
          return true
        } catch (error) {
          setWrong(troubleText(error))
          return false
        }
      },
      // Before what was begun meanwhile.
      (texts) => newest.current.onText([...texts, newest.current.text].filter((one) => one !== '').join('\n')),
      // As a draft, which every message that goes takes away.
      (texts) => void peer.do('talk.draft', { conversation, text: texts.join('\n') }).catch(() => undefined),
    ),
  )
  const send = () => {
    if (!ready) return
    dropDraft()
    onText('')
    setWrong(undefined)
    say(text.trim())
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    if (matchMedia('(pointer: coarse)').matches) return
    event.preventDefault()
    send()
  }
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {wrong !== undefined && (
        <p className="composer-wrong" role="alert">
          {wrong}
        </p>
      )}
      <div className="composer-box">
        <Attach onFiles={onFiles} onRecord={onRecord} />
        <textarea
          ref={place}
          aria-label={label}
          placeholder={words.talk.write}
          rows={1}
          {...(text !== '' && { dir: 'auto' })}
          enterKeyHint="send"
          value={text}
          onChange={(event) => {
            setWrong(undefined)
            onText(event.target.value)
            // Nobody waits for it, and nothing hangs on it.
            if (event.target.value !== '') peer.do('talk.typing', { conversation }).catch(() => undefined)
          }}
          onKeyDown={onKey}
        />
        <button
          type="submit"
          className="icon-button composer-send"
          aria-label={words.talk.send}
          title={words.talk.send}
          disabled={!ready}
        >
          <SendIcon />
        </button>
      </div>
    </form>
  )
}

/** Kept a moment after the last key, and when the conversation is left. Answers what forgets it. */
function useKeptDraft(conversation: string, text: string): () => void {
  const peer = usePeer()
  const kept = useRef(text)
  const newest = useRef(text)
  useEffect(() => {
    newest.current = text
    const timer = setTimeout(keep, DRAFT_MS)
    return () => clearTimeout(timer)
    function keep() {
      if (kept.current === text) return
      kept.current = text
      peer.do('talk.draft', { conversation, text }).catch(() => undefined)
    }
  }, [peer, conversation, text])
  useEffect(
    () => () => {
      if (kept.current === newest.current) return
      peer.do('talk.draft', { conversation, text: newest.current }).catch(() => undefined)
    },
    [peer, conversation],
  )
  return () => {
    if (kept.current !== '') peer.do('talk.draft', { conversation, text: '' }).catch(() => undefined)
    kept.current = ''
    newest.current = ''
  }
}
