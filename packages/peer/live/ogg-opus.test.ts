// Ogg Opus streams made here by the letter of RFC 3533, whole, in pieces and spoilt.

import { concat, utf8 } from '@doorpost/protocol/bytes'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checksum, OPUS_PACKET_BYTES_MAX, type OpusPacket, readOggOpus, samplesOf } from './ogg-opus.ts'

const SKIP = 312

interface PageWish {
  readonly flags?: number
  readonly granule?: bigint
  readonly sequence: number
  readonly serial?: number
  readonly packets?: readonly Uint8Array[]
  /** In place of what the packets need. */
  readonly lacing?: readonly number[]
}

function pageOf({ flags = 0, granule = 0n, sequence, serial = 7, packets = [], lacing }: PageWish): Uint8Array {
  const values =
    lacing ?? packets.flatMap(({ length }) => [...Array<number>(Math.floor(length / 255)).fill(255), length % 255])
  const page = concat(utf8('OggS'), new Uint8Array(23), Uint8Array.from(values), ...packets)
  const view = new DataView(page.buffer)
  view.setUint8(5, flags)
  view.setBigInt64(6, granule, true)
  view.setUint32(14, serial, true)
  view.setUint32(18, sequence, true)
  view.setUint8(26, values.length)
  view.setUint32(22, checksum(page), true)
  return page
}

const head = concat(utf8('OpusHead'), Uint8Array.of(1, 2, SKIP & 255, SKIP >> 8, 0x80, 0xbb, 0, 0, 0, 0, 0))
const tags = concat(utf8('OpusTags'), new Uint8Array(8))
const headers = [pageOf({ flags: 2, sequence: 0, packets: [head] }), pageOf({ sequence: 1, packets: [tags] })]
/** CELT, 20 ms, stereo, one frame. */
const packetOf = (length: number, fill = 1) => Uint8Array.from({ length }, (_, at) => (at === 0 ? 0xfc : fill))

function read(bytes: Uint8Array, cuts: readonly number[] = []): OpusPacket[] {
  const reader = readOggOpus()
  const found: OpusPacket[] = []
  let from = 0
  for (const cut of [...cuts.filter((at) => at < bytes.length).toSorted((a, b) => a - b), bytes.length]) {
    // A buffer of the caller's, who uses it again.
    const chunk = bytes.slice(from, cut)
    found.push(...reader.push(chunk))
    chunk.fill(0)
    from = cut
  }
  return found
}

test('[LVP60] every packet of a stream comes once, with its time, in whatever pieces the stream comes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 2, max: OPUS_PACKET_BYTES_MAX }), { minLength: 1, maxLength: 4 }), {
        maxLength: 12,
      }),
      fc.array(fc.nat(60_000), { maxLength: 20 }),
      (lengths, cuts) => {
        let samples = 0
        let number = 0
        const packets: Uint8Array[] = []
        const pages = lengths.map((ofPage, index) => {
          const here = ofPage.map((length) => packetOf(length, number++ & 255))
          packets.push(...here)
          samples += here.length * 960
          const flags = index === lengths.length - 1 ? 4 : 0
          return pageOf({ flags, granule: BigInt(samples), sequence: index + 2, packets: here })
        })
        const found = read(concat(...headers, ...pages), cuts)
        expect(found.map(({ bytes }) => bytes)).toEqual(packets)
        // The first samples are there for the decoder alone.
        expect(found.map(({ atUs }) => atUs)).toEqual(packets.map((_, index) => index * 20_000 - 6_500))
      },
    ),
  )
})

test('[LVP60] a packet may go on in the next page; what begins later says so; the end may cut the last packet short', () => {
  const long = packetOf(300, 3)
  const parts = [
    pageOf({ sequence: 2, granule: -1n, packets: [long.subarray(0, 255)], lacing: [255] }),
    pageOf({ sequence: 3, granule: 48_000n + 312n, flags: 1, packets: [long.subarray(255)] }),
    pageOf({ sequence: 4, granule: 48_000n + 400n, flags: 4, packets: [packetOf(20)] }),
  ]
  expect(read(concat(...headers, ...parts))).toEqual([
    { atUs: 980_000, bytes: long },
    { atUs: 1_000_000, bytes: packetOf(20) },
  ])
})

