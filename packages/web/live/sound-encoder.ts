// Encodes the microphone's sound: Opus in packets of 20 ms (RFC 6716 section 2.1.4), which is what a listener can lose without noticing.

import type { EncodedFrame } from '@doorpost/peer/browser/live-contract'
import { createSampleTimes } from './sample-times.ts'

export const SOUND_CODEC = 'opus'
/** For speech and a room, mono, bits per second. */
const BITS_PER_SECOND = 32_000
const PACKET_US = 20_000

/** WebCodecs Opus registration: what lib.dom does not name yet. */
type OpusConfig = AudioEncoderConfig & {
  readonly opus: { readonly frameDuration: number; readonly application: 'voip' }
}

export interface SoundFormat {
  readonly sampleRateHz: number
  readonly channels: number
}

export interface SoundEncoder {
  /** Takes the data and closes it. */
  encode(data: AudioData, capturedAtUs: number): void
  close(): void
}

function configOf({ sampleRateHz, channels }: SoundFormat): OpusConfig {
  return {
    codec: SOUND_CODEC,
    sampleRate: sampleRateHz,
    numberOfChannels: channels,
    bitrate: BITS_PER_SECOND,
    opus: { frameDuration: PACKET_US, application: 'voip' },
  }
}

export async function encodesSound(format: SoundFormat): Promise<boolean> {
  if (typeof AudioEncoder === 'undefined') return false
  return (await AudioEncoder.isConfigSupported(configOf(format))).supported === true
}

export function createSoundEncoder(
  format: SoundFormat,
  onFrame: (frame: EncodedFrame) => void,
  onTrouble: (error: Error) => void,
): SoundEncoder {
  const times = createSampleTimes(format.sampleRateHz)
  const encoder = new AudioEncoder({
    output(chunk) {
      const bytes = new Uint8Array(chunk.byteLength)
      chunk.copyTo(bytes)
      const samples = Math.round(((chunk.duration ?? PACKET_US) * format.sampleRateHz) / 1e6)
      const capturedAtUs = times.taken(samples)
      if (capturedAtUs === undefined) return
      onFrame({ kind: 'audio', isKey: false, layer: 0, capturedAtUs, bytes })
    },
    error: onTrouble,
  })
  encoder.configure(configOf(format))
  return {
    encode(data, capturedAtUs) {
      if (encoder.state === 'configured') {
        times.given(data.numberOfFrames, capturedAtUs)
        encoder.encode(data)
      }
      data.close()
    },
    close() {
      if (encoder.state !== 'closed') encoder.close()
    },
  }
}
