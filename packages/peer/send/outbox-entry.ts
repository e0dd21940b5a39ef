// What waits to be handed to the server, and what moves an entry on. Pure: sealing, sending and writing are outbox.ts's.
//
//   entry     | event                                          | becomes
//   ----------+------------------------------------------------+---------------------------------------------------
//   draft     | sealed                                         | sealed: from now on exactly these bytes are handed in
//   draft     | held (no line, no keys, a changed key)         | draft, later
//   sealed    | held (no line, server says later)              | sealed, later; the same bytes again
//   sealed    | moved-on (the server knows a newer list)       | draft: it accepted nothing, so other bytes may go
//   any       | accepted, refused, ran-out                     | gone
//
// The same bytes under the same id are accepted once by a server, so handing them in again after a crash is no second
// message. Other bytes are only ever made after the server said that it accepted none.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import type { Envelope } from '@doorpost/protocol/envelope'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { Note } from '@doorpost/protocol/note'

/** First wait after something went wrong, ms: about how long a server takes to start again. */
export const AGAIN_FIRST_MS = 1_000
/** Longest wait, ms: a line that comes back is noticed anyway, this is for servers that say "later". */
export const AGAIN_MAX_MS = 5 * 60_000

/** Room `outbox`, key: outboxKey. */
export interface OutboxEntry {
  readonly id: string
  readonly class: 'message' | 'note'
  readonly to: readonly (UserAddress | DeviceAddress)[]
  readonly date: string
  readonly expires: string
  /** Kept until accepted, since it may have to be sealed again. */
  readonly content: LocationMessage | Note
  /** The exact envelope to hand in; absent: not sealed yet. */
  readonly envelope?: Envelope
  /** The recipients' lists must be asked for anew before sealing. */
  readonly fresh?: true
  /** Tries since something last went well. */
  readonly tries: number
  /** Not before this instant, ms since 1970. */
  readonly notBeforeMs: number
}

export type OutboxEvent =
  | { readonly kind: 'sealed'; readonly envelope: Envelope }
  | { readonly kind: 'held'; readonly nowMs: number; readonly retryAfterMs?: number; readonly jitter: number }
  | { readonly kind: 'moved-on'; readonly nowMs: number; readonly jitter: number }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'ran-out' }

/** Undefined: gone. `jitter`: 0 to 1. */
export function nextEntry(entry: OutboxEntry, event: OutboxEvent): OutboxEntry | undefined {
  switch (event.kind) {
    case 'sealed': {
      if (entry.envelope !== undefined) return entry
      const { fresh: _done, ...rest } = entry
      return { ...rest, envelope: event.envelope }
    }
    case 'held':
      return later(entry, event.nowMs, event.jitter, event.retryAfterMs)
    case 'moved-on': {
      const { envelope: _stale, ...rest } = entry
      // A server that says so again and again is not believed at full speed.
      const again: OutboxEntry = { ...rest, fresh: true }
      return entry.tries < 2
        ? { ...again, tries: entry.tries + 1, notBeforeMs: 0 }
        : later(again, event.nowMs, event.jitter)
    }
    case 'accepted':
    case 'refused':
    case 'ran-out':
      return undefined
  }
}

/** In order of date, so that the room lists them as they were made. */
export function outboxKey(entry: Pick<OutboxEntry, 'date' | 'id'>): string {
  return `${entry.date} ${entry.id}`
}

function later(entry: OutboxEntry, nowMs: number, jitter: number, retryAfterMs = 0): OutboxEntry {
  const doubled = Math.min(AGAIN_FIRST_MS * 2 ** Math.min(entry.tries, 20), AGAIN_MAX_MS)
  const waitMs = Math.max(Math.round(doubled * (0.5 + jitter / 2)), Math.min(retryAfterMs, AGAIN_MAX_MS))
  return { ...entry, tries: entry.tries + 1, notBeforeMs: nowMs + waitMs }
}
