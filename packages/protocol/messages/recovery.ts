// AUTHORIZATION /recoveries/NAME: somebody who holds the recovery words of a user puts a new account key in place. First
// without a body: the server answers with a nonce. Then with the list and the proof: it answers 200 with the head.

import { z } from 'zod'
import { headSchema } from '../device-list.ts'
import { base64urlOf, signatureSchema, signedSchema } from '../signature.ts'

export const recoverySchema = z.strictObject({
  deviceList: signedSchema,
  origin: z.url().max(300),
  serverNonce: base64urlOf(32),
  deviceNonce: base64urlOf(32),
  signature: signatureSchema,
})
export const recoveredSchema = z.strictObject({ head: headSchema })
