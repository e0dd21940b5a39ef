// The WebSocket session: the same verbs as text messages, and what the server pushes. One JSON object a message.

import { z } from 'zod'
import { livePushSchemas } from '../live/control.ts'
import { contactPushSchema } from './contacts.ts'
import { messagePushSchema } from './mailbox.ts'
import { pipePushSchema } from './pipe.ts'
import { preferencesPushSchema } from './preferences.ts'
import { presencePushSchema } from './presence.ts'

export const SUBPROTOCOL = 'doorpost.v1'
/** The pseudo-origin part of the WebSocket's address: GET /session. */
export const SESSION_PATH = '/session'

/** Device to server. */
export const callSchema = z.strictObject({
  id: z
    .int()
    .min(0)
    .max(2 ** 31),
  method: z.string().max(32),
  target: z.string().max(8192),
  headers: z.record(z.string().max(64), z.string().max(1024)).optional(),
  body: z.unknown().optional(),
})
/** Server to device, once per call. */
export const answerSchema = z.strictObject({
  id: z.int(),
  status: z.int(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
  /** The body is a string of base64 (RFC 4648 section 4) and stands for bytes. */
  encoding: z.literal('base64').optional(),
})
/** Server to device, unasked. */
export const pushSchema = z.strictObject({
  push: z.discriminatedUnion('kind', [
    messagePushSchema,
    presencePushSchema,
    contactPushSchema,
    preferencesPushSchema,
    pipePushSchema,
    ...livePushSchemas,
  ]),
})
export type Push = z.infer<typeof pushSchema>['push']
