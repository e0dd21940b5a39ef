// Recording a clip: what the camera or the screen gives is seen, then recorded, then looked at, and only then given to be sent. Camera and
// microphone are let go of as soon as it ends.

import { useCallback, useEffect, useState } from 'react'
import { Button } from '../look/button.tsx'
import { useFocusKept } from '../look/focus-kept.ts'
import { Sheet } from '../look/sheet.tsx'
import { refusalText } from '../live/refusal.ts'
import { useFormats, useWords } from '../words/words.ts'
import type { Recorded } from './attach.tsx'
import { clockText } from './card-frame.tsx'
import { useClipRecorder } from './clip-recorder.ts'
import { useStayOpen } from './stay-open.ts'
import { useWakeLock } from './wake-lock.ts'
import './record-clip.css'

export function RecordClip({
  what,
  onClip,
  onCancel,
  onLeft,
}: {
  readonly what: Recorded
  readonly onClip: (file: File) => void
  /** With what was recorded, if anything was. */
  readonly onCancel: (clip?: File) => void
  /** The page went elsewhere before anybody decided about it. */
  readonly onLeft: (clip: File) => void
}) {
  const { cards: words, live, look } = useWords()
  const formats = useFormats()
  const [attempt, setAttempt] = useState(0)
  const { state, roomBytes, bytes, record, stop, decide } = useClipRecorder(what, attempt, {
    nameOf: (at) => words.clipName(stampOf(at)),
    onLeft,
  })
  const isRecording = state.kind === 'recording'
  useWakeLock(isRecording)
  useStayOpen(isRecording || state.kind === 'recorded')
  const foot = useFocusKept()
  return (
    // Closing in the middle loses nothing: it ends there, and is looked at.
    <Sheet title={words.recordTitle} onClose={isRecording ? stop : () => onCancel(decide())}>
      {state.kind === 'refused' && (
        <p role="alert">{state.why === 'gone' ? words.recordGone : refusalText(live, state.why)}</p>
      )}
      {(state.kind === 'ready' || state.kind === 'recording') && (
        <LivePicture stream={state.stream} label={words.recordPicture} isMirrored={what === 'camera'} />
      )}
      {state.kind === 'recorded' && <RecordedPicture file={state.file} label={words.recordLook} />}
      <p className="record-figures" data-on={state.kind === 'recording' ? '' : undefined}>
        {state.kind === 'recording' && <Clock sinceMs={state.sinceMs} />}
        {state.kind === 'ready' && words.recordRoom(formats.size(roomBytes))}
        {state.kind === 'recorded' && formats.size(state.file.size)}
        {state.kind === 'recording' && bytes > 0 && ` · ${formats.size(bytes)}`}
      </p>
      {state.kind === 'recorded' && state.ended !== 'asked' && (
        <p role="alert">{state.ended === 'no-room' ? words.recordCapped : words.recordFailed}</p>
      )}
      <div className="record-foot" {...foot}>
        {state.kind === 'ready' && (
          <Button kind="main" disabled={roomBytes === 0} onClick={record}>
            {words.recordStart}
          </Button>
        )}
        {state.kind === 'recording' && (
          <Button kind="main" onClick={stop}>
            {words.recordStop}
          </Button>
        )}
        {state.kind === 'recorded' && (
          <>
            <Button
              kind="main"
              onClick={() => {
                decide()
                onClip(state.file)
              }}
            >
              {words.recordUse}
            </Button>
            <Button onClick={() => setAttempt(attempt + 1)}>{words.recordAgain}</Button>
          </>
        )}
        {state.kind === 'refused' && <Button onClick={() => setAttempt(attempt + 1)}>{look.again}</Button>}
      </div>
    </Sheet>
  )
}

function Clock({ sinceMs }: { readonly sinceMs: number }) {
  const words = useWords().cards
  const [nowMs, setNowMs] = useState(sinceMs)
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  return <>{words.recording(clockText((nowMs - sinceMs) / 1000))}</>
}

function LivePicture({
  stream,
  label,
  isMirrored,
}: {
  readonly stream: MediaStream
  readonly label: string
  readonly isMirrored: boolean
}) {
  const show = useCallback(
    (video: HTMLVideoElement | null) => {
      if (video) video.srcObject = stream
    },
    [stream],
  )
  return (
    <video
      ref={show}
      className="record-picture"
      data-mirrored={isMirrored ? '' : undefined}
      aria-label={label}
      autoPlay
      muted
      playsInline
    />
  )
}

function RecordedPicture({ file, label }: { readonly file: File; readonly label: string }) {
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    const made = URL.createObjectURL(file)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [file])
  return <video className="record-picture" aria-label={label} src={url} controls playsInline />
}

/** `2026-05-13 14.02`: part of a file's name, which takes no colon everywhere. */
function stampOf(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day} ${two(at.getHours())}.${two(at.getMinutes())}`
}
