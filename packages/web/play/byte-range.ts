// The Range header of one request (RFC 9110 section 14.2), as a media element and a download send it.

/** `whole`: as if nothing had been asked. `none`: 416. `end` is the byte after the last. */
export type ByteRange =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'none' }

/** Anything that is not one range of bytes is ignored, as the RFC lets a server do: several at once, other units, nonsense. */
export function parseRange(header: string | null, sizeBytes: number): ByteRange {
  const found = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(header?.trim() ?? '')
  if (!found) return { kind: 'whole' }
  const [, first = '', last = ''] = found
  if (first === '' && last === '') return { kind: 'whole' }
  if (first === '') {
    const suffixBytes = Number(last)
    if (suffixBytes === 0 || sizeBytes === 0) return { kind: 'none' }
    return { kind: 'part', start: Math.max(0, sizeBytes - suffixBytes), end: sizeBytes }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return { kind: 'whole' }
  if (start >= sizeBytes) return { kind: 'none' }
  return { kind: 'part', start, end: last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1) }
}
