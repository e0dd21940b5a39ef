// A Metalink file (RFC 5854) of one ciphertext: its pieces with their hashes and where they are to be had, for programs that check
// pieces themselves. Pure.

import { HASH_BYTES, pieceCount, pieceLength } from '@doorpost/protocol/piece-list'

/** `urls`: best first. `sha256`: of the whole, where it is known. */
export function metalinkOf(media: {
  readonly root: string
  readonly sizeBytes: number
  readonly list: Uint8Array
  readonly urls: readonly string[]
  readonly sha256?: Uint8Array | undefined
}): string {
  const { root, sizeBytes, list, urls, sha256 } = media
  const hashes = Array.from({ length: pieceCount(sizeBytes) }, (_, index) =>
    hex(list.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)),
  )
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<metalink xmlns="urn:ietf:params:xml:ns:metalink">',
    `<file name="${escaped(root)}">`,
    `<size>${sizeBytes}</size>`,
    ...(sha256 ? [`<hash type="sha-256">${hex(sha256)}</hash>`] : []),
    `<pieces length="${pieceLength(sizeBytes)}" type="sha-256">`,
    ...hashes.map((hash) => `<hash>${hash}</hash>`),
    '</pieces>',
    ...urls.map((url, index) => `<url priority="${index + 1}">${escaped(url)}</url>`),
    '</file>',
    '</metalink>',
    '',
  ].join('\n')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
