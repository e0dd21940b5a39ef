// SEND /contacts: a logged-in user approves somebody (with an invitation's token both are approved at once).
// LIST /contacts, REMOVE /contacts: what they read. SEND, LIST and REMOVE /blocks do the same for the block list.

import { z } from 'zod'
import { userAddressSchema } from '../device-list.ts'
import { IDS_MAX } from '../limits.ts'
import { base64urlOf } from '../signature.ts'

export const approveSchema = z.strictObject({ address: userAddressSchema, invitation: base64urlOf(16).optional() })
export const contactSchema = z.strictObject({
  address: userAddressSchema,
  /** Both approved each other. An approval that was not returned tells nothing about the other side. */
  mutual: z.boolean(),
})
export const contactsSchema = z.strictObject({ contacts: z.array(contactSchema) })
export const addressesSchema = z.strictObject({ addresses: z.array(userAddressSchema).min(1).max(IDS_MAX) })
export const blockSchema = z.strictObject({ address: userAddressSchema })
export const blocksSchema = z.strictObject({ blocked: z.array(userAddressSchema) })
export type Contact = z.infer<typeof contactSchema>
export type Contacts = z.infer<typeof contactsSchema>

/** Pushed to a user's sessions when a contact became mutual or ceased to be. */
export const contactPushSchema = z.strictObject({
  kind: z.literal('contact'),
  address: userAddressSchema,
  mutual: z.boolean(),
})
