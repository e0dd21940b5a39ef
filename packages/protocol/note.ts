// Notes: small signed and sealed messages between devices, never shown as mail. One union, one sentence each on who
// sends it and when. They travel in envelopes of class `note`.

import { z } from 'zod'
import { instantSchema } from './dates.ts'
import { userAddressSchema } from './device-list.ts'
import { recipientSchema } from './envelope.ts'
import { deviceAddressSchema, messageIdSchema } from './handle.ts'
import { pathNote, pathSignalSchema } from './path-signal.ts'
import { MEDIA_MAX, RECIPIENTS_MAX } from './limits.ts'
import { locationMessageSchema } from './location-message.ts'
import { base64urlOf, hashSchema, keySchema, signedSchema } from './signature.ts'

/** Media that one `copy` note speaks of: 11 KiB of roots; a message with more takes several notes. */
export const COPY_ROOTS_MAX = 256

/** A recipient's device, to the sender, once per media that is verified, synced and in place. */
const receiptNote = z.strictObject({ note: z.literal('receipt'), receipt: signedSchema })

/** A recipient's device, to a sender who is a mutual contact, when a message was taken in, a fetch began, or was refused. */
const progressNote = z.strictObject({
  note: z.literal('progress'),
  messageId: messageIdSchema,
  state: z.enum(['announced', 'fetching', 'refused']),
})

/** A device, to somebody its user just approved as a contact; with an invitation's token it proves who used it. */
const contactNote = z.strictObject({ note: z.literal('contact'), token: base64urlOf(16).optional() })

/**
 * A recipient's device, to the sender and to the message's other recipients, when it has something of its media to give: `whole`
 * once a media is verified, synced and in place, `part` once while it is being fetched, `none` when it has gone again.
 */
const copyNote = z.strictObject({
  note: z.literal('copy'),
  messageId: messageIdSchema,
  /** Whose message: ids are one sender's. */
  sender: deviceAddressSchema,
  state: z.enum(['whole', 'part', 'none']),
  roots: z.array(hashSchema).min(1).max(COPY_ROOTS_MAX),
})

/** A device, to somebody its user just decided about: from now on they may, or may not any more, see its network address. */
const openNote = z.strictObject({ note: z.literal('open'), open: z.boolean() })

/** A sender's device, to a recipient who has not fetched, once, some time before the message ends. */
const reminderNote = z.strictObject({ note: z.literal('reminder'), messageId: messageIdSchema })

/**
 * A sender's device, to every recipient: `withdrawn` when the message was taken back (copies of it are given out no more),
 * `deleted` when everybody had it and the sender's copy was deleted.
 */
const goneNote = z.strictObject({
  note: z.literal('gone'),
  messageId: messageIdSchema,
  reason: z.enum(['withdrawn', 'deleted']),
})

/**
 * A device, to its user's other devices, when its user decided about somebody; and to a new one, about everybody. The list is the
 * one whose account key the user means.
 */
const contactsNote = z.strictObject({
  note: z.literal('contacts'),
  contacts: z
    .array(
      z.strictObject({
        address: userAddressSchema,
        deviceList: signedSchema,
        approvedAt: instantSchema.optional(),
        blocked: z.boolean(),
        decidedAt: instantSchema,
      }),
    )
    .min(1)
    .max(50),
})

/** A device, to one other device of its user: send these files of yours, in the user's name. Done only until then. */
const lendNote = z.strictObject({
  note: z.literal('lend'),
  request: base64urlOf(16),
  until: instantSchema,
  files: z.array(z.string().min(1).max(4096)).min(1).max(100),
  to: z.array(z.string().max(1000)).min(1).max(RECIPIENTS_MAX),
  lifetimeMs: z.int().min(0).optional(),
  words: locationMessageSchema.omit({ media: true }),
})
export type LendNote = z.infer<typeof lendNote>

