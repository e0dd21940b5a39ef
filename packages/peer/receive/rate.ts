// How fast bytes come, for people: an average that follows within seconds and does not jump.

/** Time over which the past is forgotten, ms. */
const MEMORY_MS = 3_000

/** Counts `bytes` at `nowMs`; answers bytes per second. */
export function createRate(startMs: number): (bytes: number, nowMs: number) => number {
  let perSecond = 0
  let lastMs = startMs
  let pending = 0
  let measured = false
  return (bytes, nowMs) => {
    pending += bytes
    const passedMs = nowMs - lastMs
    // Pieces that come in one burst are one measure.
    if (passedMs < 50) return Math.round(perSecond)
    const current = (pending * 1000) / passedMs
    const weight = measured ? 1 - Math.exp(-passedMs / MEMORY_MS) : 1
    perSecond += (current - perSecond) * weight
    measured = true
    pending = 0
    lastMs = nowMs
    return Math.round(perSecond)
  }
}
