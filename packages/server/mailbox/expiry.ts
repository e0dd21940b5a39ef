// Drops expired mail, in steps between which others get their turn.

import type { MailStore } from '../storage/storage.ts'

/** How often expired mail is looked for, ms. It is hidden from the moment it expires; this frees its space. */
const EXPIRY_EVERY_MS = 10_000
/** Messages dropped in one commit: some milliseconds. */
const EXPIRY_STEP = 100

export interface ExpiryOptions {
  readonly store: Pick<MailStore, 'expire'>
  readonly clock: {
    wallMs(): number
    /** Calls `tick` every `intervalMs` until the returned function is called. */
    every(intervalMs: number, tick: () => void): () => void
  }
  readonly onFault: (error: unknown) => void
}

/** Returns a function that stops it. */
export function startExpiry({ store, clock, onFault }: ExpiryOptions): () => void {
  let isBusy = false
  let isStopped = false

  async function sweep(): Promise<void> {
    if (isBusy) return
    isBusy = true
    try {
      while (!isStopped && (await store.expire(clock.wallMs(), EXPIRY_STEP)) === EXPIRY_STEP);
    } finally {
      isBusy = false
    }
  }

  const stop = clock.every(EXPIRY_EVERY_MS, () => {
    sweep().catch(onFault)
  })
  return () => {
    isStopped = true
    stop()
  }
}
