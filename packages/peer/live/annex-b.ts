// Cuts a stream of H.264 in annex B form (ITU-T H.264 annex B) into access units by their delimiters (NAL unit type 9), and a stream of
// JPEGs into images by their end marker. Bytes in, whole frames out.

import { concat } from '@doorpost/protocol/bytes'

/** Longest frame, bytes: a key frame of 4K at high quality. A stream without delimiters ends here. */
export const FRAME_BYTES_MAX = 4 * 1024 * 1024
/** NAL unit types of table 7-1. */
const IDR_SLICE = 5
const DELIMITER = 9

export interface Cutter {
  /** Frames that are whole now. Throws RangeError when one would be longer than FRAME_BYTES_MAX. */
  push(bytes: Uint8Array): Uint8Array[]
  /** The last one, when nothing more comes. */
  end(): Uint8Array[]
}

/** Each access unit begins with its delimiter, and so does the stream. */
export function cutAccessUnits(): Cutter {
  return cutter((bytes, from) => {
    // A delimiter stands at the beginning, with its start code of three bytes or four: the next one ends the frame.
    for (let at = Math.max(from, 4); (at = startCodeAt(bytes, at)) >= 0; at += 3) {
      if (at + 3 >= bytes.length) return undefined
      if (((bytes[at + 3] as number) & 0x1f) !== DELIMITER) continue
      // A start code may have a zero byte before it, which belongs to what follows.
      return bytes[at - 1] === 0 ? at - 1 : at
    }
    return undefined
  })
}

/** Entropy-coded data has no end marker in it (ITU-T T.81 section F.1.2.3): the first one ends the image. */
export function cutJpegs(): Cutter {
  return cutter((bytes, from) => {
    for (let at = Math.max(0, from - 1); (at = bytes.indexOf(0xff, at)) >= 0; at++) {
      if (bytes[at + 1] === 0xd9) return at + 2
    }
    return undefined
  })
}

/** Whether an access unit begins a sequence: it has a slice of an IDR picture. */
export function isKeyUnit(bytes: Uint8Array): boolean {
  for (let at = 0; (at = startCodeAt(bytes, at)) >= 0; at += 3) {
    const type = (bytes[at + 3] ?? 0) & 0x1f
    if (type === IDR_SLICE) return true
    // Any other slice: the pictures of a unit are all of a kind.
    if (type === 1) return false
  }
  return false
}

/** RFC 6381 section 3.3, of the first sequence parameter set in it. */
export function codecOf(unit: Uint8Array): string | undefined {
  for (let at = 0; (at = startCodeAt(unit, at)) >= 0; at += 3) {
    if (((unit[at + 3] ?? 0) & 0x1f) !== 7 || at + 7 > unit.length) continue
    const hex = Array.from(unit.subarray(at + 4, at + 7), (byte) => byte.toString(16).padStart(2, '0'))
    return `avc1.${hex.join('')}`
  }
  return undefined
}

/** What is in an access unit, without start codes and the zeros around them. */
export function nalUnitsOf(unit: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = []
  for (let at = startCodeAt(unit, 0); at >= 0; ) {
    const next = startCodeAt(unit, at + 3)
    let end = next < 0 ? unit.length : next
    // No unit ends with a zero (section 7.4.1): those there belong to what follows.
    while (end > at + 3 && unit[end - 1] === 0) end--
    if (end > at + 3) units.push(unit.subarray(at + 3, end))
    at = next
  }
  return units
}

/** Where 00 00 01 stands; -1 where it does not. */
function startCodeAt(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(1, from + 2); at >= 0; at = bytes.indexOf(1, at + 1)) {
    if (bytes[at - 1] === 0 && bytes[at - 2] === 0) return at - 2
  }
  return -1
}

/** `endOf`: where the first frame in these bytes ends, looking from `from` on; undefined while it is not all there. */
function cutter(endOf: (bytes: Uint8Array, from: number) => number | undefined): Cutter {
  let rest: Uint8Array = new Uint8Array(0)
  return {
    push(bytes) {
      const frames: Uint8Array[] = []
      // A marker may have begun in the last four bytes.
      let from = Math.max(0, rest.length - 4)
      rest = rest.length === 0 ? bytes : concat(rest, bytes)
      for (let end = endOf(rest, from); end !== undefined; end = endOf(rest, from)) {
        frames.push(rest.slice(0, end))
        rest = rest.subarray(end)
        from = 0
      }
      if (rest.length > FRAME_BYTES_MAX) throw new RangeError(`a frame of more than ${FRAME_BYTES_MAX} bytes`)
      // What is kept must not be the caller's buffer.
      rest = rest.slice()
      return frames
    },
    end() {
      const frames = rest.length > 0 ? [rest] : []
      rest = new Uint8Array(0)
      return frames
    },
  }
}
