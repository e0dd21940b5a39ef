// SEND /messages hands in an envelope; LIST, RETRIEVE and REMOVE /messages are a device's own view of its mail.
// REMOVE is also the acknowledgement of a push, and leaves the copies of other devices.

import { z } from 'zod'
import { instantSchema } from '../dates.ts'
import { deliveredEnvelopeSchema, listedEnvelopeSchema } from '../envelope.ts'
import { messageIdSchema, deviceAddressSchema } from '../handle.ts'
import { IDS_MAX } from '../limits.ts'

/** 202 when newly accepted, 200 when the same bytes were accepted before. */
export const acceptedSchema = z.strictObject({ id: messageIdSchema, acceptedAt: instantSchema })

/** An id is unique per sender alone, so mail is named by both. */
export const mailKeySchema = z.strictObject({ from: deviceAddressSchema, id: messageIdSchema })
export type MailKey = z.infer<typeof mailKeySchema>

export const mailKeysSchema = z.strictObject({ messages: z.array(mailKeySchema).min(1).max(IDS_MAX) })
export const listedSchema = z.strictObject({ messages: z.array(listedEnvelopeSchema), more: z.boolean() })
export const retrievedSchema = z.strictObject({
  messages: z.array(
    z.discriminatedUnion('status', [
      z.strictObject({ ...mailKeySchema.shape, status: z.literal(200), envelope: deliveredEnvelopeSchema }),
      z.strictObject({ ...mailKeySchema.shape, status: z.literal(404) }),
    ]),
  ),
})
export const removedSchema = z.strictObject({
  messages: z.array(z.strictObject({ ...mailKeySchema.shape, status: z.union([z.literal(200), z.literal(404)]) })),
})
export type Accepted = z.infer<typeof acceptedSchema>
export type Listed = z.infer<typeof listedSchema>
export type Retrieved = z.infer<typeof retrievedSchema>
export type Removed = z.infer<typeof removedSchema>

/** Pushed to the sessions of a device that is on-line, and again every 30 s until it REMOVEs the message. */
export const messagePushSchema = z.strictObject({ kind: z.literal('message'), envelope: deliveredEnvelopeSchema })
