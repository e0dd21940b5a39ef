// Notes: small signed and sealed messages between devices, never shown as mail. One union, one sentence each on who
// sends it and when. They travel in envelopes of class `note`.

import { z } from 'zod'
import { messageIdSchema } from './handle.ts'
import { base64urlOf, signedSchema } from './signature.ts'

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

export const noteSchema = z.discriminatedUnion('note', [receiptNote, progressNote, contactNote])
export type Note = z.infer<typeof noteSchema>
