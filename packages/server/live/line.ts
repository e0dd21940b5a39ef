// What one server connection is seen to carry, from the acknowledgements alone: bytes in the last second, its round trip, and the rate
// it can take, measured as BBR does (draft-ietf-ccwg-bbr, delivery rate): what was acknowledged while one frame was on its way,
// over the time that took. Without a clock of its own.

/** How long a measured rate counts, ms: a line that is throttled shows it within 2 s. */
const RATE_LIFE_MS = 1_500
/** Bytes are counted in slots of this, ms; ten of them are "the last second". */
const SLOT_MS = 100
const SLOTS = 10
/** How long the shortest round trip counts, ms: then a line that has become longer is believed. */
const BASE_LIFE_MS = 10_000
/** Weight of a new round trip in the smoothed one (RFC 6298 section 2: an eighth). */
const SMOOTHING = 1 / 8

/** Bytes of the last second, in slots: of one connection, or of all. */
export interface Second {
  add(bytes: number, nowMs: number): void
  bytes(nowMs: number): number
}

export function openSecond(): Second {
  const slots = new Float64Array(SLOTS)
  let slot = 0
  let sum = 0
  function turnTo(nowMs: number): void {
    const now = Math.floor(nowMs / SLOT_MS)
    if (now - slot >= SLOTS) {
      slots.fill(0)
      sum = 0
    } else {
      for (let at = slot + 1; at <= now; at++) {
        sum -= slots[at % SLOTS] as number
        slots[at % SLOTS] = 0
      }
    }
    slot = Math.max(slot, now)
  }
  return {
    add(bytes, nowMs) {
      turnTo(nowMs)
      slots[slot % SLOTS] = (slots[slot % SLOTS] as number) + bytes
      sum += bytes
    },
    bytes(nowMs) {
      turnTo(nowMs)
      return sum
    },
  }
}

/** What is remembered of a frame until it is acknowledged. */
export interface OnItsWay {
  readonly sentMs: number
  readonly bytes: number
  /** Bytes acknowledged when it was sent. */
  readonly deliveredBytes: number
  /** Nothing else was on its way: its round trip is the line's own, not that of what stood before it. */
  readonly alone: boolean
}

export interface Line {
  sent(bytes: number, nowMs: number, alone: boolean): OnItsWay
  /** `bytes`: all that this acknowledgement covers. */
  acknowledged(frame: OnItsWay, bytes: number, nowMs: number): void
  /** Acknowledged in the last second, bytes. */
  bytesPerSecond(nowMs: number): number
  /** Best rate seen of late, bytes a second: at least this can pass. 0: nothing was acknowledged of late. */
  rate(nowMs: number): number
  /** Shortest round trip of late of a frame that was alone, ms; undefined before the first. */
  readonly baseMs: number | undefined
  /** Round trip as it is now, smoothed, ms. */
  readonly smoothedMs: number | undefined
}

export function openLine(): Line {
  const second = openSecond()
  let delivered = 0
  /** Falling rates, oldest first: the first is the best that still counts. */
  const rates: { atMs: number; rate: number }[] = []
  let base: { ms: number; atMs: number } | undefined
  let smoothedMs: number | undefined
  function dropOld(nowMs: number): void {
    while (rates[0] && nowMs - rates[0].atMs > RATE_LIFE_MS) rates.shift()
  }
  return {
    sent: (bytes, nowMs, alone) => ({ sentMs: nowMs, bytes, deliveredBytes: delivered, alone }),
    acknowledged(frame, bytes, nowMs) {
      delivered += bytes
      second.add(bytes, nowMs)
      const tripMs = Math.max(nowMs - frame.sentMs, 0.1)
      smoothedMs = smoothedMs === undefined ? tripMs : smoothedMs + (tripMs - smoothedMs) * SMOOTHING
      const isStale = base === undefined || nowMs - base.atMs > BASE_LIFE_MS
      if (base === undefined || tripMs <= base.ms || (frame.alone && isStale)) base = { ms: tripMs, atMs: nowMs }
      const rate = ((delivered - frame.deliveredBytes) * 1000) / tripMs
      while (rates.length > 0 && (rates.at(-1)?.rate ?? 0) <= rate) rates.pop()
      rates.push({ atMs: nowMs, rate })
      dropOld(nowMs)
    },
    bytesPerSecond: (nowMs) => second.bytes(nowMs),
    rate(nowMs) {
      dropOld(nowMs)
      return Math.round(rates[0]?.rate ?? 0)
    },
    get baseMs() {
      return base?.ms
    },
    get smoothedMs() {
      return smoothedMs
    },
  }
}
