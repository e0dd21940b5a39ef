// From an opened camera or screen to encoded frames: which pictures are encoded, which become stills, and sound beside them. Where the frames go is
// the device's, in its worker; what is asked of the camera is camera.ts's.

import type { CapturedFormat, EncodedFrame, PictureFormat } from '@doorpost/peer/browser/live-contract'
import { createCaptureClock, nowUs } from './capture-clock.ts'
import { createChangingEncoder } from './changing-encoder.ts'
import { createEncoderTrials, type EncoderTrials } from './encodes.ts'
import { createPictureEncoder } from './picture-encoder.ts'
import { bitsPerSecond, type EncodedFormat, encodedFormats, sizeWithin } from './picture-format.ts'
import { createSoundEncoder, encodesSound, SOUND_CODEC, type SoundFormat } from './sound-encoder.ts'
import { createStillEncoder } from './still-encoder.ts'
import { eachPicture, eachSound } from './track-frames.ts'

/** Between two stills, ms, where somebody gets them instead of moving pictures. */
const STILL_EVERY_MS = 2_000
/** What stills come to at most, bytes a second: 60 kB each. */
const STILL_BYTES_PER_SECOND = 30_000
/** Opus at 32 kbit/s with its headers, bytes a second. */
const SOUND_BYTES_PER_SECOND = 6_000
/** A format's bytes are a bound and its bits an aim: encoders go over it for a moment. */
const BOUND_OVER_AIM = 1.25

export interface CaptureOptions {
  readonly stream: MediaStream
  /** Of `tryEncoders`. Undefined: no moving pictures at all. */
  readonly encodes: EncoderTrials | undefined
  onFrame(frame: EncodedFrame): void
  /** Once: the camera was taken away, or an encoder failed. Not after `stop`. */
  onEnd(): void
}

export interface Capture {
  readonly format: CapturedFormat
  /** What pictures can be made in, the best first; that of the format is the first. */
  readonly pictures: readonly PictureFormat[]
  /** Pictures in that one of `pictures` from here on, a key frame first. */
  use(picture: PictureFormat): void
  /** Nothing is encoded while nobody watches. */
  want(what: { readonly pictures: boolean; readonly stills: boolean }): void
  wantKeyFrame(): void
  aimFor(bitsPerSecond: number): void
  /** Sound is not encoded while muted; the microphone stays open, so that it is there again at once. */
  mute(isMuted: boolean): void
  stop(): void
}

/** Begins to try what this browser encodes, while somebody is still being asked for the camera. */
export function tryEncoders(): EncoderTrials {
  const encodes = createEncoderTrials()
  void encodedFormats({ width: 640, height: 360, framesPerSecond: 30 }, encodes)
  return encodes
}

/** Undefined where the stream has no picture. */
export async function startCapture(options: CaptureOptions): Promise<Capture | undefined> {
  const { stream, encodes, onFrame, onEnd } = options
  const [track] = stream.getVideoTracks()
  if (!track) return undefined
  const { width = 640, height = 360, frameRate = 30 } = track.getSettings()
  const formats = encodes ? await encodedFormats({ width, height, framesPerSecond: frameRate }, encodes) : []
  const [picture] = formats
  const [soundTrack] = stream.getAudioTracks()
  const sound = soundTrack && (await soundFormat(soundTrack))
  const stop = new AbortController()
  const { signal } = stop
  let wants = { pictures: false, stills: false }
  let isMuted = false
  let stillAtMs = 0
  const ended = () => {
    if (signal.aborted) return
    stop.abort()
    onEnd()
  }
  const open = (format: EncodedFormat, give: (frame: EncodedFrame) => void) => createPictureEncoder(format, give, ended)
  const encoder = picture && createChangingEncoder(picture, open, onFrame)
  const stills = createStillEncoder()
  const clock = createCaptureClock()

  function takePicture(frame: VideoFrame): void {
    const seenUs = nowUs()
    const capturedAtUs = clock.capturedAtUs(frame.timestamp, seenUs)
    if (wants.stills && seenUs / 1_000 >= stillAtMs) {
      stillAtMs = seenUs / 1_000 + STILL_EVERY_MS
      stills.encode(frame.clone(), capturedAtUs).then((still) => {
        if (still && !signal.aborted) onFrame(still)
      }, ended)
    }
    if (wants.pictures && encoder) encoder.encode(frame, capturedAtUs)
    else frame.close()
  }
  eachPicture(track, takePicture, signal).then(ended, ended)
  if (soundTrack && sound) {
    const soundClock = createCaptureClock()
    const encodes = createSoundEncoder(sound, onFrame, ended)
    signal.addEventListener('abort', () => encodes.close(), { once: true })
    const take = (data: AudioData) => {
      const capturedAtUs = soundClock.capturedAtUs(data.timestamp, nowUs())
      if (isMuted || (!wants.pictures && !wants.stills)) data.close()
      else encodes.encode(data, capturedAtUs)
    }
    // A microphone that is pulled out ends the sound and not the pictures.
    eachSound(soundTrack, sound, take, signal).catch(() => {})
  }
  signal.addEventListener('abort', () => encoder?.close(), { once: true })

  return {
    format: formatOf({ width, height }, picture, sound),
    pictures: formats.map(announced),
    use(wanted) {
      const format = formats.find(({ codec }) => codec === wanted.codec)
      if (format) encoder?.use(format)
    },
    want(what) {
      // Whoever comes first needs a picture that stands for itself.
      if (what.pictures && !wants.pictures) encoder?.wantKeyFrame()
      if (what.stills && !wants.stills) stillAtMs = 0
      wants = what
    },
    wantKeyFrame: () => encoder?.wantKeyFrame(),
    aimFor: (bits) => encoder?.aimFor(bits),
    mute(muted) {
      isMuted = muted
    },
    stop: () => stop.abort(),
  }
}

/** Undefined where this browser cannot encode it: pictures alone. */
async function soundFormat(track: MediaStreamTrack): Promise<SoundFormat | undefined> {
  const { sampleRate, channelCount = 1 } = track.getSettings() as MediaTrackSettings & { channelCount?: number }
  const format = { sampleRateHz: sampleRate ?? (await ownSampleRateHz()), channels: Math.min(channelCount, 2) }
  return (await encodesSound(format)) ? format : undefined
}

/** What a browser's sound runs at. Where it does not say a microphone's rate (Firefox), it connects one to nothing of another rate. */
async function ownSampleRateHz(): Promise<number> {
  const context = new AudioContext()
  const { sampleRate } = context
  await context.close()
  return sampleRate
}

/** As viewers are told it. */
function announced({ codec, width, height, framesPerSecond, layers }: EncodedFormat): PictureFormat {
  return { codec, width, height, framesPerSecond, layers }
}

function formatOf(
  captured: { readonly width: number; readonly height: number },
  picture: EncodedFormat | undefined,
  sound: SoundFormat | undefined,
): CapturedFormat {
  const bits = picture ? bitsPerSecond(picture.width, picture.height, picture.framesPerSecond) : 0
  return {
    ...(picture && { picture: announced(picture) }),
    still: { ...sizeWithin(captured, 640), everyMs: STILL_EVERY_MS },
    ...(sound && { audio: { codec: SOUND_CODEC, channels: sound.channels, sampleRateHz: sound.sampleRateHz } }),
    bytesPerSecond: {
      pictures: Math.ceil((bits / 8) * BOUND_OVER_AIM),
      stills: STILL_BYTES_PER_SECOND,
      audio: sound ? SOUND_BYTES_PER_SECOND : 0,
    },
  }
}
