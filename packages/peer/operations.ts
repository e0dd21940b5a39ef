// What a person can ask of their device: one row an operation, its arguments and its result. A program that runs next
// to an agent asks over the control socket (node/control-*.ts); without an agent the same operations run in it.
// Plain JSON both ways: paths are absolute, dates are RFC 3339, sizes are bytes.

import type { RefusalCode } from '@doorpost/protocol/errors'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { Preferences, PreferencesInput } from '@doorpost/protocol/preferences'
import type { Preview } from '@doorpost/protocol/preview'
import type { AdminOperations } from './admin/contract.ts'
import type { LiveChange, LiveOperations } from './live/contract.ts'
import type { TalkChange, TalkOperations } from './talk/contract.ts'

export type { Conversation, TalkChange, TalkMark, TalkMessage, TalkPerson } from './talk/contract.ts'

/** One media as people see it in lists. */
export interface ListedMedia {
  name: string
  /** Folders around it, outermost first. */
  folder?: string[]
  sizeBytes: number
  type: string
  root: string
  title?: string
  date?: string
  /** Its sender's picture of it: look at the bytes before they are shown. Never of a stranger's media. */
  preview?: Preview
  /** The handle as a URL that `get` takes. It holds the media's key: show it to nobody. */
  url: string
}

/**
 * States of an inbox entry, a closed set (SPEC I).
 * request: from somebody who is no contact; text only, nothing can be fetched until they are approved.
 * announced: here to be read; its media were not asked for yet.
 * scheduled: asked for; waits for a source (see `waitsFor`).
 * fetching: pieces are coming.
 * ready: everything is verified and in place (at once, where there is no media).
 * changed: the source's file is not the one that was sent; nothing more will come of it.
 * refused: this user declined it.
 * expired: its time ran out before it was fetched.
 * gone: its sender took it back before it was fetched.
 */
export type InboxState =
  | 'request'
  | 'announced'
  | 'scheduled'
  | 'fetching'
  | 'ready'
  | 'changed'
  | 'refused'
  | 'expired'
  | 'gone'

/**
 * junk, blocked: its sender is, now. by-itself: it is being fetched without being asked for, and shown once it is there or
 * failed. over-the-cap: a request beyond those of a day. own: no mail, but what another device of this user sent: its media can be
 * fetched from there like those of mail.
 */
export type HiddenAs = 'junk' | 'blocked' | 'by-itself' | 'over-the-cap' | 'own'

export interface InboxEntry extends Omit<LocationMessage, 'media'> {
  id: string
  from: string
  fromDevice: string
  to: string[]
  /** As its author dated it; the sending instant where no date was set. */
  date: string
  sentAt: string
  receivedAt: string
  expires: string
  media: (ListedMedia & { verifiedBytes: number; path?: string })[]
  state: InboxState
  /** A sentence: while scheduled or changed, and where fetching it by itself failed. */
  waitsFor?: string
  /** Why fetching it ended before it was there; `waitsFor` says it. */
  trouble?: TroubleCode
  /** Why it is not among those that are shown; only `show` brings it. */
  hidden?: HiddenAs
  /** Its user was reminded: it ends then, and was not fetched yet. */
  endsAt?: string
  /** Why it is gone, or can be had from its sender no more, and since when. */
  gone?: Tombstone
}

/**
 * A link that this device made for somebody without an account. waiting: nobody has proved yet to have any of it. fetching: one
 * browser has, and the link is its alone. fetched: that browser signed that it has all of it.
 */
export interface LinkStatus {
  id: string
  /** Secret: whoever has it first can have the media. */
  link: string
  title?: string
  date: string
  expires: string
  sizeBytes: number
  state: 'waiting' | 'fetching' | 'fetched' | 'expired' | 'revoked'
  /** When it came into that state. */
  at?: string
  /** Something can be fetched by it. */
  open: boolean
  /** Whoever owns it may see this device's network address, and fetches straight from it where they show theirs. */
  opens?: true
  /** Another device of this user was asked to give it out. gives: it does, and this one may go. refused: `detail` says why. */
  handed?: { device: string; at: string; state: 'asked' | 'gives' | 'refused'; detail?: string }
  /** Why the server does not keep it yet: a sentence. */
  heldBack?: string
  media: { root: string; name: string; sizeBytes: number; fetchedAt?: string }[]
}

