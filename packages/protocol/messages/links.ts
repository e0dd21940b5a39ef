// Links: the slot through which a new device of a user and the one that holds the account key speak before the new one can
// log in. SEND /links makes it, RETRIEVE /links/SLOT reads it, SEND /links/SLOT/request is the new device's one word,
// SEND /links/SLOT/answer the other's, REMOVE /links/SLOT ends it.

import { z } from 'zod'
import { instantSchema } from '../dates.ts'
import { linkPartSchema } from '../link.ts'
import { base64urlOf } from '../signature.ts'

/** A logged-in device that can sign lists, when its user wants to add another. */
export const openLinkSchema = z.strictObject({ slot: base64urlOf(32), offer: linkPartSchema })

/** The new device, once; the same bytes again are no second word. */
export const linkRequestedSchema = z.strictObject({ request: linkPartSchema })

/** The device that made the slot, once its user has decided. */
export const linkAnsweredSchema = z.strictObject({ answer: linkPartSchema })

/** What stands in a slot, to whoever can name it. */
export const linkSlotSchema = z.strictObject({
  offer: linkPartSchema,
  request: linkPartSchema.optional(),
  answer: linkPartSchema.optional(),
  expiresAt: instantSchema,
})
export type LinkSlot = z.infer<typeof linkSlotSchema>
