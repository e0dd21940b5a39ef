// What a person is told, in English, by closed code: the same sentence in the terminal and on every other screen.
// Voice: what happened, what it means, what to do. Nobody is blamed; codes stay under "Details".
// Sentences about states that carry names and times are functions of them; where they stand is the screen's business.

import type { RefusalCode } from '@doorpost/protocol/errors'
import { CLOCK_AHEAD } from '@doorpost/protocol/clock-ahead'
import type { HandedOver, HiddenAs, InboxState, RecipientState, Tombstone, TroubleCode } from '../operations.ts'

/** One trouble as it is told. */
export interface Sentence {
  /** What happened and what it means. */
  readonly says: string
  /** What to do about it, where something can be done. */
  readonly todo?: string
}

/** Refused by a server. What the server itself adds (`detail`) is shown after these. */
const refused: Record<RefusalCode, Sentence> = {
  malformed: {
    says: 'The server did not understand what was sent to it.',
    todo: 'Check that this program and the server are of the same version.',
  },
  'not-logged-in': { says: 'The server asks who this is: the login is over or was never made.', todo: 'Try again.' },
  'login-refused': {
    says: 'The server does not accept this device: it was revoked, or its name, its key or the address it dialled is not what the server knows.',
    todo: 'If you revoked it, link it anew from your first device; else ask whoever runs the server.',
  },
  'not-allowed': { says: 'The server does not let this device do that.' },
  insecure: {
    says: 'The server takes a login only over a secure line, so nothing was sent.',
    todo: 'Use the https address of the server.',
  },
  'not-found': { says: 'The server knows nothing by that name.' },
  'no-such-method': { says: 'The server does not know that method.' },
  'nobody-answered': { says: 'The other device did not answer in time.', todo: 'Try again when it is on-line.' },
  conflict: { says: 'A message with this id and other content was sent before; the first one stands.' },
  'name-taken': { says: 'Somebody on this server has that name already.', todo: 'Choose another name.' },
  'list-moved-on': { says: "The recipient's devices changed in this moment.", todo: 'Send it again.' },
  'preferences-moved-on': {
    says: 'Another of your devices changed your preferences in this moment.',
    todo: 'Try again.',
  },
  'list-refused': { says: 'The server does not accept this list of devices: it does not follow from the one it has.' },
  'too-large': { says: 'The message is larger than this server takes.', todo: 'Send fewer files in one message.' },
  'too-many': { says: 'That was asked too often in a short time.', todo: 'Wait a little and try again.' },
  'not-a-contact': {
    says: 'The recipient takes this only from contacts.',
    todo: 'Ask them for an invitation link, or send a line of text first.',
  },
  'no-such-user': { says: 'Nobody on that server has this name.', todo: 'Check how the address is written.' },
  'other-domain': {
    says: 'This server brings no mail to other servers yet.',
    todo: 'Write to people on your own server, or join theirs.',
  },
  'mailbox-full': {
    says: "The recipient's mailbox is full. The message goes as soon as there is room.",
    todo: 'Ask them to look at their mail.',
  },
  'registration-closed': { says: 'This server takes nobody new.', todo: 'Ask whoever runs it.' },
  'invitation-needed': {
    says: 'This server takes new people by invitation.',
    todo: 'Ask somebody who is there for a link, and join with that link.',
  },
  'not-in-envelope': { says: 'The message names others, so its media are not given out to this device.' },
  'not-permitted-by-policy': { says: 'The rules of this server do not permit that.', todo: 'Ask whoever runs it.' },
  expired: { says: 'Its time is over.', todo: 'Ask for it to be sent again.' },
  fault: { says: 'The server broke on this. What it had accepted is kept.', todo: 'Try again later.' },
  draining: { says: 'The server is closing down. What it had accepted is kept.', todo: 'Try again in a minute.' },
  'no-room': { says: 'The server has no room left.', todo: 'Try again later, or tell whoever runs it.' },
}

