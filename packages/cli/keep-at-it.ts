// Work that goes on when the program it was asked of ends: another command of the same home, or an agent that is stopped,
// may have the device open now and let go of it long before this command is done. Whoever opens it next goes on.

import { Trouble } from '@doorpost/peer/operations'
import type { OpenedPeer, Surroundings } from './surroundings.ts'

/** An answer that comes within this, ms, was there from the beginning: what is asked cannot be done. */
const AT_ONCE_MS = 1_000
/** Answers at once, one after the other, after which it is believed. */
const AT_ONCE_MAX = 3

/**
 * Calls `work` with `opened`, and again with the home opened anew whenever that device went away under it. `work` must be
 * fit to be called again. Disposes what it opened itself; `opened` stays its caller's.
 */
export async function keepAtIt<T>(
  home: string,
  opened: OpenedPeer,
  around: Surroundings,
  work: (peer: OpenedPeer['peer']) => Promise<T>,
): Promise<T> {
  await using mine = new AsyncDisposableStack()
  let peer = opened.peer
  for (let quick = 0; ; ) {
    const begun = around.now()
    try {
      return await work(peer)
    } catch (error) {
      if (!mayHaveGone(error, around)) throw error
      quick = around.now() - begun < AT_ONCE_MS ? quick + 1 : 0
      if (quick >= AT_ONCE_MAX) throw error
    }
    peer = mine.use(await around.openPeer(home)).peer
  }
}

/** Nobody stopped this command, and yet what it asked for ended. */
function mayHaveGone(error: unknown, { stop }: Surroundings): boolean {
  return !stop.aborted && error instanceof Trouble && (error.code === 'cancelled' || error.code === 'not-available')
}
