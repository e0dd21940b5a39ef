// How much the encoder shall make: what the broadcaster's own links take, never what its slowest viewer does, who skips instead. Pure;
// asked once a second. Of a link it knows what every path knows: how long acknowledgements take, and what was skipped.

import type { Outgoing } from './outgoing.ts'

/** How often links are looked at, ms. */
export const UPLINK_EVERY_MS = 1_000
/** Round trip above the shortest seen that means a queue, ms: four pictures at 25 a second. */
const QUEUE_MS = 150
/** What remains of the aim when a link cannot take it. */
const LESS = 0.7
/** What it grows by with each second of quiet. */
const MORE = 1.08
/** Looks without trouble before it grows. */
const QUIET_LOOKS = 2
/** Part of what was announced that is always made: below it pictures are not worth their bits, and stills are better. */
const LEAST = 0.1

type Link = Pick<Outgoing, 'roundTripMs' | 'skipped'>

export interface Uplink {
  /** The links in use now; answers another aim, in bits a second, or nothing where it stays. */
  look(links: readonly Link[]): number | undefined
}

/** `bitsPerSecondMax`: what was announced. */
export function createUplink(bitsPerSecondMax: number): Uplink {
  let aim = bitsPerSecondMax
  let quiet = 0
  const known = new WeakMap<Link, { shortestMs: number; skipped: number }>()
  return {
    look(links) {
      let isTight = false
      for (const link of links) {
        const before = known.get(link) ?? { shortestMs: link.roundTripMs, skipped: link.skipped }
        const shortestMs = Math.min(before.shortestMs, link.roundTripMs)
        isTight ||= link.skipped > before.skipped || link.roundTripMs > shortestMs + QUEUE_MS
        known.set(link, { shortestMs, skipped: link.skipped })
      }
      quiet = isTight ? 0 : quiet + 1
      const next = isTight ? aim * LESS : quiet > QUIET_LOOKS ? aim * MORE : aim
      const bounded = Math.round(Math.min(bitsPerSecondMax, Math.max(bitsPerSecondMax * LEAST, next)))
      if (bounded === aim) return undefined
      aim = bounded
      return aim
    },
  }
}
