// The envelope: all that a server sees of a message. Never a root, a key or a title.
// Sealing and opening need age and are done in peer/identity/seal.ts; the shapes are here.

import { z } from 'zod'
import { isDeviceAddress, isUserAddress, type DeviceAddress, type UserAddress } from './address.ts'
import { isBase64url } from './bytes.ts'
import { instantSchema } from './dates.ts'
import { headSchema } from './device-list.ts'
import { deviceAddressSchema, messageIdSchema } from './handle.ts'
import { MESSAGE_BODY_BYTES_MAX, RECIPIENTS_MAX, SEALED_KEY_BYTES_MAX, SEALED_KEYS_MAX } from './limits.ts'
import { base64urlOf, hashSchema } from './signature.ts'

/** A recipient as written in an envelope: a user, or one device of a user. */
export const recipientSchema = z
  .string()
  .refine(
    (text) => isUserAddress(text) || isDeviceAddress(text),
    'must be user@domain or user@domain/device',
  ) as unknown as z.ZodType<UserAddress | DeviceAddress>

const base64url = (bytesMax: number) =>
  z
    .string()
    .min(1)
    .max(Math.ceil((bytesMax * 4) / 3))
    .refine(isBase64url, 'must be base64url')

export const sealedKeySchema = base64url(SEALED_KEY_BYTES_MAX)
export const sealedBodySchema = base64url(MESSAGE_BODY_BYTES_MAX)

const common = {
  v: z.literal(1),
  id: messageIdSchema,
  /** `message` is mail for a person; `note` is for devices and never counts as a contact request. */
  class: z.enum(['message', 'note']),
  from: deviceAddressSchema,
  to: z.array(recipientSchema).min(1).max(RECIPIENTS_MAX),
  date: instantSchema,
  expires: instantSchema,
}

/** As the sender hands it in: one sealed key per device, one body for all. */
export const envelopeSchema = z.strictObject({
  ...common,
  /** Per recipient in `to`, the device list it was sealed for. A server with a newer one answers 409 and the sender seals again. */
  heads: z.array(headSchema).min(1).max(RECIPIENTS_MAX),
  sealed: z.strictObject({
    keys: z
      .array(z.strictObject({ device: deviceAddressSchema, key: sealedKeySchema }))
      .min(1)
      .max(SEALED_KEYS_MAX),
    body: sealedBodySchema,
  }),
})
export type Envelope = z.infer<typeof envelopeSchema>

/** As one device gets it: its own sealed key alone. */
export const deliveredEnvelopeSchema = z.strictObject({
  ...common,
  acceptedAt: instantSchema,
  sealed: z.strictObject({ key: sealedKeySchema, body: sealedBodySchema }),
})
export type DeliveredEnvelope = z.infer<typeof deliveredEnvelopeSchema>

/** What LIST tells: the envelope without the sealed part. */
export const listedEnvelopeSchema = z.strictObject({
  ...common,
  acceptedAt: instantSchema,
  /** Sealed key and body, bytes. */
  sizeBytes: z.int().min(0),
})
export type ListedEnvelope = z.infer<typeof listedEnvelopeSchema>

/** Plaintext of a sealed key: what the age file for one device holds. */
export const sealedKeyContentSchema = z.strictObject({
  id: messageIdSchema,
  /** One-use ChaCha20-Poly1305 key of the body (RFC 8439, nonce of 12 zero bytes). */
  bodyKey: base64urlOf(32),
  /** SHA-256 of the body's ciphertext. */
  bodyHash: hashSchema,
})
export type SealedKeyContent = z.infer<typeof sealedKeyContentSchema>
