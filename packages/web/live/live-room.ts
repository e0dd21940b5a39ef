// What this page shows and watches, whichever screen is open: cameras that are on, pictures that are drawn, and what the device says of both.
// Screens draw it and say what is wished; the pictures' places are theirs.

import type {
  FromShowing,
  FromWatching,
  LiveShowing,
  LiveTask,
  LiveWatching,
  ToLive,
  ViewedFrame,
} from '@doorpost/peer/browser/live-contract'
import type { DeviceConnection } from '../device-connection.ts'
import type { CameraRefusal, Shown } from './camera.ts'
import type { Capture } from './capture.ts'
import { createDecoderTrials } from './decodes.ts'
import type { HeardSound } from './heard-sound.ts'
import type { ShownPicture } from './shown-picture.ts'

export interface ShowingNow {
  readonly what: Shown
  /** Where it was begun. */
  readonly conversation: string
  readonly stream: MediaStream
  readonly isMuted: boolean
  readonly hasSound: boolean
  /** Undefined until the server said something. */
  readonly standing: LiveShowing | undefined
  /** Since it is recorded, ms since 1970. */
  readonly recordedSinceMs: number | undefined
}

export interface WatchingNow {
  readonly user: string
  /** Where it was begun. */
  readonly conversation: string
  readonly standing: LiveWatching | undefined
  readonly hasSound: boolean
  readonly isMuted: boolean
}

export interface LiveState {
  readonly showing: ShowingNow | undefined
  readonly watching: readonly WatchingNow[]
  /** Who lets this user watch, and is not watched: their addresses. */
  readonly shownBy: readonly string[]
  /** Recorded, and not yet taken to be sent. */
  readonly recorded: { readonly conversation: string; readonly file: File } | undefined
}

type LiveTrouble = Extract<FromWatching, { kind: 'trouble' }>['trouble']

/** How something ended that the reader did not end. */
export type LiveNews =
  | { readonly news: 'refused'; readonly why: CameraRefusal }
  | { readonly news: 'show-ended'; readonly reason: string }
  | { readonly news: 'watch-ended'; readonly user: string; readonly reason: string }
  | { readonly news: 'trouble'; readonly trouble: LiveTrouble }
  /** `LiveState.recorded` has it. */
  | { readonly news: 'recorded' }
  /** The browser's recorder gave nothing. */
  | { readonly news: 'recorded-nothing' }

export interface LiveRoom {
  readonly now: LiveState
  subscribe(listener: () => void): () => void
  onNews(listener: (news: LiveNews) => void): () => void
  /** From a tap. Resolves when pictures are offered, or nothing came of it, which is news. */
  /** `ackWindow`: most pictures on their way to a viewer; by the line where nothing is said. */
  show(what: Shown, to: readonly string[], conversation: string, ackWindow?: number): Promise<void>
  stop(): void
  mute(isMuted: boolean): void
  record(isRecording: boolean): void
  /** Once: the recording is the caller's from here. */
  takeRecorded(): File | undefined
  /** From a tap. */
  watch(user: string, conversation: string): void
  leave(user: string): void
  muteWatched(user: string, isMuted: boolean): void
  /** Where the pictures of that user are drawn: one place, wherever it stands on the screen. */
  canvasOf(user: string): HTMLCanvasElement | undefined
  /** Ends everything. */
  close(): void
}

interface Watched {
  readonly canvas: HTMLCanvasElement
  /** Once it is known what this browser decodes. */
  port: MessagePort | undefined
  picture: ShownPicture | undefined
  sound: HeardSound | undefined
}

type LiveTaskOf<Do extends LiveTask['do']> = Extract<LiveTask, { do: Do }>

interface Shower {
  readonly port: MessagePort
  readonly capture: Capture
  recorder: MediaRecorder | undefined
}

/** Ends by which nobody needs to be told anything. */
const OWN_ENDS: ReadonlySet<string> = new Set(['left', 'stopped', 'cancelled'])

