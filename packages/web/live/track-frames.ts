// The frames of a camera's or screen's picture track, one at a time. MediaStreamTrackProcessor gives them as they come; elsewhere a video
// element that nobody sees is asked whenever it shows another (requestVideoFrameCallback), and an audio worklet takes the sound.

import { trustedScriptUrl } from '../trusted.ts'
import type { SoundPacket } from './sound-packets.ts'
// oxlint-disable-next-line import/default -- the build makes this module, and its address
import takerUrl from './sound-taker.ts?worker&url'

/** Of what a worklet gives at once, s: as much as a packet of the encoder holds. */
const PACKET_SECONDS = 0.02
/** How often a video element in a hidden tab is asked, ms: as often as a screen is captured (camera.ts). */
const UNSEEN_EVERY_MS = 66

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

/** The packets of a sound track, as eachPicture, in the format that was asked for where this browser can choose. */
export async function eachSound(
  track: MediaStreamTrack,
  format: { readonly sampleRateHz: number; readonly channels: number },
  onData: (data: AudioData) => void,
  signal: AbortSignal,
): Promise<void> {
  const Processor = trackProcessor()
  await (Processor
    ? eachOf(new Processor<AudioData>({ track }), onData, signal)
    : eachHeard(track, format, onData, signal))
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

async function eachHeard(
  track: MediaStreamTrack,
  { sampleRateHz, channels }: { readonly sampleRateHz: number; readonly channels: number },
  onData: (data: AudioData) => void,
  signal: AbortSignal,
): Promise<void> {
  const context = new AudioContext({ sampleRate: sampleRateHz, latencyHint: 'interactive' })
  try {
    await context.audioWorklet.addModule(trustedScriptUrl(takerUrl))
    const samplesEach = Math.round(sampleRateHz * PACKET_SECONDS)
    const processorOptions = { channels, samplesEach }
    const taker = new AudioWorkletNode(context, 'sound-taker', { processorOptions })
    const { promise, resolve } = Promise.withResolvers<void>()
    taker.port.onmessage = ({ data: { firstSample, samples } }: MessageEvent<SoundPacket>) => {
      if (signal.aborted) return
      const timestamp = Math.round((firstSample * 1e6) / sampleRateHz)
      const shape = { sampleRate: sampleRateHz, numberOfChannels: channels, numberOfFrames: samplesEach }
      onData(new AudioData({ format: 'f32-planar', timestamp, data: samples, ...shape }))
    }
    context.createMediaStreamSource(new MediaStream([track])).connect(taker)
    // Silence: some browsers ask only what leads to somebody's ears.
    taker.connect(context.destination)
    const stop = () => resolve()
    signal.addEventListener('abort', stop, { once: true })
    track.addEventListener('ended', stop, { once: true })
    if (signal.aborted || track.readyState === 'ended') stop()
    // Without a sound card some browsers never answer this.
    context.resume().catch(stop)
    await promise
  } finally {
    await context.close()
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
  const take = (nowMs: number) => onFrame(new VideoFrame(video, { timestamp: Math.round(nowMs * 1_000) }))
  const look = (nowMs: number) => {
    if (signal.aborted || track.readyState === 'ended') return resolve()
    if (!document.hidden) take(nowMs)
    video.requestVideoFrameCallback(look)
  }
  // In a tab that nobody sees no frame is called back for; whoever shows a screen looks at something else.
  const unseen = setInterval(() => {
    if (document.hidden && !signal.aborted && video.readyState >= video.HAVE_CURRENT_DATA) take(performance.now())
  }, UNSEEN_EVERY_MS)
  const stop = () => resolve()
  video.requestVideoFrameCallback(look)
  signal.addEventListener('abort', stop, { once: true })
  track.addEventListener('ended', stop, { once: true })
  if (signal.aborted) stop()
  try {
    await promise
  } finally {
    clearInterval(unseen)
    video.srcObject = null
    signal.removeEventListener('abort', stop)
    track.removeEventListener('ended', stop)
  }
}
