// AUTHORIZATION /users/NAME/DEVICE. First without a body: the server answers 401 with a nonce. Then with the proof:
// it answers 200 with a token. Over a session the login also binds to the session.

import { z } from 'zod'
import { instantSchema } from '../dates.ts'
import { base64urlOf, signatureSchema } from '../signature.ts'

export const challengeSchema = z.strictObject({ nonce: base64urlOf(32), expiresAt: instantSchema })
export const proofSchema = z.strictObject({
  origin: z.url().max(300),
  serverNonce: base64urlOf(32),
  deviceNonce: base64urlOf(32),
  signature: signatureSchema,
})
export const loginSchema = z.strictObject({ token: base64urlOf(32), expiresAt: instantSchema })
export type Proof = z.infer<typeof proofSchema>
export type Login = z.infer<typeof loginSchema>
