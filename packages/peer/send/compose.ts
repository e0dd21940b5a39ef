// From what a user wants to send to what is signed: checks the draft, names every file by a handle, and later, when the
// recipients' keys are known, signs and seals. Reading files is offer.ts's, finding them the disk's.

import { type DeviceAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import type { Envelope } from '@doorpost/protocol/envelope'
import type { Handle } from '@doorpost/protocol/handle'
import { formatHandleUrl } from '@doorpost/protocol/handle'
import { LIFETIME_DEFAULT_MS, LIFETIME_MAX_MS, MESSAGE_BODY_BYTES_MAX } from '@doorpost/protocol/limits'
import { type LocationMessage, locationMessageSchema } from '@doorpost/protocol/location-message'
import type { Note } from '@doorpost/protocol/note'
import { PREVIEWS_LENGTH_MAX } from '@doorpost/protocol/preview'
import { hashOfSigned } from '@doorpost/protocol/signature'
import { signMessage, signNote } from '@doorpost/protocol/signed-message'
import type { FoundFile } from '../device-files.ts'
import type { Identity } from '../identity/identity-record.ts'
import { sealMessage } from '../identity/seal.ts'
import { type Draft, type ListedMedia, Trouble } from '../operations.ts'
import { mediaType } from './media-type.ts'
import type { Offer } from './offer.ts'
import type { OutboxEntry } from './outbox-entry.ts'
import type { Addressee } from './recipients.ts'

/** What the words and handles may take of a message body, bytes: the rest is for 100 recipients of some 600 bytes each. */
const CONTENT_BYTES_MAX = Math.floor(MESSAGE_BODY_BYTES_MAX * 0.9)

const described = ['title', 'time', 'copyright', 'text', 'who', 'what', 'when', 'where', 'why'] as const

/** The message's words without its media. Throws Trouble `malformed`, naming the field, or `nothing-to-send`. */
export function wordsOf(draft: Draft): Omit<LocationMessage, 'media'> {
  const { to: _to, files, fileTitles: _titles, fileDates: _dates, lifetimeMs: _lifetime, ...rest } = draft
  const { copy: _copy, whenFetched: _when, confirmed: _confirmed, filePreviews: _previews, ...words } = rest
  if (files.length === 0 && described.every((name) => (words[name] ?? '') === '')) {
    throw new Trouble('nothing-to-send', 'There is nothing to send: no file, no text, no title.')
  }
  const parsed = locationMessageSchema.omit({ media: true }).safeParse(words)
  if (parsed.success) return parsed.data
  const field = String(parsed.error.issues[0]?.path[0] ?? 'message')
  throw new Trouble('malformed', `The ${field} cannot be sent as it is written.`, {
    todo: 'Dates are written like 2026-11-21 or 2026-11-21T14:02:00Z, times like 14:02.',
    cause: parsed.error,
  })
}

/** How long the message may wait, ms. Throws Trouble `malformed`. */
export function lifetimeOf(draft: Draft): number {
  const { lifetimeMs = LIFETIME_DEFAULT_MS } = draft
  if (Number.isFinite(lifetimeMs) && lifetimeMs >= 1000 && lifetimeMs <= LIFETIME_MAX_MS) return Math.floor(lifetimeMs)
  throw new Trouble('malformed', 'A message can wait from a second to 90 days.')
}

/** The handle of one file that was read. */
export function handleOf(file: FoundFile, offer: Offer, draft: Draft, source: DeviceAddress): Handle {
  const title = draft.fileTitles?.[file.given]
  const date = draft.fileDates?.[file.given]
  const preview = draft.filePreviews?.[file.given]
  return {
    root: toBase64url(offer.root),
    sizeBytes: offer.sizeBytes,
    pieceLength: offer.pieceLength,
    key: toBase64url(offer.key),
    name: file.name,
    ...(file.folder.length > 0 && { folder: [...file.folder] }),
    type: mediaType(file.name),
    ...(title !== undefined && { title }),
    ...(date !== undefined && { date }),
    ...(preview !== undefined && { preview }),
    sources: [source],
  }
}

/** Throws Trouble `malformed` or `too-large` where the whole is no message. */
export function contentOf(words: Omit<LocationMessage, 'media'>, media: Handle[]): LocationMessage {
  const parsed = locationMessageSchema.safeParse({ ...words, media: withPreviewsThatFit(media) })
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path
    const name = at?.[0] === 'media' ? media[Number(at[1])]?.name : undefined
    throw new Trouble(
      'malformed',
      `${name ?? 'The message'} cannot be sent: its name, title or date is not in order.`,
      {
        cause: parsed.error,
      },
    )
  }
  if (new TextEncoder().encode(JSON.stringify(parsed.data)).length > CONTENT_BYTES_MAX) {
    throw new Trouble('too-large', 'These are more files, or longer names and texts, than one message holds.', {
      todo: 'Send fewer files at a time, or put them into an archive.',
    })
  }
  return parsed.data
}

/** Pictures of the first media come first; one that finds no room is left out, its media is not. */
function withPreviewsThatFit(media: readonly Handle[]): Handle[] {
  let left = PREVIEWS_LENGTH_MAX
  return media.map((handle) => {
    const { preview, ...plain } = handle
    if (!preview) return handle
    left -= preview.bytes.length
    return left >= 0 ? handle : plain
  })
}

/** Signs and seals an entry for the devices of everybody it is for. Throws Refusal or Trouble `too-large`. */
export async function sealEntry(
  me: Identity,
  entry: OutboxEntry,
  addressees: readonly Addressee[],
): Promise<{ readonly envelope: Envelope; readonly messageHash: string }> {
  const { id, date, expires } = entry
  const common = {
    v: 1 as const,
    id,
    from: me.address,
    fromAccount: me.fingerprint,
    to: addressees.map(({ address, person }) => ({ address, accountKey: person.fingerprint, seen: person.head })),
    date,
    expires,
    head: me.opened.head,
  }
  const signed =
    entry.class === 'message'
      ? signMessage({ ...common, content: entry.content as LocationMessage }, me.deviceKey)
      : signNote({ ...common, content: entry.content as Note }, me.deviceKey)
  const sealed = await sealMessage({ signed, id, devices: addressees.flatMap(({ devices }) => devices) })
  const envelope: Envelope = {
    v: 1,
    id,
    class: entry.class,
    from: me.address,
    to: addressees.map(({ address }) => address),
    date,
    expires,
    heads: addressees.map(({ person }) => person.head),
    sealed,
  }
  return { envelope, messageHash: hashOfSigned(signed) }
}

/** A new message id. It never begins with a dash, which programs would take for an option. */
export function newMessageId(random: (bytes: number) => Uint8Array): string {
  for (;;) {
    const id = toBase64url(random(16))
    if (/^[A-Za-z0-9]/.test(id)) return id
  }
}

/** A handle as people see it in lists. */
export function listedMedia(handle: Handle, from: DeviceAddress, messageId: string): ListedMedia {
  const { root, sizeBytes, name, folder, type, title, date, preview } = handle
  const user = from.slice(0, from.indexOf('/')) as Parameters<typeof formatHandleUrl>[0]['from']
  return {
    name,
    ...(folder !== undefined && { folder }),
    sizeBytes,
    type,
    root,
    ...(title !== undefined && { title }),
    ...(date !== undefined && { date }),
    ...(preview !== undefined && { preview }),
    url: formatHandleUrl({ from: user, messageId, handle }),
  }
}
