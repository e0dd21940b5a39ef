// SEND /presence: a logged-in device says "I am on-line" and where it listens, at least every 35 s (over a session the
// heartbeats count), or that it goes. LIST /presence: a device asks for that of its user's mutual contacts.

import { z } from 'zod'
import { deviceNameSchema, userAddressSchema } from '../device-list.ts'
import { NETWORK_ADDRESSES_MAX } from '../limits.ts'
import { devicePresenceSchema, networkAddressSchema } from './finger.ts'

export const presenceSchema = z.strictObject({
  online: z.boolean(),
  addresses: z.array(networkAddressSchema).max(NETWORK_ADDRESSES_MAX).default([]),
  /** What mutual contacts may know of this user from now on; absent leaves it as it was (at first `all`). */
  share: z.enum(['all', 'presence', 'nothing']).optional(),
})

export const contactPresenceSchema = z.strictObject({
  contacts: z.array(z.strictObject({ address: userAddressSchema, presence: z.array(devicePresenceSchema) })),
})
export type ContactPresence = z.infer<typeof contactPresenceSchema>

/** Pushed to a mutual contact's sessions when a device comes, goes or moves. */
export const presencePushSchema = z.strictObject({
  kind: z.literal('presence'),
  address: userAddressSchema,
  device: deviceNameSchema,
})
