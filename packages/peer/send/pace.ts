// Holds what this device gives out to so many bytes a second in all, in turns among those who ask. Whose wish that is, and what is
// given out, is for others to say; where there is no bound nothing is waited for.

import type { Clock } from '../clock.ts'

/**
 * How long a piece may wait for its turn, ms: less than the silence after which callers leave (15 s). Beyond it they are told to
 * come later, which they do after growing waits.
 */
export const PACE_WAIT_MAX_MS = 10_000

export interface Pace {
  /** Resolves when these bytes may go: true, or false when it would take too long or the signal ended the waiting. Undefined: at once. */
  take(caller: string, bytes: number, signal: AbortSignal): Promise<boolean> | undefined
}

interface Waiting {
  readonly bytes: number
  settle(may: boolean): void
}

/** `bytesPerSecond` is asked each time; 0 is no bound. */
export function createPace(clock: Clock, bytesPerSecond: () => number): Pace {
  /** By caller, in the order of their turns. */
  const queues = new Map<string, Waiting[]>()
  let queuedBytes = 0
  /** When what went out so far is paid for. */
  let freeAtMs = 0
  let cancel: (() => void) | undefined

  const spend = (bytes: number, perSecond: number) => {
    freeAtMs = Math.max(freeAtMs, clock.nowMs()) + (bytes * 1000) / perSecond
  }
  const next = () => {
    cancel = undefined
    const perSecond = bytesPerSecond()
    while (queues.size > 0 && (perSecond === 0 || freeAtMs <= clock.nowMs())) {
      const [[caller, queue]] = queues as unknown as [[string, Waiting[]]]
      const first = queue.shift()
      queues.delete(caller)
      // The others come before it has another turn.
      if (queue.length > 0) queues.set(caller, queue)
      if (!first) continue
      queuedBytes -= first.bytes
      if (perSecond > 0) spend(first.bytes, perSecond)
      first.settle(true)
    }
    if (queues.size > 0) cancel = clock.after(Math.max(1, freeAtMs - clock.nowMs()), next)
  }
  const leave = (caller: string, one: Waiting) => {
    const queue = queues.get(caller)
    const at = queue?.indexOf(one) ?? -1
    if (!queue || at < 0) return
    queue.splice(at, 1)
    queuedBytes -= one.bytes
    if (queue.length === 0) queues.delete(caller)
    if (queues.size === 0) cancel?.()
    if (queues.size === 0) cancel = undefined
  }

  return {
    take(caller, bytes, signal) {
      const perSecond = bytesPerSecond()
      if (perSecond === 0) return undefined
      const nowMs = clock.nowMs()
      if (queues.size === 0 && freeAtMs <= nowMs) {
        spend(bytes, perSecond)
        return undefined
      }
      const waitMs = freeAtMs - nowMs + (queuedBytes * 1000) / perSecond
      if (waitMs > PACE_WAIT_MAX_MS || signal.aborted) return Promise.resolve(false)
      return new Promise((resolve) => {
        const stop = () => {
          leave(caller, one)
          resolve(false)
        }
        const one: Waiting = {
          bytes,
          settle(may) {
            signal.removeEventListener('abort', stop)
            resolve(may)
          },
        }
        signal.addEventListener('abort', stop, { once: true })
        queuedBytes += bytes
        queues.set(caller, [...(queues.get(caller) ?? []), one])
        cancel ??= clock.after(Math.max(1, freeAtMs - nowMs), next)
      })
    },
  }
}
