// Conversations of this device: follows the inbox, the sent messages and the notes about both, and answers the operations of
// contract.ts. Nothing of it is done before somebody asks for a conversation; what must be kept for then is in own-messages.ts
// and seen.ts.

import type { UserAddress } from '@doorpost/protocol/address'
import type { Note } from '@doorpost/protocol/note'
import { TEXT_LENGTH_MAX } from '@doorpost/protocol/limits'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { Preferences } from '@doorpost/protocol/preferences'
import type { SignedNote } from '@doorpost/protocol/signed-message'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import type { Person } from '../identity/person.ts'
import { type Draft, type Operations, type Progress, type SentStatus, Trouble } from '../operations.ts'
import type { Random } from '../random.ts'
import type { Inbox } from '../receive/inbox.ts'
import type { InboxRecord } from '../receive/inbox-record.ts'
import type { Outbox } from '../send/outbox.ts'
import type { OutboxEntry } from '../send/outbox-entry.ts'
import { parseRecipients } from '../send/recipients.ts'
import type { SentRoom } from '../send/sent-room.ts'
import type { Line as ServerLine } from '../session/line.ts'
import { type Listeners, listeners } from '../session/listeners.ts'
import type { Change, Store } from '../store/store.ts'
import { personShown, readCircle, sharesMarks } from './circle.ts'
import type { Conversation, TalkChange, TalkMessage, TalkOperations } from './contract.ts'
import { conversationId, membersNamed, membersOf } from './conversation-id.ts'
import { createForget } from './forget.ts'
import { isWaitingPlace } from './order.ts'
import { OWN_PREFIX, type OwnMessage, type OwnMessages } from './own-messages.ts'
import { type Placed, placeOwn, placeReceived } from './placed.ts'
import { holds, readAll, wordsOf } from './search.ts'
import { createSeen } from './seen.ts'
import { createTalkIndex, firstAtOrAfter, type Line, type Thread } from './talk-index.ts'
import { createTelling } from './telling.ts'
import { createTyping } from './typing.ts'
import { conversationOf, isShown, messageOf, type ViewFacts } from './view.ts'

/** Messages of one page, where nothing is said, and at most. */
const PAGE = 50
const PAGE_MAX = 500
/** What a search finds, likewise. */
const FOUND_MAX = 200
export interface TalkOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly me: Identity
  readonly line: Pick<ServerLine, 'state'>
  readonly people: Pick<People, 'recall' | 'list' | 'onChange'>
  readonly preferences: { readonly now: Preferences }
  readonly inbox: Pick<Inbox, 'get' | 'records' | 'entry' | 'forget' | 'takeOwn'>
  readonly sent: Pick<SentRoom, 'get' | 'all'>
  readonly own: OwnMessages
  readonly outbox: Pick<Outbox, 'changesFor' | 'add'>
  readonly inboxWatchers: Pick<Listeners<InboxRecord>, 'add'>
  readonly sentWatchers: Pick<Listeners<SentStatus>, 'add'>
  isJunk(user: UserAddress): boolean
  noteEntry(to: UserAddress, note: Note): OutboxEntry
  send(draft: Draft, context: Context): Promise<Operations['send']['result']>
  onFault(error: unknown): void
}

interface Context {
  readonly signal: AbortSignal
  onProgress(progress: Progress): void
}

type Table = {
  [Name in keyof TalkOperations]: (
    args: Operations[Name]['args'],
    context: Context,
  ) => Promise<Operations[Name]['result']>
}

export type TalkNote = Extract<Note, { note: 'mark' | 'typing' | 'seen' | 'sent' | 'progress' }>

export interface Talk {
  readonly operations: Table
  /** A note about conversations, verified. Writes `also` in any case. `progress`: of messages that another device of this user sent. */
  takeNote(note: SignedNote, content: TalkNote, from: Person, also: readonly Change[]): Promise<'fitted' | 'nothing'>
  /** Of conversations that look otherwise, once one was asked for; by id. The returned function ends it. */
  readonly onChange: (listener: (conversation: string) => void) => () => void
  /** Called every few minutes: forgets what is to be forgotten. */
  tend(): Promise<void>
  stop(): void
}

