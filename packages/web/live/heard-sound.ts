// A viewer's sound: packets decoded and laid one after the other on the sound card's own time, a short lead ahead of it. Pictures are shown as they
// come, so the lead is all that sound is behind them: well within the 80 ms that people do not notice (ITU-R BT.1359).

import type { CapturedFormat, ViewedFrame } from '@doorpost/peer/browser/live-contract'

/** How far ahead of the sound card sound is laid, s: two packets, against the unevenness of their coming. */
export const LEAD_S = 0.04
/** Further ahead than this it has fallen behind the pictures, and what comes is left out until it has caught up, s. */
export const AHEAD_MAX_S = 0.12

export interface HeardSound {
  take(frame: ViewedFrame): void
  mute(isMuted: boolean): void
  close(): void
}

/**
 * Where the next packet goes. `nextS`: where the last one ends; `nowS`: where the sound card is. Undefined: it is left out. Pure.
 */
export function placeOf(nextS: number, nowS: number): number | undefined {
  if (nextS - nowS > AHEAD_MAX_S) return undefined
  // After a pause, or at first: a lead, and never before what is being heard.
  return nextS < nowS + LEAD_S / 2 ? nowS + LEAD_S : nextS
}

/** Undefined where this browser decodes none of it. From a tap: browsers let nothing sound before one. */
export function hearSound({ audio }: CapturedFormat): HeardSound | undefined {
  if (!audio || typeof AudioDecoder === 'undefined') return undefined
  const card = new AudioContext({ latencyHint: 'interactive', sampleRate: audio.sampleRateHz })
  const volume = card.createGain()
  volume.connect(card.destination)
  let nextS = 0
  let isClosed = false
  const decoder = new AudioDecoder({
    output(data) {
      const startS = placeOf(nextS, card.currentTime)
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
        nextS = startS + buffer.duration
      }
      data.close()
    },
    // The pictures go on without it.
    error: () => {},
  })
  decoder.configure({ codec: audio.codec, sampleRate: audio.sampleRateHz, numberOfChannels: audio.channels })
  return {
    take({ kind, capturedAtUs, bytes }) {
      if (kind !== 'audio' || decoder.state !== 'configured') return
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
