// Writes live pictures and sound as Matroska (RFC 9559), which says of each frame when it is: what programs that show or keep films take as it
// comes. Two tracks, clusters of unknown size, nothing to go back to. Pure: frames in, bytes out.

import { concat, utf8 } from '@doorpost/protocol/bytes'

/** What is in the file. `private`: the decoder's settings, as each codec's mapping says (RFC 9559 section 12). */
export interface MatroskaTracks {
  readonly picture: {
    readonly codecId: string
    readonly width: number
    readonly height: number
    readonly private?: Uint8Array | undefined
  }
  readonly sound?: { readonly channels: number; readonly sampleRateHz: number } | undefined
}

export interface MatroskaBlock {
  readonly track: 'picture' | 'sound'
  /** Since the beginning, ms. */
  readonly atMs: number
  readonly isKey: boolean
  readonly bytes: Uint8Array
}

export interface MatroskaWriter {
  /** Comes first. */
  readonly head: Uint8Array
  /** A key picture begins a cluster, from which a player can go on. */
  block(block: MatroskaBlock): Uint8Array
}

/** Longest way from a cluster's time to a block's, ms: a signed number of 16 bits (section 10.2). */
const CLUSTER_MS_MAX = 32_000
/** For an EBML element whose end nobody knows yet (RFC 8794 section 6.2). */
const UNKNOWN_SIZE = Uint8Array.of(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
const TRACK = { picture: 1, sound: 2 } as const
/** Sound that a decoder must hear before a jump's place, ns: 80 ms (RFC 7845 section 4.6). */
const SEEK_PRE_ROLL_NS = 80_000_000

export function createMatroska(tracks: MatroskaTracks): MatroskaWriter {
  let clusterMs: number | undefined
  return {
    head: concat(
      element(0x1a45dfa3, text(0x4282, 'matroska'), number(0x4287, 4), number(0x4285, 2)),
      id(0x18538067),
      UNKNOWN_SIZE,
      // Times in milliseconds.
      element(0x1549a966, number(0x2ad7b1, 1_000_000), text(0x4d80, 'doorpost'), text(0x5741, 'doorpost')),
      element(0x1654ae6b, pictureTrack(tracks.picture), ...(tracks.sound ? [soundTrack(tracks.sound)] : [])),
    ),
    block({ track, atMs, isKey, bytes }) {
      const needs = clusterMs === undefined || Math.abs(atMs - clusterMs) > CLUSTER_MS_MAX
      const begins = needs || (track === 'picture' && isKey)
      if (begins) clusterMs = atMs
      const cluster = begins ? [id(0x1f43b675), UNKNOWN_SIZE, number(0xe7, atMs)] : []
      const lead = new DataView(new ArrayBuffer(4))
      lead.setUint8(0, 0x80 | TRACK[track])
      lead.setInt16(1, atMs - (clusterMs ?? atMs))
      lead.setUint8(3, isKey || track === 'sound' ? 0x80 : 0)
      return concat(...cluster, element(0xa3, new Uint8Array(lead.buffer), bytes))
    },
  }
}

function pictureTrack({ codecId, width, height, private: settings }: MatroskaTracks['picture']): Uint8Array {
  return element(
    0xae,
    ...[number(0xd7, TRACK.picture), number(0x73c5, TRACK.picture), number(0x83, 1), number(0x9c, 0)],
    text(0x86, codecId),
    ...(settings ? [element(0x63a2, settings)] : []),
    element(0xe0, number(0xb0, width), number(0xba, height)),
  )
}

/** Nothing is skipped at its beginning: it is a piece of something that had begun before. */
function soundTrack({ channels, sampleRateHz }: NonNullable<MatroskaTracks['sound']>): Uint8Array {
  const head = new DataView(new ArrayBuffer(11))
  head.setUint8(0, 1)
  head.setUint8(1, channels)
  head.setUint32(4, sampleRateHz, true)
  const rate = new DataView(new ArrayBuffer(8))
  rate.setFloat64(0, sampleRateHz)
  return element(
    0xae,
    ...[number(0xd7, TRACK.sound), number(0x73c5, TRACK.sound), number(0x83, 2), number(0x9c, 0)],
    ...[text(0x86, 'A_OPUS'), number(0x56aa, 0), number(0x56bb, SEEK_PRE_ROLL_NS)],
    element(0x63a2, utf8('OpusHead'), new Uint8Array(head.buffer)),
    element(0xe1, element(0xb5, new Uint8Array(rate.buffer)), number(0x9f, channels)),
  )
}

function element(name: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, { length: one }) => sum + one, 0)
  // Four bytes of size hold any frame (RFC 8794 section 4).
  const size = new DataView(new ArrayBuffer(4))
  size.setUint32(0, 0x1000_0000 + length)
  return concat(id(name), new Uint8Array(size.buffer), ...content)
}

function text(name: number, value: string): Uint8Array {
  return element(name, utf8(value))
}

function number(name: number, value: number): Uint8Array {
  const bytes = bigEndian(value)
  return element(name, bytes.length === 0 ? Uint8Array.of(0) : bytes)
}

/** Identifiers hold their own length. */
function id(name: number): Uint8Array {
  return bigEndian(name)
}

function bigEndian(value: number): Uint8Array {
  const bytes: number[] = []
  for (let left = value; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256)
  return Uint8Array.from(bytes)
}
