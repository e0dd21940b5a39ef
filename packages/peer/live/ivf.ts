// Cuts a stream of IVF, the container that encoders of VP8 and AV1 write, into frames: a header of 32 bytes, and before each frame 12 bytes
// of its length and time (there is no standard but libvpx's ivfdec.c; all numbers little-endian). Bytes in, whole frames out.

import { concat } from '@doorpost/protocol/bytes'
import { type Cutter, FRAME_BYTES_MAX } from './annex-b.ts'

const FILE_HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 12
/** `DKIF`, version 0, and how long the header is. */
const SIGNATURE = [0x44, 0x4b, 0x49, 0x46, 0, 0, FILE_HEADER_BYTES, 0] as const

/** `push` throws RangeError on what is no IVF, and on a frame longer than FRAME_BYTES_MAX. */
export function cutIvf(): Cutter {
  let rest: Uint8Array = new Uint8Array(0)
  let hasBegun = false
  return {
    push(bytes) {
      rest = rest.length === 0 ? bytes : concat(rest, bytes)
      const frames: Uint8Array[] = []
      if (!hasBegun) {
        if (rest.length < FILE_HEADER_BYTES) {
          rest = rest.slice()
          return frames
        }
        if (SIGNATURE.some((byte, at) => rest[at] !== byte)) throw new RangeError('this is no IVF')
        rest = rest.subarray(FILE_HEADER_BYTES)
        hasBegun = true
      }
      while (rest.length >= FRAME_HEADER_BYTES) {
        const length = new DataView(rest.buffer, rest.byteOffset).getUint32(0, true)
        if (length > FRAME_BYTES_MAX) throw new RangeError(`a frame of more than ${FRAME_BYTES_MAX} bytes`)
        const end = FRAME_HEADER_BYTES + length
        if (rest.length < end) break
        frames.push(rest.slice(FRAME_HEADER_BYTES, end))
        rest = rest.subarray(end)
      }
      // What is kept must not be the caller's buffer.
      rest = rest.slice()
      return frames
    },
    // What is not whole is no frame.
    end: () => [],
  }
}