export function createLiveRoom(device: Pick<DeviceConnection, 'live' | 'onChange'>): LiveRoom {
  let now: LiveState = { showing: undefined, watching: [], shownBy: [], recorded: undefined }
  const listeners = new Set<() => void>()
  const hearers = new Set<(news: LiveNews) => void>()
  const watched = new Map<string, Watched>()
  let shower: Shower | undefined
  let isAsking = false
  const decodesHere = createDecoderTrials()

  const become = (change: Partial<LiveState>) => {
    now = { ...now, ...change }
    for (const listener of [...listeners]) listener()
  }
  const tell = (news: LiveNews) => {
    for (const hear of [...hearers]) hear(news)
  }
  const changeShowing = (change: Partial<ShowingNow>) => {
    if (now.showing) become({ showing: { ...now.showing, ...change } })
  }
  const changeWatching = (user: string, change: Partial<WatchingNow>) =>
    become({ watching: now.watching.map((one) => (one.user === user ? { ...one, ...change } : one)) })
  const offer = (user: string, isOffered: boolean) => {
    if (now.shownBy.includes(user) === isOffered) return
    become({ shownBy: isOffered ? [...now.shownBy, user] : now.shownBy.filter((one) => one !== user) })
  }
  const stopListening = device.onChange(({ what, id }) => {
    if (what !== 'shown' || id === undefined) return
    const user = id.slice(0, id.lastIndexOf('/'))
    if (!watched.has(user)) offer(user, true)
  })

  async function show(what: Shown, to: readonly string[], conversation: string, ackWindow?: number): Promise<void> {
    if (shower || isAsking) return
    isAsking = true
    try {
      const [{ openCamera, letGo }, { startCapture, tryEncoders }] = await Promise.all([
        import('./camera.ts'),
        import('./capture.ts'),
      ])
      const encodes = what === 'stills' ? undefined : tryEncoders()
      const opened = await openCamera(what)
      if ('refused' in opened) return tell({ news: 'refused', why: opened.refused })
      const { stream } = opened
      // Nothing is captured before somebody wants it, and nobody does before there is a port.
      const say = (message: ToLive, transfer: Transferable[] = []) => shower?.port.postMessage(message, transfer)
      const capture = await startCapture({
        stream,
        encodes,
        onFrame: (frame) => say({ kind: 'frame', frame }, [frame.bytes.buffer]),
        onEnd: () => say({ kind: 'leave' }),
      })
      if (!capture) {
        letGo(stream)
        return tell({ news: 'refused', why: 'none-here' })
      }
      const { format, pictures } = capture
      const task: LiveTask = { do: 'show', format, pictures, to, ...(ackWindow !== undefined && { ackWindow }) }
      const port = device.live(task)
      const mine: Shower = { port, capture, recorder: undefined }
      shower = mine
      const over = () => {
        capture.stop()
        if (mine.recorder?.state === 'recording') mine.recorder.stop()
        letGo(stream)
        if (shower === mine) shower = undefined
        become({ showing: undefined })
      }
      port.onmessage = ({ data }: MessageEvent<FromShowing>) => {
        switch (data.kind) {
          case 'want':
            return capture.want(data)
          case 'key-frame':
            return capture.wantKeyFrame()
          case 'use':
            return capture.use(data.picture)
          case 'aim':
            return capture.aimFor(data.bitsPerSecond)
          case 'showing':
            return changeShowing({ standing: data.showing })
          case 'over':
            over()
            if (!OWN_ENDS.has(data.reason)) tell({ news: 'show-ended', reason: data.reason })
            return
          case 'trouble':
            over()
            if (!OWN_ENDS.has(data.trouble.code)) tell({ news: 'trouble', trouble: data.trouble })
        }
      }
      const hasSound = capture.format.audio !== undefined
      become({
        showing: {
          what,
          conversation,
          stream,
          hasSound,
          isMuted: false,
          standing: undefined,
          recordedSinceMs: undefined,
        },
      })
    } finally {
      isAsking = false
    }
  }

  async function record(isRecording: boolean): Promise<void> {
    const { showing } = now
    const mine = shower
    if (!mine || !showing) return
    if (!isRecording) return mine.recorder?.stop()
    const { startRecording } = await import('./recording.ts')
    if (mine.recorder || shower !== mine) return
    mine.recorder = startRecording(showing.stream, (file) => {
      mine.recorder = undefined
      changeShowing({ recordedSinceMs: undefined })
      if (!file) return tell({ news: 'recorded-nothing' })
      become({ recorded: { conversation: showing.conversation, file } })
      tell({ news: 'recorded' })
    })
    if (mine.recorder) changeShowing({ recordedSinceMs: Date.now() })
  }

  function watch(user: string, conversation: string): void {
    if (watched.has(user)) return
    offer(user, false)
    const canvas = document.createElement('canvas')
    const one: Watched = {
      canvas,
      port: undefined,
      picture: undefined,
      sound: undefined,
    }
    watched.set(user, one)
    become({
      watching: [...now.watching, { user, conversation, standing: undefined, hasSound: false, isMuted: false }],
    })
    const begin = (decodes: LiveTaskOf<'watch'>['decodes']) => {
      if (watched.get(user) !== one) return
      one.port = device.live({ do: 'watch', user, pictures: decodes.length === 0 ? 'stills' : 'moving', decodes })
      listen(user, one, one.port)
    }
    void decodesHere().then(begin)
  }

  function listen(user: string, one: Watched, port: MessagePort): void {
    const isOver = () => watched.get(user) !== one
    const say = (message: ToLive) => port.postMessage(message)
    const loading = Promise.all([import('./shown-picture.ts'), import('./heard-sound.ts'), import('./in-step.ts')])
    let parts: Awaited<typeof loading> | undefined
    /** Frames that came before the parts that show them. */
    const early: ViewedFrame[] = []
    let hasParts = false
    const take = (frame: ViewedFrame) => {
      if (frame.kind === 'audio') one.sound?.take(frame)
      else one.picture?.take(frame)
      say({ kind: 'taken', frames: 1 })
    }
    const over = (reason: string, trouble?: LiveTrouble) => {
      if (isOver()) return
      forget(user, one)
      if (OWN_ENDS.has(reason)) return
      // Who shows nothing is no trouble of this device.
      tell(trouble && reason !== 'not-found' ? { news: 'trouble', trouble } : { news: 'watch-ended', user, reason })
    }
    const useFormat = async (format: Extract<FromWatching, { kind: 'format' }>['format']) => {
      hasParts = false
      parts = await loading
      const [{ showPictures }, { hearSound }, { createInStep }] = parts
      if (isOver()) return
      one.picture?.close()
      one.sound?.close()
      const step = createInStep()
      one.picture = showPictures({
        canvas: one.canvas,
        format,
        onKeyFrameWanted: () => say({ kind: 'want-key-frame' }),
        holdMs: step.holdMs,
      })
      one.sound = hearSound(format, (capturedAtUs, inMs) => step.heard(capturedAtUs, performance.now() + inMs))
      changeWatching(user, { hasSound: one.sound !== undefined })
      hasParts = true
      for (const frame of early.splice(0)) take(frame)
    }
    port.onmessage = ({ data }: MessageEvent<FromWatching>) => {
      switch (data.kind) {
        case 'format':
          return void useFormat(data.format).catch(() => over('fault'))
        case 'frame':
          if (hasParts) take(data.frame)
          else early.push(data.frame)
          return
        case 'watching':
          if (!isOver()) changeWatching(user, { standing: data.watching })
          return
        case 'over':
          return over(data.reason)
        case 'trouble':
          return over(data.trouble.code, data.trouble)
      }
    }
  }

  function forget(user: string, one: Watched): void {
    one.picture?.close()
    one.sound?.close()
    one.canvas.remove()
    if (watched.get(user) === one) watched.delete(user)
    become({ watching: now.watching.filter((other) => other.user !== user) })
  }

  const post = (port: MessagePort, message: ToLive) => port.postMessage(message)
  return {
    get now() {
      return now
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    onNews(listener) {
      hearers.add(listener)
      return () => void hearers.delete(listener)
    },
    show,
    stop() {
      if (!shower) return
      post(shower.port, { kind: 'leave' })
      // The light goes out at once, whatever the server says.
      shower.capture.stop()
      for (const track of now.showing?.stream.getTracks() ?? []) track.stop()
    },
    mute(isMuted) {
      shower?.capture.mute(isMuted)
      changeShowing({ isMuted })
    },
    record: (isRecording) => void record(isRecording).catch(() => undefined),
    takeRecorded() {
      const file = now.recorded?.file
      if (file) become({ recorded: undefined })
      return file
    },
    watch,
    leave(user) {
      const one = watched.get(user)
      if (!one) return
      if (one.port) post(one.port, { kind: 'leave' })
      forget(user, one)
    },
    muteWatched(user, isMuted) {
      watched.get(user)?.sound?.mute(isMuted)
      changeWatching(user, { isMuted })
    },
    canvasOf: (user) => watched.get(user)?.canvas,
    close() {
      stopListening()
      if (shower) post(shower.port, { kind: 'leave' })
      shower?.capture.stop()
      for (const track of now.showing?.stream.getTracks() ?? []) track.stop()
      for (const [user, one] of [...watched]) {
        if (one.port) post(one.port, { kind: 'leave' })
        forget(user, one)
      }
    },
  }
}
