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
  /** The frame in a message, by that device's key for it; undefined for what does not open. */
  open(device: string, broadcast: string, message: Uint8Array): Uint8Array | undefined
}

export function createKeyRing(): KeyRing {
  const rings = new Map<string, Map<number, SframeKey>>()
  const nameOf = (device: string, broadcast: string) => `${device} ${broadcast}`
  const userIn = (name: string) => name.slice(0, name.indexOf('/'))
  return {
    take(device, { broadcast, epoch, key }) {
      const name = nameOf(device, broadcast)
      const ring = rings.get(name) ?? new Map<number, SframeKey>()
      // An epoch has one key: what comes again is the same, or is not believed.
      if (ring.has(epoch)) return
      ring.set(epoch, deriveSframeKey(fromBase64url(key), epoch))
      while (ring.size > EPOCHS_MAX) ring.delete(Math.min(...ring.keys()))
      rings.delete(name)
      rings.set(name, ring)
      const theirs = [...rings.keys()].filter((other) => userIn(other) === userIn(name))
      const oldest = theirs.length > BROADCASTS_OF_ONE_MAX ? theirs[0] : [...rings.keys()][0]
      if (oldest !== undefined && (theirs.length > BROADCASTS_OF_ONE_MAX || rings.size > BROADCASTS_MAX)) {
        rings.delete(oldest)
      }
    },
    has: (device, broadcast, epoch) => rings.get(nameOf(device, broadcast))?.has(epoch) ?? false,
    open(device, broadcast, message) {
      const header = decodeHeader(message)
      const ring = rings.get(nameOf(device, broadcast))
      if (!header || !ring) return undefined
      const associated = message.subarray(0, FRAME_HEADER_BYTES)
      const opened = openSframe((epoch) => ring.get(epoch), associated, message.subarray(FRAME_HEADER_BYTES))
      // The header says the same twice; where it does not, somebody put it together.
      return opened?.keyId === header.epoch && opened.counter === header.sequence ? opened.frame : undefined
    },
  }
}
