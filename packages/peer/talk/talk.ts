// Conversations of this device: follows the inbox, the sent messages and the notes about both. Nothing of it is done before somebody
// asks for a conversation; what must be kept for then is in own-messages.ts and seen.ts. What is answered to whoever asks is
// talk-operations.ts's.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import type { Note } from '@doorpost/protocol/note'
import type { Preferences } from '@doorpost/protocol/preferences'
import type { SignedNote } from '@doorpost/protocol/signed-message'
import type { Clock } from '../clock.ts'
import type { People } from '../identity/people.ts'
import type { Person } from '../identity/person.ts'
import type { SentStatus } from '../operations.ts'
import type { Random } from '../random.ts'
import type { Inbox } from '../receive/inbox.ts'
import type { InboxRecord } from '../receive/inbox-record.ts'
import type { OutboxEntry } from '../send/outbox-entry.ts'
import type { SentRoom } from '../send/sent-room.ts'
import type { Listeners } from '../session/listeners.ts'
import type { Change, Store } from '../store/store.ts'
import { createAsides } from './asides.ts'
import { createCircles, sharesMarks } from './circle.ts'
import { createFollowing } from './following.ts'
import { createForget } from './forget.ts'
import { historyPart } from './history-give.ts'
import { createHistoryTaking } from './history-take.ts'
import type { OwnMessages } from './own-messages.ts'
import { type Placed, placeOwn, placeReceived } from './placed.ts'
import { createReading } from './reading.ts'
import { createSearched } from './searched.ts'
import { createSeen } from './seen.ts'
import { createShowing } from './showing.ts'
import { createTalkIndex, type Line } from './talk-index.ts'
import { createTalkOperations, type TalkOperationsOptions, type TalkTable } from './talk-operations.ts'
import { createTelling } from './telling.ts'
import { createTyping, type Typing } from './typing.ts'
import { isShown } from './view.ts'
import { createWatch } from './watch.ts'

export interface TalkOptions extends TalkOperationsOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly people: Pick<People, 'recall' | 'list' | 'onChange'>
  readonly preferences: { readonly now: Preferences }
  readonly inbox: Pick<Inbox, 'get' | 'records' | 'entry' | 'forget' | 'takeOwn' | 'takePast'>
  readonly sent: Pick<SentRoom, 'get' | 'all'>
  readonly own: OwnMessages
  readonly inboxWatchers: Pick<Listeners<InboxRecord>, 'add'>
  readonly sentWatchers: Pick<Listeners<SentStatus>, 'add'>
  isJunk(user: UserAddress): boolean
  noteEntry(to: UserAddress | DeviceAddress, note: Note): OutboxEntry
  onFault(error: unknown): void
}

export type TalkNote = Extract<
  Note,
  {
    note: 'mark' | 'typing' | 'seen' | 'sent' | 'progress' | 'history-wanted' | 'history'
  }
>

export interface Talk {
  readonly operations: TalkTable
  /** A note about conversations, verified. Writes `also` in any case. `progress`: of messages that another device of this user sent. */
  takeNote(note: SignedNote, content: TalkNote, from: Person, also: readonly Change[]): Promise<'fitted' | 'nothing'>
  /** Of conversations that look otherwise, once one was asked for; by id. The returned function ends it. */
  readonly onChange: (listener: (conversation: string) => void) => () => void
  /** Called every few minutes: forgets what is to be forgotten. */
  tend(): Promise<void>
  stop(): void
}

