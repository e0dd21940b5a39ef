// Who may go next, where only so many go at once: what has priority first, and beside nothing else; then those somebody waits
// for; then in the order they came. Whoever is under way without priority when something with it comes is to stop: no piece is
// asked for any more from that moment, and what has not landed a little later is given up and fetched again afterwards.

import type { Clock } from '../clock.ts'
import { listeners } from '../session/listeners.ts'
import type { Pause } from './fetch.ts'

/** How long what is under way may take to land before its path is closed, ms: well within the second that is promised. */
const MAKE_ROOM_MS = 500

export interface Claimant {
  /** Somebody sits and waits. */
  attended(): boolean
  readonly priority: boolean
  readonly signal: AbortSignal
}

export interface Turn {
  /** Paused from the moment that something with priority wants to go. */
  readonly pause: Pause
  /** Aborted when it has to have stopped; then it takes another turn. */
  readonly over: AbortSignal
  /** Idempotent. */
  end(): void
}

export interface Turns {
  /** Resolves when it is this one's turn. Rejects with the signal's reason. */
  take(claimant: Claimant): Promise<Turn>
}

interface Waiting {
  readonly claimant: Claimant
  go(): void
}

interface Going {
  readonly priority: boolean
  makeRoom(): void
}

export function createTurns(atOnce: number, clock: Clock): Turns {
  const going = new Set<Going>()
  const queue: Waiting[] = []

  function next(): void {
    for (;;) {
      const urgent = queue.findIndex(({ claimant }) => claimant.priority)
      const hasUrgent = urgent >= 0 || [...going].some(({ priority }) => priority)
      if (hasUrgent) for (const one of going) if (!one.priority) one.makeRoom()
      // Those that make room are no hindrance to what has priority.
      const inTheWay = hasUrgent ? [...going].filter(({ priority }) => priority).length : going.size
      const attended = queue.findIndex(({ claimant }) => claimant.attended())
      const at = hasUrgent ? urgent : Math.max(attended, 0)
      if (at < 0 || inTheWay >= atOnce) return
      const [one] = queue.splice(at, 1)
      if (!one) return
      one.go()
    }
  }

  function begin(priority: boolean): Turn {
    const over = new AbortController()
    const heard = listeners<void>()
    let cancel = () => {}
    let paused = false
    const mine: Going = {
      priority,
      makeRoom() {
        if (paused) return
        paused = true
        cancel = clock.after(MAKE_ROOM_MS, () => over.abort(new Error('something with priority came')))
        heard.tell()
      },
    }
    going.add(mine)
    return {
      pause: {
        get paused() {
          return paused
        },
        onChange: (listener) => heard.add(listener),
      },
      over: over.signal,
      end() {
        cancel()
        if (going.delete(mine)) next()
      },
    }
  }

  return {
    take(claimant) {
      const { signal, priority } = claimant
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error)
        const abort = () => {
          const at = queue.indexOf(mine)
          if (at >= 0) queue.splice(at, 1)
          reject(signal.reason as Error)
          // What had to wait for it need not any more.
          next()
        }
        const mine: Waiting = {
          claimant,
          go() {
            signal.removeEventListener('abort', abort)
            resolve(begin(priority))
          },
        }
        signal.addEventListener('abort', abort, { once: true })
        queue.push(mine)
        next()
      })
    },
  }
}