/** Met by this device itself. What the device knows more exactly stands in the trouble's own `detail`. */
const met: Record<Exclude<TroubleCode, RefusalCode>, Sentence> = {
  'no-identity': {
    says: 'Nobody has joined a server from here yet.',
    todo: 'Join one first: doorpost join http://localhost:8025 YOUR-NAME',
  },
  'home-in-use': {
    says: 'Another program is working in this home and does not answer.',
    todo: 'Wait until it has ended, or choose another home.',
  },
  'wrong-secret': { says: 'These are not the right words, passphrase or code.', todo: 'Type it once more.' },
  'bad-preference': { says: 'Nothing was changed.', todo: 'Look at what there is: doorpost prefs' },
  'bad-address': { says: 'That is no address.', todo: 'Write it like alice or alice@example.org.' },
  'mail-address': {
    says: 'That is an e-mail address. This server brings messages to its own users only.',
    todo: 'Ask them to join, and write to their address there.',
  },
  'no-such-message': { says: 'There is no such message here.', todo: 'The inbox shows the ids.' },
  'no-such-file': { says: 'There is no such file.', todo: 'Check how its name is written.' },
  'file-changed': {
    says: 'The file changed while it was read, so nothing was sent.',
    todo: 'Send it when nothing writes to it any more.',
  },
  'nothing-to-send': {
    says: 'There is nothing to send: no file, no text, no title.',
    todo: 'Name a file, or give a text.',
  },
  'key-changed': {
    says: 'Their key is not the one you know. It may be a new start of theirs, or somebody else in their name.',
    todo: 'Compare the fingerprint with them by another way before you go on.',
  },
  'list-withheld': {
    says: 'The server shows an older list of their devices than you have seen, so nothing is sent by it.',
    todo: 'Tell them, and whoever runs the server.',
  },
  'not-mutual': {
    says: 'You are not contacts of each other yet.',
    todo: 'Add them, and ask them to add you.',
  },
  'no-source': {
    says: 'No device that has it is on-line now. It starts by itself when one comes back.',
    todo: 'Leave an agent running, or try again later.',
  },
  'source-changed': {
    says: "The sender's file is not the one that was sent any more. Nothing of the new one was taken.",
    todo: 'Ask for it to be sent again.',
  },
  'bad-pieces': {
    says: 'What came is not what the sender signed, so none of it was taken.',
    todo: 'Try again; another device may have it whole.',
  },
  'disk-full': { says: 'The disk is full. What was fetched so far is kept.', todo: 'Make room, then fetch it again.' },
  'cannot-write': { says: 'The files cannot be written there.', todo: 'Choose another folder.' },
  'server-unreachable': {
    says: 'The server cannot be reached.',
    todo: 'Check the network and the address; what waits to be sent goes when the server is back.',
  },
  'server-broke-protocol': {
    says: 'The server answered in a way that makes no sense.',
    todo: 'Check that the address is that of a Doorpost server, of the same version.',
  },
  gone: { says: 'It is gone: its sender took it back.', todo: 'Ask for it to be sent again.' },
  'not-available': { says: 'That cannot be done from here.' },
  cancelled: { says: 'Stopped.' },
}

/** What is known more exactly says all that the general sentence does. */
const SAYS_ALL: ReadonlySet<RefusalCode> = new Set(['too-large', 'no-such-user'])

const clockAhead: Sentence = {
  says: "This machine's clock is ahead of the server's, so the message would be from the future. Nothing was sent.",
  todo: 'Set the clock, then send it again.',
}

/** A trouble with whatever is known about this one: `detail` and `todo` as its thrower wrote them. */
export function troubleSentence(trouble: { code: TroubleCode; detail?: string; todo?: string | undefined }): Sentence {
  const { code, detail = '', todo } = trouble
  if (code === 'malformed' && detail.includes(CLOCK_AHEAD)) return clockAhead
  if (isRefusal(code)) {
    const row = refused[code]
    const added = isSentence(detail) && detail !== row.says ? detail : undefined
    const says = added === undefined ? row.says : SAYS_ALL.has(code) ? added : `${row.says} ${added}`
    return withTodo(says, todo ?? row.todo)
  }
  const row = met[code]
  return withTodo(isSentence(detail) ? detail : row.says, todo ?? row.todo)
}

/** True for every code that the catalogue has a sentence for, which are all there are. */
export function isTroubleCode(code: string): code is TroubleCode {
  return Object.hasOwn(refused, code) || Object.hasOwn(met, code)
}

/** Every code, in the order of the catalogue. */
export const troubleCodes = [...Object.keys(refused), ...Object.keys(met)] as TroubleCode[]

function isRefusal(code: TroubleCode): code is RefusalCode {
  return Object.hasOwn(refused, code)
}

/** The title of a refusal ("Not A Contact") is no sentence; what somebody wrote about this one is. */
/** Something a person can read, and not a server's words for a program. */
export function isSentence(detail: string): boolean {
  return /\s/.test(detail) && /[.?)]$/.test(detail.trim())
}

function withTodo(says: string, todo: string | undefined): Sentence {
  return todo === undefined ? { says } : { says, todo }
}

