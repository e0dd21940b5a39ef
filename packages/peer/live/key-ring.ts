// The keys that broadcasters told this device, by broadcast and epoch, in memory alone: who comes back asks again and is told again.

import { fromBase64url } from '@doorpost/protocol/bytes'
import { decodeHeader, FRAME_HEADER_BYTES } from '@doorpost/protocol/live/frame'
import { deriveSframeKey, openSframe, type SframeKey } from '@doorpost/protocol/live/sframe'
import type { LiveKeyNote } from '@doorpost/protocol/note'

/** Broadcasts whose keys are remembered: far more than anybody watches, few enough that nobody can fill a memory with notes. */
const BROADCASTS_MAX = 256
/** Of one user: what two devices show at most. Beyond it their own oldest goes, and nobody else's. */
const BROADCASTS_OF_ONE_MAX = 8
/** Epochs of one that are remembered: the one in use and those that were told ahead or are just over. */
const EPOCHS_MAX = 8

export interface KeyRing {
  /** `device`: whose note it was, verified. */
  take(device: string, note: LiveKeyNote): void
  /** Undefined where the key is not here (yet). */
  has(device: string, broadcast: string, epoch: number): boolean
  /**
   * The frame in a message, by that device's key for it; undefined for what does not open, and for what is not after all that was opened
   * of it: pictures and sound each in their order, whoever watches it again.
   */
  open(device: string, broadcast: string, message: Uint8Array): Uint8Array | undefined
}

interface Ring {
  readonly keys: Map<number, SframeKey>
  /** Epoch and sequence of the newest that was opened, as one number (EPOCH_MAX keeps it exact). */
  readonly reached: { pictures: number; sound: number }
}

export function createKeyRing(): KeyRing {
  const rings = new Map<string, Ring>()
  const nameOf = (device: string, broadcast: string) => `${device} ${broadcast}`
  const userIn = (name: string) => name.slice(0, name.indexOf('/'))
  return {
    take(device, { broadcast, epoch, key }) {
      const name = nameOf(device, broadcast)
      const ring: Ring = rings.get(name) ?? { keys: new Map(), reached: { pictures: -1, sound: -1 } }
      const { keys } = ring
      // An epoch has one key: what comes again is the same, or is not believed.
      if (keys.has(epoch)) return
      keys.set(epoch, deriveSframeKey(fromBase64url(key), epoch))
      while (keys.size > EPOCHS_MAX) keys.delete(Math.min(...keys.keys()))
      rings.delete(name)
      rings.set(name, ring)
      const theirs = [...rings.keys()].filter((other) => userIn(other) === userIn(name))
      const oldest = theirs.length > BROADCASTS_OF_ONE_MAX ? theirs[0] : [...rings.keys()][0]
      if (oldest !== undefined && (theirs.length > BROADCASTS_OF_ONE_MAX || rings.size > BROADCASTS_MAX)) {
        rings.delete(oldest)
      }
    },
    has: (device, broadcast, epoch) => rings.get(nameOf(device, broadcast))?.keys.has(epoch) ?? false,
    open(device, broadcast, message) {
      const header = decodeHeader(message)
      const ring = rings.get(nameOf(device, broadcast))
      if (!header || !ring) return undefined
      const { keys, reached } = ring
      const lane = header.type === 'audio' ? 'sound' : 'pictures'
      const place = header.epoch * 2 ** 32 + header.sequence
      if (place <= reached[lane]) return undefined
      const associated = message.subarray(0, FRAME_HEADER_BYTES)
      const opened = openSframe((epoch) => keys.get(epoch), associated, message.subarray(FRAME_HEADER_BYTES))
      // The header says the same twice; where it does not, somebody put it together.
      if (opened?.keyId !== header.epoch || opened.counter !== header.sequence) return undefined
      reached[lane] = place
      return opened.frame
    },
  }
}
