// Who writes now. Nothing of it is stored: what is told ends by itself after ten seconds. Whom to tell, and who is believed, is
// decided by the callers (telling.ts, talk.ts).

import { TYPING_NOTE_LIFE_MS } from '@doorpost/protocol/note'
import type { UserAddress } from '@doorpost/protocol/address'
import type { Clock } from '../clock.ts'

/** The others are told at most this often, ms: twice within the life of a note. */
export const TYPING_EVERY_MS = 5_000
/** People who are shown as writing at once, in all conversations together. */
const WRITING_MAX = 1_000

export interface Typing {
  /** Whether the others of this conversation are to be told now. */
  due(conversation: string): boolean
  /** What was being written was sent: the next word is a new one. */
  ended(conversation: string): void
  /** Somebody writes. `at`: when they said so, by their own clock. */
  heard(conversation: string, who: UserAddress, at: string): void
  /** They do not write any more: what they wrote, at that instant, is here. */
  cleared(conversation: string, who: UserAddress, at: string): void
  in(conversation: string): UserAddress[]
  stop(): void
}

export function createTyping(clock: Clock, onChange: (conversation: string) => void): Typing {
  const toldAtMs = new Map<string, number>()
  /** By conversation and person. */
  const writing = new Map<string, { conversation: string; who: UserAddress; cancel: () => void }>()
  const keyOf = (conversation: string, who: UserAddress) => `${conversation} ${who}`

  /** What somebody sent last, by conversation and person: a note written before it may come after it. */
  const saidAt = new Map<string, string>()

  function remove(conversation: string, who: UserAddress): void {
    const key = keyOf(conversation, who)
    const one = writing.get(key)
    if (!one) return
    one.cancel()
    writing.delete(key)
    onChange(conversation)
  }

  return {
    due(conversation) {
      const nowMs = clock.nowMs()
      const lastMs = toldAtMs.get(conversation)
      // A clock that was set back must not keep anybody silent.
      if (lastMs !== undefined && Math.abs(nowMs - lastMs) < TYPING_EVERY_MS) return false
      for (const [old, atMs] of toldAtMs) if (nowMs - atMs >= TYPING_EVERY_MS) toldAtMs.delete(old)
      toldAtMs.set(conversation, nowMs)
      return true
    },
    ended: (conversation) => void toldAtMs.delete(conversation),
    heard(conversation, who, at) {
      const key = keyOf(conversation, who)
      if (at <= (saidAt.get(key) ?? '')) return
      const before = writing.get(key)
      if (!before && writing.size >= WRITING_MAX) return
      before?.cancel()
      const cancel = clock.after(TYPING_NOTE_LIFE_MS, () => remove(conversation, who))
      writing.set(key, { conversation, who, cancel })
      if (!before) onChange(conversation)
    },
    cleared(conversation, who, at) {
      const key = keyOf(conversation, who)
      // Last in the map again, so that the first is the one that was silent longest.
      saidAt.delete(key)
      saidAt.set(key, at)
      const [oldest] = saidAt.keys()
      if (saidAt.size > WRITING_MAX && oldest !== undefined) saidAt.delete(oldest)
      remove(conversation, who)
    },
    in: (conversation) =>
      [...writing.values()]
        .filter((one) => one.conversation === conversation)
        .map(({ who }) => who)
        .sort(),
    stop() {
      for (const { cancel } of writing.values()) cancel()
      writing.clear()
    },
  }
}
