// What a device hands to a newly linked one of the same user when that asks: the next messages of all conversations, the newest first. It
// keeps nothing of that: what the other has is for the other to know (history-take.ts), so either may end in between.

import { type DeviceAddress, type UserAddress, userOf } from '@doorpost/protocol/address'
import { utf8 } from '@doorpost/protocol/bytes'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import {
  HISTORY_MESSAGES_MAX,
  HISTORY_SEEN_MAX,
  type HistoryNote,
  type Note,
  type PastMessage,
} from '@doorpost/protocol/note'
import type { Inbox } from '../receive/inbox.ts'
import type { InboxRecord } from '../receive/inbox-record.ts'
import type { SentRoom } from '../send/sent-room.ts'
import { isWaitingPlace, placeOf, readPlace } from './order.ts'
import type { KnownOwn, OwnMessages } from './own-messages.ts'
import type { Line, TalkIndex } from './talk-index.ts'

/** Of one note, bytes as JSON: sealed and written out it is under half of what a server takes, and a second or so on a slow line. */
const PART_BYTES_MAX = 300_000
/** Of one message alone, likewise: more does not fit a note, and goes without its previews. */
const MESSAGE_BYTES_MAX = 600_000

export interface HistoryGivingOptions {
  readonly index: Pick<TalkIndex, 'threads'>
  readonly inbox: Pick<Inbox, 'get'>
  readonly sent: Pick<SentRoom, 'get'>
  readonly own: Pick<OwnMessages, 'get'>
  /** The place up to which this user looked. */
  readonly seen: (conversation: string) => string | undefined
}

/** `isGiven`: which lines a person sees here. */
export async function historyPart(
  { before }: Extract<Note, { note: 'history-wanted' }>,
  isGiven: (line: Line) => boolean,
  options: HistoryGivingOptions,
): Promise<HistoryNote> {
  const end = before && placeOf(before.at, before.id)
  const lines: Line[] = []
  for (const thread of options.index.threads()) {
    for (const line of thread.lines) {
      if (end !== undefined && line.place >= end) break
      // What waits for the server is told once it is accepted; who asks to be a contact is for the devices that were asked.
      if (!isWaitingPlace(line.place) && line.state !== 'request' && isGiven(line)) lines.push(line)
    }
  }
  lines.sort((a, b) => (a.place < b.place ? 1 : -1))

  const messages: PastMessage[] = []
  let bytes = 0
  let upTo = 0
  for (; upTo < lines.length && messages.length < HISTORY_MESSAGES_MAX; upTo++) {
    const found = await pastMessage(lines[upTo] as Line, options)
    const message = found && bearable(found)
    if (!message) continue
    const size = sizeOf(message)
    if (messages.length > 0 && bytes + size > PART_BYTES_MAX) break
    messages.push(message)
    bytes += size
  }
  const last = lines[upTo - 1]
  return {
    note: 'history',
    ...(before && { before }),
    messages,
    seen: before ? [] : lookedAt(lines, options.seen),
    ...(last && upTo < lines.length && { next: readPlace(last.place) }),
    left: lines.length - upTo,
  }
}

/** Conversations, that of the newest message first. */
function lookedAt(lines: readonly Line[], seen: HistoryGivingOptions['seen']): HistoryNote['seen'] {
  const conversations = [...new Set(lines.map(({ conversation }) => conversation))].slice(0, HISTORY_SEEN_MAX)
  return conversations.flatMap((conversation) => {
    const place = seen(conversation)
    return place === undefined ? [] : [{ conversation, upTo: readPlace(place) }]
  })
}

async function pastMessage(line: Line, options: HistoryGivingOptions): Promise<PastMessage | undefined> {
  const known = await options.own.get(line.id)
  if (known) return await ofThisUser(known, options)
  const received = line.state === undefined ? undefined : await options.inbox.get(line.id)
  return received && !received.record.own ? ofAnother(received.record, received.content) : undefined
}

async function ofThisUser(
  { message, acceptedAt, marks }: KnownOwn,
  { sent }: HistoryGivingOptions,
): Promise<PastMessage | undefined> {
  if (acceptedAt === undefined) return undefined
  const { id, from, to, date, expires, content } = message
  // Of what this device sent itself its own record says who has it.
  const arrived = ((await sent.get(id))?.recipients ?? []).flatMap(({ address, state }) =>
    state === 'announced' || state === 'fetching' || state === 'fetched' ? [userOf(address)] : [],
  )
  const users = [...new Set(to.map(userOf))]
  const read = users.filter((user) => marks[user] === 'read')
  const delivered = users.filter((user) => marks[user] === 'delivered' || arrived.includes(user))
  return {
    said: 'mine',
    ...{ id, from, to: [...to], date, expires, content },
    acceptedAt,
    read,
    delivered: delivered.filter((user) => !read.includes(user)),
  }
}

function ofAnother(record: InboxRecord, content: LocationMessage): PastMessage {
  const { id, from, to, accounts = [], sentAt: date, expires, receivedAt, acceptedAt, messageHash, gone } = record
  const { state } = record.standing
  return {
    said: 'theirs',
    ...{ id, from, to: to as (UserAddress | DeviceAddress)[], date, expires, content },
    accounts: [...accounts],
    receivedAt,
    ...(acceptedAt !== undefined && { acceptedAt }),
    messageHash,
    state: state === 'refused' || state === 'expired' || state === 'gone' ? state : 'open',
    ...(gone && { gone }),
  }
}

/** Without previews where it is too large with them; undefined where it is so without them, too. */
function bearable(message: PastMessage): PastMessage | undefined {
  if (sizeOf(message) <= MESSAGE_BYTES_MAX) return message
  const media = message.content.media.map(({ preview: _left, ...handle }) => handle)
  const bare = { ...message, content: { ...message.content, media } }
  return sizeOf(bare) <= MESSAGE_BYTES_MAX ? bare : undefined
}

const sizeOf = (message: PastMessage) => utf8(JSON.stringify(message)).length
