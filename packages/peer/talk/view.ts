// Conversations and messages as people see them: puts together what the index, the inbox, the sent records and the marks say of one.

import { type UserAddress, userOf } from '@doorpost/protocol/address'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { InboxEntry } from '../operations.ts'
import { listedMedia } from '../send/compose.ts'
import { type SentRecord, statusOf } from '../send/sent.ts'
import type { Circle } from './circle.ts'
import type { Conversation, TalkMark, TalkMessage } from './contract.ts'
import { type Marks, shownMark } from './marks.ts'
import { isWaitingPlace, readPlace } from './order.ts'
import type { KnownOwn } from './own-messages.ts'
import { type Line, type Thread, unreadOf } from './talk-index.ts'

/** Longest line shown of a conversation in a list, characters. */
const LINE_LENGTH_MAX = 200

/** What is known of one message, from wherever. */
export interface Known {
  readonly entry?: InboxEntry | undefined
  readonly own?: KnownOwn | undefined
  readonly sent?: SentRecord | undefined
}

export interface ViewFacts {
  readonly circle: Circle
  readonly nowMs: number
  readonly showsRead: boolean
  readonly seen: (conversation: string) => string | undefined
  readonly isForgotten: (id: string) => boolean
}

/** Which lines a person sees. */
export function isShown(line: Line, { circle, isForgotten }: ViewFacts): boolean {
  return !line.hidden && !line.declined && !isForgotten(line.id) && !circle.isHidden(line.from)
}

/** Undefined: nothing of it is here any more. */
export function messageOf(
  line: Line,
  { entry, own, sent }: Known,
  facts: ViewFacts,
  fromDevice: string,
): TalkMessage | undefined {
  const { circle, nowMs } = facts
  const mine = line.from === circle.me
  const content: LocationMessage | undefined = own?.message.content
  const words = content ?? entry ?? (sent && { ...(sent.title !== undefined && { title: sent.title }), media: [] })
  if (!words) return undefined
  const waits = mine && isWaitingPlace(line.place)
  const to = own?.message.to ?? entry?.to ?? sent?.recipients.map(({ address }) => address) ?? []
  const at = waits ? (own?.message.date ?? sent?.date ?? '') : readPlace(line.place).at
  const unread = !mine && line.place > (facts.seen(line.conversation) ?? '')
  return {
    ...textOf(words),
    id: line.id,
    conversation: line.conversation,
    from: line.from,
    fromDevice: own ? own.message.from.slice(own.message.from.indexOf('/') + 1) : (entry?.fromDevice ?? fromDevice),
    mine,
    to: [...to],
    at,
    ...(waits && sent?.failed === undefined && { waits: true as const }),
    ...(sent?.failed !== undefined && { failed: sent.failed }),
    media: entry?.media ?? content?.media.map((one) => listedMedia(one, own?.message.from as never, line.id)) ?? [],
    ...(entry && { entry }),
    ...(sent && { sent: statusOf(sent, nowMs) }),
    ...(mine && { marks: marksOf(to as UserAddress[], own?.marks ?? {}, sent, !waits, facts) }),
    ...(unread && { unread: true as const }),
  }
}

/** Per user, in the order named; this user's own other devices have none. */
function marksOf(
  to: readonly UserAddress[],
  marks: Marks,
  sent: SentRecord | undefined,
  accepted: boolean,
  { circle, showsRead }: ViewFacts,
): TalkMark[] {
  const users = [...new Set(to.map(userOf))].filter((user) => user !== circle.me)
  return users.map((address) => ({
    address,
    state: shownMark(marks[address], sent?.recipients.find((one) => userOf(one.address) === address)?.state, {
      accepted,
      showsRead,
    }),
  }))
}

function textOf(words: Omit<LocationMessage, 'media'>): Omit<LocationMessage, 'media'> {
  const names = [
    'inReplyTo',
    'title',
    'date',
    'time',
    'copyright',
    'text',
    'who',
    'what',
    'when',
    'where',
    'why',
  ] as const
  return Object.fromEntries(names.flatMap((name) => (words[name] === undefined ? [] : [[name, words[name]]])))
}

/** How a message reads in a list of conversations. */
export function lastOf(message: TalkMessage): NonNullable<Conversation['last']> {
  const { id, from, mine, at, media } = message
  const files = media.map(({ name, type, sizeBytes }) => ({ name, type, sizeBytes }))
  return { id, from, mine, at, line: lineOf(message), media: files }
}

/** `last`: its newest line that is shown, as it reads. */
export function conversationOf(
  thread: Thread,
  last: Conversation['last'],
  rest: { readonly draft: string | undefined; readonly muted: boolean; readonly typing: readonly string[] },
  facts: ViewFacts,
): Conversation {
  const { circle } = facts
  const shown = thread.lines.filter((line) => isShown(line, facts))
  return {
    id: thread.id,
    people: thread.members.map((user) => circle.shown(user)),
    request: shown.length > 0 && shown.every((line) => isRequest(line, circle)),
    unread: unreadOf(thread, facts.seen(thread.id), circle.me, (line) => isShown(line, facts)),
    count: shown.length,
    ...(last && { last }),
    ...(rest.draft !== undefined && { draft: rest.draft }),
    muted: rest.muted,
    typing: [...rest.typing],
  }
}

/** From somebody who was not approved, then or since. */
function isRequest(line: Line, circle: Circle): boolean {
  if (line.state === 'request') return true
  return line.from !== circle.me && (line.state === 'expired' || line.state === 'gone') && !circle.isApproved(line.from)
}

function lineOf({ text, title }: TalkMessage): string {
  const words = (text ?? title ?? '').replace(/\s+/gu, ' ').trim()
  return words.length <= LINE_LENGTH_MAX ? words : `${wholeTo(words, LINE_LENGTH_MAX - 1)}…`
}

/** Half of a surrogate pair is no text. */
function wholeTo(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
}