/**
 * Why a device is let in no more, a closed set. revoked: by its user. taken-over: the recovery words replaced the account key; both for
 * good. no-account: nobody has its user's name on the server. other-account: somebody else has. put-back: the server knows a time
 * before this device was added.
 */
export type ShutOutWhy = 'revoked' | 'taken-over' | 'no-account' | 'other-account' | 'put-back'

/** `at`: since when, RFC 3339, where somebody signed that. */
export interface ShutOutFacts {
  why: ShutOutWhy
  at?: string
}

export type RecipientState = 'waiting' | 'accepted' | 'announced' | 'fetching' | 'fetched' | 'refused' | 'expired'

/**
 * Why something is gone, a closed set. expired: its time ran out. withdrawn: its sender took it back. deleted: its sender's copy
 * was deleted when everybody had it. refused: its recipient declined it.
 */
export interface Tombstone {
  reason: 'expired' | 'withdrawn' | 'deleted' | 'refused'
  at: string
}

export interface SentStatus {
  id: string
  title?: string
  date: string
  expires: string
  sizeBytes: number
  /** Piece bytes this device gave out for this message, all recipients together. */
  uploadedBytes: number
  /** Set while the message could not be handed to the server: a sentence. */
  heldBack?: string
  /** Why nothing of it can be fetched from here any more, and since when. */
  gone?: Tombstone
  /** Another device of this user was asked to keep it and to give it out in this one's place. */
  handed?: HandedOver
  /** Everybody has it, and the copy that was given out was moved there. */
  archived?: { at: string; path: string }
  recipients: {
    address: string
    /** `waiting`: not handed to the server yet. A sender who is no mutual contact is told nothing but accepted or expired. */
    state: RecipientState
    fetchedAt: string | null
    /** verified: every media of the message has a receipt whose signature, message, root and size were checked. */
    receipt: 'verified' | 'none'
    /** When they declined it, by their own clock. */
    refusedAt?: string
    /** Piece bytes this device gave to theirs since it was opened; what they have may come from others too. */
    givenBytes?: number
  }[]
}

export interface HandedOver {
  /** Its name. */
  device: string
  at: string
  /** asked: it has not answered. taken: it fetches. has: all of it is verified and in place there. refused: `detail` says why. */
  state: 'asked' | 'taken' | 'has' | 'refused'
  detail?: string
  /** Asked or taken, and nothing was heard of it since then: it may be away. It goes on by itself when it is back. */
  quietSince?: string
  /** Piece bytes this device gave to the user's own since it was opened. */
  givenBytes?: number
}

export interface ContactLine {
  address: string
  fingerprint: string
  /** approved: by you alone; mutual: by both; asks: they approved you and wait for you; changed: their account key changed, look before you go on. */
  state: 'approved' | 'mutual' | 'asks' | 'blocked' | 'changed'
  online?: boolean
  /** What the user's preferences say of them, or of their domain. */
  preferred?: 'first' | 'junk'
}

export interface FingerLine {
  address: string
  fingerprint: string
  devices: { name: string; createdAt: string; revokedAt?: string; online?: boolean; addresses?: string[] }[]
  /** `new`: never seen before; `known`: the key you know; `changed`: another key than the one you know. */
  key: 'new' | 'known' | 'changed'
}

export interface OwnDevices {
  canSign: boolean
  devices: {
    name: string
    createdAt: string
    revokedAt?: string
    /** Holds the account key. */
    primary: boolean
    thisOne: boolean
    online?: boolean
    /** It is there and can be dialled, as an agent can and a browser cannot: it may keep and give out what others of these sent. */
    listens?: true
  }[]
}

