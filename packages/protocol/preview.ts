// A small picture of a media, made by its sender and sealed with the message: what a card shows before anything is fetched. Whoever
// shows it looks at the bytes first; what they say they are is a claim.

import { z } from 'zod'
import { isBase64url } from './bytes.ts'
import { PREVIEW_BYTES_MAX, PREVIEW_DURATION_MAX_S, PREVIEW_SIDE_MAX } from './limits.ts'

/** Of all media of one message, characters of base64url: half of a message body (MESSAGE_BODY_BYTES_MAX). */
export const PREVIEWS_LENGTH_MAX = 480 * 1024
/** What a picture may be. Nothing that holds script or other files. */
export const previewTypes = ['image/jpeg', 'image/webp', 'image/avif', 'image/png'] as const

const side = z.int().min(1).max(PREVIEW_SIDE_MAX)

export const previewSchema = z.strictObject({
  type: z.enum(previewTypes),
  /** base64url. */
  bytes: z
    .string()
    .min(1)
    .max(Math.ceil((PREVIEW_BYTES_MAX * 4) / 3))
    .refine(isBase64url, 'must be base64url'),
  /** Of the picture, px. */
  width: side,
  height: side,
  /** Of the media, where it has one. */
  durationSeconds: z.number().min(0).max(PREVIEW_DURATION_MAX_S).optional(),
})
export type Preview = z.infer<typeof previewSchema>
