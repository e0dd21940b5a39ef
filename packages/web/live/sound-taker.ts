// Runs beside the sound card, as an audio worklet: gives the page a microphone's samples, where there is no track processor that would
// (Firefox, WebKit). What is made of them is track-frames.ts's.

import { createSoundPackets } from './sound-packets.ts'

/** Web Audio section 1.32, which TypeScript's DOM does not know. */
declare const currentFrame: number
declare function registerProcessor(name: string, processor: new (node: TakerNode) => AudioWorkletProcessor): void
declare class AudioWorkletProcessor {
  readonly port: MessagePort
}

/** What track-frames.ts says to it. */
interface TakerNode {
  readonly processorOptions: { readonly channels: number; readonly samplesEach: number }
}

registerProcessor(
  'sound-taker',
  class extends AudioWorkletProcessor {
    readonly #take: ReturnType<typeof createSoundPackets>

    constructor({ processorOptions: { channels, samplesEach } }: TakerNode) {
      super()
      this.#take = createSoundPackets(channels, samplesEach)
    }

    process([input = []]: readonly (readonly Float32Array[])[]): boolean {
      for (const packet of this.#take(input, currentFrame)) this.port.postMessage(packet, [packet.samples.buffer])
      return true
    }
  },
)
