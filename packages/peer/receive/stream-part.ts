// A fetch whose pieces go on to somebody who reads them in order, as they are: nothing is kept but what came before its turn, which is
// bounded by how far ahead the schedule asks. What reaches the reader was verified like anything else.

import { pieceCount, pieceRange } from '@doorpost/protocol/piece-list'
import type { Part, PartMedia } from './partial.ts'

/** Somebody who reads: a player, a pipe. */
export interface Sink extends AsyncDisposable {
  /** Resolves when it has room for more; the bytes are the caller's again then. Rejects when the reader has gone. */
  write(bytes: Uint8Array): Promise<void>
  /** Everything was written: resolves when the reader has taken it. Rejects when it has gone before. */
  end(): Promise<void>
  /** Aborted when the reader has gone. */
  readonly gone: AbortSignal
}

/** The part of a media that is read and not kept. `close` leaves the sink alone: a later round of the same fetch goes on. */
export function createStreamPart(media: PartMedia, sink: Pick<Sink, 'write'>): Part {
  const count = pieceCount(media.sizeBytes)
  /** Verified, before their turn. */
  const held = new Map<number, Uint8Array>()
  let next = 0
  let heldBytes = 0
  let list: Uint8Array | undefined
  return {
    media,
    file: '',
    has: (index) => index < next || held.has(index),
    get verifiedBytes() {
      return (
        Math.min(media.sizeBytes, next < count ? pieceRange(media.sizeBytes, next).offset : media.sizeBytes) + heldBytes
      )
    },
    get list() {
      return list
    },
    async keepList(verified) {
      list = verified
    },
    async write(index, plain) {
      if (index !== next) {
        held.set(index, plain.slice())
        heldBytes += plain.length
        return
      }
      await sink.write(plain)
      next++
      for (let ready = held.get(next); ready; ready = held.get(next)) {
        held.delete(next)
        heldBytes -= ready.length
        await sink.write(ready)
        next++
      }
    },
    async finish() {
      if (next < count) throw new Error(`piece ${next} is missing`)
      return ''
    },
    forget: async () => {},
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}