/** The device that was asked, to the one that asked: it has begun to read; then that the message is made, or why not. */
const lentNote = z.strictObject({
  note: z.literal('lent'),
  request: base64urlOf(16),
  state: z.enum(['reading', 'sent', 'refused']),
  messageId: messageIdSchema.optional(),
  accepted: z.boolean().optional(),
  detail: z.string().max(1000).optional(),
})
export type LentNote = z.infer<typeof lentNote>

/** A device, to one other device of its user: fetch the media of this message of mine, keep them, and give them to its recipients. */
const handOverNote = z.strictObject({ note: z.literal('hand-over'), messageId: messageIdSchema })
export type HandOverNote = z.infer<typeof handOverNote>

/** The device that was asked, to the one that sent the message: it begins, or why it does not. That it has it all, it says by `copy`. */
const handedNote = z.strictObject({
  note: z.literal('handed'),
  messageId: messageIdSchema,
  state: z.enum(['taken', 'refused']),
  detail: z.string().max(1000).optional(),
})
export type HandedNote = z.infer<typeof handedNote>

const grantStandsSchema = z.strictObject({
  /** The browser that owns the link, by its key. */
  bound: z.strictObject({ key: keySchema, at: instantSchema }).optional(),
  stored: z.array(z.strictObject({ root: hashSchema, at: instantSchema })).max(MEDIA_MAX),
  revokedAt: instantSchema.optional(),
})

/**
 * Between two devices of one user, each to that other alone, about a link that the first gave out. take: fetch its media and keep them. has:
 * they are here, verified and in place. refused: why not. give: it is yours to give out, this one does no more; as it stands. stands: what
 * became of it there, or that it was taken back.
 */
const linkNote = z.strictObject({
  note: z.literal('link'),
  messageId: messageIdSchema,
  said: z.discriminatedUnion('step', [
    z.strictObject({
      step: z.literal('take'),
      grant: z.strictObject({
        secret: base64urlOf(16),
        date: instantSchema,
        expires: instantSchema,
        opens: z.literal(true).optional(),
      }),
      content: locationMessageSchema,
    }),
    z.strictObject({ step: z.literal('has') }),
    z.strictObject({ step: z.literal('refused'), detail: z.string().max(1000) }),
    z.strictObject({ step: z.literal('give'), stands: grantStandsSchema }),
    z.strictObject({ step: z.literal('stands'), stands: grantStandsSchema }),
  ]),
})
export type LinkNote = z.infer<typeof linkNote>

/** Messages in one `mark` note: a screen or two of them. */
export const MARKS_MAX = 200
/** Life of a typing note, ms: whoever goes on writing says so again before. */
export const TYPING_NOTE_LIFE_MS = 10_000

/** A device, to the author of messages that its user has seen; authors who are mutual contacts alone. That they arrived `progress` tells. */
const markNote = z.strictObject({ note: z.literal('mark'), read: z.array(messageIdSchema).min(1).max(MARKS_MAX) })

/** A device, to the others of a conversation who are mutual contacts and on-line, while its user writes; every 5 s at most. */
const typingNote = z.strictObject({ note: z.literal('typing'), conversation: hashSchema })

/** A device, to its user's other devices: so far they have seen this conversation. `at` and `id` are those of a message in it. */
const seenNote = z.strictObject({
  note: z.literal('seen'),
  conversation: hashSchema,
  upTo: z.strictObject({ at: instantSchema, id: messageIdSchema }),
})

/** A device, to its user's other devices, when the server has accepted a message that it sent: so that a conversation is the same on all. */
const sentNote = z.strictObject({
  note: z.literal('sent'),
  messageId: messageIdSchema,
  to: z.array(recipientSchema).min(1).max(RECIPIENTS_MAX),
  date: instantSchema,
  expires: instantSchema,
  acceptedAt: instantSchema,
  content: locationMessageSchema,
})

/** Messages in one `history` note. */
export const HISTORY_MESSAGES_MAX = 300
/** Conversations that one `history` note tells how far they were looked at. */
export const HISTORY_SEEN_MAX = 1_000

