// What a picture is and how large it would be once decoded, by its first bytes alone: before a browser's decoder is given something
// that a stranger made. Pure; unknown is undefined, and then it is not shown.

export type PictureType = 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp' | 'image/avif'

export interface PictureHeader {
  readonly type: PictureType
  /** Pixels. */
  readonly width: number
  readonly height: number
}

/** A camera writes profiles and a small picture before the size of a JPEG, bytes. */
export const HEADER_BYTES = 512 * 1024
/** Four bytes each while it is shown: 256 MB. The largest of common cameras has 61 million. */
const PIXELS_MAX = 64_000_000
/** Longest side that browsers draw. */
const SIDE_MAX = 32_767

export function pictureHeader(bytes: Uint8Array): PictureHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    return png(view) ?? gif(view) ?? webp(view) ?? jpeg(view) ?? avif(view)
  } catch (error) {
    // It ends before its size is told.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

export function isBoundedPicture({ width, height }: PictureHeader): boolean {
  return width > 0 && height > 0 && width <= SIDE_MAX && height <= SIDE_MAX && width * height <= PIXELS_MAX
}

/** PNG, section 5.2 and 11.2.2. */
function png(view: DataView): PictureHeader | undefined {
  if (view.getUint32(0) !== 0x89504e47 || view.getUint32(4) !== 0x0d0a1a0a || text(view, 12) !== 'IHDR')
    return undefined
  return { type: 'image/png', width: view.getUint32(16), height: view.getUint32(20) }
}

/** GIF89a, sections 18 to 20: the screen, or the first frame where that reaches beyond it, since browsers draw it whole. */
function gif(view: DataView): PictureHeader | undefined {
  if (text(view, 0) !== 'GIF8') return undefined
  const flags = view.getUint8(10)
  let at = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)
  while (view.getUint8(at) === 0x21) {
    at += 2
    while (view.getUint8(at) !== 0) at += 1 + view.getUint8(at)
    at += 1
  }
  if (view.getUint8(at) !== 0x2c) return undefined
  const reach = (from: number) => view.getUint16(at + from, true) + view.getUint16(at + from + 4, true)
  return {
    type: 'image/gif',
    width: Math.max(view.getUint16(6, true), reach(1)),
    height: Math.max(view.getUint16(8, true), reach(3)),
  }
}

/** RFC 9649, section 2. */
function webp(view: DataView): PictureHeader | undefined {
  if (text(view, 0) !== 'RIFF' || text(view, 8) !== 'WEBP') return undefined
  const size = (width: number, height: number) => ({ type: 'image/webp', width, height }) as const
  const chunk = text(view, 12)
  if (chunk === 'VP8 ') return size(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff)
  if (chunk === 'VP8L') {
    const bits = view.getUint32(21, true)
    return size((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1)
  }
  if (chunk !== 'VP8X') return undefined
  const uint24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
  return size(uint24(24) + 1, uint24(27) + 1)
}

/** Segments that may stand before a frame: tables, applications' data, comments. Each has a length; what has none is no way to hide a frame in. */
const isBeforeFrame = (marker: number) =>
  [0xc4, 0xcc, 0xdb, 0xdd, 0xfe].includes(marker) || (marker >= 0xe0 && marker <= 0xef)

/** ITU-T T.81, Annex B: segments up to the first start of a frame. */
function jpeg(view: DataView): PictureHeader | undefined {
  if (view.getUint16(0) !== 0xffd8) return undefined
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) return undefined
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) {
      at += 1
      continue
    }
    // C4, C8 and CC are tables; all others from C0 to CF begin a frame.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { type: 'image/jpeg', height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
    }
    if (!isBeforeFrame(marker)) return undefined
    at += 2 + view.getUint16(at + 2)
  }
}

/**
 * ISO/IEC 23008-12, `ispe`: the largest of all pictures inside, as the box says that browsers go by: `meta`, whole and before all data. A file
 * that is a film first (brand `avis`) tells its size elsewhere.
 */
function avif(view: DataView): PictureHeader | undefined {
  if (text(view, 4) !== 'ftyp' || text(view, 8) !== 'avif') return undefined
  let at = view.getUint32(0)
  while (at >= 16 && ['free', 'skip'].includes(text(view, at + 4)) && view.getUint32(at) >= 8) at += view.getUint32(at)
  const end = at + view.getUint32(at)
  if (at < 16 || text(view, at + 4) !== 'meta' || end > view.byteLength) return undefined
  let width = 0
  let height = 0
  for (let inside = at + 8; inside + 16 <= end; inside++) {
    if (view.getUint32(inside) !== 0x69737065) continue
    width = Math.max(width, view.getUint32(inside + 8))
    height = Math.max(height, view.getUint32(inside + 12))
  }
  return width > 0 ? { type: 'image/avif', width, height } : undefined
}

function text(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3))
}