/** An inbox entry. `from`: who sent it; `waitsFor`: the device's own sentence where it has one. */
export interface InboxFacts {
  readonly from: string
  readonly hasMedia: boolean
  readonly percent?: number
  readonly waitsFor?: string | undefined
  /** When it ran out, as the screen writes dates. */
  readonly expired?: string
  /** When it was taken back, as the screen writes dates. */
  readonly goneAt?: string | undefined
  /** Set once its user was reminded: when it ends, as the screen writes dates. */
  readonly ends?: string | undefined
}

const inbox: Record<InboxState, (facts: InboxFacts) => string> = {
  request: ({ from }) => `${from} asks to be a contact`,
  announced({ hasMedia, percent = 0, waitsFor }) {
    if (!hasMedia) return 'to be read'
    if (waitsFor !== undefined) return waitsFor
    return percent > 0 ? `paused at ${percent} %` : 'ready to fetch'
  },
  scheduled: ({ from, waitsFor }) => waitsFor ?? `waiting for ${from}'s device`,
  fetching: ({ percent }) => (percent === undefined ? 'fetching' : `fetching, ${percent} %`),
  ready: ({ hasMedia }) => (hasMedia ? 'you have it' : 'here'),
  changed: ({ from }) => `${from}'s file changed: ask for it to be sent again`,
  refused: () => 'you declined it',
  expired: ({ expired }) => (expired === undefined ? 'gone' : `gone since ${expired}`),
  gone: ({ from, goneAt }) => `${from} took it back${goneAt === undefined ? '' : `, ${goneAt}`}`,
}

/** Behind the state of an entry that is not among those that are shown. */
export const hiddenWords: Record<HiddenAs, string> = {
  junk: 'from a junk sender',
  blocked: 'from somebody you blocked',
  'by-itself': 'shown once it is here',
  'over-the-cap': "beyond its day's requests",
  own: 'sent by another device of yours',
}

/** Why something is gone, as its recipient reads it. `at`: as the screen writes dates. */
export function tombstoneSentence(reason: Tombstone['reason'], at: string, from: string): string {
  switch (reason) {
    case 'expired':
      return `Its time ran out ${at}.`
    case 'withdrawn':
      return `${from} took it back ${at}.`
    case 'deleted':
      return `${from} deleted the sent copy ${at}, when everybody had it.`
    case 'refused':
      return `You declined it ${at}.`
  }
}

/** The same, as its sender reads it. */
export function sentTombstoneSentence(reason: Tombstone['reason'], at: string): string {
  switch (reason) {
    case 'expired':
      return `Its time ran out ${at}: nobody can fetch it any more.`
    case 'withdrawn':
      return `You took it back ${at}: nobody can fetch it any more.`
    case 'deleted':
      return `The sent copy was deleted ${at}, when everybody had it.`
    case 'refused':
      return `It was declined ${at}.`
  }
}

export function inboxSentence(state: InboxState, facts: InboxFacts): string {
  const says = inbox[state](facts)
  return facts.ends === undefined ? says : `${says}; it can be fetched until ${facts.ends}`
}

/** One recipient of a sent message. `at`: when they had it, as the screen writes times. */
export interface RecipientFacts {
  readonly at?: string | undefined
  readonly receipt: 'verified' | 'none'
  readonly expired?: string
}

const recipient: Record<RecipientState, (facts: RecipientFacts) => string> = {
  waiting: () => 'waiting here for the server',
  accepted: () => 'waiting in their mailbox',
  announced: () => 'has the message',
  fetching: () => 'fetching',
  fetched: ({ at, receipt }) => {
    const time = at === undefined ? '' : ` since ${at}`
    return receipt === 'verified' ? `has it${time}` : `says it is there${time}, without a receipt`
  },
  refused: ({ at }) => (at === undefined ? 'declined it' : `declined it, ${at}`),
  expired: ({ expired }) => (expired === undefined ? 'its time ran out' : `its time ran out ${expired}`),
}

export function recipientSentence(state: RecipientState, facts: RecipientFacts): string {
  return recipient[state](facts)
}

/** Of what this device sent and asked another of the user's to give out. `detail` is that device's own sentence. */
export function handedSentence({ device, state, detail, quietSince }: HandedOver): string {
  if (quietSince !== undefined) {
    return `${device} does not go on; it may be away. It does by itself when it is back. Until it has it all, this device has to stay.`
  }
  switch (state) {
    case 'asked':
      return `${device} is asked to take it over. Until it has it all, this device has to stay.`
    case 'taken':
      return `${device} is fetching it. Until it has it all, this device has to stay.`
    case 'has':
      return `${device} has it all and gives it out. This device may go.`
    case 'refused':
      return `${device} does not give it out. ${detail ?? 'It has it no more.'}`
  }
}
