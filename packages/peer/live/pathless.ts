// What a broadcast makes while its pictures have no path: the one is gone, and the server has not said where to go on. Kept for the next one,
// as long as a viewer could still go on with it; what needs a picture that was left out is left out, too. Pure.

import { ACK_WINDOW_MAX } from '@doorpost/protocol/live/limits'
import type { Outgoing } from './outgoing.ts'
import type { SealedFrame } from './sealer.ts'

/** Frames that are kept: a second of them. */
const KEPT_MAX = ACK_WINDOW_MAX

export interface Pathless {
  readonly size: number
  /** A path is gone: what it had not done is for the next. */
  leave(path: Pick<Outgoing, 'left' | 'missingFrom'>): void
  keep(frame: SealedFrame): void
  /** A picture of this layer was made and is not kept. */
  miss(layer: number): void
  /** Whoever it was kept for is gone: who comes later begins with what is new. */
  forget(): void
  /** All that was kept, in its order. `missingFrom`: what follows is worth nothing from this layer up before a key frame. Forgotten here. */
  take(): { readonly frames: readonly SealedFrame[]; readonly missingFrom: number }
}

export function createPathless(): Pathless {
  let frames: SealedFrame[] = []
  let missingFrom = Infinity
  return {
    get size() {
      return frames.length
    },
    leave(path) {
      frames.push(...path.left)
      missingFrom = Math.min(missingFrom, path.missingFrom)
    },
    keep(frame) {
      const { type, keyFrame, layer } = frame.header
      // Sound that waited would be dropped for its age, and takes the place of pictures.
      if (type === 'audio' || (!keyFrame && layer >= missingFrom)) return
      missingFrom = Infinity
      if (frames.length < KEPT_MAX) frames.push(frame)
      else if (keyFrame) frames = [frame]
      else missingFrom = layer
    },
    miss(layer) {
      missingFrom = Math.min(missingFrom, layer)
    },
    forget() {
      if (frames.length > 0) missingFrom = 0
      frames = []
    },
    take() {
      const taken = { frames: frames.toSorted((one, other) => placeOf(one) - placeOf(other)), missingFrom }
      frames = []
      missingFrom = Infinity
      return taken
    },
  }
}

function placeOf({ header: { epoch, sequence } }: SealedFrame): number {
  return epoch * 2 ** 32 + sequence
}
