// SEND /preferences: a device of a user replaces what all of that user's devices prefer. RETRIEVE /preferences: another one
// reads it. The server keeps one sealed slot a user and can read nothing in it; what is inside is preferences.ts's.

import { z } from 'zod'
import { deviceNameSchema } from '../device-list.ts'
import { sealedBodySchema, sealedKeySchema } from '../envelope.ts'
import { messageIdSchema } from '../handle.ts'
import { DEVICES_MAX, PREFERENCES_BYTES_MAX } from '../limits.ts'

const slot = {
  /** That of the preferences inside. */
  sequence: z.int().min(1),
  /** Of this sealing; the associated data of the body. */
  id: messageIdSchema,
}
const bodySchema = sealedBodySchema.refine(
  (text) => text.length <= Math.ceil((PREFERENCES_BYTES_MAX * 4) / 3),
  `must be at most ${PREFERENCES_BYTES_MAX} bytes`,
)

export const sendPreferencesSchema = z
  .strictObject({
    ...slot,
    /** The sequence that stands in the slot as the device knows it, 0 for an empty one; another one there is a 409. */
    replaces: z.int().min(0),
    sealed: z.strictObject({
      keys: z
        .array(z.strictObject({ device: deviceNameSchema, key: sealedKeySchema }))
        .min(1)
        .max(DEVICES_MAX),
      body: bodySchema,
    }),
  })
  .refine(({ replaces, sequence }) => sequence > replaces, 'sequence must be higher than what it replaces')
export type SendPreferences = z.infer<typeof sendPreferencesSchema>

/** What stands in the slot, for the device that asks: its own sealed key alone, none when it was not sealed for it. */
export const retrievedPreferencesSchema = z.strictObject({
  slot: z
    .strictObject({ ...slot, sealed: z.strictObject({ key: sealedKeySchema.optional(), body: sealedBodySchema }) })
    .nullable(),
})
export type RetrievedPreferences = z.infer<typeof retrievedPreferencesSchema>

/** Pushed to a user's sessions when another of their devices replaced the preferences. */
export const preferencesPushSchema = z.strictObject({ kind: z.literal('preferences'), sequence: z.int().min(1) })
