// Bodies that are collected in memory, of all callers together, have one bound: a thousand callers who each stay under
// theirs must not bring the server down.

import { BodyTooLarge } from './exchange.ts'
import type { Refusal } from './fields.ts'

/** Bytes that bodies may take in memory together. */
export interface BodyMemory {
  /** False when there is no room for that much more. */
  take(bytes: number): boolean
  give(bytes: number): void
}

export function createBodyMemory(limitBytes: number): BodyMemory {
  let taken = 0
  return {
    take(bytes) {
      if (taken + bytes > limitBytes) return false
      taken += bytes
      return true
    },
    give(bytes) {
      taken -= bytes
    },
  }
}

/** For the moment: the same request may succeed a little later. */
export const BODY_MEMORY_FULL: Refusal = {
  status: 503,
  detail: 'The server is holding as many request bodies as it may; try again in a moment.',
}

/** What one exchange holds of the memory; given back when it is answered. */
export interface HeldBody {
  /** Reads `parts` to the end. Throws BodyTooLarge, and what `refuse` throws when the memory is full. */
  collect(parts: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Uint8Array>
  release(): void
}

export function holdBody(memory: BodyMemory, refuse: (refusal: Refusal) => Error): HeldBody {
  let held = 0
  return {
    async collect(parts, limitBytes) {
      const collected: Uint8Array[] = []
      for await (const part of parts) {
        if (held + part.length > limitBytes) throw new BodyTooLarge(limitBytes)
        if (!memory.take(part.length)) throw refuse(BODY_MEMORY_FULL)
        held += part.length
        collected.push(part)
      }
      return joined(collected, held)
    },
    release() {
      memory.give(held)
      held = 0
    },
  }
}

/** A copy: a view would keep the whole read of the socket alive for as long as a handler keeps a small body. */
function joined(parts: readonly Uint8Array[], total: number): Uint8Array {
  const bytes = new Uint8Array(total)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
