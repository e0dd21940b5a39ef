// The device of a home: through the program that has it open (its agent, or a command that stays), else opened here for as
// long as this command runs. Next to an agent only the control client is loaded: a command must begin its work soon after
// it was typed.

import { setTimeout as wait } from 'node:timers/promises'
import { type OperationName, type Peer, Trouble } from '@doorpost/peer/operations'
import type { OpenedPeer } from './surroundings.ts'

/** How long to wait for a program that opens or closes the home in this moment, ms: several brief commands, one after the other, on a busy machine. */
const MOMENT_MS = 30_000
/** How often to look whether it is done, ms. */
const LOOK_AGAIN_MS = 50
/** From here on a person is told what is waited for, ms. */
const TELL_AFTER_MS = 2_000
/** Times that a program may take a connection and say nothing: one that closes does, and so does one that is stuck. */
const SILENCES_MAX = 4
/** Times that whoever had the device open may end before it is asked: each was another command of this home. */
const GONE_MAX = 20

/** What changes nothing, and can be asked again of whoever opens the device next when the one who had it ended in the middle. */
const READS = new Set<OperationName>([
  'whoami',
  'inbox',
  'sent',
  'status',
  'prefs',
  'devices',
  'contacts.list',
  'links.list',
  'conversation',
])

/** `onWaiting`: another program is at work in the home, and it takes a while. */
export async function openPeer(home: string, signal: AbortSignal, onWaiting = () => {}): Promise<OpenedPeer> {
  const stack = new AsyncDisposableStack()
  const open = async () => stack.use(await openNow(home, signal, onWaiting))
  let now = await open()
  const peer: Peer = {
    async do(name, args, options) {
      for (let gone = 0; ; gone += 1) {
        try {
          return await now.peer.do(name, args, options)
        } catch (error) {
          if (gone >= GONE_MAX || signal.aborted || !(error instanceof Trouble)) throw error
          const { GONE_BEFORE } = await import('@doorpost/peer/node/control-client')
          const isCutOff = error.code === 'cancelled' || error.code === 'not-available'
          if (error.cause !== GONE_BEFORE && !(READS.has(name) && isCutOff)) throw error
        }
        now = await open()
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
  return { peer, isAgent: () => now.isAgent(), [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function openNow(home: string, signal: AbortSignal, onWaiting: () => void): Promise<OpenedPeer> {
  return await whenFree(
    signal,
    async () => {
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
    },
    onWaiting,
  )
}

/**
 * Calls `open` until it does not throw Trouble `home-in-use`, for a while: two programs that are started at once meet
 * before the first of them can be asked, and one that ends can be met on its way out (`not-available`). Throws what `open`
 * throws in the end, and the signal's reason.
 */
export async function whenFree<T>(signal: AbortSignal, open: () => Promise<T>, onWaiting = () => {}): Promise<T> {
  const begunAt = performance.now()
  let isTold = false
  let silences = 0
  for (;;) {
    try {
      return await open()
    } catch (error) {
      const code = error instanceof Trouble ? error.code : undefined
      if (code === 'not-available') silences += 1
      const passes = code === 'home-in-use' || (code === 'not-available' && silences <= SILENCES_MAX)
      if (!passes || performance.now() - begunAt > MOMENT_MS) throw error
    }
    if (!isTold && performance.now() - begunAt > TELL_AFTER_MS) {
      isTold = true
      onWaiting()
    }
    await wait(LOOK_AGAIN_MS, undefined, { signal })
  }
}
