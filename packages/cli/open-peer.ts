// The device of a home: through the program that has it open (its agent, or a command that stays), else opened here for as
// long as this command runs. Next to an agent only the control client is loaded: a command must begin its work soon after
// it was typed.

import { setTimeout as wait } from 'node:timers/promises'
import { Trouble } from '@doorpost/peer/operations'
import type { OpenedPeer } from './surroundings.ts'

/** How long to wait for a program that opens or closes the home in this moment, ms: a brief command on a busy machine. */
const MOMENT_MS = 10_000
/** How often to look whether it is done, ms. */
const LOOK_AGAIN_MS = 50
/** Times that a program may take a connection and say nothing: one that closes does, and so does one that is stuck. */
const SILENCES_MAX = 4

export async function openPeer(home: string, signal: AbortSignal): Promise<OpenedPeer> {
  return await whenFree(signal, async () => {
    const { connectControl } = await import('@doorpost/peer/node/control-client')
    const peer = await connectControl(home)
    if (peer !== undefined) {
      const isAgent = async () => {
        try {
          return (await peer.do('whoami', {}, { signal })).agent
        } catch (error) {
          // It was a command of the same home, and has ended meanwhile.
          if (error instanceof Trouble && error.code === 'not-available') return false
          throw error
        }
      }
      return { peer, isAgent, [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose]() }
    }
    const { openAgent } = await import('@doorpost/peer/node/agent')
    const own = await openAgent({ home, as: 'command' })
    return { peer: own.peer, isAgent: async () => false, [Symbol.asyncDispose]: () => own.close() }
  })
}

/**
 * Calls `open` until it does not throw Trouble `home-in-use`, for a while: two programs that are started at once meet
 * before the first of them can be asked, and one that ends can be met on its way out (`not-available`). Throws what `open`
 * throws in the end, and the signal's reason.
 */
export async function whenFree<T>(signal: AbortSignal, open: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + MOMENT_MS
  let silences = 0
  for (;;) {
    try {
      return await open()
    } catch (error) {
      const code = error instanceof Trouble ? error.code : undefined
      if (code === 'not-available') silences += 1
      const passes = code === 'home-in-use' || (code === 'not-available' && silences <= SILENCES_MAX)
      if (!passes || performance.now() > giveUpAt) throw error
    }
    await wait(LOOK_AGAIN_MS, undefined, { signal })
  }
}