export interface Draft extends Omit<LocationMessage, 'media'> {
  to: string[]
  /** Files and folders, absolute. Folders are walked; structure is kept. Links are not followed. */
  files: string[]
  /** Per file given (same string as in `files`): its own title and date. */
  fileTitles?: Record<string, string>
  fileDates?: Record<string, string>
  /** Per file given, where one was made. Those beyond PREVIEWS_LENGTH_MAX are left out. */
  filePreviews?: Record<string, Preview>
  /** How long it may wait, ms; the default is LIFETIME_DEFAULT_MS. */
  lifetimeMs?: number
  /** Give out a copy made now, so that the files themselves can be changed or deleted. */
  copy?: true
  /** What becomes of the files given out (or of their copies, with `copy`) when everybody has them. Originals: only if `confirmed`. */
  whenFetched?: { do: 'keep' } | { do: 'archive'; folder: string } | { do: 'delete' }
  /** The user was told that their own files will be moved or deleted, and said yes. */
  confirmed?: true
}

/** What happens while an operation runs. */
export type Progress =
  /** Reading one's own file for its piece list, before sending. */
  | { kind: 'reading'; name: string; doneBytes: number; sizeBytes: number }
  | { kind: 'waiting'; name: string; reason: string }
  /** Found in a folder that is being sent, and not sent: a link, a socket; `reason` is a sentence. */
  | { kind: 'left-out'; name: string; reason: string }
  | {
      kind: 'fetching'
      name: string
      /** Verified so far, of this media; and of all that this operation fetches. */
      doneBytes: number
      sizeBytes: number
      allDoneBytes: number
      allSizeBytes: number
      bytesPerSecond: number
      /** Device address the bytes come from, and the path. */
      source: string
      path: 'direct' | 'webrtc' | 'tunnel'
      /** Sources in use where there are several; `source` and `path` are the fastest then. */
      sources?: number
      /** Each source that is asked now, the fastest first. */
      serving?: { source: string; path: 'direct' | 'webrtc' | 'tunnel'; bytesPerSecond: number }[]
      /** Verified from its beginning without a gap: what can be looked at in order. */
      headBytes?: number
    }
  /** A source is asked no more because of what it sent; the others go on. `reason` is a sentence. */
  | { kind: 'dropped'; name: string; reason: string }
  | { kind: 'in-place'; name: string; file: string }
  /** A message came in or changed its state (inbox --watch), a sent one changed (send without --no-wait). */
  | { kind: 'inbox'; entry: InboxEntry }
  | { kind: 'sent'; status: SentStatus }
  | { kind: 'link'; status: LinkStatus }
  /** A file that was dropped into a watched folder is a message now. */
  | { kind: 'watched'; name: string; id: string; accepted: boolean }
  /** Of conversations (talk.watch). */
  | { kind: 'talk'; change: TalkChange }
  /** Of live pictures (live.show, live.watch). */
  | { kind: 'live'; change: LiveChange }

/** Lists of users and domains in the preferences. */
export type PreferenceList = 'priority' | 'junk' | 'openTo' | 'tunnelOnly'
/** What can be put back to how it was at first. */
export type PreferenceField = PreferenceList | 'fetch' | 'requestsPerDay' | 'serve' | 'sent' | 'marks' | 'tellReceived'

/** One wish about the preferences. `who`: a user, or a domain; a name without a domain is on one's own server. */
export type PreferenceEdit =
  | { add: PreferenceList; who: string }
  | { remove: PreferenceList; who: string }
  /** Behind the others, or before them. */
  | { addRule: PreferencesInput['fetch'] extends (infer Rule)[] | undefined ? Rule : never; first?: boolean }
  /** Counted from 1. */
  | { removeRule: number }
  | { reset: PreferenceField | 'all' }
  | {
      set: {
        requestsPerDay?: number
        /** `hours` null: at any time. */
        serve?: { copies?: boolean; bytesPerSecond?: number; hours?: { from: string; to: string } | null }
        sent?: Partial<Preferences['sent']>
        marks?: Preferences['marks']
        tellReceived?: Preferences['tellReceived']
      }
    }

