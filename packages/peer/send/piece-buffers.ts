// A bounded pool of piece buffers, used again and again: fresh memory costs more than encrypting what goes into it.
// Who may hold how many at once is decided by those who take them.

/** Most memory that the buffers of one pool use, bytes: two of the longest pieces, or 128 ordinary ones. */
export const POOL_BYTES_MAX = 128 * 1024 * 1024
/** Idle memory a pool keeps for its next user, bytes. */
const IDLE_BYTES_MAX = 8 * 1024 * 1024
/** Smallest buffer, bytes: an ordinary piece. A shorter last piece uses part of one; untouched memory costs nothing. */
const BUFFER_BYTES_MIN = 1024 * 1024

export interface PieceBuffers {
  /** A buffer of at least `length` bytes, at once or when others have given back. First come, first served. */
  take(length: number): Uint8Array | Promise<Uint8Array>
  /** Gives back what `take` gave, once, whole or as a view that starts where it starts. */
  give(buffer: Uint8Array): void
  /** Buffers taken and not given back. */
  readonly taken: number
}

/** A pool of at most `bytesMax` (asked each time, where it changes); one buffer is lent even when it alone is larger. */
export function createPieceBuffers(bytesMax: number | (() => number) = POOL_BYTES_MAX): PieceBuffers {
  const maxNow = typeof bytesMax === 'number' ? () => bytesMax : bytesMax
  let idle: Uint8Array[] = []
  let idleBytes = 0
  let takenBytes = 0
  let taken = 0
  const waiting: { capacity: number; resolve: (buffer: Uint8Array) => void }[] = []

  const lend = (capacity: number): Uint8Array => {
    taken++
    takenBytes += capacity
    const at = idle.findLastIndex((buffer) => buffer.length === capacity)
    const [found] = at < 0 ? [] : idle.splice(at, 1)
    if (found) {
      idleBytes -= capacity
      return found
    }
    if (takenBytes + idleBytes > maxNow()) {
      idle = []
      idleBytes = 0
    }
    return new Uint8Array(capacity)
  }
  const fits = (capacity: number) => taken === 0 || takenBytes + capacity <= maxNow()

  return {
    take(length) {
      let capacity = BUFFER_BYTES_MIN
      while (capacity < length) capacity *= 2
      if (waiting.length === 0 && fits(capacity)) return lend(capacity)
      return new Promise((resolve) => waiting.push({ capacity, resolve }))
    },
    give(buffer) {
      const whole = new Uint8Array(buffer.buffer as ArrayBuffer)
      taken--
      takenBytes -= whole.length
      idle.push(whole)
      idleBytes += whole.length
      for (let next = waiting[0]; next && fits(next.capacity); next = waiting[0]) {
        waiting.shift()
        next.resolve(lend(next.capacity))
      }
      // At rest only a little is kept.
      while (taken === 0 && idleBytes > IDLE_BYTES_MAX) idleBytes -= idle.pop()?.length ?? idleBytes
    },
    get taken() {
      return taken
    },
  }
}
