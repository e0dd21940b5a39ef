// Chooses which kinds of path are tried, and when each begins. Pure: candidates and what is known of them in, an order out.
// Opening, timing out and moving up are race.ts's; what is permitted at all is permitted.ts's.

import type { PathKind } from './path.ts'

/** Head start of each kind over the moment its better ones began, ms: a direct path opens in a few round trips or hardly at all, the tunnel costs the server. */
const HEAD_START_MS: Record<PathKind, number> = { direct: 0, memory: 0, webrtc: 150, tunnel: 1_500 }
/** From the best to the last resort. */
const QUALITY: Record<PathKind, number> = { direct: 0, memory: 0, webrtc: 1, tunnel: 2 }
/** A kind that failed counts as doubtful for so long, ms: networks change by the minute. */
export const FAILED_LATELY_MS = 60_000
/** How much later a doubtful kind begins than the last one that is not, ms: time for that one to open. */
export const DOUBTFUL_LATER_MS = 1_000
/** How long a measured rate is believed, ms. */
export const MEASURED_LATELY_MS = 10 * 60_000
/** A worse kind goes first when it carried this many times more than a better one; less may be chance. */
export const FASTER_TIMES = 2

/** One kind, permitted and able to be opened as far as is known, with what happened to it before between the two devices. */
export interface Candidate {
  readonly kind: PathKind
  readonly failedAtMs?: number | undefined
  readonly measured?: { readonly bytesPerSecond: number; readonly atMs: number } | undefined
}

/** When one kind begins, ms after the first. It begins sooner when everything before it has failed. */
export interface Attempt {
  readonly kind: PathKind
  readonly afterMs: number
}

/** Every candidate once, in the order they begin, the first at 0; with `pinned` that kind alone, if it is there. */
export function choosePaths(
  candidates: readonly Candidate[],
  {
    nowMs,
    pinned,
    isPlayed = false,
  }: { readonly nowMs: number; readonly pinned?: PathKind | undefined; readonly isPlayed?: boolean },
): readonly Attempt[] {
  const able = candidates.filter(({ kind }, at) => {
    const first = candidates.findIndex((other) => other.kind === kind) === at
    return first && (pinned === undefined || kind === pinned)
  })
  const isDoubtful = ({ failedAtMs }: Candidate) => failedAtMs !== undefined && nowMs - failedAtMs < FAILED_LATELY_MS
  const sound = ordered(
    able.filter((one) => !isDoubtful(one)),
    nowMs,
  )
  const doubtful = ordered(able.filter(isDoubtful), nowMs)
  const inTheirTime = startsOf(sound, 0)
  // Somebody looks at a picture that does not come yet: nothing that is sound waits, and the better path is moved up to.
  const attempts = isPlayed ? inTheirTime.map(({ kind }) => ({ kind, afterMs: 0 })) : inTheirTime
  const last = attempts.at(-1)
  return [...attempts, ...startsOf(doubtful, last ? last.afterMs + DOUBTFUL_LATER_MS : 0)]
}

/** Whether a path of this kind is worth moving up to from one of that kind. */
export function isBetter(kind: PathKind, than: PathKind): boolean {
  return QUALITY[kind] < QUALITY[than]
}

function ordered(candidates: readonly Candidate[], nowMs: number): readonly Candidate[] {
  const byQuality = candidates.toSorted((one, other) => QUALITY[one.kind] - QUALITY[other.kind])
  const rateOf = ({ measured }: Candidate) =>
    measured && nowMs - measured.atMs < MEASURED_LATELY_MS ? measured.bytesPerSecond : undefined
  const result: Candidate[] = []
  for (const one of byQuality) {
    const rate = rateOf(one)
    // Goes before those better ones alone that are known to be much slower: what was never measured has its chance.
    const at = result.findLastIndex((other) => {
      const theirs = rateOf(other)
      return rate === undefined || theirs === undefined || rate < theirs * FASTER_TIMES
    })
    result.splice(at + 1, 0, one)
  }
  return result
}

function startsOf(candidates: readonly Candidate[], fromMs: number): Attempt[] {
  const firstMs = candidates[0] ? HEAD_START_MS[candidates[0].kind] : 0
  let afterMs = fromMs
  return candidates.map(({ kind }) => {
    // One that was moved forward keeps nobody waiting longer than its own place would.
    afterMs = Math.max(afterMs, fromMs + HEAD_START_MS[kind] - firstMs)
    return { kind, afterMs }
  })
}