export interface Operations extends AdminOperations, LiveOperations, TalkOperations {
  whoami: {
    args: Record<string, never>
    result: {
      address: string
      device: string
      fingerprint: string
      server: string
      home: string
      agent: boolean
      online: boolean
      share: string
      /**
       * Why the server does not take this device, where it is off-line for that: it stays so until somebody does something. `message`:
       * sentences. What the device found out by itself stands beside it.
       */
      refused?: { code: RefusalCode; message: string } & Partial<ShutOutFacts>
    }
  }
  /** Answers when the message is in the outbox; `status` tells the rest. */
  send: {
    args: Draft
    result: { id: string; to: string[]; media: ListedMedia[]; accepted: boolean; heldBack?: string }
  }
  /** Runs until every recipient fetched, refused or the message expired; reports `sent`. */
  'send.wait': { args: { id: string }; result: SentStatus }
  /**
   * Sends every file that is complete in a folder, once, each as a message of its own; reports `watched`; ends when its caller goes.
   * `take`: the files are moved into Doorpost's own folder once they are sent.
   */
  'send.watch': {
    args: {
      folder: string
      draft: Omit<Draft, 'files' | 'fileTitles' | 'fileDates' | 'filePreviews'>
      pattern?: string
      settleMs?: number
      take?: true
    }
    result: never
  }
  /** Stops offering: recipients can fetch no more of it. */
  'send.withdraw': { args: { id: string }; result: SentStatus }
  /**
   * Asks another device of this user to fetch what this one sent, to keep it and to give it out. `device`: its name. Answers when it was
   * asked; `status` tells the rest.
   */
  'send.handOver': { args: { id: string; device: string }; result: SentStatus }
  /** Waits for no other device any more: this one gives it out, as before. What the other has by then it has. */
  'send.keepHere': { args: { id: string }; result: SentStatus }
  /** Addresses for other programs to fetch ciphertext from, open for a while, for one device of one of the message's people. */
  'ranges.link': {
    args: { id: string; to: string; lifetimeMs?: number; also?: string[] }
    result: {
      to: string
      expires: string
      /** Secret: whoever has one can fetch (and not read) until it ends. */
      links: { root: string; sizeBytes: number; url: string; metalink: string }[]
    }
  }
  /** A link for somebody without an account. Answers when the server keeps it, or cannot be reached (`heldBack`). */
  'links.make': {
    /** `opens`: whoever owns it may see this device's network address. */
    args: Omit<Draft, 'to' | 'inReplyTo' | 'copy' | 'whenFetched' | 'confirmed'> & { opens?: boolean }
    result: LinkStatus
  }
  'links.list': { args: Record<string, never>; result: LinkStatus[] }
  /** Answers when it is fetched, or over; reports `link`. */
  'links.wait': { args: { id: string }; result: LinkStatus }
  /** Asks another device of this user to keep its media and to give it out, so that this one may go. Answers when that was asked. */
  'links.handOver': { args: { id: string; device: string }; result: LinkStatus }
  /** Nothing can be had by it from now on. */
  'links.revoke': { args: { id: string }; result: LinkStatus }
  /** Turns ciphertext that another program fetched into the verified file. Absolute paths. */
  decrypt: {
    args: { file: string; id: string; folder: string }
    result: { name: string; file: string; sizeBytes: number; root: string }
  }
  status: { args: { id: string }; result: SentStatus }
  sent: { args: Record<string, never>; result: SentStatus[] }
  /** `show`: hidden entries as well, or those of junk senders alone. */
  inbox: { args: { show?: 'all' | 'junk' }; result: InboxEntry[] }
  /** Reports `inbox` for every change; ends when its caller goes. */
  'inbox.watch': { args: Record<string, never>; result: never }
  /** `what`: a message id, an unambiguous beginning of one (6 characters at least), or a handle URL. */
  get: {
    args: {
      what: string
      folder: string
      path?: 'direct' | 'webrtc' | 'tunnel' /** Give up when no source answers at once. */
      noWait?: boolean
    }
    result: {
      id: string
      files: { name: string; file: string; sizeBytes: number; root: string }[]
      fetchedBytes: number
      receipt: 'sent' | 'queued' | 'none'
    }
  }
  /**
   * One media goes to whoever listens at `socket` (a path), in order and verified; nothing is kept and no receipt is given. `media`: its
   * name or its number from 1, needed where there are several. `whole`: false when the reader went away before the end.
   */
  'get.stream': {
    args: {
      what: string
      socket: string
      media?: string
      path?: 'direct' | 'webrtc' | 'tunnel'
      noWait?: boolean
    }
    result: { id: string; name: string; sizeBytes: number; fetchedBytes: number; whole: boolean }
  }
  /** Ends a fetch, whoever asked for it; all that was verified is kept, and `get` goes on. */
  pause: { args: { id: string }; result: InboxEntry }
  refuse: { args: { id: string }; result: InboxEntry }
  finger: { args: { address: string }; result: FingerLine }
  'contacts.list': { args: Record<string, never>; result: ContactLine[] }
  /** An address or an invitation link. `acceptChangedKey` is the fingerprint the user compared. */
  'contacts.add': { args: { who: string; acceptChangedKey?: string }; result: ContactLine }
  'contacts.remove': { args: { address: string }; result: ContactLine[] }
  'contacts.block': { args: { address: string }; result: ContactLine[] }
  'contacts.unblock': { args: { address: string }; result: ContactLine[] }
  /** A link that makes whoever opens it a contact, once. */
  'contacts.invite': { args: { lifetimeMs?: number }; result: { link: string; expires: string } }
  /** After recovery: answers once contacts and blocks were taken from the server's record; at once everywhere else. */
  'contacts.restore': { args: Record<string, never>; result: { contacts: ContactLine[] } }
  'presence.share': { args: { share: 'all' | 'presence' | 'nothing' }; result: { share: string } }
  prefs: { args: Record<string, never>; result: Preferences }
  /** Holds here when it is answered; other devices of this user follow. */
  'prefs.change': { args: { edits: PreferenceEdit[] }; result: Preferences }
  doctor: {
    args: Record<string, never>
    result: { checks: { name: string; ok: boolean; says: string; todo?: string }[] }
  }
  /** This user's devices; `canSign`: this one may add and revoke. */
  devices: { args: Record<string, never>; result: OwnDevices }
  /** A one-use code for another device, as text and as a link. */
  'devices.offer': { args: Record<string, never>; result: { code: string; link: string; expires: string } }
  /** Answers when a device has used the code: what it calls itself, and the fingerprint of its key, which it shows too. */
  'devices.await': { args: { code: string }; result: { name: string; fingerprint: string } }
  /** Yes or no to the device with that fingerprint. */
  'devices.confirm': { args: { code: string; fingerprint: string; yes: boolean }; result: OwnDevices }
  'devices.revoke': { args: { name: string }; result: OwnDevices }
  /** The whole device without media, into a new file under a passphrase. `move`: from then on it does not run here any more. */
  export: { args: { file: string; passphrase: string; move: boolean }; result: { file: string; sizeBytes: number } }
  /** Ends the agent cleanly. */
  stop: { args: Record<string, never>; result: Record<string, never> }
}

