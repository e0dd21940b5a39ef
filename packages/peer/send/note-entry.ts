// Notes on their way out: what an outbox entry for one looks like, how long it is worth telling, and handing it in before a
// command's own device closes.

import { LIFETIME_DEFAULT_MS, LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import { LIVE_KEY_NOTE_LIFE_MS, type Note, TYPING_NOTE_LIFE_MS } from '@doorpost/protocol/note'
import { PATH_NOTE_LIFE_MS } from '@doorpost/protocol/path-signal'
import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { Store } from '../store/store.ts'
import { newMessageId } from './compose.ts'
import type { Outbox, TryOutcome } from './outbox.ts'
import type { OutboxEntry } from './outbox-entry.ts'

/** How much later than its fetch begins a sender is told so, ms. */
const PROGRESS_LATER_MS = 250
/** How long a command waits for its note to be handed in, ms: a round trip or two on a slow line. */
const TELL_MS = 3_000

export type NoteEntry = (to: OutboxEntry['to'][number], content: Note) => OutboxEntry

/** Makes entries for the outbox: each note has an id of its own and as long a life as its kind. */
export function noteEntries(clock: Clock, random: Random): NoteEntry {
  return (to, content) => {
    const nowMs = clock.nowMs()
    return {
      id: newMessageId(random),
      class: 'note',
      to: [to],
      date: new Date(nowMs).toISOString(),
      expires: new Date(nowMs + lifetimeMsOf(content)).toISOString(),
      content,
      tries: 0,
      // Sealing takes the processor for some ms, which the first pieces need more.
      notBeforeMs: content.note === 'progress' && content.state === 'fetching' ? nowMs + PROGRESS_LATER_MS : 0,
    }
  }
}

function lifetimeMsOf({ note }: Note): number {
  if (note === 'path' || note === 'live-path') return PATH_NOTE_LIFE_MS
  if (note === 'typing') return TYPING_NOTE_LIFE_MS
  if (note === 'live-key') return LIVE_KEY_NOTE_LIFE_MS
  // A receipt is worth telling as long as anything can wait; what was said and seen likewise, for one's own other devices.
  return note === 'receipt' || note === 'sent' || note === 'seen' ? LIFETIME_MAX_MS : LIFETIME_DEFAULT_MS
}

export interface Telling {
  /** A command's own device closes once it has answered: what it tells leaves before, where the line lets it. */
  tell(to: OutboxEntry['to'][number], ...notes: Note[]): Promise<void>
  /** The next outcomes of these entries; undefined when the time is over. */
  triedWithin(ids: readonly string[], ms: number): Promise<TryOutcome[] | undefined>
}

export function createTellingNow(options: {
  readonly store: Store
  readonly clock: Clock
  readonly outbox: Outbox
  readonly noteEntry: NoteEntry
  readonly stays: boolean
}): Telling {
  const { store, clock, outbox, noteEntry } = options
  async function triedWithin(ids: readonly string[], ms: number): Promise<TryOutcome[] | undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const cancel = clock.after(ms, () => resolve(undefined))
    const outcomes = await Promise.race([Promise.all(ids.map((id) => outbox.tried(id))), promise])
    cancel()
    return outcomes
  }
  return {
    async tell(to, ...notes) {
      const entries = notes.map((note) => noteEntry(to, note))
      await store.write(outbox.changesFor(entries))
      outbox.add(entries)
      if (!options.stays)
        await triedWithin(
          entries.map(({ id }) => id),
          TELL_MS,
        )
    },
    triedWithin,
  }
}
