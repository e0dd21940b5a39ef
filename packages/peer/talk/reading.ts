// What is asked of conversations: the list of them, one with a page of its messages, and what a search finds.

import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import { type Operations, Trouble } from '../operations.ts'
import { parseRecipients } from '../send/recipients.ts'
import type { Asides } from './asides.ts'
import type { Conversation } from './contract.ts'
import { membersNamed, membersOf } from './conversation-id.ts'
import { isNamed, wordsOf } from './search.ts'
import type { Searched } from './searched.ts'
import type { Showing } from './showing.ts'
import { firstAtOrAfter, type Line, type TalkIndex, type Thread } from './talk-index.ts'
import { isShown, type ViewFacts } from './view.ts'

/** Messages of one page, where nothing is said, and at most. */
const PAGE = 50
const PAGE_MAX = 500
/** What a search finds, likewise. */
const FOUND_MAX = 200

type Asked<Name extends 'conversation' | 'talk.search'> = Operations[Name]['args']
type Answer<Name extends 'conversation' | 'talk.search'> = Promise<Operations[Name]['result']>

export interface ReadingOptions {
  readonly me: Identity
  readonly people: Pick<People, 'list'>
  readonly index: TalkIndex
  readonly asides: Pick<Asides, 'drafts'>
  readonly showing: Showing
  readonly searched: Searched
  onFault(error: unknown): void
}

/** Each reads what is loaded: whoever calls has waited for that. */
export interface Reading {
  /** Throws Trouble `no-such-message`. */
  thread(id: string): Thread
  /** Newest first. */
  conversations(): Promise<Conversation[]>
  /** Throws Trouble `malformed`, `no-such-message` or `bad-address`. */
  conversation(asked: Asked<'conversation'>): Answer<'conversation'>
  /** Throws the signal's reason. */
  search(asked: Asked<'talk.search'>, signal: AbortSignal): Answer<'talk.search'>
}

export function createReading(options: ReadingOptions): Reading {
  const { me, people, index, asides, showing, searched } = options
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

  /** With somebody who is not hidden, and something in it. */
  function isListed(thread: Thread, facts: ViewFacts): boolean {
    const others = thread.members.filter((user) => user !== me.user)
    if (others.length > 0 && others.every((user) => facts.circle.isHidden(user))) return false
    return thread.lines.some((line) => isShown(line, facts))
  }

  /** Those that are shown, of one conversation or of all. */
  function* linesIn(within: string | undefined, facts: ViewFacts): Generator<Line> {
    const one = within === undefined ? undefined : index.thread(within)
    for (const thread of within === undefined ? index.threads() : [one]) {
      for (const line of thread?.lines ?? []) if (isShown(line, facts)) yield line
    }
  }

  return {
    thread: threadOf,
    async conversations() {
      const facts = await showing.facts()
      const begun = new Set((await asides.drafts()).map(({ conversation }) => conversation))
      const listed = [...index.threads()].filter((thread) => {
        const isDraft = begun.has(thread.id) && !thread.lines.some((line) => facts.circle.isHidden(line.from))
        return isDraft || isListed(thread, facts)
      })
      const placed = listed.map((thread) => ({
        thread,
        place: thread.lines.findLast((line) => isShown(line, facts))?.place ?? '~',
      }))
      placed.sort((a, b) => (a.place < b.place ? 1 : -1))
      return await Promise.all(placed.map(({ thread }) => showing.conversation(thread, facts)))
    },
    async conversation({ id, with: typed, before, around, limit }) {
      if ((id === undefined) === (typed === undefined)) {
        throw new Trouble('malformed', 'A conversation is named by its id, or by the people in it.')
      }
      const thread = await threadNamed(id ?? '', typed)
      const facts = await showing.facts()
      const earliest = before === undefined ? undefined : index.line(before)
      if (before !== undefined && earliest?.conversation !== thread.id) {
        throw new Trouble('no-such-message', 'There is no such message in this conversation.')
      }
      const most = bounded(limit, PAGE, PAGE_MAX)
      const middle = around === undefined ? undefined : index.line(around)
      const shown = (line: Line) => isShown(line, facts)
      const end = earliest
        ? firstAtOrAfter(thread.lines, earliest.place)
        : middle?.conversation === thread.id
          ? endAround(thread.lines, middle.place, most, shown)
          : thread.lines.length
      const page: Line[] = []
      for (let at = end - 1; at >= 0 && page.length <= most; at--) {
        const line = thread.lines[at] as Line
        if (shown(line)) page.push(line)
      }
      let later = false
      for (let at = end; at < thread.lines.length && !later; at++) later = shown(thread.lines[at] as Line)
      const messages = await showing.messages(page.slice(0, most).reverse(), facts)
      return {
        conversation: await showing.conversation(thread, facts),
        messages,
        more: page.length > most,
        ...(later && { later }),
      }
    },
    async search({ words: typed, limit, conversation: within }, signal) {
      const words = wordsOf(typed)
      if (!words) {
        searched.ready().catch(options.onFault)
        return { conversations: [], messages: [], more: false }
      }
      const facts = await showing.facts()
      const most = bounded(limit, PAGE, FOUND_MAX)
      const found = await searched.linesWith(words, linesIn(within, facts), signal)
      const newest = found.sort((a, b) => (a.place < b.place ? 1 : -1))
      const messages = await showing.messages(newest.slice(0, most), facts)
      const conversations: Conversation[] = []
      for (const thread of within === undefined ? index.threads() : []) {
        const others = thread.members.filter((user) => user !== me.user)
        if (conversations.length >= most || !isListed(thread, facts)) continue
        if (isNamed(words, others)) conversations.push(await showing.conversation(thread, facts))
      }
      return { conversations, messages, more: newest.length > most }
    },
  }
}

/** Where a page of `most` lines ends that has the one at `place` in its middle. */
function endAround(lines: readonly Line[], place: string, most: number, isOn: (line: Line) => boolean): number {
  let end = firstAtOrAfter(lines, place) + 1
  for (let behind = 0; end < lines.length && behind < Math.floor(most / 2); end++) {
    if (isOn(lines[end] as Line)) behind++
  }
  return Math.min(end, lines.length)
}

function bounded(asked: number | undefined, usual: number, most: number): number {
  if (asked === undefined || !Number.isFinite(asked)) return usual
  return Math.min(Math.max(Math.floor(asked), 1), most)
}
