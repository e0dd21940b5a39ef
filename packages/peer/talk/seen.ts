// How far this user has looked in each conversation, on whichever of their devices: a place in its order. It only goes forward;
// two devices that both moved agree on the later place, in whatever order they hear of each other.

import type { Note } from '@doorpost/protocol/note'
import { recordsOf } from '../records.ts'
import type { Change, Store } from '../store/store.ts'
import { placeOf } from './order.ts'

const PREFIX = 'seen '

export interface Seen {
  /** A place, or undefined: nothing of it was looked at. */
  of(conversation: string): string | undefined
  /** Answers where it was, if it moves; `also` is written with it then. */
  move(
    conversation: string,
    place: string,
    also: () => readonly Change[],
  ): Promise<{ readonly from: string | undefined } | undefined>
  /** Another device of this user looked. Writes `also`. */
  take(note: Extract<Note, { note: 'seen' }>, also: readonly Change[]): Promise<boolean>
  load(): Promise<void>
}

export function createSeen(store: Store): Seen {
  const records = recordsOf<string>(store, 'talk')
  const known = new Map<string, string>()

  async function move(
    conversation: string,
    place: string,
    also: () => readonly Change[],
  ): Promise<{ from: string | undefined } | undefined> {
    let moved: { from: string | undefined } | undefined
    const after = await records.change(PREFIX + conversation, (from) => {
      if (from !== undefined && from >= place) return undefined
      moved = { from }
      return { value: place, also: also() }
    })
    if (after !== undefined) known.set(conversation, after)
    return moved
  }

  return {
    of: (conversation) => known.get(conversation),
    move,
    async take({ conversation, upTo }, also) {
      const moved = await move(conversation, placeOf(upTo.at, upTo.id), () => also)
      if (!moved && also.length > 0) await store.write(also)
      return moved !== undefined
    },
    async load() {
      for (const { key, value } of await store.all<string>('talk', PREFIX)) {
        const conversation = key.slice(PREFIX.length)
        if (value > (known.get(conversation) ?? '')) known.set(conversation, value)
      }
    },
  }
}
