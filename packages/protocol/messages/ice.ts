// LIST /ice: a logged-in device asks how it can learn to be seen from outside (STUN, at the host it dialled) and what relays it may use
// (TURN), before it opens or answers a webrtc path.

import { z } from 'zod'
import { instantSchema } from '../dates.ts'

/** `turn:host:port?transport=udp` (RFC 7065), host a name, IPv4 or [IPv6]; port and transport may be missing. */
export const turnUrlSchema = z
  .string()
  .max(300)
  .regex(
    /^turns?:(?:\[[0-9a-fA-F:.]{2,45}\]|[a-zA-Z0-9.-]{1,253})(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?$/,
    'must be turn:HOST:PORT?transport=udp',
  )
/** Relays one server may name. */
export const TURN_URLS_MAX = 8

export const iceSchema = z.strictObject({
  /** UDP port of the host that the device dialled; null: none. */
  stunPort: z.int().min(1).max(65_535).nullable(),
  turn: z
    .strictObject({
      urls: z.array(turnUrlSchema).min(1).max(TURN_URLS_MAX),
      /** `EXPIRY:NAME` and its HMAC-SHA1 in base64, as coturn's use-auth-secret checks them. Good until `expires`. */
      username: z.string().min(1).max(200),
      credential: z.string().min(1).max(200),
      expires: instantSchema,
    })
    .nullable(),
})
export type Ice = z.infer<typeof iceSchema>
