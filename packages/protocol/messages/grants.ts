// SEND /grants: a device deposits the sealed grant of a link. SEND /grants/SLOT, without a body: another device of that user gives it out
// from now on. REMOVE /grants/SLOT: its user takes the link back. RETRIEVE /grant:
// whoever proved the access key (AUTHORIZATION /users/link.SLOT/browser) gets the one grant of that key, and nothing else.

import { z } from 'zod'
import { isBase64url } from '../bytes.ts'
import { instantSchema } from '../dates.ts'
import { GRANT_BYTES_MAX, grantSlotSchema } from '../grant.ts'
import { deviceAddressSchema, messageIdSchema } from '../handle.ts'
import { keySchema } from '../signature.ts'

const sealedGrantSchema = z
  .string()
  .min(1)
  .max(Math.ceil((GRANT_BYTES_MAX * 4) / 3))
  .refine(isBase64url, 'must be base64url')

/** By the device that gives the media out; the same again is no second deposit. */
export const depositGrantSchema = z.strictObject({
  slot: grantSlotSchema,
  /** Ed25519 public key that logs a link holder in. */
  accessKey: keySchema,
  /** What link holders may ask the depositing device about. */
  messageId: messageIdSchema,
  expires: instantSchema,
  sealed: sealedGrantSchema,
})

/** To a link holder. `sealed` null: its sender took it back. `from`: the device that gives it out now; whether it is its sender's they look. */
export const retrievedGrantSchema = z.strictObject({
  expires: instantSchema,
  sealed: sealedGrantSchema.nullable(),
  from: deviceAddressSchema,
})
export type RetrievedGrant = z.infer<typeof retrievedGrantSchema>
