// When a frame was captured. A track counts microseconds from an origin of its own; here they become the device's clock, so that pictures
// and sound of one moment carry the same time whatever their tracks count from.

export interface CaptureClock {
  /** `timestampUs`: as the track says. Never goes back, and never lies after `nowUs`. */
  capturedAtUs(timestampUs: number, nowUs: number): number
}

/**
 * A frame reaches the page some time after it was captured. The shortest such time ever seen is taken for none: what differs between two
 * tracks is then the difference of their shortest delays, a few milliseconds.
 */
export function createCaptureClock(): CaptureClock {
  let offsetUs = Number.POSITIVE_INFINITY
  let lastUs = 0
  return {
    capturedAtUs(timestampUs, nowUs) {
      offsetUs = Math.min(offsetUs, nowUs - timestampUs)
      lastUs = Math.max(lastUs, Math.round(timestampUs + offsetUs))
      return lastUs
    },
  }
}

/** The device's clock, microseconds since 1970, which goes on evenly while the page lives. */
export function nowUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1_000)
}
