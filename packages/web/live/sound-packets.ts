// Samples as an audio worklet meets them, a hundred or so at a time, put together into packets. Pure.

export interface SoundPacket {
  /** When its first sample was captured, in samples since the sound began. */
  readonly firstSample: number
  /** As AudioData's `f32-planar`: one channel after the other. */
  readonly samples: Float32Array<ArrayBuffer>
}

/** Answers a function that takes what comes, one array for each channel, and gives a packet whenever one is full. */
export function createSoundPackets(
  channels: number,
  samplesEach: number,
): (input: readonly Float32Array[], firstSample: number) => readonly SoundPacket[] {
  let samples = new Float32Array(channels * samplesEach)
  let filled = 0
  let startedAt = 0
  return (input, firstSample) => {
    const full: SoundPacket[] = []
    const count = input[0]?.length ?? 0
    for (let taken = 0; taken < count; ) {
      // What was left out in between is not made up: the packet goes as it is counted from its first sample.
      if (filled === 0) startedAt = firstSample + taken
      const length = Math.min(samplesEach - filled, count - taken)
      for (let channel = 0; channel < channels; channel++) {
        // A source with fewer channels sounds the same in all.
        const from = input[channel] ?? input[0]
        if (from) samples.set(from.subarray(taken, taken + length), channel * samplesEach + filled)
      }
      filled += length
      taken += length
      if (filled < samplesEach) continue
      full.push({ firstSample: startedAt, samples })
      samples = new Float32Array(channels * samplesEach)
      filled = 0
    }
    return full
  }
}
