// A key frame is known by how it begins.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CODEC_NAMES, codecNamed, codecOfKeyFrame, PICTURE_CODECS } from './picture-codec.ts'

test('[LVP81] a key frame says by its first bytes which codec it is in, and nothing else makes it another', () => {
  const begins = {
    h264: [
      [0, 0, 0, 1, 9, 0xf0],
      [0, 0, 1, 0x67, 0x42],
    ],
    // Of 640x360, as libvpx writes it: shown, version 0.
    vp8: [[0x50, 0x21, 0x02, 0x9d, 0x01, 0x2a, 0x80, 0x02]],
    av1: [[0x12, 0x00, 0x0a, 0x0b]],
  }
  for (const codec of PICTURE_CODECS) {
    for (const start of begins[codec]) {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 20 }), (rest) => {
          expect(codecOfKeyFrame(Uint8Array.of(...start, ...rest))).toBe(codec)
        }),
      )
    }
  }
  for (const none of [[], [0, 0], [0x51, 0x21, 0x02, 0x9d, 0x01, 0x2a], [0x12], [0xff, 0xd8, 0xff]]) {
    expect(codecOfKeyFrame(Uint8Array.from(none))).toBeUndefined()
  }
})

test('[LVP81] codecs have the names of WebCodecs', () => {
  for (const codec of PICTURE_CODECS) expect(codecNamed(CODEC_NAMES[codec])).toBe(codec)
  for (const other of ['vp09.00.10.08', 'hev1.1.6.L93.B0', 'vp80', 'avc', '']) expect(codecNamed(other)).toBeUndefined()
})