export function createTalk(options: TalkOptions): Talk {
  const { store, clock, me, people, inbox, sent, own } = options
  const index = createTalkIndex()
  const seen = createSeen(store)
  const forget = createForget(options)
  const asides = createAsides(store)
  const telling = createTelling(options)
  const { marksOn } = telling
  const typing: Typing = createTyping(clock, (conversation) => watch.typing(conversation, typing.in(conversation)))
  const circles = createCircles(me.user, people, options.isJunk, () => options.preferences.now)
  const showing = createShowing({
    ...options,
    circles,
    asides,
    isForgotten: forget.isHidden,
    seen: seen.of,
    showsRead: marksOn,
    typing: typing.in,
  })
  const watch = createWatch({ index, showing, people })
  const searched = createSearched({ store, turn: () => new Promise((resolve) => void clock.after(0, resolve)) })
  const reading = createReading({ ...options, index, asides, showing, searched })
  const history = createHistoryTaking({ ...options, seen })
  const following = createFollowing(load, options.onFault)
  const { follow } = following

  async function load(): Promise<void> {
    await Promise.all([seen.load(), forget.load()])
    const records = new Map((await sent.all()).map((record) => [record.id, record]))
    const owns = await own.places((id) => records.has(id))
    const found = new Map<string, Placed>()
    for (const id of new Set([...owns.keys(), ...records.keys()])) {
      const placed = placeOwn(me.user, id, owns.get(id), records.get(id))
      if (placed) found.set(id, placed)
    }
    for (const record of await inbox.records()) found.set(record.id, placeReceived(me.user, record))
    // In order: each goes to the end.
    const inOrder = [...found.values()].sort((a, b) => (a.line.place < b.line.place ? -1 : 1))
    for (const { line, members } of inOrder) index.put(line, members)
    for (const { members } of await asides.drafts()) index.begin(members)
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
    await watch.changed(lines)
  }

  /** A part of what was said before, for a device that asks; in the write in which its question is taken. */
  async function giveHistory(
    to: DeviceAddress,
    wanted: Extract<TalkNote, { note: 'history-wanted' }>,
  ): Promise<OutboxEntry> {
    await following.settled()
    const facts = await showing.facts()
    // What is not shown until it is there is hidden here alone.
    const isGiven = ({ hidden: _here, ...line }: Line) => isShown(line, facts)
    return options.noteEntry(to, await historyPart(wanted, isGiven, { index, inbox, sent, own, seen: seen.of }))
  }

  const ends = [
    options.inboxWatchers.add((record) =>
      follow(async () => {
        const { line, members } = placeReceived(me.user, record)
        const placed = index.put(line, members)
        typing.cleared(placed.conversation, placed.from, record.sentAt)
        await watch.changed([placed])
      }),
    ),
    options.sentWatchers.add(({ id }) => follow(() => refreshOwn([id]))),
    people.onChange((user) => {
      if (user !== me.user) follow(() => watch.presence(user))
    }),
  ]
  own.onChange((ids) => follow(() => refreshOwn(ids)))

  return {
    operations: createTalkOperations(options, {
      index,
      asides,
      seen,
      forget,
      history,
      typing,
      telling,
      showing,
      reading,
      watch,
      following,
    }),
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
          if (await seen.take(content, also)) follow(() => watch.changed([], [content.conversation]))
          return 'fitted'
        case 'history-wanted': {
          if (from.address !== me.user || note.from === me.address) break
          const entry = await giveHistory(note.from, content)
          await store.write([...options.outbox.changesFor([entry]), ...also])
          options.outbox.add([entry])
          return 'fitted'
        }
        case 'history': {
          if (from.address !== me.user) break
          const placed = await history.take(note, content, also)
          if (!placed) return 'nothing'
          follow(async () => {
            const lines = placed.map(({ line, members }) => index.put(line, members))
            await watch.changed([], [...new Set(lines.map(({ conversation }) => conversation))])
          })
          return 'fitted'
        }
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
    onChange: watch.onChange,
    async tend() {
      await forget.load()
      await own.expire()
      await history.begin()
      const cleared = await forget.clear()
      searched.forget(cleared)
      follow(async () => {
        for (const id of cleared) if (!forget.isHidden(id)) index.drop(id)
      })
    },
    stop() {
      following.stop()
      for (const end of ends) end()
      circles.stop()
      typing.stop()
    },
  }
}