/** A place in the order of all messages: its instant, then its id. */
const placeSchema = z.strictObject({ at: instantSchema, id: messageIdSchema })

/** A device that was just linked, to another of its user: what was said before it came? The newest first; `before`: those that lie before there. */
const historyWantedNote = z.strictObject({ note: z.literal('history-wanted'), before: placeSchema.optional() })

const pastFacts = {
  id: messageIdSchema,
  from: deviceAddressSchema,
  to: z.array(recipientSchema).min(1).max(RECIPIENTS_MAX),
  date: instantSchema,
  expires: instantSchema,
  content: locationMessageSchema,
}

/** A message as the device has it that hands it on: of this user's own, or one that came. */
const pastMessageSchema = z.discriminatedUnion('said', [
  z.strictObject({
    said: z.literal('mine'),
    ...pastFacts,
    acceptedAt: instantSchema,
    delivered: z.array(userAddressSchema).max(RECIPIENTS_MAX),
    read: z.array(userAddressSchema).max(RECIPIENTS_MAX),
  }),
  z.strictObject({
    said: z.literal('theirs'),
    ...pastFacts,
    accounts: z.array(hashSchema).max(RECIPIENTS_MAX),
    receivedAt: instantSchema,
    acceptedAt: instantSchema.optional(),
    messageHash: hashSchema,
    state: z.enum(['open', 'refused', 'expired', 'gone']),
    gone: z
      .strictObject({ reason: z.enum(['expired', 'withdrawn', 'deleted', 'refused']), at: instantSchema })
      .optional(),
  }),
])
export type PastMessage = z.infer<typeof pastMessageSchema>

/**
 * The device that was asked, to the one that asked: the next messages, and from where on to ask again. No `next`: that was all. `left`: so many
 * come after these. `seen`, in the first: how far this user has looked in each conversation.
 */
const historyNote = z.strictObject({
  note: z.literal('history'),
  before: placeSchema.optional(),
  messages: z.array(pastMessageSchema).max(HISTORY_MESSAGES_MAX),
  seen: z.array(z.strictObject({ conversation: hashSchema, upTo: placeSchema })).max(HISTORY_SEEN_MAX),
  next: placeSchema.optional(),
  left: z.int().min(0),
})
export type HistoryNote = z.infer<typeof historyNote>

/** Life of a live-key note, ms: who comes later asks, and is told again. */
export const LIVE_KEY_NOTE_LIFE_MS = 10 * 60_000

/**
 * A broadcaster's device, to each approved viewer, when they are let in and at every new key: frames of this epoch open with it. It also
 * tells that something is shown.
 */
const liveKeyNote = z.strictObject({
  note: z.literal('live-key'),
  broadcast: base64urlOf(16),
  epoch: z.int().min(0).max(0xffff_ffff),
  /** Base key of SFrame (live/sframe.ts). */
  key: base64urlOf(32),
})
export type LiveKeyNote = z.infer<typeof liveKeyNote>

/** A viewer's device and a broadcaster's, each to the other alone, while a peer-to-peer connection for frames is opened; the viewer offers. */
const livePathNote = z.strictObject({
  note: z.literal('live-path'),
  broadcast: base64urlOf(16),
  attempt: base64urlOf(16),
  signal: pathSignalSchema,
})
export type LivePathNote = z.infer<typeof livePathNote>

export const noteSchema = z.discriminatedUnion('note', [
  receiptNote,
  progressNote,
  contactNote,
  copyNote,
  openNote,
  reminderNote,
  goneNote,
  lendNote,
  lentNote,
  handOverNote,
  handedNote,
  linkNote,
  contactsNote,
  markNote,
  typingNote,
  seenNote,
  sentNote,
  historyWantedNote,
  historyNote,
  pathNote,
  liveKeyNote,
  livePathNote,
])
export type Note = z.infer<typeof noteSchema>
