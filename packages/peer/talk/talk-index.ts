// Every message that belongs to a conversation, in order, as a few words each: what lists, counts and pages are made of. In
// memory, made of the records when conversations are first asked for (a hundred thousand messages take some 30 MB), kept up with
// every change from then on. What a message says stays in the store. Pure but for being changed.

import type { UserAddress } from '@doorpost/protocol/address'
import type { InboxState } from '../operations.ts'
import { conversationId } from './conversation-id.ts'
import { isWaitingPlace } from './order.ts'

export interface Line {
  readonly id: string
  readonly conversation: string
  /** Order within it (order.ts). */
  readonly place: string
  readonly from: UserAddress
  /** Of what came; absent for what this user said from here. */
  readonly state?: InboxState
  /** A request that was declined. */
  readonly declined?: true
  /** Not shown until it is there, or beyond the requests of its day. */
  readonly hidden?: true
}

export interface Thread {
  readonly id: string
  readonly members: readonly UserAddress[]
  /** In order. */
  readonly lines: Line[]
}

export interface TalkIndex {
  /** Puts it where it belongs, moves it, or changes it. */
  put(line: Omit<Line, 'conversation'>, members: readonly UserAddress[]): Line
  drop(id: string): void
  line(id: string): Line | undefined
  thread(id: string): Thread | undefined
  threads(): Iterable<Thread>
  /** A conversation without messages, so far. */
  begin(members: readonly UserAddress[]): Thread
}

/** Conversations without a message that are remembered: somebody looks at a few before they write. */
const EMPTY_MAX = 1_000
/** Numbers of conversations at hand: more than anybody is in. */
const IDS_MAX = 10_000

export function createTalkIndex(): TalkIndex {
  const lines = new Map<string, Line>()
  const threads = new Map<string, Thread>()
  /** A number costs a hash, and most messages are in conversations that have others. */
  const ids = new Map<string, string>()
  function idOf(members: readonly UserAddress[]): string {
    const named = members.join('\n')
    const known = ids.get(named)
    if (known !== undefined) return known
    if (ids.size >= IDS_MAX) ids.clear()
    const id = conversationId(members)
    ids.set(named, id)
    return id
  }

  function begin(members: readonly UserAddress[]): Thread {
    const id = idOf(members)
    const known = threads.get(id)
    if (known) return known
    const thread: Thread = { id, members, lines: [] }
    threads.set(id, thread)
    return thread
  }

  function drop(id: string): void {
    const line = lines.get(id)
    const thread = line && threads.get(line.conversation)
    if (!line || !thread) return
    lines.delete(id)
    const at = firstAtOrAfter(thread.lines, line.place)
    if (thread.lines[at]?.id === id) thread.lines.splice(at, 1)
  }

  return {
    put(said, members) {
      const thread = begin(members)
      const line: Line = { ...said, conversation: thread.id }
      const before = lines.get(line.id)
      if (before && (before.place !== line.place || before.conversation !== line.conversation)) drop(line.id)
      const at = firstAtOrAfter(thread.lines, line.place)
      if (thread.lines[at]?.id === line.id) thread.lines[at] = line
      else thread.lines.splice(at, 0, line)
      lines.set(line.id, line)
      return line
    },
    drop,
    line: (id) => lines.get(id),
    thread: (id) => threads.get(id),
    threads: () => threads.values(),
    begin(members) {
      const thread = begin(members)
      const empty = [...threads.values()].filter(({ lines: some }) => some.length === 0)
      for (const { id } of empty.slice(0, Math.max(0, empty.length - EMPTY_MAX)))
        if (id !== thread.id) threads.delete(id)
      return thread
    },
  }
}

/** Index of the first line whose place is not before this one. */
export function firstAtOrAfter(lines: readonly Line[], place: string): number {
  let [low, high] = [0, lines.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((lines[middle] as Line).place < place) low = middle + 1
    else high = middle
  }
  return low
}

/** How many a person has not looked at: of others, behind `seen`. `isShown` says which count. */
export function unreadOf(
  { lines }: Thread,
  seen: string | undefined,
  me: UserAddress,
  isShown: (line: Line) => boolean,
): number {
  let count = 0
  for (let at = lines.length - 1; at >= 0; at--) {
    const line = lines[at] as Line
    if (seen !== undefined && line.place <= seen) break
    if (line.from !== me && !isWaitingPlace(line.place) && isShown(line)) count++
  }
  return count
}
