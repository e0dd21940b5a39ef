// Recording a clip: what the camera or the screen gives is seen, then recorded, then looked at, and only then given to be sent. Camera and
// microphone are let go of as soon as it ends.

import { useCallback, useEffect, useRef, useState } from 'react'
import { Button } from '../look/button.tsx'
import { Sheet } from '../look/sheet.tsx'
import { announce } from '../look/announce.tsx'
import { useFormats, useWords } from '../words/words.ts'
import type { Recorded } from './attach.tsx'
import { clockText } from './card-frame.tsx'
import { clipBytesMax, recordType } from './record-types.ts'
import { useWakeLock } from './wake-lock.ts'
import './record-clip.css'

/** How often what was recorded is taken from the encoder, ms. */
const SLICE_MS = 1_000

type Ended = 'asked' | 'no-room' | 'broke-off'

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'refused'; readonly why: 'recordRefused' | 'recordNothing' }
  | { readonly kind: 'ready'; readonly stream: MediaStream }
  | { readonly kind: 'recording'; readonly stream: MediaStream; readonly sinceMs: number }
  | { readonly kind: 'recorded'; readonly file: File; readonly ended: Ended }

export function RecordClip({
  what,
  onClip,
  onCancel,
}: {
  readonly what: Recorded
  readonly onClip: (file: File) => void
  readonly onCancel: () => void
}) {
  const words = useWords().cards
  const formats = useFormats()
  const [attempt, setAttempt] = useState(0)
  const { state, roomBytes, bytes, record, stop } = useRecorder(what, attempt, (at) => words.clipName(stampOf(at)))
  useWakeLock(state.kind === 'recording')
  return (
    <Sheet title={words.recordTitle} onClose={onCancel}>
      {state.kind === 'refused' && <p role="alert">{words[state.why]}</p>}
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
      <div className="record-foot">
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
            <Button kind="main" onClick={() => onClip(state.file)}>
              {words.recordUse}
            </Button>
            <Button onClick={() => setAttempt(attempt + 1)}>{words.recordAgain}</Button>
          </>
        )}
        {state.kind === 'refused' && <Button onClick={() => setAttempt(attempt + 1)}>{words.recordAgain}</Button>}
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

/** `attempt`: another number begins anew. */
function useRecorder(what: Recorded, attempt: number, nameOf: (at: Date) => string) {
  const words = useWords().cards
  const [state, setState] = useState<State>({ kind: 'asking' })
  const [roomBytes, setRoomBytes] = useState(0)
  const [bytes, setBytes] = useState(0)
  const recorder = useRef<MediaRecorder>(undefined)
  const naming = useRef(nameOf)
  useEffect(() => {
    naming.current = nameOf
  })
  useEffect(() => {
    let over = false
    let opened: MediaStream | undefined
    setState({ kind: 'asking' })
    setBytes(0)
    const begin = async () => {
      try {
        const [stream, estimate] = await Promise.all([openStream(what), navigator.storage?.estimate() ?? {}])
        opened = stream
        if (over) return letGo(stream)
        setRoomBytes(clipBytesMax(estimate))
        setState({ kind: 'ready', stream })
      } catch (error) {
        const isMissing = error instanceof DOMException && error.name === 'NotFoundError'
        if (!over) setState({ kind: 'refused', why: isMissing ? 'recordNothing' : 'recordRefused' })
      }
    }
    void begin()
    return () => {
      over = true
      if (recorder.current?.state === 'recording') recorder.current.stop()
      recorder.current = undefined
      if (opened) letGo(opened)
    }
  }, [what, attempt])

  const record = () => {
    const type = recordType((one) => MediaRecorder.isTypeSupported(one))
    if (state.kind !== 'ready' || !type) return
    const { stream } = state
    const made = new MediaRecorder(stream, { mimeType: type.recorder })
    recorder.current = made
    /** Blobs, which browsers move from memory to disk. */
    const slices: Blob[] = []
    let sum = 0
    let ended: Ended = 'asked'
    made.addEventListener('dataavailable', ({ data }) => {
      slices.push(data)
      sum += data.size
      setBytes(sum)
      if (sum >= roomBytes && made.state === 'recording') {
        ended = 'no-room'
        made.stop()
      }
    })
    made.addEventListener('error', () => {
      ended = 'broke-off'
    })
    made.addEventListener('stop', () => {
      letGo(stream)
      if (recorder.current !== made) return
      const at = new Date()
      const file = new File(slices, `${naming.current(at)}.${type.ending}`, {
        type: type.type,
        lastModified: at.getTime(),
      })
      announce(words.recordLook)
      setState({ kind: 'recorded', file, ended })
    })
    made.start(SLICE_MS)
    setState({ kind: 'recording', stream, sinceMs: Date.now() })
  }
  return { state, roomBytes, bytes, record, stop: () => recorder.current?.stop() }
}

function openStream(what: Recorded): Promise<MediaStream> {
  // A screen that is shared gives its sound where the browser and its user let it.
  return what === 'camera'
    ? navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, height: { ideal: 720 } }, audio: true })
    : navigator.mediaDevices.getDisplayMedia({ video: true, audio: true })
}

function letGo(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}

/** `2026-05-13 14.02`: part of a file's name, which takes no colon everywhere. */
function stampOf(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day} ${two(at.getHours())}.${two(at.getMinutes())}`
}
