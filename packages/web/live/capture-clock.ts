// When a frame was captured. A track counts microseconds from an origin of its own; here they become the device's clock, so that pictures
// and sound of one moment carry the same time whatever their tracks count from.

export interface CaptureClock {
  /** `timestampUs`: as the track says. Never goes back, and never lies after `nowUs`. */
  capturedAtUs(timestampUs: number, nowUs: number): number
}

/** How long the shortest delay is remembered, us: a device's clock that was set anew is followed within two of these. */
const REMEMBERED_US = 5_000_000

/**
 * A frame reaches the page some time after it was captured. The shortest such time of late is taken for none: what differs between two
 * tracks is then the difference of their shortest delays, a few milliseconds.
 */
export function createCaptureClock(): CaptureClock {
  let offsetUs = Number.POSITIVE_INFINITY
  /** Of the time since `sinceUs`, to take the place of the other. */
  let newerUs = Number.POSITIVE_INFINITY
  let sinceUs = Number.NEGATIVE_INFINITY
  let lastUs = 0
  return {
    capturedAtUs(timestampUs, nowUs) {
      if (nowUs - sinceUs > REMEMBERED_US) {
        if (newerUs !== Number.POSITIVE_INFINITY) offsetUs = newerUs
        newerUs = Number.POSITIVE_INFINITY
        sinceUs = nowUs
      }
      newerUs = Math.min(newerUs, nowUs - timestampUs)
      offsetUs = Math.min(offsetUs, newerUs)
      lastUs = Math.max(lastUs, Math.round(timestampUs + offsetUs))
      return lastUs
    },
  }
}

/** The device's clock, microseconds since 1970: the one by which the device in its worker drops sound that is too old. */
export function nowUs(): number {
  return Date.now() * 1_000
}
