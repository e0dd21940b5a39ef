// What one device asks another through the tunnel: questions in the frames of piece-wire.ts, signed by the asking device
// (kind `tunnel-request`). The server carries it unread. Answered with the source's frames and bulk, in the order asked.

import { z } from 'zod'
import { fromUtf8, isBase64url, toBase64url, utf8 } from './bytes.ts'
import { instantSchema } from './dates.ts'
import { deviceAddressSchema, messageIdSchema } from './handle.ts'
import {
  base64urlOf,
  hashSchema,
  openSigned,
  type Signed,
  signatureSchema,
  signedSchema,
  signJson,
} from './signature.ts'

/** Frames of one request, bytes: 64 KiB of PIPE hold them twice in base64 with all that is around them. */
export const ASK_BYTES_MAX = 16 * 1024
/** How long a request is good, ms; a clock's forgiven difference (CLOCK_SKEW_MS) comes on top. */
export const TUNNEL_REQUEST_LIFE_MS = 60_000

/** Stored media told of in one request of a link holder: 3 KB. */
export const STORED_MAX = 64
/** Sealed offer of a path, characters of base64url: 24 candidates of 160 bytes and a description. */
const OFFER_LENGTH_MAX = 8 * 1024

export const tunnelRequestSchema = z.strictObject({
  v: z.literal(1),
  /** Who asks whom: no other device may be asked with it. */
  from: deviceAddressSchema,
  to: deviceAddressSchema,
  message: z.strictObject({ from: deviceAddressSchema, id: messageIdSchema }),
  /** Drawn for each path; with `number`, which counts its requests from 0, this is used once. */
  path: base64urlOf(16),
  number: z
    .int()
    .min(0)
    .max(2 ** 31),
  time: instantSchema,
  /** Encoded questions about media of that message, base64url. */
  ask: z
    .string()
    .min(1)
    .max(Math.ceil((ASK_BYTES_MAX * 4) / 3))
    .refine(isBase64url, 'must be base64url'),
  /** Of whoever holds a link and has no account (grant.ts). */
  grant: z
    .strictObject({
      /** By the access key: the key that signs this request may speak for the link. */
      vouched: signatureSchema,
      /** It has verified the first piece of this media: pieceProof. */
      proof: z.strictObject({ root: hashSchema, hash: hashSchema }).optional(),
      /** Roots that are verified and stored there. */
      stored: z.array(hashSchema).max(STORED_MAX).optional(),
      /** It may be reached, and reach the source, by webrtc (grant-path.ts); answered where the request asks `want-path`. */
      offer: z
        .strictObject({
          attempt: base64urlOf(16),
          sealed: z.string().min(1).max(OFFER_LENGTH_MAX).refine(isBase64url, 'must be base64url'),
        })
        .optional(),
    })
    .optional(),
})
export type TunnelRequest = z.infer<typeof tunnelRequestSchema>

/** The bytes of PIPE. */
export function encodeTunnelRequest(
  request: Omit<TunnelRequest, 'v' | 'ask'> & { readonly ask: Uint8Array },
  deviceKey: { secret: Uint8Array; public: Uint8Array },
): Uint8Array {
  const signed = signJson('tunnel-request', { v: 1, ...request, ask: toBase64url(request.ask) }, deviceKey)
  return utf8(JSON.stringify(signed))
}

/** Verified and parsed, with the key that signed; undefined for everything else. Whose key it is is the caller's check. */
export function openTunnelRequest(bytes: Uint8Array): { request: TunnelRequest; signed: Signed } | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(fromUtf8(bytes))
  } catch {
    return undefined
  }
  const signed = signedSchema.safeParse(parsed)
  const request = signed.success ? openSigned('tunnel-request', signed.data, tunnelRequestSchema) : undefined
  return signed.success && request ? { request, signed: signed.data } : undefined
}
