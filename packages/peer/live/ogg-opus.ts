// Takes Opus packets out of an Ogg stream (RFC 3533, RFC 7845), each with the time at which it begins. One logical stream, pages in their
// order, packets of 20 ms: what a source of sound is asked for. Bytes in, whole packets out; everything else is refused.

import { concat } from '@doorpost/protocol/bytes'

/** Opus counts its samples at this rate, whatever was recorded (RFC 7845 section 4). */
export const OPUS_RATE_HZ = 48_000
/** Of every packet, as frame.ts says of sound, us. */
export const OPUS_PACKET_US = 20_000
const PACKET_SAMPLES = (OPUS_RATE_HZ * OPUS_PACKET_US) / 1e6
/** Longest packet, bytes: a frame is at most 1275 (RFC 6716 section 3.2.1), and 20 ms are one frame, or two of half the length. */
export const OPUS_PACKET_BYTES_MAX = 2_560
/** Longest comment header, bytes: titles and thanks; none of it is kept. */
const COMMENT_BYTES_MAX = 64 * 1024
/** Before the lacing values (RFC 3533 section 6). */
const PAGE_HEADER_BYTES = 27
/** A page's header type: it goes on with a packet; it is the first; the last. */
const [CONTINUED, FIRST, LAST] = [1, 2, 4] as const
/** Longest stream, samples: a year of sound, far inside what a number holds exactly. */
const SAMPLES_MAX = OPUS_RATE_HZ * 86_400 * 366

export interface OpusPacket {
  /** Where its sound begins, us after the beginning of the stream; a little before it for the first. Never goes back. */
  readonly atUs: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface OggOpusReader {
  /** Packets that are whole now. Throws RangeError on anything but Ogg Opus as asked for; nothing can be read after that. */
  push(bytes: Uint8Array): OpusPacket[]
}

interface Page {
  readonly flags: number
  /** Samples at the end of the last packet that ends in it; undefined where none does. */
  readonly endSamples: number | undefined
  /** Bytes of packets; the last one goes on in the next page where `isOpen`. */
  readonly parts: readonly Uint8Array[]
  readonly isOpen: boolean
}

export function readOggOpus(): OggOpusReader {
  let rest: Uint8Array = new Uint8Array(0)
  let serial: number | undefined
  let sequence = 0
  /** Begun in an earlier page; undefined: none. */
  let begun: Uint8Array | undefined
  /** Packets of the stream until now: the first two are headers. */
  let packets = 0
  let skipSamples = 0
  let isLast = false
  let endSamples = -Infinity

  /** Undefined while it is not all there. */
  function nextPage(): Page | undefined {
    if (rest.length < PAGE_HEADER_BYTES) return undefined
    const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength)
    if (view.getUint32(0) !== 0x4f676753 || rest[4] !== 0) throw new RangeError('no Ogg page')
    const lacing = rest[26] as number
    const bodyAt = PAGE_HEADER_BYTES + lacing
    if (rest.length < bodyAt) return undefined
    const lengths = rest.subarray(PAGE_HEADER_BYTES, bodyAt)
    const end = bodyAt + lengths.reduce((sum, length) => sum + length, 0)
    if (rest.length < end) return undefined
    const page = rest.subarray(0, end)
    rest = rest.subarray(end)
    checkPlace(page, view)
    const granule = view.getBigInt64(6, true)
    if (granule < -1n || granule > BigInt(SAMPLES_MAX)) throw new RangeError('a page of no time')
    const parts: Uint8Array[] = []
    let from = bodyAt
    let at = bodyAt
    for (const length of lengths) {
      at += length
      if (length === 255) continue
      parts.push(page.subarray(from, at))
      from = at
    }
    const isOpen = lengths.at(-1) === 255
    if (isOpen) parts.push(page.subarray(from, at))
    return {
      flags: page[5] as number,
      endSamples: granule === -1n ? undefined : Number(granule),
      parts,
      isOpen,
    }
  }

  function checkPlace(page: Uint8Array, view: DataView): void {
    const isFirst = serial === undefined
    serial ??= view.getUint32(14, true)
    const flags = page[5] as number
    if (isLast || flags > 7 || ((flags & FIRST) !== 0) !== isFirst) throw new RangeError('not one Ogg stream')
    if (view.getUint32(14, true) !== serial || view.getUint32(18, true) !== sequence++) {
      throw new RangeError('not the next page of its stream')
    }
    if (((flags & CONTINUED) !== 0) !== (begun !== undefined)) throw new RangeError('half a packet')
    if (view.getUint32(22, true) !== checksum(page)) throw new RangeError('a page that was changed')
    isLast = (flags & LAST) !== 0
  }

