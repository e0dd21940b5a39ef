// The operations of contract.ts, one row each: what this user asks of their conversations, and what they do in them. Each waits
// until everything that came before it is taken in.

import type { UserAddress } from '@doorpost/protocol/address'
import type { Identity } from '../identity/identity-record.ts'
import { type Draft, type Operations, type Progress, Trouble } from '../operations.ts'
import type { Outbox } from '../send/outbox.ts'
import type { Line as ServerLine } from '../session/line.ts'
import type { Asides } from './asides.ts'
import type { TalkOperations } from './contract.ts'
import { conversationId, membersOf } from './conversation-id.ts'
import type { Following } from './following.ts'
import type { Forget } from './forget.ts'
import type { HistoryTaking } from './history-take.ts'
import { isWaitingPlace } from './order.ts'
import type { Reading } from './reading.ts'
import type { Seen } from './seen.ts'
import type { Showing } from './showing.ts'
import { firstAtOrAfter, type Line, type TalkIndex, type Thread } from './talk-index.ts'
import type { Telling } from './telling.ts'
import type { Typing } from './typing.ts'
import { isShown } from './view.ts'
import type { Watch } from './watch.ts'

interface Context {
  readonly signal: AbortSignal
  onProgress(progress: Progress): void
}

export type TalkTable = {
  [Name in keyof TalkOperations]: (
    args: Operations[Name]['args'],
    context: Context,
  ) => Promise<Operations[Name]['result']>
}

export interface TalkOperationsOptions {
  readonly me: Identity
  readonly line: Pick<ServerLine, 'state'>
  readonly outbox: Pick<Outbox, 'changesFor' | 'add'>
  send(draft: Draft, context: Context): Promise<Operations['send']['result']>
}

/** The parts of talk.ts that operations are made of. */
export interface TalkParts {
  readonly index: TalkIndex
  readonly asides: Asides
  readonly seen: Seen
  readonly forget: Forget
  readonly history: Pick<HistoryTaking, 'state'>
  readonly typing: Typing
  readonly telling: Telling
  readonly showing: Showing
  readonly reading: Reading
  readonly watch: Watch
  readonly following: Following
}

export function createTalkOperations(options: TalkOperationsOptions, parts: TalkParts): TalkTable {
  const { me, outbox } = options
  const { index, asides, seen, forget, typing, telling, showing, reading, watch } = parts
  const { settled, follow } = parts.following

  /** The person saw everything up to this line: kept, and told to its authors and to their own other devices. */
  async function look(thread: Thread, upTo: Line): Promise<void> {
    const facts = await showing.facts()
    const end = firstAtOrAfter(thread.lines, upTo.place) + 1
    const theirs = thread.lines
      .slice(0, end)
      .filter((line) => line.from !== me.user && !isWaitingPlace(line.place) && isShown(line, facts))
    const place = theirs.at(-1)?.place
    const before = seen.of(thread.id)
    if (place === undefined || (before !== undefined && before >= place)) return
    const fresh = theirs.filter((line) => before === undefined || line.place > before)
    const entries = await telling.read(thread.id, fresh, place)
    if (await seen.move(thread.id, place, () => outbox.changesFor(entries))) {
      outbox.add(entries)
      follow(() => watch.changed([], [thread.id]))
    }
  }

  async function tellTyping(thread: Thread): Promise<void> {
    if (options.line.state !== 'online') return
    const entries = await telling.typing(thread)
    // In memory alone: whoever starts again has stopped writing.
    if (entries.length > 0 && typing.due(thread.id)) outbox.add(entries)
  }

  async function keepDraft(id: string, text: string): Promise<void> {
    if (await asides.keepDraft(id, reading.thread(id).members, text)) follow(() => watch.changed([], [id]))
  }

  return {
    async conversations() {
      await settled()
      return await reading.conversations()
    },
    async conversation(args) {
      await settled()
      return await reading.conversation(args)
    },
    async 'talk.search'(args, { signal }) {
      await settled()
      return await reading.search(args, signal)
    },
    async 'talk.send'({ to, text, inReplyTo }, context) {
      const draft: Draft = { to, files: [], text, ...(inReplyTo !== undefined && { inReplyTo }) }
      const { id, to: sentTo, accepted, heldBack } = await options.send(draft, context)
      const members = membersOf([me.user, ...(sentTo as UserAddress[])])
      const conversation = conversationId(members)
      typing.ended(conversation)
      await settled()
      if (index.thread(conversation)) await keepDraft(conversation, '')
      return { id, conversation, accepted, ...(heldBack !== undefined && { heldBack }) }
    },
    async 'talk.mark'({ conversation: id, upTo }) {
      await settled()
      const thread = reading.thread(id)
      const line = index.line(upTo)
      if (line?.conversation !== id) {
        throw new Trouble('no-such-message', 'There is no such message in this conversation.')
      }
      await look(thread, line)
      return { unread: (await showing.conversation(thread, await showing.facts())).unread }
    },
    async 'talk.typing'({ conversation: id }) {
      await settled()
      await tellTyping(reading.thread(id))
      return {}
    },
    async 'talk.draft'({ conversation: id, text }) {
      await settled()
      await keepDraft(id, text)
      return {}
    },
    async 'talk.mute'({ conversation: id, muted }) {
      await settled()
      await asides.mute(reading.thread(id).id, muted)
      follow(() => watch.changed([], [id]))
      return {}
    },
    async 'talk.forget'({ conversation: id, message: one }) {
      await settled()
      const thread = reading.thread(id)
      const facts = await showing.facts()
      const lines = thread.lines.filter((line) => (one === undefined || line.id === one) && isShown(line, facts))
      const hasDraft = one === undefined && (await asides.draft(id)) !== undefined
      if (lines.length === 0 && !hasDraft) throw new Trouble('no-such-message', 'There is nothing to forget.')
      const ids = lines.map((line) => line.id)
      const hiddenNow = await forget.hide(id, ids)
      if (hasDraft) await keepDraft(id, '')
      follow(async () => {
        watch.forgotten({ conversation: id, ...(one !== undefined && { messages: ids }) })
        await watch.changed([], [id])
      })
      return hiddenNow
    },
    async 'talk.recall'({ forgotten }) {
      await settled()
      const { conversation: id, ids } = await forget.callBack(forgotten)
      follow(async () => {
        watch.forgotten({ conversation: id, messages: [...ids], back: true })
        await watch.changed([], [id])
      })
      return {}
    },
    'talk.history': async () => (await parts.history.state()) ?? {},
    async 'talk.watch'(_args, { signal, onProgress }) {
      await settled()
      return await watch.watch((change) => onProgress({ kind: 'talk', change }), signal)
    },
  }
}
