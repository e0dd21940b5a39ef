// A picture as a film takes it, of broadcasters who mean well and who do not.

import { expect, test } from 'vitest'
import { sampleForm } from './picture-sample.ts'

const KEY = Uint8Array.of(0, 0, 0, 1, 0x67, 66, 0xe0, 31, 1, 0, 0, 0, 1, 0x68, 1, 2, 0, 0, 0, 1, 0x65, 1, 2)

test('[SEC15] a picture of a hundred thousand units is written like any other', () => {
  const form = sampleForm('h264', 'avc1.42E01F', KEY)
  expect(form?.sampleOf(Uint8Array.of(0, 0, 1, 9, 0xf0, 0, 0, 1, 0x41, 7))).toEqual(Uint8Array.of(0, 0, 0, 2, 0x41, 7))
  const many = new Uint8Array(500_000)
  for (let at = 0; at < many.length; at += 4) many.set([0, 0, 1, 0x41], at)
  expect(form?.sampleOf(many).length).toBe(625_000)
})
