// Lines and threads of the index as people see them: reads what inbox, sent records and asides hold of one, and lets view.ts put it
// together. What one glance shows goes by one set of facts.

import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { Inbox } from '../receive/inbox.ts'
import type { SentRoom } from '../send/sent-room.ts'
import type { Asides } from './asides.ts'
import type { Circle } from './circle.ts'
import type { Conversation, TalkMessage } from './contract.ts'
import type { OwnMessages } from './own-messages.ts'
import type { Line, Thread } from './talk-index.ts'
import { conversationOf, isShown, lastOf, messageOf, type ViewFacts } from './view.ts'

export interface ShowingOptions {
  readonly clock: Clock
  readonly me: Identity
  readonly circles: { now(): Promise<Circle> }
  readonly inbox: Pick<Inbox, 'entry'>
  readonly sent: Pick<SentRoom, 'get'>
  readonly own: Pick<OwnMessages, 'get'>
  readonly asides: Pick<Asides, 'draft' | 'isMuted'>
  readonly isForgotten: (id: string) => boolean
  /** The place up to which this user looked. */
  readonly seen: (conversation: string) => string | undefined
  /** Whether others' read marks are shown: not to those who give none. */
  readonly showsRead: () => boolean
  readonly typing: (conversation: string) => readonly string[]
}

export interface Showing {
  facts(): Promise<ViewFacts>
  /** Undefined: nothing of it is here any more. */
  message(line: Line, facts: ViewFacts): Promise<TalkMessage | undefined>
  /** In the same order, without those of which nothing is here. */
  messages(lines: readonly Line[], facts: ViewFacts): Promise<TalkMessage[]>
  conversation(thread: Thread, facts: ViewFacts): Promise<Conversation>
}

export function createShowing(options: ShowingOptions): Showing {
  const { me, own, sent } = options
  /** How the newest messages read in lists. A line is put anew when its message looks otherwise (talk-index.ts). */
  const lasts = new WeakMap<Line, Conversation['last']>()

  async function lastAs(line: Line, facts: ViewFacts): Promise<Conversation['last']> {
    if (lasts.has(line)) return lasts.get(line)
    const shown = await message(line, facts)
    const last = shown && lastOf(shown)
    lasts.set(line, last)
    return last
  }

  async function message(line: Line, facts: ViewFacts): Promise<TalkMessage | undefined> {
    const mine = line.from === me.user
    const [entry, known, record] = await Promise.all([
      line.state === undefined ? undefined : options.inbox.entry(line.id),
      mine ? own.get(line.id) : undefined,
      mine ? sent.get(line.id) : undefined,
    ])
    return messageOf(line, { entry, own: known, sent: record }, facts, me.device)
  }

  return {
    async facts() {
      const circle = await options.circles.now()
      const { isForgotten, seen } = options
      return { circle, nowMs: options.clock.nowMs(), showsRead: options.showsRead(), seen, isForgotten }
    },
    message,
    async messages(lines, facts) {
      const all = await Promise.all(lines.map((line) => message(line, facts)))
      return all.filter((one) => one !== undefined)
    },
    async conversation(thread, facts) {
      const newest = thread.lines.findLast((line) => isShown(line, facts))
      const draft = await options.asides.draft(thread.id)
      const muted = await options.asides.isMuted(thread.id)
      const last = newest && (await lastAs(newest, facts))
      return conversationOf(thread, last, { draft, muted, typing: options.typing(thread.id) }, facts)
    },
  }
}
