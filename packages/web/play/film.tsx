// Film and sound, played while they arrive, by the browser's own player with its controls. What holds it up is said in words beside
// it, and where it was left it goes on.

import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { Button } from '../look/button.tsx'
import { useFormats, useWords } from '../words/words.ts'
import { playerKey } from './player-keys.ts'
import { browserMemory } from '../page-memory.ts'
import { createPositions } from './positions.ts'
import type { MediaReader } from './media-reader.ts'
import { servedType, shownAs } from './media-types.ts'
import { addSubtitles, type SubtitleFile } from './subtitle-tracks.ts'
import { useServed } from './served-url.ts'
import './film.css'

export interface FilmProps {
  readonly root: string
  readonly name: string
  readonly type: string
  readonly reader: MediaReader
  readonly poster: string | undefined
  readonly subtitles: readonly SubtitleFile[]
  /** What can be done where it cannot be shown. */
  readonly onCannot: () => void
}

/** How often the place is written down while it plays, ms. */
const REMEMBER_MS = 5_000

export function Film({ root, name, type, reader, poster, subtitles, onCannot }: FilmProps) {
  const words = useWords().play
  const formats = useFormats()
  const [attempt, setAttempt] = useState(0)
  const [isWaiting, setWaiting] = useState(true)
  const [hasFailed, setFailed] = useState(false)
  const [unread, setUnread] = useState<readonly string[]>([])
  const { served, trouble, bytesPerSecond } = useServed(reader, { type: servedType({ type, name }), name, attempt })
  const element = useRef<HTMLVideoElement>(null)
  const leftAt = useRef<number>(undefined)
  const url = served.state === 'served' ? served.url : undefined

  useEffect(() => {
    const video = element.current
    if (!video || url === undefined) return
    const stop = new AbortController()
    void addSubtitles(video, subtitles, stop.signal).then((names) => {
      if (!stop.signal.aborted) setUnread(names)
    })
    return () => stop.abort()
  }, [url, subtitles])

  useEffect(() => {
    const video = element.current
    if (!video || url === undefined) return
    const positions = createPositions(browserMemory)
    const remember = () => {
      if (Number.isFinite(video.duration)) positions.remember(root, video.currentTime, video.duration)
    }
    const begin = () => {
      const at = leftAt.current ?? positions.of(root)
      if (at !== undefined && at < video.duration) video.currentTime = at
    }
    const timer = setInterval(() => {
      if (!video.paused) remember()
    }, REMEMBER_MS)
    video.addEventListener('loadedmetadata', begin)
    video.addEventListener('pause', remember)
    addEventListener('pagehide', remember)
    return () => {
      clearInterval(timer)
      video.removeEventListener('loadedmetadata', begin)
      video.removeEventListener('pause', remember)
      removeEventListener('pagehide', remember)
      remember()
      // The last requests of the element end now instead of when it is collected.
      video.removeAttribute('src')
      video.load()
    }
  }, [url, root])

  useEffect(() => {
    // It was opened by a button of its card, which may be gone by now: a remote's keys are the player's from here on.
    const from = document.activeElement
    const card = element.current?.closest('.card')
    if (from === document.body || (from && card?.contains(from))) element.current?.focus({ preventScroll: true })
  }, [])

  useEffect(() => {
    if (served.state === 'impossible') onCannot()
  }, [served, onCannot])

  const fail = () => {
    const video = element.current
    // Without its address it is only being taken down.
    if (!video?.error || !video.hasAttribute('src')) return
    leftAt.current = video.currentTime > 0 ? video.currentTime : leftAt.current
    // Bytes that could not come are said by `trouble`; anything else is a film that this browser does not know.
    if (video.error.code === MediaError.MEDIA_ERR_DECODE || (trouble === undefined && video.readyState === 0))
      onCannot()
    else setFailed(true)
  }
  // A remote's Enter plays and pauses; whoever came to one of the player's own buttons by Tab presses that.
  const isInside = useRef(false)
  const keys = ({ key, ctrlKey, altKey, metaKey, shiftKey, nativeEvent }: KeyboardEvent) => {
    const video = element.current
    if (key === 'Tab') isInside.current = true
    if (!video || ctrlKey || altKey || metaKey || shiftKey || (key === 'Enter' && isInside.current)) return
    if (!playerKey(video, key, document.fullscreenElement === video)) return
    nativeEvent.preventDefault()
    nativeEvent.stopPropagation()
  }
  const common = {
    ref: element,
    src: url,
    controls: true,
    autoPlay: true,
    preload: 'metadata',
    'aria-label': name,
    onWaiting: () => setWaiting(true),
    onPlaying: () => setWaiting(false),
    onCanPlay: () => setWaiting(false),
    onError: fail,
  } as const
  return (
    <div className="film" onKeyDownCapture={keys} onBlurCapture={() => (isInside.current = false)}>
      {shownAs({ type, name }) === 'sound' ? (
        <audio {...common} />
      ) : (
        <video {...common} poster={poster} playsInline disableRemotePlayback className="film-picture" />
      )}
      <p className="film-says small quiet" aria-live="polite">
        {hasFailed ? (trouble ?? words.stopped) : isWaiting ? words.waiting : ''}
        {!hasFailed && isWaiting && bytesPerSecond > 0 && (
          <span aria-hidden="true"> · {formats.rate(bytesPerSecond)}</span>
        )}
      </p>
      {unread.length > 0 && <p className="small quiet">{words.noSubtitles(formats.list(unread))}</p>}
      {hasFailed && (
        <Button
          onClick={() => {
            setFailed(false)
            setWaiting(true)
            setAttempt((before) => before + 1)
          }}
        >
          {words.again}
        </Button>
      )}
    </div>
  )
}
