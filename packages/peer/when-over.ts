// What ends on a device that knows that it is over for good (identity/shut-out.ts), before others have heard of it: it gives out, fetches,
// shows and watches nothing more. What it keeps stays to be read.

import type { PathOpener } from './paths/openers.ts'
import type { Fetches } from './receive/fetches.ts'
import type { SourceOptions } from './send/serve.ts'

/** The same openers, which open nothing once it is over. */
export function openersUntil(over: AbortSignal | undefined, openers: readonly PathOpener[]): readonly PathOpener[] {
  if (!over) return openers
  return openers.map((one) => ({
    kind: one.kind,
    ready() {
      if (!over.aborted) one.ready?.()
    },
    async open(target, signal) {
      over.throwIfAborted()
      return await one.open(target, AbortSignal.any([signal, over]))
    },
  }))
}

/** The same, to whom nothing belongs once it is over. */
export function foundUntil(over: AbortSignal | undefined, find: SourceOptions['find']): SourceOptions['find'] {
  return async (...asked) => (over?.aborted ? undefined : await find(...asked))
}

/** Fetches that run are paused, with what they have. */
export function pausedBy(over: AbortSignal | undefined, fetches: Pick<Fetches, 'pause'>): void {
  const pause = () => fetches.pause()
  if (over?.aborted) pause()
  else over?.addEventListener('abort', pause, { once: true })
}
