// What a sealed message says: headers, a description for people, and handles. A message without media is an instant
// message. How it is signed and sealed: signed-message.ts and envelope.ts.

import { z } from 'zod'
import { instantOrDate, timeOfDay } from './dates.ts'
import { handleSchema, messageIdSchema } from './handle.ts'
import { FIELD_LENGTH_MAX, MEDIA_MAX, TEXT_LENGTH_MAX } from './limits.ts'

const field = z.string().max(FIELD_LENGTH_MAX)

export const locationMessageSchema = z.strictObject({
  inReplyTo: messageIdSchema.optional(),
  title: field.optional(),
  /** When it was made, as its author dates it; the sending date is the envelope's. */
  date: instantOrDate.optional(),
  time: timeOfDay.optional(),
  copyright: field.optional(),
  text: z.string().max(TEXT_LENGTH_MAX).optional(),
  who: field.optional(),
  what: field.optional(),
  when: field.optional(),
  where: field.optional(),
  why: field.optional(),
  media: z.array(handleSchema).max(MEDIA_MAX),
})
export type LocationMessage = z.infer<typeof locationMessageSchema>
