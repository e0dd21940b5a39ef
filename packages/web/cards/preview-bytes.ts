// The bytes of a preview that somebody sent, if they are what they are said to be: a picture of that type and those sides that does not
// move, within the bounds of a preview. Pure.

import { fromBase64url } from '@doorpost/protocol/bytes'
import { PREVIEW_BYTES_MAX, PREVIEW_SIDE_MAX } from '@doorpost/protocol/limits'
import type { Preview } from '@doorpost/protocol/preview'
import { pictureHeader } from '../play/picture-header.ts'

/** Undefined: not to be shown. */
export function pictureBytes({ type, bytes, width, height }: Preview): Uint8Array<ArrayBuffer> | undefined {
  if (width > PREVIEW_SIDE_MAX || height > PREVIEW_SIDE_MAX || bytes.length > PREVIEW_BYTES_MAX * 2) return undefined
  const plain = new Uint8Array(fromBase64url(bytes))
  if (plain.length > PREVIEW_BYTES_MAX) return undefined
  const header = pictureHeader(plain)
  const isWhatItSays = header?.type === type && header.width === width && header.height === height
  return isWhatItSays && !moves(plain) ? plain : undefined
}

/** APNG (PNG third edition section 11.3.6.1), animated WebP (RFC 9649 section 2.7.1) and AVIF sequences hold these words. */
function moves(bytes: Uint8Array): boolean {
  return ['acTL', 'ANIM', 'avis'].some((word) => has(bytes, word))
}

function has(bytes: Uint8Array, word: string): boolean {
  const wanted = Array.from(word, (letter) => letter.charCodeAt(0))
  for (let at = bytes.indexOf(wanted[0] ?? 0); at >= 0; at = bytes.indexOf(wanted[0] ?? 0, at + 1)) {
    if (wanted.every((code, index) => bytes[at + index] === code)) return true
  }
  return false
}
