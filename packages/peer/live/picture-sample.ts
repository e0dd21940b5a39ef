// A live picture as a film's container wants it: what the codec is called there, the settings that its decoder is given before the first
// picture, and the bytes of each. Live pictures are made so that each key frame brings its settings; containers keep them apart.

import { concat } from '@doorpost/protocol/bytes'
import type { PictureCodec } from '@doorpost/protocol/live/picture-codec'
import { nalUnitsOf } from './annex-b.ts'

export interface SampleForm {
  /** RFC 9559's name of the codec. */
  readonly codecId: string
  readonly private?: Uint8Array | undefined
  sampleOf(bytes: Uint8Array): Uint8Array
}

/** NAL unit types (ITU-T H.264 table 7-1). */
const [SEQUENCE, PICTURE, DELIMITER, FILLER] = [7, 8, 9, 12] as const

/** `name`: as the format has it. Undefined where this key frame says too little; the next may say more. */
export function sampleForm(codec: PictureCodec, name: string, keyFrame: Uint8Array): SampleForm | undefined {
  if (codec === 'h264') return avcForm(keyFrame)
  if (codec === 'vp8') return { codecId: 'V_VP8', sampleOf: (bytes) => bytes }
  return { codecId: 'V_AV1', private: av1Settings(name), sampleOf: withoutDelimiter }
}

function avcForm(keyFrame: Uint8Array): SampleForm | undefined {
  const units = nalUnitsOf(keyFrame)
  const typeOf = (unit: Uint8Array) => (unit[0] ?? 0) & 0x1f
  const sequence = units.find((unit) => typeOf(unit) === SEQUENCE)
  const picture = units.find((unit) => typeOf(unit) === PICTURE)
  if (!sequence || !picture || sequence.length < 4 || Math.max(sequence.length, picture.length) > 0xffff)
    return undefined
  const [, profile = 0, compatible = 0, level = 0] = sequence
  return {
    codecId: 'V_MPEG4/ISO/AVC',
    // ISO/IEC 14496-15 section 5.3.3.1: lengths of four bytes, one set of each kind.
    private: concat(
      Uint8Array.of(1, profile, compatible, level, 0xff),
      ...[Uint8Array.of(0xe1), u16be(sequence.length), sequence],
      ...[Uint8Array.of(1), u16be(picture.length), picture],
    ),
    // The settings stay in the key frames too: they may change on the way.
    sampleOf: (bytes) =>
      withLengths(nalUnitsOf(bytes).filter((unit) => typeOf(unit) !== DELIMITER && typeOf(unit) !== FILLER)),
  }
}

/** Each behind its length. A frame of somebody who means harm has a hundred thousand units: too many to be arguments of one call. */
function withLengths(units: readonly Uint8Array[]): Uint8Array {
  const sample = new Uint8Array(units.reduce((sum, { length }) => sum + 4 + length, 0))
  let at = 0
  for (const unit of units) {
    sample.set(u32be(unit.length), at)
    sample.set(unit, at + 4)
    at += 4 + unit.length
  }
  return sample
}

/** AV1 in ISO BMFF, section 2.3.3, of `av01.PROFILE.LEVEL-AND-TIER.DEPTH`; what a decoder needs more is in its key frames. */
function av1Settings(codec: string): Uint8Array | undefined {
  const found = /^av01\.([0-2])\.(\d\d)([MH])\.(08|10|12)/.exec(codec)
  if (!found) return undefined
  const [, profile, level, tier, depth] = found
  const isDeep = depth !== '08'
  // Colour of half the size both ways: profile 0.
  const bits = (tier === 'H' ? 0x80 : 0) | (isDeep ? 0x40 : 0) | (depth === '12' ? 0x20 : 0) | 0x0c
  return Uint8Array.of(0x81, (Number(profile) << 5) | Number(level), bits, 0)
}

/** What is between two pictures is the container's to say (AV1 in Matroska, "Block Data"): type 2, of no length. */
function withoutDelimiter(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0x12 && bytes[1] === 0 ? bytes.subarray(2) : bytes
}

function u16be(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff)
}

function u32be(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff)
}
