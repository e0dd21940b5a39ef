// Which piece a source gives to whom first: each once before any twice, so that copies spread among those who ask at the same
// time. In memory only, one small record per message and root, forgotten when nobody asks. Serving is serve.ts's: a piece that
// was not claimed is served all the same.

import { CLAIM_PIECES_MAX } from '@doorpost/protocol/piece-wire'
import type { Clock } from '../clock.ts'
import { bitmapOf, hasBit, setBit } from '../receive/bitmap.ts'

/** How long a claimed piece is kept for its claimer before another may have it, ms: a piece of 1 MiB at 1 Mbit/s. */
export const CLAIM_MS = 10_000
/** Pieces promised to one caller and not asked for yet: four claims. Beyond it, claims come back empty. */
export const PROMISED_MAX = 4 * CLAIM_PIECES_MAX
/** Media with a record; beyond it the one asked for longest ago is forgotten. 8 KiB each at most, and what is promised. */
export const CLAIMED_MEDIA_MAX = 256
/** Time after which a record nobody asked about is forgotten, ms: a recipient who comes later starts a round of its own. */
export const CLAIMS_IDLE_MS = 10 * 60_000

/** What was given out of one media. */
export interface Given {
  /** At most `count` pieces below `pieces` that were given to nobody and are promised to nobody else, now promised to this caller. */
  claim(caller: string, count: number, has?: (index: number) => boolean): number[]
  /** This piece goes out. */
  gave(index: number): void
}

/** Records by key (message and root, as the caller writes them). */
export function createClaims(clock: Clock): (key: string, pieces: number) => Given {
  const records = new Map<string, { readonly given: Given; usedAtMs: number }>()
  return (key, pieces) => {
    const nowMs = clock.nowMs()
    const record = records.get(key)
    const fresh = record !== undefined && nowMs - record.usedAtMs < CLAIMS_IDLE_MS
    const given = fresh ? record.given : givenOf(pieces, clock)
    // Used last stands last.
    records.delete(key)
    for (const [other, { usedAtMs }] of records) {
      if (nowMs - usedAtMs < CLAIMS_IDLE_MS && records.size < CLAIMED_MEDIA_MAX) break
      records.delete(other)
    }
    records.set(key, { given, usedAtMs: nowMs })
    return given
  }
}

/** `counts`: among the pieces that its holder may still ask for. */
interface Promised {
  readonly caller: string
  readonly untilMs: number
  counts: boolean
}

function givenOf(pieces: number, clock: Clock): Given {
  const gone = bitmapOf(pieces)
  /** Kept after its time, so that whoever let it run out is not promised the same again: they may have it already. */
  const promised = new Map<number, Promised>()
  const owed = new Map<string, number>()
  /** Everything below was given or promised once. */
  let cursor = 0

  const uncount = (one: Promised | undefined) => {
    if (!one?.counts) return
    one.counts = false
    const left = (owed.get(one.caller) ?? 1) - 1
    if (left > 0) owed.set(one.caller, left)
    else owed.delete(one.caller)
  }
  const promise = (caller: string, index: number, nowMs: number) => {
    uncount(promised.get(index))
    promised.set(index, { caller, untilMs: nowMs + CLAIM_MS, counts: true })
    owed.set(caller, (owed.get(caller) ?? 0) + 1)
  }
  const roomOf = (caller: string, nowMs: number): number => {
    if ((owed.get(caller) ?? 0) >= PROMISED_MAX) {
      for (const one of promised.values()) if (one.caller === caller && one.untilMs <= nowMs) uncount(one)
    }
    return PROMISED_MAX - (owed.get(caller) ?? 0)
  }

  return {
    claim(caller, count, has) {
      const nowMs = clock.nowMs()
      const room = Math.min(count, CLAIM_PIECES_MAX, roomOf(caller, nowMs))
      const claimed: number[] = []
      for (; cursor < pieces && claimed.length < room; cursor++) {
        if (hasBit(gone, cursor)) continue
        if (has && !has(cursor)) {
          // Not here yet: promised to nobody, and over at once, it comes round again below.
          promised.set(cursor, { caller: '', untilMs: nowMs, counts: false })
          continue
        }
        promise(caller, cursor, nowMs)
        claimed.push(cursor)
      }
      if (claimed.length < room) {
        for (const [index, { caller: holder, untilMs }] of promised) {
          if (claimed.length >= room) break
          if (holder === caller || untilMs > nowMs || (has && !has(index))) continue
          promise(caller, index, nowMs)
          claimed.push(index)
        }
      }
      return claimed
    },
    gave(index) {
      setBit(gone, index)
      uncount(promised.get(index))
      promised.delete(index)
    },
  }
}
