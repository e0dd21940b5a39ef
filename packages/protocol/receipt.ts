// A receipt: a recipient device's signature over "root verified and stored" (DESIGN section 5).
// Made by receive/ after the file is synced and in place; it reaches the sender inside a note.

import { z } from 'zod'
import { instantSchema } from './dates.ts'
import { headSchema, userAddressSchema } from './device-list.ts'
import { deviceAddressSchema, messageIdSchema } from './handle.ts'
import { hashSchema, openSigned, type Signed, signJson } from './signature.ts'

export const receiptSchema = z.strictObject({
  v: z.literal(1),
  messageId: messageIdSchema,
  /** Hash of the signed message, so that a receipt is for these words and no others with the same id. */
  messageHash: hashSchema,
  root: hashSchema,
  sizeBytes: z.int().min(0),
  sender: userAddressSchema,
  device: deviceAddressSchema,
  /** The recipient's own list in which that device stands. */
  head: headSchema,
  storedAt: instantSchema,
})
export type Receipt = z.infer<typeof receiptSchema>

/** Signed by the recipient's device. Throws on what is no receipt. */
export function signReceipt(receipt: Receipt, deviceKey: { secret: Uint8Array; public: Uint8Array }): Signed {
  return signJson('receipt', receiptSchema.parse(receipt), deviceKey)
}

/** Undefined unless `deviceKey` (base64url) signed it. */
export function openReceipt(signed: Signed, deviceKey: string): Receipt | undefined {
  return signed.key === deviceKey ? openSigned('receipt', signed, receiptSchema) : undefined
}
