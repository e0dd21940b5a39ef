// Figures that were true a while ago are not left standing: when nothing comes any more of what is being fetched, that is told once, as a
// rate of nothing. Why nothing comes is found out by those who ask the sources, and takes longer.

import { pieceLength } from '@doorpost/protocol/piece-list'
import type { Clock } from '../clock.ts'
import type { Progress } from '../operations.ts'

type Fetching = Extract<Progress, { kind: 'fetching' }>

/** Silence after which nothing comes, ms: two slow round trips and a full disk's moment are no news. */
export const STILL_MS = 5_000
/** On a slow line pieces lie further apart: so many of its own gaps at least. */
const GAPS = 3

interface Still extends Disposable {
  /** Something came, and this was told of it. */
  came(progress: Fetching): void
  /** Something else is told now. */
  [Symbol.dispose](): void
}

export function createStill(clock: Clock, tell: (progress: Fetching) => void): Still {
  let cancel = () => {}
  return {
    came(progress) {
      cancel()
      const { bytesPerSecond, sizeBytes } = progress
      if (bytesPerSecond === 0) return
      const gapMs = (pieceLength(sizeBytes) / bytesPerSecond) * 1000
      cancel = clock.after(Math.max(STILL_MS, GAPS * gapMs), () => {
        const serving = progress.serving?.map((one) => ({ ...one, bytesPerSecond: 0 }))
        tell({ ...progress, bytesPerSecond: 0, ...(serving && { serving }) })
      })
    },
    [Symbol.dispose]: () => cancel(),
  }
}
