// "You can watch now": whether a film that is still arriving would play to its end without a stop. Pure: figures in, an answer out.

/** What is on the line for nothing but the pictures of now: a rate falls as often as it rises. */
const RATE_COUNTS = 0.8
/** Verified from the beginning before anything is promised, seconds of the film. */
const AHEAD_S = 4
/** Where nobody said how long it is: a camera's rate, bytes per second, as few films go beyond. */
const UNKNOWN_BYTES_PER_SECOND = 2_500_000

export interface Arriving {
  readonly sizeBytes: number
  /** Verified from the beginning without a gap. */
  readonly headBytes: number
  /** As measured lately. */
  readonly bytesPerSecond: number
  readonly durationSeconds?: number | undefined
}

export function canWatchNow({ sizeBytes, headBytes, bytesPerSecond, durationSeconds }: Arriving): boolean {
  if (headBytes >= sizeBytes) return true
  const known = durationSeconds !== undefined && durationSeconds > 0 && Number.isFinite(durationSeconds)
  const lastsS = known ? durationSeconds : sizeBytes / UNKNOWN_BYTES_PER_SECOND
  if (headBytes < Math.min(1, AHEAD_S / lastsS) * sizeBytes) return false
  const rate = Math.max(0, bytesPerSecond) * RATE_COUNTS
  return headBytes + rate * lastsS >= sizeBytes
}
