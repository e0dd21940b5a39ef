// SEND /accounts: someone without an account asks for one, showing the first device list of it. The name is the list's.

import { z } from 'zod'
import { userAddressSchema } from '../device-list.ts'
import { base64urlOf, signedSchema } from '../signature.ts'

export const registerSchema = z.strictObject({
  deviceList: signedSchema,
  /** One-use token of an invitation, where the server asks for one. */
  invitation: base64urlOf(16).optional(),
})
export const registeredSchema = z.strictObject({ address: userAddressSchema })
export type Registered = z.infer<typeof registeredSchema>
