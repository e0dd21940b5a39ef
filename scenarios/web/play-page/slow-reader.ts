// Bytes that arrive: each read takes a while, none is larger than a piece, and what was asked for is on record.

import type { MediaReader } from '@doorpost/web/play/media-reader'

const PIECE_BYTES = 1024 * 1024

export interface SlowReader extends MediaReader {
  /** Offsets in the order in which they were asked for. */
  readonly asked: number[]
  readonly stats: { takenBytes: number; underWay: number; mostUnderWay: number }
  /** While true nothing comes: the source is away. */
  isAway: boolean
}

/** `delayMs`: the longest a read takes. */
export function createSlowReader(file: File, delayMs: number): SlowReader {
  const asked: number[] = []
  const stats = { takenBytes: 0, underWay: 0, mostUnderWay: 0 }
  const reader: SlowReader = {
    asked,
    stats,
    isAway: false,
    sizeBytes: file.size,
    async read(offset, length, signal) {
      asked.push(offset)
      stats.underWay += 1
      stats.mostUnderWay = Math.max(stats.mostUnderWay, stats.underWay)
      try {
        do {
          if (delayMs > 0 || reader.isAway) await later(reader.isAway ? 50 : Math.random() * delayMs, signal)
        } while (reader.isAway)
        const end = Math.min(offset + length, (Math.floor(offset / PIECE_BYTES) + 1) * PIECE_BYTES)
        const bytes = new Uint8Array(await file.slice(offset, end).arrayBuffer())
        signal.throwIfAborted()
        stats.takenBytes += bytes.length
        return bytes
      } finally {
        stats.underWay -= 1
      }
    },
  }
  return reader
}

function later(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
  })
}
