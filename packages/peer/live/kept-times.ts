// When each frame of a broadcast is in a film that is kept of it: as far apart as they were captured, from the first picture on. What the
// broadcaster says is not believed where it is far from when frames came. Pure.

/** How far a capture time may be from what this device's clock expects, ms: more than any line's delay. Beyond it the film goes on as frames come. */
const STRAY_MS = 10_000

export interface KeptTimes {
  /** ms since the first picture; grows with each frame of a kind. Undefined for sound from before the first picture. */
  at(kind: 'picture' | 'sound', capturedAtUs: number, nowMs: number): number | undefined
}

export function createKeptTimes(): KeptTimes {
  /** Captured less kept. */
  let offsetMs: number | undefined
  let beganMs = 0
  const lastMs = { picture: -1, sound: -1 }
  return {
    at(kind, capturedAtUs, nowMs) {
      const capturedMs = capturedAtUs / 1000
      if (offsetMs === undefined) {
        if (kind === 'sound') return undefined
        offsetMs = capturedMs
        beganMs = nowMs
      }
      const expectedMs = nowMs - beganMs
      if (Math.abs(capturedMs - offsetMs - expectedMs) > STRAY_MS) offsetMs = capturedMs - expectedMs
      const atMs = Math.round(capturedMs - offsetMs)
      if (kind === 'sound' && atMs < 0) return undefined
      lastMs[kind] = Math.max(lastMs[kind] + 1, atMs)
      return lastMs[kind]
    },
  }
}
