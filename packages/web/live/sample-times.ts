// When the samples of an encoded packet were captured. Encoders count on from the first sample they were given, so a microphone that leaves some out
// (a busy machine's does) would make all that follows look older than it is. Pure.

export interface SampleTimes {
  /** So many samples more were given to the encoder; the first of them was captured then. */
  given(samples: number, capturedAtUs: number): void
  /** So many came out of it: when the first of them was captured. Undefined: more than was given. */
  taken(samples: number): number | undefined
}

export function createSampleTimes(sampleRateHz: number): SampleTimes {
  let given: { readonly from: number; readonly to: number; readonly capturedAtUs: number }[] = []
  let givenSamples = 0
  let takenSamples = 0
  return {
    given(samples, capturedAtUs) {
      given.push({ from: givenSamples, to: givenSamples + samples, capturedAtUs })
      givenSamples += samples
    },
    taken(samples) {
      const at = takenSamples
      takenSamples += samples
      given = given.filter(({ to }) => to > at)
      const [first] = given
      if (!first) return undefined
      return Math.round(first.capturedAtUs + ((at - first.from) * 1e6) / sampleRateHz)
    },
  }
}