test('[LVP60] anything but one stream of packets of 20 ms is refused', () => {
  const sound = (page: Partial<PageWish>) => concat(...headers, pageOf({ sequence: 2, granule: 960n, ...page }))
  const packets = [packetOf(10)]
  expect(read(sound({ packets }))).toHaveLength(1)
  const changed = sound({ packets })
  changed[changed.length - 1] = 9
  const refused: [string, Uint8Array][] = [
    ['changed', changed],
    ['no page', utf8('OggT'.padEnd(40))],
    ['another stream', sound({ packets, serial: 8 })],
    ['a page left out', sound({ packets, sequence: 3 })],
    ['a second beginning', sound({ packets, flags: 2 })],
    ['half a packet', sound({ packets, flags: 1 })],
    ['no time', sound({ packets, granule: -1n })],
    ['a time beyond all', sound({ packets, granule: 1n << 60n })],
    ['40 ms', sound({ packets: [Uint8Array.of(0xfd, 1, 1)] })],
    ['nothing', sound({ packets: [new Uint8Array(0)] })],
    ['too long', sound({ packets: [packetOf(OPUS_PACKET_BYTES_MAX + 1)] })],
    ['after its end', concat(sound({ packets, flags: 4 }), pageOf({ sequence: 3, granule: 1920n, packets }))],
    ['no header', pageOf({ flags: 2, sequence: 0, packets: [tags] })],
    ['no tags', concat(headers[0] as Uint8Array, pageOf({ sequence: 1, packets: [packetOf(20)] }))],
  ]
  for (const [what, bytes] of refused) expect(() => read(bytes), what).toThrow(RangeError)
})

test('[LVP60] no packet grows without end, whatever goes on', () => {
  const reader = readOggOpus()
  reader.push(concat(...headers))
  const page = (sequence: number) => {
    const part = packetOf(255 * 255)
    return pageOf({
      sequence,
      granule: -1n,
      flags: sequence === 2 ? 0 : 1,
      packets: [part],
      lacing: Array(255).fill(255),
    })
  }
  expect(() => reader.push(page(2))).toThrow(RangeError)
})

test('[LVP60] no bytes whatever make it throw anything else, or give what is no packet', () => {
  const valid = concat(
    ...headers,
    ...[2, 3, 4].map((sequence) =>
      pageOf({ sequence, granule: BigInt((sequence - 1) * 960), packets: [packetOf(30 * sequence)] }),
    ),
  )
  const spoilt = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }).map((changes) => {
    const bytes = valid.slice()
    for (const [at, value] of changes) bytes[at] = value
    // With checksums that fit, so that what is behind them is tried too.
    for (let at = 0; at + 27 <= bytes.length; ) {
      const lacing = bytes[at + 26] ?? 0
      const end = at + 27 + lacing + bytes.subarray(at + 27, at + 27 + lacing).reduce((sum, one) => sum + one, 0)
      const page = bytes.subarray(at, end)
      new DataView(page.buffer, page.byteOffset).setUint32(22, checksum(page), true)
      at = end
    }
    return bytes
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), spoilt), fc.array(fc.nat(400)), (bytes, cuts) => {
      let found: OpusPacket[] = []
      try {
        found = read(bytes, cuts)
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
      for (const [index, packet] of found.entries()) {
        expect(samplesOf(packet.bytes)).toBe(960)
        expect(packet.bytes.length).toBeLessThanOrEqual(OPUS_PACKET_BYTES_MAX)
        expect(packet.atUs).toBeGreaterThan(found[index - 1]?.atUs ?? -Infinity)
      }
    }),
    { numRuns: 1_000 },
  )
})
