// What records a clip: it opens the camera or the screen, records until it is told to stop, until there is no more room, or until what it
// records from goes away, and lets go of all of it. What is seen of that is record-clip.tsx's.

import { useEffect, useRef, useState } from 'react'
import { type CameraRefusal, letGo, openCamera } from '../live/camera.ts'
import { announce } from '../look/announce.tsx'
import { useWords } from '../words/words.ts'
import type { Recorded } from './attach.tsx'
import { clipBytesMax, recordType } from './record-types.ts'

/** How often what was recorded is taken from the encoder, ms. */
const SLICE_MS = 1_000
/** A clip is watched whole, on larger screens than what is shown live. */
const CLIP_PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 } }

type Ended = 'asked' | 'no-room' | 'broke-off'

type State =
  | { readonly kind: 'asking' }
  /** gone: it was there, and went before anything was recorded. */
  | { readonly kind: 'refused'; readonly why: CameraRefusal | 'gone' }
  | { readonly kind: 'ready'; readonly stream: MediaStream }
  | { readonly kind: 'recording'; readonly stream: MediaStream; readonly sinceMs: number }
  | { readonly kind: 'recorded'; readonly file: File; readonly ended: Ended }

export interface ClipOwner {
  nameOf(at: Date): string
  /** The page went elsewhere while it was recorded or looked at. */
  onLeft(clip: File): void
}

/** `attempt`: another number begins anew. */
export function useClipRecorder(what: Recorded, attempt: number, owner: ClipOwner) {
  const words = useWords().cards
  const [state, setState] = useState<State>({ kind: 'asking' })
  const [roomBytes, setRoomBytes] = useState(0)
  const [bytes, setBytes] = useState(0)
  const recorder = useRef<MediaRecorder>(undefined)
  const newest = useRef(owner)
  useEffect(() => {
    newest.current = owner
  })
  /** Recorded, and nobody has said what becomes of it. */
  const undecided = useRef<File>(undefined)
  const decide = () => {
    const clip = undecided.current
    undecided.current = undefined
    return clip
  }
  useEffect(
    () => () => {
      if (undecided.current) newest.current.onLeft(undecided.current)
    },
    [],
  )
  /** Why the recorder of now ended; the first reason counts. */
  const why = useRef<Ended>(undefined)
  const end = (one: MediaRecorder, ended: Ended) => {
    why.current ??= ended
    if (one.state !== 'inactive') one.stop()
  }
  useEffect(() => {
    let over = false
    let stream: MediaStream | undefined
    setState({ kind: 'asking' })
    setBytes(0)
    const begin = async () => {
      const [opened, estimate] = await Promise.all([
        openCamera(what, CLIP_PICTURE),
        navigator.storage?.estimate().catch(() => ({})) ?? {},
      ])
      if ('refused' in opened) {
        if (!over) setState({ kind: 'refused', why: opened.refused })
        return
      }
      stream = opened.stream
      if (over) return letGo(stream)
      // Unplugged, taken by another program, or no longer shared: what was recorded until then is kept. A screen may lose its sound.
      const tracks = what === 'screen' ? stream.getVideoTracks() : stream.getTracks()
      for (const track of tracks) track.addEventListener('ended', () => noticeGone(opened.stream))
      setRoomBytes(clipBytesMax(estimate))
      setState({ kind: 'ready', stream })
    }
    const noticeGone = (from: MediaStream) => {
      if (over) return
      // Whoever ends sharing a screen in the browser's own line meant to.
      if (recorder.current) end(recorder.current, what === 'screen' ? 'asked' : 'broke-off')
      else setState({ kind: 'refused', why: 'gone' })
      letGo(from)
    }
    void begin()
    return () => {
      over = true
      // Only leaving ends what is still recorded: what came of it is for its owner.
      if (recorder.current?.state === 'recording') recorder.current.stop()
      recorder.current = undefined
      undecided.current = undefined
      if (stream) letGo(stream)
    }
  }, [what, attempt])

  const record = () => {
    const type = recordType((one) => MediaRecorder.isTypeSupported(one))
    if (state.kind !== 'ready' || !type) return
    const { stream } = state
    const made = new MediaRecorder(stream, { mimeType: type.recorder })
    /** Blobs, which browsers move from memory to disk. */
    const slices: Blob[] = []
    let sum = 0
    made.addEventListener('dataavailable', ({ data }) => {
      slices.push(data)
      sum += data.size
      setBytes(sum)
      if (sum >= roomBytes) end(made, 'no-room')
    })
    made.addEventListener('error', () => end(made, 'broke-off'))
    made.addEventListener('stop', () => {
      letGo(stream)
      const at = new Date()
      const file = new File(slices, `${newest.current.nameOf(at)}.${type.ending}`, {
        type: type.type,
        lastModified: at.getTime(),
      })
      if (recorder.current !== made) return sum > 0 ? newest.current.onLeft(file) : undefined
      recorder.current = undefined
      if (sum === 0) return setState({ kind: 'refused', why: 'gone' })
      announce(words.recordLook)
      undecided.current = file
      setState({ kind: 'recorded', file, ended: why.current ?? (what === 'screen' ? 'asked' : 'broke-off') })
    })
    try {
      made.start(SLICE_MS)
    } catch {
      // What it would record from went in this moment.
      letGo(stream)
      return setState({ kind: 'refused', why: 'gone' })
    }
    why.current = undefined
    recorder.current = made
    setState({ kind: 'recording', stream, sinceMs: Date.now() })
  }
  const stop = () => {
    if (recorder.current) end(recorder.current, 'asked')
  }
  return { state, roomBytes, bytes, record, stop, decide }
}
