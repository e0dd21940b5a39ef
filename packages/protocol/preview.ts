// A small picture of a media, made by its sender and sealed with the message: what a card shows before anything is fetched. Whoever
// shows it looks at the bytes first; what they say they are is a claim.

import { z } from 'zod'
import { isBase64url } from './bytes.ts'

/** Bytes of one picture: sharp on a card and a few dozen in one message. */
export const PREVIEW_BYTES_MAX = 24 * 1024
/** Longer side, px: a card's width on a screen with two pixels a point. */
export const PREVIEW_SIDE_MAX = 640
/** Of all media of one message, characters of base64url: half of a message body (MESSAGE_BODY_BYTES_MAX). */
export const PREVIEWS_LENGTH_MAX = 480 * 1024
/** What a picture may be. Nothing that holds script or other files. */
export const previewTypes = ['image/jpeg', 'image/webp', 'image/avif', 'image/png'] as const
/** A year: longer than any film. */
const DURATION_MAX_S = 366 * 86_400

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
  durationSeconds: z.number().min(0).max(DURATION_MAX_S).optional(),
})
export type Preview = z.infer<typeof previewSchema>
