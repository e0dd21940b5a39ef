// What part of a file an HTTP request asks for (RFC 9110 sections 13 and 14). Pure. One range an answer: several at once are
// refused, since each may be asked for by itself.

export interface RangeAsked {
  readonly range: string | undefined
  readonly ifRange: string | undefined
  readonly ifNoneMatch: string | undefined
}

export type RangeAnswer =
  | { readonly status: 200; readonly from: 0; readonly length: number }
  | { readonly status: 206; readonly from: number; readonly length: number }
  /** The caller has it. */
  | { readonly status: 304 }
  /** Nothing of the file lies there, or several parts were asked for. */
  | { readonly status: 416 }

/** `etag`: strong, in its quotes. The file never changes under it. */
export function rangeAnswer({ range, ifRange, ifNoneMatch }: RangeAsked, sizeBytes: number, etag: string): RangeAnswer {
  const whole = { status: 200, from: 0, length: sizeBytes } as const
  // Weak comparison is enough here (section 13.1.2): `*` and W/ count.
  const known = ifNoneMatch?.split(',').map((one) => one.trim().replace(/^W\//, ''))
  if (known?.some((one) => one === etag || one === '*')) return { status: 304 }
  if (range === undefined) return whole
  // Section 13.1.5: any other validator, dates and weak ones included, asks for the whole.
  if (ifRange !== undefined && ifRange !== etag) return whole
  const [unit, set = ''] = range.split('=', 2)
  // Section 14.2: a unit that is not known is as if nothing had been asked.
  if (unit?.trim().toLowerCase() !== 'bytes') return whole
  const parts = /^\s*(\d{0,16})-(\d{0,16})\s*$/.exec(set)
  const [, first = '', last = ''] = parts ?? []
  if (!parts || (first === '' && last === '')) return { status: 416 }
  if (first === '') {
    // The last so many bytes; all of it where it has fewer.
    const length = Math.min(Number(last), sizeBytes)
    return length === 0 ? { status: 416 } : { status: 206, from: sizeBytes - length, length }
  }
  const from = Number(first)
  const to = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  if (from >= sizeBytes || (last !== '' && Number(last) < from)) return { status: 416 }
  return { status: 206, from, length: to - from + 1 }
}
