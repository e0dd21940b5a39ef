// Conversations as people see them: shapes and operations of talk/. A conversation is the set of users who write in it, this one
// among them, whichever of their devices they use; its id is the same on every device of all of them. Plain JSON.

import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { InboxEntry, ListedMedia, SentStatus } from '../operations.ts'

export interface TalkPerson {
  /** `bob@example.org`. */
  address: string
  /** This user. */
  me?: true
  /** As in `contacts.list`; `none`: no contact of this user. */
  contact?: 'mutual' | 'approved' | 'asks' | 'blocked' | 'changed' | 'none'
  /** Absent where this user may not know, or nobody asked. */
  online?: boolean
}

export interface Conversation {
  id: string
  /** By address; this user among them. */
  people: TalkPerson[]
  /** All of it comes from people who were not approved yet: a contact request. */
  request: boolean
  /** Messages of others that were not looked at on any of this user's devices. */
  unread: number
  /** In it, those shown here. */
  count: number
  /** The newest message; absent in one that was just begun. */
  last?: {
    id: string
    /** Of a user. */
    from: string
    mine: boolean
    at: string
    /** One line: the text, else the title, else empty. */
    line: string
    media: { name: string; type: string; sizeBytes: number }[]
  }
  /** Written and not sent, on this device. */
  draft?: string
  /** Nothing rings for it, on this device. */
  muted: boolean
  /** Users who write now. */
  typing: string[]
}

/** Of one recipient of a message of this user's: the latest that is known. */
export interface TalkMark {
  /** Of a user. */
  address: string
  /** accepted: the server has it. delivered: a device of theirs took it in. read: they saw it. fetched: they have its media, signed. */
  state: 'waiting' | 'accepted' | 'delivered' | 'read' | 'fetched' | 'refused'
}

export interface TalkMessage extends Omit<LocationMessage, 'media'> {
  id: string
  conversation: string
  /** Of a user. */
  from: string
  fromDevice: string
  mine: boolean
  /** Users, or single devices of them, as they were named. */
  to: string[]
  /** When the server accepted it: the order of a conversation is by this, then by id. While it waits, when it was written. */
  at: string
  /** Of this user's own: not handed to the server yet. `failed` says why it never will be. */
  waits?: true
  failed?: string
  media: (ListedMedia & { verifiedBytes?: number; path?: string })[]
  /** From others: as in the inbox, with its state. */
  entry?: InboxEntry
  /** This device sent it: as in `sent`. */
  sent?: SentStatus
  /** Of this user's own; one a recipient. */
  marks?: TalkMark[]
  unread?: true
}

/** What `talk.watch` reports, as Progress `{ kind: 'talk', change }`. */
export type TalkChange =
  /** A conversation looks otherwise, or is new. */
  | { what: 'conversation'; conversation: Conversation }
  /** A message came, or looks otherwise (state, marks, progress). */
  | { what: 'message'; message: TalkMessage }
  /** Who writes in it now. */
  | { what: 'typing'; conversation: string; people: string[] }
  /** Messages, or the whole conversation where none are named, are shown no more (or again: `back`). */
  | { what: 'forgotten'; conversation: string; messages?: string[]; back?: true }
  /** Somebody came or went, or is another contact than before. */
  | { what: 'presence'; person: TalkPerson }

export interface TalkOperations {
  /** Newest first. Those of junk senders and blocked people are not among them. */
  conversations: { args: Record<string, never>; result: Conversation[] }
  /**
   * One by its `id`, or the one `with` these people (addresses; a new one where there is none). The newest `limit` messages
   * before `before` (a message id), oldest first; or as many with `around` (a message id) in their middle, where it is here. `more`: there are
   * earlier ones; `later`: and later ones.
   */
  conversation: {
    args: { id?: string; with?: string[]; before?: string; around?: string; limit?: number }
    result: { conversation: Conversation; messages: TalkMessage[]; more: boolean; later?: true }
  }
  /** `send` of a text. `inReplyTo`: a message id. Answers as `send` does. */
  'talk.send': {
    args: { to: string[]; text: string; inReplyTo?: string }
    result: { id: string; conversation: string; accepted: boolean; heldBack?: string }
  }
  /** The person saw everything up to this message; marks never go back. */
  'talk.mark': { args: { conversation: string; upTo: string }; result: { unread: number } }
  /** Call it with every key: those who are on-line are told at most every 5 s. */
  'talk.typing': { args: { conversation: string }; result: Record<string, never> }
  /** Kept on this device; empty text drops it. */
  'talk.draft': { args: { conversation: string; text: string }; result: Record<string, never> }
  'talk.mute': { args: { conversation: string; muted: boolean }; result: Record<string, never> }
  /**
   * In texts, titles, names of files and of people: every word must be found, in whatever case. Newest first. Without words it finds nothing,
   * and what is looked through is read ahead: for whoever is about to type some.
   */
  'talk.search': {
    args: { words: string; limit?: number; conversation?: string }
    result: { conversations: Conversation[]; messages: TalkMessage[]; more: boolean }
  }
  /** Forgets a message or, without one, the conversation as it is, on this device; undone by `talk.recall` until `until`. Files stay. */
  'talk.forget': {
    args: { conversation: string; message?: string }
    result: { forgotten: string; until: string }
  }
  /**
   * A device that was just linked is handed what was said before by the one that let it in, the newest first: how many messages have come, and
   * how many are still to come, once that is known. Nothing: it has them all.
   */
  'talk.history': { args: Record<string, never>; result: { from?: string; taken?: number; left?: number } }
  'talk.recall': { args: { forgotten: string }; result: Record<string, never> }
  /** Reports `talk` for every change; ends when its caller goes. */
  'talk.watch': { args: Record<string, never>; result: never }
}