/** Room `talk`, key `draft CONVERSATION`. */
interface KeptDraft {
  readonly text: string
  readonly members: readonly UserAddress[]
}
const DRAFT = 'draft '
const MUTED = 'muted '

export function createTalk(options: TalkOptions): Talk {
  const { store, clock, me, people, inbox, sent, own, outbox } = options
  const index = createTalkIndex()
  const seen = createSeen(store)
  const forget = createForget(options)
  const watchers = listeners<TalkChange>()
  /** Told of conversations that look otherwise, by id. */
  const changed = listeners<string>()
  let watching = 0
  /** Loading, then one change after the other; undefined while nobody has asked for anything. */
  let last: Promise<void> | undefined
  let stopped = false
  const typing = createTyping(clock, (conversation) => {
    changed.tell(conversation)
    if (watching > 0) watchers.tell({ what: 'typing', conversation, people: typing.in(conversation) })
  })
  const telling = createTelling(options)
  const { marksOn } = telling

  /** What follows a change, in its turn; nothing where nothing is loaded, since loading reads it all. */
  function follow(work: () => Promise<void>): void {
    if (!last || stopped) return
    last = last.then(work).catch((error: unknown) => {
      // What was under way when the device closed is of no use any more.
      if (!stopped) options.onFault(error)
    })
  }

  async function settled(): Promise<void> {
    if (!last) {
      const loading = load()
      last = loading
      loading.catch(() => (last = undefined))
    }
    await last
  }

  async function load(): Promise<void> {
    await Promise.all([seen.load(), forget.load()])
    const owns = new Map((await own.all()).map((known) => [known.message.id, known]))
    const records = new Map((await sent.all()).map((record) => [record.id, record]))
    const found = new Map<string, Placed>()
    for (const id of new Set([...owns.keys(), ...records.keys()])) {
      const placed = placeOwn(me.user, id, owns.get(id), records.get(id))
      if (placed) found.set(id, placed)
    }
    for (const record of await inbox.records()) found.set(record.id, placeReceived(me.user, record))
    // In order: each goes to the end.
    const inOrder = [...found.values()].sort((a, b) => (a.line.place < b.line.place ? -1 : 1))
    for (const { line, members } of inOrder) index.put(line, members)
    for (const { value } of await store.all<KeptDraft>('talk', DRAFT)) index.begin(value.members)
  }

  async function readFacts(): Promise<ViewFacts> {
    const circle = await readCircle(me.user, people, options.isJunk)
    return { circle, nowMs: clock.nowMs(), showsRead: marksOn(), seen: seen.of, isForgotten: forget.isHidden }
  }

  async function message(line: Line, facts: ViewFacts): Promise<TalkMessage | undefined> {
    const mine = line.from === me.user
    const [entry, known, record] = await Promise.all([
      line.state === undefined ? undefined : inbox.entry(line.id),
      mine ? own.get(line.id) : undefined,
      mine ? sent.get(line.id) : undefined,
    ])
    return messageOf(line, { entry, own: known, sent: record }, facts, me.device)
  }

  async function messagesOf(lines: readonly Line[], facts: ViewFacts): Promise<TalkMessage[]> {
    const all = await Promise.all(lines.map((line) => message(line, facts)))
    return all.filter((one) => one !== undefined)
  }

  async function conversation(thread: Thread, facts: ViewFacts): Promise<Conversation> {
    const newest = thread.lines.findLast((line) => isShown(line, facts))
    const draft = (await store.get<KeptDraft>('talk', DRAFT + thread.id))?.text
    const muted = (await store.get<boolean>('talk', MUTED + thread.id)) === true
    const shown = newest && (await message(newest, facts))
    return conversationOf(thread, shown, { draft, muted, typing: typing.in(thread.id) }, facts)
  }

  async function tellOf(lines: readonly (Line | undefined)[], conversations: readonly string[] = []): Promise<void> {
    const touched = lines.flatMap((line) => (line ? [line.conversation] : []))
    for (const id of new Set([...touched, ...conversations])) changed.tell(id)
    if (watching === 0) return
    const facts = await readFacts()
    const shown = lines.filter((line): line is Line => line !== undefined && isShown(line, facts))
    for (const line of shown) {
      const seenAs = await message(line, facts)
      if (seenAs) watchers.tell({ what: 'message', message: seenAs })
    }
    for (const id of new Set([...shown.map((line) => line.conversation), ...conversations])) {
      const thread = index.thread(id)
      if (thread) watchers.tell({ what: 'conversation', conversation: await conversation(thread, facts) })
    }
  }

  /** One of this user's own looks otherwise. */
  async function refreshOwn(ids: readonly string[]): Promise<void> {
    const lines: (Line | undefined)[] = []
    for (const id of ids) {
      const placed = placeOwn(me.user, id, await own.get(id), await sent.get(id))
      const received = index.line(id)?.state
      if (placed) {
        lines.push(index.put({ ...placed.line, ...(received !== undefined && { state: received }) }, placed.members))
      }
    }
    await tellOf(lines)
  }

  const ends = [
    options.inboxWatchers.add((record) =>
      follow(async () => {
        const { line, members } = placeReceived(me.user, record)
        const placed = index.put(line, members)
        typing.cleared(placed.conversation, placed.from, record.sentAt)
        await tellOf([placed])
      }),
    ),
    options.sentWatchers.add(({ id }) => follow(() => refreshOwn([id]))),
    people.onChange((user) => {
      if (watching === 0 || user === me.user) return
      follow(async () => {
        watchers.tell({ what: 'presence', person: personShown(user, await people.recall(user)) })
      })
    }),
  ]
  own.onChange((ids) => follow(() => refreshOwn(ids)))

  function threadOf(id: string): Thread {
    const thread = index.thread(id)
    if (thread) return thread
    throw new Trouble('no-such-message', 'There is no such conversation here.')
  }

  /** Also one that nothing was written in yet: a page that was open there is loaded again. */
  async function threadNamed(id: string, typed: readonly string[] | undefined): Promise<Thread> {
    if (typed) return index.begin(membersOf([me.user, ...parseRecipients(typed, me)]))
    const others = index.thread(id) ? undefined : (await people.list()).map(({ address }) => address)
    const members = others && membersNamed(id, me.user, others)
    return members ? index.begin([...members]) : threadOf(id)
  }

  async function look(thread: Thread, upTo: Line): Promise<void> {
    const facts = await readFacts()
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
      follow(() => tellOf([], [thread.id]))
    }
  }

  async function tellTyping(thread: Thread): Promise<void> {
    if (options.line.state !== 'online') return
    const entries = await telling.typing(thread)
    // In memory alone: whoever starts again has stopped writing.
    if (entries.length > 0 && typing.due(thread.id)) outbox.add(entries)
  }

  async function keepDraft(id: string, text: string): Promise<void> {
    if (text.length > TEXT_LENGTH_MAX) throw new Trouble('too-large', 'This is longer than one message holds.')
    const { members } = threadOf(id)
    const key = DRAFT + id
    const before = await store.get<KeptDraft>('talk', key)
    if ((before?.text ?? '') === text) return
    const value: KeptDraft = { text, members }
    await store.write([text === '' ? { drop: 'talk', key } : { put: 'talk', key, value }])
    follow(() => tellOf([], [id]))
  }

  async function search(
    { words: typed, limit, conversation: within }: Operations['talk.search']['args'],
    signal: AbortSignal,
  ): Promise<Operations['talk.search']['result']> {
    const words = wordsOf(typed)
    if (!words) return { conversations: [], messages: [], more: false }
    const facts = await readFacts()
    const most = bounded(limit, PAGE, FOUND_MAX)
    const found = new Map<string, Line>()
    const consider = (id: string, content: LocationMessage) => {
      const line = index.line(id)
      if (!line || (within !== undefined && line.conversation !== within) || !isShown(line, facts)) return
      if (holds(words, content, [line.from])) found.set(id, line)
    }
    const turn = () => new Promise<void>((resolve) => void clock.after(0, resolve))
    await readAll(
      (portion) => store.all<LocationMessage>('inbox', `content ${portion}`),
      ({ key, value }) => consider(key.slice('content '.length), value),
      turn,
      signal,
    )
    await readAll(
      (portion) => store.all<OwnMessage>('talk', OWN_PREFIX + portion),
      ({ value }) => consider(value.id, value.content),
      turn,
      signal,
    )
    const newest = [...found.values()].sort((a, b) => (a.place < b.place ? 1 : -1))
    const messages = await messagesOf(newest.slice(0, most), facts)
    const conversations: Conversation[] = []
    for (const thread of within === undefined ? index.threads() : []) {
      const others = thread.members.filter((user) => user !== me.user)
      if (conversations.length >= most || !isListed(thread, facts)) continue
      if (holds(words, { media: [] }, others)) conversations.push(await conversation(thread, facts))
    }
    return { conversations, messages, more: newest.length > most }
  }

  /** With somebody who is not hidden, and something in it. */
  function isListed(thread: Thread, { circle, ...facts }: ViewFacts): boolean {
    const others = thread.members.filter((user) => user !== me.user)
    if (others.length > 0 && others.every((user) => circle.isHidden(user))) return false
    return thread.lines.some((line) => isShown(line, { circle, ...facts }))
  }

  const operations: Table = {
    async conversations() {
      await settled()
      const facts = await readFacts()
      const drafts = new Set((await store.all('talk', DRAFT)).map(({ key }) => key.slice(DRAFT.length)))
      const listed = [...index.threads()].filter((thread) => {
        const isDraft = drafts.has(thread.id) && !thread.lines.some((line) => facts.circle.isHidden(line.from))
        return isDraft || isListed(thread, facts)
      })
      const placed = listed.map((thread) => ({
        thread,
        place: thread.lines.findLast((line) => isShown(line, facts))?.place ?? '~',
      }))
      placed.sort((a, b) => (a.place < b.place ? 1 : -1))
      return await Promise.all(placed.map(({ thread }) => conversation(thread, facts)))
    },
    async conversation({ id, with: typed, before, limit }) {
      await settled()
      if ((id === undefined) === (typed === undefined)) {
        throw new Trouble('malformed', 'A conversation is named by its id, or by the people in it.')
      }
      const thread = await threadNamed(id ?? '', typed)
      const facts = await readFacts()
      const earliest = before === undefined ? undefined : index.line(before)
      if (before !== undefined && earliest?.conversation !== thread.id) {
        throw new Trouble('no-such-message', 'There is no such message in this conversation.')
      }
      const end = earliest ? firstAtOrAfter(thread.lines, earliest.place) : thread.lines.length
      const most = bounded(limit, PAGE, PAGE_MAX)
      const page: Line[] = []
      for (let at = end - 1; at >= 0 && page.length <= most; at--) {
        const line = thread.lines[at] as Line
        if (isShown(line, facts)) page.push(line)
      }
      const messages = await messagesOf(page.slice(0, most).reverse(), facts)
      return { conversation: await conversation(thread, facts), messages, more: page.length > most }
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
      const thread = threadOf(id)
      const line = index.line(upTo)
      if (line?.conversation !== id) {
        throw new Trouble('no-such-message', 'There is no such message in this conversation.')
      }
      await look(thread, line)
      return { unread: (await conversation(thread, await readFacts())).unread }
    },
    async 'talk.typing'({ conversation: id }) {
      await settled()
      await tellTyping(threadOf(id))
      return {}
    },
    async 'talk.draft'({ conversation: id, text }) {
      await settled()
      await keepDraft(id, text)
      return {}
    },
    async 'talk.mute'({ conversation: id, muted }) {
      await settled()
      threadOf(id)
      const key = MUTED + id
      await store.write([muted ? { put: 'talk', key, value: true } : { drop: 'talk', key }])
      follow(() => tellOf([], [id]))
      return {}
    },
    async 'talk.search'(args, { signal }) {
      await settled()
      return await search(args, signal)
    },
    async 'talk.forget'({ conversation: id, message: one }) {
      await settled()
      const thread = threadOf(id)
      const facts = await readFacts()
      const lines = thread.lines.filter((line) => (one === undefined || line.id === one) && isShown(line, facts))
      const hasDraft = one === undefined && (await store.get<KeptDraft>('talk', DRAFT + id)) !== undefined
      if (lines.length === 0 && !hasDraft) throw new Trouble('no-such-message', 'There is nothing to forget.')
      const ids = lines.map((line) => line.id)
      const hiddenNow = await forget.hide(id, ids)
      if (hasDraft) await keepDraft(id, '')
      follow(async () => {
        watchers.tell({ what: 'forgotten', conversation: id, ...(one !== undefined && { messages: ids }) })
        await tellOf([], [id])
      })
      return hiddenNow
    },
    async 'talk.recall'({ forgotten }) {
      await settled()
      const { conversation: id, ids } = await forget.callBack(forgotten)
      follow(async () => {
        watchers.tell({ what: 'forgotten', conversation: id, messages: [...ids], back: true })
        await tellOf([], [id])
      })
      return {}
    },
    async 'talk.watch'(_args, { signal, onProgress }) {
      await settled()
      const { promise, reject } = Promise.withResolvers<never>()
      const end = watchers.add((change) => onProgress({ kind: 'talk', change }))
      watching++
      const abort = () => reject(new Trouble('cancelled', 'Stopped.'))
      signal.addEventListener('abort', abort, { once: true })
      if (signal.aborted) abort()
      try {
        return await promise
      } finally {
        end()
        watching--
        signal.removeEventListener('abort', abort)
      }
    },
  }

  return {
    operations,
    async takeNote(note, content, from, also) {
      switch (content.note) {
        case 'sent':
        case 'seen':
          // What this user did is for their own devices to say.
          if (from.address !== me.user) break
          if (content.note === 'sent') {
            await inbox.takeOwn(content, note.from)
            await own.takeSent(note.from, content, also)
            return 'fitted'
          }
          if (await seen.take(content, also)) follow(() => tellOf([], [content.conversation]))
          return 'fitted'
        case 'progress': {
          const { messageId, state } = content
          if (state === 'refused' || from.address === me.user) {
            await store.write(also)
            return 'fitted'
          }
          return await own.takeMark(from.address, [messageId], 'delivered', also)
        }
        case 'mark':
          if (!sharesMarks(from) || !marksOn()) break
          return await own.takeMark(from.address, content.read, 'read', also)
        case 'typing': {
          const isIn = index.thread(content.conversation)?.members.includes(from.address) === true
          if (from.address === me.user || !isIn || !sharesMarks(from) || options.isJunk(from.address)) break
          if (marksOn()) typing.heard(content.conversation, from.address, note.date)
          await store.write(also)
          return 'fitted'
        }
      }
      await store.write(also)
      return 'nothing'
    },
    onChange: changed.add,
    async tend() {
      await forget.load()
      await own.expire()
      const cleared = await forget.clear()
      follow(async () => {
        for (const id of cleared) if (!forget.isHidden(id)) index.drop(id)
      })
    },
    stop() {
      stopped = true
      for (const end of ends) end()
      typing.stop()
    },
  }
}

function bounded(asked: number | undefined, usual: number, most: number): number {
  if (asked === undefined || !Number.isFinite(asked)) return usual
  return Math.min(Math.max(Math.floor(asked), 1), most)
}
