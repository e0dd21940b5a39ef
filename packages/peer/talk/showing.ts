// Lines and threads of the index as people see them: reads what inbox, sent records and asides hold of one, and lets view.ts put it
// together. What one glance shows goes by one set of facts.

import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { Inbox } from '../receive/inbox.ts'
import type { SentRoom } from '../send/sent-room.ts'
import type { Asides } from './asides.ts'
import type { Circle } from './circle.ts'
import type { Conversation, TalkMessage } from './contract.ts'
import type { KnownOwn, OwnMessages } from './own-messages.ts'
import type { Line, Thread } from './talk-index.ts'
import { conversationOf, isShown, lastOf, messageOf, type ViewFacts } from './view.ts'

/** Lines of which what was read stays at hand: some pages, with their previews some 10 MB. */
const READ_MAX = 600

interface Said {
  readonly content: LocationMessage | undefined
  readonly known: KnownOwn | undefined
}

export interface ShowingOptions {
  readonly clock: Clock
  readonly me: Identity
  readonly circles: { now(): Promise<Circle> }
  readonly inbox: Pick<Inbox, 'entry' | 'get'>
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
  const lasts = new WeakMap<Line, Promise<Conversation['last']>>()

  function lastAs(line: Line, facts: ViewFacts): Promise<Conversation['last']> {
    const known = lasts.get(line)
    if (known) return known
    const reading = message(line, facts).then((shown) => shown && lastOf(shown))
    // Whoever asks next tries again.
    reading.catch(() => lasts.delete(line))
    lasts.set(line, reading)
    return reading
  }

  /** What was read of the lines shown last, so that a change of one costs no reading of all that stand on the page with it. */
  const read = new Map<Line, Promise<Said>>()
  function saidOf(line: Line, mine: boolean): Promise<Said> {
    const before = read.get(line)
    if (before) return before
    const reading = Promise.all([
      line.state === undefined ? undefined : options.inbox.get(line.id),
      mine ? own.get(line.id) : undefined,
    ]).then(([received, known]) => ({ content: received?.content, known }))
    // Whoever asks next tries again.
    reading.catch(() => read.delete(line))
    read.set(line, reading)
    for (const oldest of read.keys()) {
      if (read.size <= READ_MAX) break
      read.delete(oldest)
    }
    return reading
  }

  async function message(line: Line, facts: ViewFacts): Promise<TalkMessage | undefined> {
    const mine = line.from === me.user
    const [said, record] = await Promise.all([saidOf(line, mine), mine ? sent.get(line.id) : undefined])
    const { content, known } = said
    const entry = line.state === undefined ? undefined : await options.inbox.entry(line.id, undefined, content)
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
