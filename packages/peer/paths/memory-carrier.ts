// Two carriers joined within one process, for tests: what is written on one end arrives at the other in chunks of any length, held back
// while that end is paused.

import type { Carrier } from './carrier.ts'

/** Joined ends. `chunkBytes` cuts what is written, so that frames arrive in parts. */
export function memoryCarriers(chunkBytes = 65_536): [Carrier, Carrier] {
  const [one, other] = [memoryEnd(chunkBytes), memoryEnd(chunkBytes)]
  one.join(other)
  other.join(one)
  return [one.carrier, other.carrier]
}

interface MemoryEnd {
  readonly carrier: Carrier
  end(cause: string): void
  join(other: MemoryEnd): void
  take(next: Waiting): void
}
type Waiting = { bytes: Uint8Array; onGone: (() => void) | undefined }

function memoryEnd(chunkBytes: number): MemoryEnd {
  const waiting: Waiting[] = []
  let peer: MemoryEnd | undefined
  let paused = true
  let over = false
  let delivering = false
  /** Everything is handed over in a turn of its own, as a system does. */
  const deliver = () => {
    if (delivering) return
    delivering = true
    setTimeout(() => {
      delivering = false
      for (let next = waiting[0]; next && !paused && !over; next = waiting[0]) {
        const chunk = Uint8Array.from(next.bytes.subarray(0, chunkBytes))
        next.bytes = next.bytes.subarray(chunkBytes)
        if (next.bytes.length === 0) waiting.shift()?.onGone?.()
        carrier.onData(chunk)
        // Lent for the length of the call: whoever keeps it finds something else.
        chunk.fill(0xee)
      }
    }, 0)
  }
  const end = (cause: string) => {
    if (over) return
    over = true
    for (const { onGone } of waiting.splice(0)) onGone?.()
    carrier.onEnd(cause)
    peer?.end(cause)
  }
  const carrier: Carrier = {
    onData: () => {},
    onEnd: () => {},
    write(bytes, onGone) {
      if (over || !peer) return onGone?.()
      peer.take({ bytes, onGone })
    },
    pause() {
      paused = true
    },
    resume() {
      paused = false
      deliver()
    },
    close: end,
  }
  return {
    carrier,
    end,
    join(other) {
      peer = other
    },
    take(next) {
      waiting.push(next)
      deliver()
    },
  }
}