export type OperationName = keyof Operations

/** The device of one user, wherever it runs. */
export interface Peer extends AsyncDisposable {
  do<Name extends OperationName>(
    name: Name,
    args: Operations[Name]['args'],
    options?: { readonly onProgress?: (progress: Progress) => void; readonly signal?: AbortSignal },
  ): Promise<Operations[Name]['result']>
}

/** Why an operation did not do what was asked: closed codes, shown through the catalogue. */
export type TroubleCode =
  | RefusalCode
  | 'no-identity'
  | 'home-in-use'
  | 'bad-address'
  | 'bad-preference'
  | 'mail-address'
  | 'wrong-secret'
  | 'no-such-message'
  | 'no-such-file'
  | 'file-changed'
  | 'nothing-to-send'
  | 'key-changed'
  | 'list-withheld'
  | 'not-mutual'
  | 'no-source'
  | 'source-changed'
  | 'bad-pieces'
  | 'disk-full'
  | 'cannot-write'
  | 'server-unreachable'
  | 'server-broke-protocol'
  | 'gone'
  | 'not-available'
  | 'cancelled'

/** Thrown by operations. `detail` is a sentence a user can read; `todo` says what to do, where something can be done. */
export class Trouble extends Error {
  readonly code: TroubleCode
  readonly todo: string | undefined
  constructor(code: TroubleCode, detail: string, options: { todo?: string; cause?: unknown } = {}) {
    super(detail, { cause: options.cause })
    this.name = 'Trouble'
    this.code = code
    this.todo = options.todo
  }
}
