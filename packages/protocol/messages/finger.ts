// FINGER /users/NAME: anybody asks for a user's public keys; a mutual contact is also told presence and addresses,
// unless that user opted out. Not approved and blocked are one answer.

import { z } from 'zod'
import { deviceNameSchema, userAddressSchema } from '../device-list.ts'
import { DEVICES_MAX, NETWORK_ADDRESSES_MAX } from '../limits.ts'
import { hashSchema, keySchema, signedSchema } from '../signature.ts'

/** `192.0.2.7:4711` or `[2001:db8::7]:4711`: where a device listens for direct paths. */
export const networkAddressSchema = z
  .string()
  .max(60)
  .regex(/^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\]):\d{1,5}$/)

export const devicePresenceSchema = z.strictObject({
  device: deviceNameSchema,
  online: z.boolean(),
  addresses: z.array(networkAddressSchema).max(NETWORK_ADDRESSES_MAX),
})
export type DevicePresence = z.infer<typeof devicePresenceSchema>

export const fingerSchema = z.strictObject({
  address: userAddressSchema,
  accountKey: keySchema,
  fingerprint: hashSchema,
  deviceList: signedSchema,
  /** Only to mutual contacts. */
  presence: z.array(devicePresenceSchema).max(DEVICES_MAX).optional(),
})
export type Finger = z.infer<typeof fingerSchema>
