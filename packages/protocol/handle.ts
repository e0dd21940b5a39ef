// A handle names one media file: its root, size, piece length, key, file name, media type and sources (DESIGN section 2).
// It travels sealed in a location message, or as a URL from hand to hand. It gives nobody the right to fetch: that is
// checked against the message's recipients by every source.

import { z } from 'zod'
import { type DeviceAddress, isDeviceAddress, type UserAddress } from './address.ts'
import { instantOrDate } from './dates.ts'
import { userAddressSchema } from './device-list.ts'
import { FIELD_LENGTH_MAX } from './limits.ts'
import { isMediaSize, MAX_MEDIA_BYTES, pieceLength } from './piece-list.ts'
import { previewSchema } from './preview.ts'
import { base64urlOf, hashSchema } from './signature.ts'

export const deviceAddressSchema = z
  .string()
  .refine(isDeviceAddress, 'must be user@domain/device') as unknown as z.ZodType<DeviceAddress>

/** 128 random bits, base64url: 22 characters. The sender chooses it; it is unique per sender. */
export const messageIdSchema = base64urlOf(16)

/** Devices named in one handle. Later sources announce themselves by notes. */
const SOURCES_MAX = 16
/** Folders around one file. */
const FOLDER_DEPTH_MAX = 32
/** A name as written by the sender, characters. It is hostile until file-name.ts has made it safe. */
const NAME_LENGTH_MAX = 4096

/** RFC 6838 type and subtype, without parameters. */
const mediaTypeSchema = z.string().regex(/^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/)

export const handleSchema = z
  .strictObject({
    /** SHA-256 that binds size, piece length, key and piece list, base64url (piece-list.ts). */
    root: hashSchema,
    /** Size of the media and of its ciphertext, bytes. */
    sizeBytes: z.int().min(0).max(MAX_MEDIA_BYTES),
    pieceLength: z.int(),
    /** AES-256 key, base64url. Secret. */
    key: base64urlOf(32),
    name: z.string().max(NAME_LENGTH_MAX),
    /** Folders around the file, outermost first, as the sender has them. */
    folder: z.array(z.string().max(NAME_LENGTH_MAX)).max(FOLDER_DEPTH_MAX).optional(),
    type: mediaTypeSchema,
    title: z.string().max(FIELD_LENGTH_MAX).optional(),
    date: instantOrDate.optional(),
    /** Not in a handle's URL: that is for hands and lines of text. */
    preview: previewSchema.optional(),
    sources: z.array(deviceAddressSchema).max(SOURCES_MAX),
  })
  // Asked even when the size has failed its own check, where pieceLength would throw.
  .refine(
    ({ sizeBytes, ...handle }) => !isMediaSize(sizeBytes) || handle.pieceLength === pieceLength(sizeBytes),
    'piece length does not fit the size',
  )
export type Handle = z.infer<typeof handleSchema>

/** A handle with the message that carries the right to it. */
export interface HandleUrl {
  readonly from: UserAddress
  readonly messageId: string
  readonly handle: Handle
}

/**
 * `doorpost:MESSAGE-ID/ROOT?from=…&size=…&name=…&type=…&source=…#KEY`. The key stands in the fragment, which clients
 * keep to themselves (RFC 3986 section 3.5).
 */
export function formatHandleUrl({ from, messageId, handle }: HandleUrl): string {
  const query = new URLSearchParams({ from, size: String(handle.sizeBytes), name: handle.name, type: handle.type })
  for (const folder of handle.folder ?? []) query.append('folder', folder)
  if (handle.title !== undefined) query.set('title', handle.title)
  if (handle.date !== undefined) query.set('date', handle.date)
  for (const source of handle.sources) query.append('source', source)
  return `doorpost:${messageId}/${handle.root}?${query}#${handle.key}`
}

/** Undefined for anything that is not a complete handle URL. */
export function parseHandleUrl(text: string): HandleUrl | undefined {
  const match = /^doorpost:([A-Za-z0-9_-]{22})\/([A-Za-z0-9_-]{43})\?([^#]*)#([A-Za-z0-9_-]{43})$/.exec(text)
  if (!match) return undefined
  const [, messageId = '', root = '', queryText = '', key = ''] = match
  const query = new URLSearchParams(queryText)
  const sizeText = query.get('size') ?? ''
  if (!/^[0-9]{1,16}$/.test(sizeText)) return undefined
  const sizeBytes = Number(sizeText)
  if (sizeBytes > MAX_MEDIA_BYTES) return undefined
  const folder = query.getAll('folder')
  const optional = (name: 'title' | 'date') => (query.has(name) ? { [name]: query.get(name) } : {})
  const parsed = z.object({ from: userAddressSchema, messageId: messageIdSchema, handle: handleSchema }).safeParse({
    from: query.get('from'),
    messageId,
    handle: {
      root,
      sizeBytes,
      pieceLength: pieceLength(sizeBytes),
      key,
      name: query.get('name'),
      ...(folder.length > 0 && { folder }),
      type: query.get('type'),
      ...optional('title'),
      ...optional('date'),
      sources: query.getAll('source'),
    },
  })
  return parsed.success ? parsed.data : undefined
}