  /** The packets of sound that end in this page. */
  function packetsOf({ parts, isOpen, flags }: Page): Uint8Array[] {
    const whole: Uint8Array[] = []
    for (const [index, part] of parts.entries()) {
      const packet = begun && index === 0 ? concat(begun, part) : part
      if (packet.length > (packets === 1 ? COMMENT_BYTES_MAX : OPUS_PACKET_BYTES_MAX)) {
        throw new RangeError('a packet that is too long')
      }
      if (isOpen && index === parts.length - 1) {
        begun = packet.slice()
        continue
      }
      begun = undefined
      packets++
      if (packets === 1) skipSamples = readHead(packet)
      else if (packets === 2) checkName(packet, 'OpusTags')
      else whole.push(packet)
    }
    // Each header ends its page (RFC 7845 section 3).
    if ((flags & FIRST) !== 0 && (packets !== 1 || isOpen)) throw new RangeError('no header page')
    return whole
  }

  function timed(page: Page, whole: readonly Uint8Array[]): OpusPacket[] {
    if (whole.length === 0) return []
    if (page.endSamples === undefined) throw new RangeError('packets of no time')
    for (const packet of whole) if (samplesOf(packet) !== PACKET_SAMPLES) throw new RangeError('not 20 ms of sound')
    // The last page may end before its last packet does (section 4.4): it begins where the one before ended.
    const from = Math.max(endSamples, page.endSamples - skipSamples - whole.length * PACKET_SAMPLES)
    endSamples = from + whole.length * PACKET_SAMPLES
    return whole.map((packet, index) => ({
      atUs: Math.round(((from + index * PACKET_SAMPLES) * 1e6) / OPUS_RATE_HZ),
      bytes: packet.slice(),
    }))
  }

  return {
    push(bytes) {
      rest = rest.length === 0 ? bytes : concat(rest, bytes)
      const found: OpusPacket[] = []
      for (let page = nextPage(); page; page = nextPage()) found.push(...timed(page, packetsOf(page)))
      // Under 64 KiB, since every whole page was taken; and not the caller's buffer.
      rest = rest.slice()
      return found
    },
  }
}

/** RFC 7845 section 5.1; the samples at the beginning that are there for the decoder alone. */
function readHead(packet: Uint8Array): number {
  checkName(packet, 'OpusHead')
  const [version = 16, channels = 0] = packet.subarray(8)
  // Mapping family 0: one stream, mono or stereo.
  if (packet.length < 19 || version > 15 || channels < 1 || channels > 2 || packet[18] !== 0) {
    throw new RangeError('no sound of one or two channels')
  }
  return new DataView(packet.buffer, packet.byteOffset).getUint16(10, true)
}

function checkName(packet: Uint8Array, name: string): void {
  if (String.fromCharCode(...packet.subarray(0, 8)) !== name) throw new RangeError(`no ${name}`)
}

/** Samples of a packet, by its first byte or two (RFC 6716 section 3.1); 0 of what is none. */
export function samplesOf(packet: Uint8Array): number {
  const [toc] = packet
  if (toc === undefined) return 0
  const config = toc >> 3
  const frameSamples =
    config < 12
      ? ([480, 960, 1920, 2880] as const)[(config % 4) as 0 | 1 | 2 | 3]
      : config < 16
        ? ([480, 960] as const)[(config % 2) as 0 | 1]
        : ([120, 240, 480, 960] as const)[(config % 4) as 0 | 1 | 2 | 3]
  const code = toc & 3
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 0x3f
  return frameSamples * frames
}

/** RFC 3533 section 6: CRC with polynomial 0x04c11db7, over the page with its checksum field zero. */
export function checksum(page: Uint8Array): number {
  let crc = 0
  for (const [at, byte] of page.entries()) {
    crc = ((crc << 8) ^ (table[((crc >>> 24) ^ (at >= 22 && at < 26 ? 0 : byte)) & 0xff] as number)) >>> 0
  }
  return crc
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0)
  return crc
})
