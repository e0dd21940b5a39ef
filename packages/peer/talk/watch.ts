// `talk.watch`: tells those who have conversations before them what looks otherwise, whole. Nothing is read while nobody watches.

import type { UserAddress } from '@doorpost/protocol/address'
import { untilAborted } from '../aborted.ts'
import type { People } from '../identity/people.ts'
import { listeners } from '../session/listeners.ts'
import { personShown } from './circle.ts'
import type { TalkChange } from './contract.ts'
import type { Showing } from './showing.ts'
import type { Line, TalkIndex } from './talk-index.ts'
import { isShown } from './view.ts'

export interface Watch {
  /** These lines, and conversations (ids) for another reason, look otherwise. */
  changed(lines: readonly (Line | undefined)[], conversations?: readonly string[]): Promise<void>
  typing(conversation: string, people: readonly string[]): void
  presence(user: UserAddress): Promise<void>
  /** They are shown no more, or again: `back`. */
  forgotten(change: Omit<Extract<TalkChange, { what: 'forgotten' }>, 'what'>): void
  /** Until the signal ends it, with its reason. */
  watch(onChange: (change: TalkChange) => void, signal: AbortSignal): Promise<never>
  /** By id, whether anybody watches or not. The returned function ends it. */
  readonly onChange: (listener: (conversation: string) => void) => () => void
}

export function createWatch(options: {
  readonly index: Pick<TalkIndex, 'thread'>
  readonly showing: Showing
  readonly people: Pick<People, 'recall'>
}): Watch {
  const { index, showing } = options
  const watchers = listeners<TalkChange>()
  const conversationsChanged = listeners<string>()
  let watching = 0

  return {
    onChange: conversationsChanged.add,
    async changed(lines, conversations = []) {
      const touched = lines.flatMap((line) => (line ? [line.conversation] : []))
      for (const id of new Set([...touched, ...conversations])) conversationsChanged.tell(id)
      if (watching === 0) return
      const facts = await showing.facts()
      const shown = lines.filter((line): line is Line => line !== undefined && isShown(line, facts))
      for (const line of shown) {
        const message = await showing.message(line, facts)
        if (message) watchers.tell({ what: 'message', message })
      }
      for (const id of new Set([...shown.map((line) => line.conversation), ...conversations])) {
        const thread = index.thread(id)
        if (thread) watchers.tell({ what: 'conversation', conversation: await showing.conversation(thread, facts) })
      }
    },
    typing(conversation, people) {
      conversationsChanged.tell(conversation)
      if (watching > 0) watchers.tell({ what: 'typing', conversation, people: [...people] })
    },
    async presence(user) {
      if (watching === 0) return
      watchers.tell({ what: 'presence', person: personShown(user, await options.people.recall(user)) })
    },
    forgotten: (change) => watchers.tell({ what: 'forgotten', ...change }),
    async watch(onChange, signal) {
      const end = watchers.add(onChange)
      watching++
      try {
        return await untilAborted(new Promise<never>(() => {}), signal)
      } finally {
        end()
        watching--
      }
    },
  }
}
