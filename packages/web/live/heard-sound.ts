// A viewer's sound: packets decoded and laid one after the other on the sound card's own time, a short lead ahead of it. Pictures are shown as they
// come, so the lead is all that sound is behind them: well within the 80 ms that people do not notice (ITU-R BT.1359).

import type { CapturedFormat, ViewedFrame } from '@doorpost/peer/browser/live-contract'

/** How far ahead of the sound card sound is laid, s: two packets, against the unevenness of their coming. */
export const LEAD_S = 0.04
/** Further ahead than this it has fallen behind the pictures, and what comes is left out until it has caught up, s. */
export const AHEAD_MAX_S = 0.12
/** How long more lead than is needed is watched before a packet is left out to shorten it, s: one in so long is not heard. */
export const LOOK_S = 0.5

/** The one codec that is sent (sound-encoder.ts): no other decoder is opened because somebody named it. */
const CODEC = 'opus'
/** Packets inside the decoder at once: a second of them. What comes faster is not sound. */
const UNDER_WAY_MAX = 50

export interface HeardSound {
  take(frame: ViewedFrame): void
  mute(isMuted: boolean): void
  close(): void
}

/**
 * Where packets go, one after the other. `place`: `nowS` is where the sound card is; undefined: this one is left out. A burst after a pause
 * leaves the sound further behind than it need be: what was never needed for a while is taken away again. Pure.
 */
export function createPlaces(): { place(nowS: number, durationS: number): number | undefined } {
  /** Where the last packet ends. */
  let nextS = 0
  let leastAheadS = Number.POSITIVE_INFINITY
  let lookedS = 0
  const look = (nowS: number) => {
    leastAheadS = Number.POSITIVE_INFINITY
    lookedS = nowS
  }
  return {
    place(nowS, durationS) {
      const aheadS = nextS - nowS
      if (aheadS > AHEAD_MAX_S) return undefined
      // After a pause, or at first: a lead, and never before what is being heard.
      if (aheadS < LEAD_S / 2) {
        look(nowS)
        nextS = Math.max(nextS, nowS + LEAD_S)
      } else {
        leastAheadS = Math.min(leastAheadS, aheadS)
        if (nowS - lookedS >= LOOK_S) {
          const isTooMuch = leastAheadS > LEAD_S + durationS / 2
          look(nowS)
          if (isTooMuch) return undefined
        }
      }
      const startS = nextS
      nextS += durationS
      return startS
    },
  }
}

/** Undefined where this browser decodes none of it. From a tap: browsers let nothing sound before one. */
export function hearSound(
  { audio }: CapturedFormat,
  /** A packet sounds so long from now. */
  onHeard?: (capturedAtUs: number, inMs: number) => void,
): HeardSound | undefined {
  if (audio?.codec !== CODEC || typeof AudioDecoder === 'undefined') return undefined
  const card = new AudioContext({ latencyHint: 'interactive', sampleRate: audio.sampleRateHz })
  const volume = card.createGain()
  volume.connect(card.destination)
  const places = createPlaces()
  let isClosed = false
  const decoder = new AudioDecoder({
    output(data) {
      const startS = places.place(card.currentTime, data.numberOfFrames / data.sampleRate)
      if (startS !== undefined && !isClosed) {
        const buffer = card.createBuffer(data.numberOfChannels, data.numberOfFrames, data.sampleRate)
        for (let channel = 0; channel < data.numberOfChannels; channel++) {
          const samples = new Float32Array(data.numberOfFrames)
          data.copyTo(samples, { planeIndex: channel, format: 'f32-planar' })
          buffer.copyToChannel(samples, channel)
        }
        const source = card.createBufferSource()
        source.buffer = buffer
        source.connect(volume)
        source.start(startS)
        onHeard?.(data.timestamp, (startS - card.currentTime) * 1_000)
      }
      data.close()
    },
    // The pictures go on without it.
    error: () => {},
  })
  decoder.configure({ codec: audio.codec, sampleRate: audio.sampleRateHz, numberOfChannels: audio.channels })
  return {
    take({ kind, capturedAtUs, bytes }) {
      if (kind !== 'audio' || decoder.state !== 'configured' || decoder.decodeQueueSize > UNDER_WAY_MAX) return
      decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: capturedAtUs, data: bytes }))
    },
    mute(isMuted) {
      volume.gain.value = isMuted ? 0 : 1
    },
    close() {
      isClosed = true
      if (decoder.state !== 'closed') decoder.close()
      void card.close().catch(() => {})
    },
  }
}
