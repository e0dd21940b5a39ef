// What may stand in a store, the same for every implementation: keys that all of them order alike, values that come
// back as they were put.

import { Trouble } from '../operations.ts'
import type { StoreRoom } from './store.ts'

/** Longest key, characters: an address and a message id with room. */
export const KEY_LENGTH_MAX = 512

/** Throws RangeError unless every implementation can keep and order this key: well-formed text without control characters. */
export function checkKey(key: string): void {
  if (key.length === 0 || key.length > KEY_LENGTH_MAX || !key.isWellFormed() || /\p{Cc}/u.test(key)) {
    throw new RangeError(`not a key of a store: ${JSON.stringify(key.slice(0, 80))}`)
  }
}

/** What is kept for a value: a copy of the bytes, or the JSON text. Throws TypeError for what the room cannot hold. */
export function toKept(room: StoreRoom, value: unknown): Uint8Array | string {
  if (holdsBytes(room)) {
    if (!(value instanceof Uint8Array)) throw new TypeError(`the room ${room} holds bytes`)
    return value.slice()
  }
  if (value instanceof Uint8Array) throw new TypeError(`the room ${room} holds documents`)
  const text: unknown = JSON.stringify(value)
  if (typeof text !== 'string') throw new TypeError(`the room ${room} holds JSON`)
  return text
}

/** The inverse of toKept: a fresh copy each time. */
export function fromKept(kept: Uint8Array | string): unknown {
  return typeof kept === 'string' ? (JSON.parse(kept) as unknown) : Uint8Array.from(kept)
}

/** What every method of a store that was closed says. */
export function storeClosed(): Trouble {
  return new Trouble('cannot-write', 'What this device remembers is closed.')
}

function holdsBytes(room: StoreRoom): boolean {
  return room.endsWith('-bytes')
}
