// What a sender's device signs: id, from, every recipient with its account key's fingerprint, dates, expiry, the
// sender's list head, the recipients' heads it has seen, and the content. A recipient that is not named, or whose
// envelope disagrees, refuses it.

import { z } from 'zod'
import { instantSchema } from './dates.ts'
import { headSchema } from './device-list.ts'
import { type DeliveredEnvelope, recipientSchema } from './envelope.ts'
import { deviceAddressSchema, messageIdSchema } from './handle.ts'
import { RECIPIENTS_MAX } from './limits.ts'
import { locationMessageSchema } from './location-message.ts'
import { noteSchema } from './note.ts'
import { hashSchema, openSigned, type Signed, signJson } from './signature.ts'

const recipient = z.strictObject({
  /** `user@domain`, or `user@domain/device` for that device alone. */
  address: recipientSchema,
  /** SHA-256 of the account key the sender holds for that user. */
  accountKey: hashSchema,
  /** The highest list of theirs the sender has seen: the echo that shows a withheld list. */
  seen: headSchema,
})

const common = {
  v: z.literal(1),
  id: messageIdSchema,
  from: deviceAddressSchema,
  fromAccount: hashSchema,
  to: z.array(recipient).min(1).max(RECIPIENTS_MAX),
  date: instantSchema,
  expires: instantSchema,
  /** The sender's own list when it signed. */
  head: headSchema,
}

export const signedMessageSchema = z.strictObject({ ...common, content: locationMessageSchema })
export const signedNoteSchema = z.strictObject({ ...common, content: noteSchema })
export type SignedMessage = z.infer<typeof signedMessageSchema>
export type SignedNote = z.infer<typeof signedNoteSchema>

/** Signed by the sender's device. Throws on what is no message. */
export function signMessage(message: SignedMessage, key: { secret: Uint8Array; public: Uint8Array }): Signed {
  return signJson('message', signedMessageSchema.parse(message), key)
}

/** Signed by the sender's device. Throws on what is no note. */
export function signNote(note: SignedNote, key: { secret: Uint8Array; public: Uint8Array }): Signed {
  return signJson('note', signedNoteSchema.parse(note), key)
}

/** Opens what `deviceKey` (base64url) signed; undefined when the key, the signature or the schema is off. */
export function openMessage(signed: Signed, deviceKey: string): SignedMessage | undefined {
  return signed.key === deviceKey ? openSigned('message', signed, signedMessageSchema) : undefined
}

/** As openMessage. */
export function openNote(signed: Signed, deviceKey: string): SignedNote | undefined {
  return signed.key === deviceKey ? openSigned('note', signed, signedNoteSchema) : undefined
}

/** Whether the envelope says what was signed, and `me` with this account key is among those it was signed for. */
export function agreesWith(
  signed: SignedMessage | SignedNote,
  envelope: DeliveredEnvelope,
  me: { readonly user: string; readonly device: string; readonly accountKey: string },
): boolean {
  const named = signed.to.some(
    ({ address, accountKey }) =>
      (address === me.user || address === `${me.user}/${me.device}`) && accountKey === me.accountKey,
  )
  return (
    named &&
    signed.id === envelope.id &&
    signed.from === envelope.from &&
    signed.date === envelope.date &&
    signed.expires === envelope.expires &&
    signed.to.length === envelope.to.length &&
    signed.to.every(({ address }, index) => address === envelope.to[index])
  )
}
