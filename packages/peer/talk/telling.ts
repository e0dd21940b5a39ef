// What others are told of this user's reading and writing: entries for the outbox. Authors and partners who are mutual contacts
// alone, and nobody while the preference `marks` is off; one's own other devices always, so that counts are the same on all.

import type { UserAddress } from '@doorpost/protocol/address'
import { activeDevices } from '@doorpost/protocol/device-list'
import { MARKS_MAX, type Note } from '@doorpost/protocol/note'
import type { Preferences } from '@doorpost/protocol/preferences'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import type { OutboxEntry } from '../send/outbox-entry.ts'
import { sharesMarks } from './circle.ts'
import { readPlace } from './order.ts'
import type { Line, Thread } from './talk-index.ts'

/** Read marks told to one author for one look, notes: those of the newest messages. */
const MARK_NOTES_MAX = 5
/** In larger conversations nobody is told who writes: it takes a note to each, every five seconds. */
const TYPING_PEOPLE_MAX = 20

export interface TellingOptions {
  readonly me: Identity
  readonly people: Pick<People, 'recall'>
  readonly preferences: { readonly now: Preferences }
  isJunk(user: UserAddress): boolean
  noteEntry(to: UserAddress, note: Note): OutboxEntry
}

export interface Telling {
  /** Whether this user tells, and is told, who has read what. */
  readonly marksOn: () => boolean
  /** `lines`: those of others that were seen now for the first time, in order; `place`: of the last. */
  read(conversation: string, lines: readonly Line[], place: string): Promise<OutboxEntry[]>
  /** For those who are on-line. */
  typing(thread: Thread): Promise<OutboxEntry[]>
}

export function createTelling(options: TellingOptions): Telling {
  const { me, people } = options
  const marksOn = () => options.preferences.now.marks === 'on'

  return {
    marksOn,
    async read(conversation, lines, place) {
      const entries: OutboxEntry[] = []
      if (activeDevices(me.opened.list).length > 1) {
        entries.push(options.noteEntry(me.user, { note: 'seen', conversation, upTo: readPlace(place) }))
      }
      if (!marksOn()) return entries
      for (const [author, theirs] of Map.groupBy(lines, ({ from }) => from)) {
        if (options.isJunk(author) || !sharesMarks(await people.recall(author))) continue
        const ids = theirs.map(({ id }) => id).slice(-MARK_NOTES_MAX * MARKS_MAX)
        for (let at = 0; at < ids.length; at += MARKS_MAX) {
          entries.push(options.noteEntry(author, { note: 'mark', read: ids.slice(at, at + MARKS_MAX) }))
        }
      }
      return entries
    },
    async typing({ id, members }) {
      const others = members.filter((user) => user !== me.user)
      if (!marksOn() || others.length > TYPING_PEOPLE_MAX) return []
      const entries: OutboxEntry[] = []
      for (const user of others) {
        const person = await people.recall(user)
        const isThere = sharesMarks(person) && person.presence?.some(({ online }) => online) === true
        if (isThere && !options.isJunk(user)) {
          entries.push(options.noteEntry(user, { note: 'typing', conversation: id }))
        }
      }
      return entries
    },
  }
}
