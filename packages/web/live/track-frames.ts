// The frames of a camera's or screen's picture track, one at a time. MediaStreamTrackProcessor gives them as they come; elsewhere a video
// element that nobody sees is asked whenever it shows another (requestVideoFrameCallback).

/** W3C mediacapture-transform, as some browsers give it to pages; others have none there. */
interface TrackProcessor<Frame> {
  readonly readable: ReadableStream<Frame>
}
type TrackProcessorMaker = new <Frame>(init: {
  readonly track: MediaStreamTrack
  readonly maxBufferSize?: number
}) => TrackProcessor<Frame>

/** Undefined where this browser's pages have none. */
export function trackProcessor(): TrackProcessorMaker | undefined {
  const { MediaStreamTrackProcessor } = globalThis as { MediaStreamTrackProcessor?: TrackProcessorMaker }
  return MediaStreamTrackProcessor
}

/**
 * `onFrame` owns what it is given, and closes it: a camera has a handful of them and stops when none comes back. Settles when the track
 * has ended or `signal` says so.
 */
export async function eachPicture(
  track: MediaStreamTrack,
  onFrame: (frame: VideoFrame) => void,
  signal: AbortSignal,
): Promise<void> {
  const Processor = trackProcessor()
  await (Processor
    ? eachOf(new Processor<VideoFrame>({ track, maxBufferSize: 2 }), onFrame, signal)
    : eachShown(track, onFrame, signal))
}

/** The packets of a sound track, as eachPicture. Only where there is a track processor. */
export async function eachSound(
  track: MediaStreamTrack,
  onData: (data: AudioData) => void,
  signal: AbortSignal,
): Promise<void> {
  const Processor = trackProcessor()
  if (Processor) await eachOf(new Processor<AudioData>({ track }), onData, signal)
}

async function eachOf<Frame>(
  { readable }: TrackProcessor<Frame>,
  onFrame: (frame: Frame) => void,
  signal: AbortSignal,
): Promise<void> {
  const reader = readable.getReader()
  const stop = () => void reader.cancel().catch(() => {})
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      onFrame(value)
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function eachShown(
  track: MediaStreamTrack,
  onFrame: (frame: VideoFrame) => void,
  signal: AbortSignal,
): Promise<void> {
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.srcObject = new MediaStream([track])
  await video.play()
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = (nowMs: number) => {
    if (signal.aborted || track.readyState === 'ended') return resolve()
    onFrame(new VideoFrame(video, { timestamp: Math.round(nowMs * 1_000) }))
    video.requestVideoFrameCallback(look)
  }
  const stop = () => resolve()
  video.requestVideoFrameCallback(look)
  signal.addEventListener('abort', stop, { once: true })
  track.addEventListener('ended', stop, { once: true })
  if (signal.aborted) stop()
  try {
    await promise
  } finally {
    video.srcObject = null
    signal.removeEventListener('abort', stop)
    track.removeEventListener('ended', stop)
  }
}
