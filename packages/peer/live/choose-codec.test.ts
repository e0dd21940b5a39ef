// One codec for any viewers, whatever each of them decodes, as they come and go.

import { PICTURE_CODECS, type PictureCodec } from '@doorpost/protocol/live/picture-codec'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chooseCodec } from './choose-codec.ts'

type Viewer = readonly PictureCodec[]

const decodes = (viewers: readonly Viewer[], codec: PictureCodec) => viewers.filter((one) => one.includes(codec)).length
function choose(encodes: readonly PictureCodec[], current: PictureCodec, viewers: readonly Viewer[]): PictureCodec {
  const [h264, vp8, av1] = PICTURE_CODECS.map((codec) => decodes(viewers, codec)) as [number, number, number]
  return chooseCodec({ encodes, current, moving: viewers.length, decoders: { h264, vp8, av1 } })
}

const viewer = fc.subarray([...PICTURE_CODECS])
const viewers = fc.array(viewer, { maxLength: 6 })
const encodes = fc.shuffledSubarray([...PICTURE_CODECS], { minLength: 1 })

test('[LVP80] what everybody decodes is used wherever there is such a codec, the best that was not in use only when it must be', () => {
  fc.assert(
    fc.property(encodes, viewers, (made, all) => {
      const current = made[0] as PictureCodec
      const chosen = choose(made, current, all)
      expect(made).toContain(chosen)
      const common = made.filter((codec) => decodes(all, codec) === all.length)
      if (common.length > 0) expect(chosen).toBe(common[0])
      if (common.includes(current)) expect(chosen).toBe(current)
      else if (all.some((one) => one.some((codec) => made.includes(codec)))) {
        expect(decodes(all, chosen)).toBeGreaterThan(0)
      }
    }),
  )
})

test('[LVP80] however viewers come and go it changes only because somebody cannot decode it, never back and forth, and costs nobody their pictures where none is common', () => {
  fc.assert(
    fc.property(encodes, fc.array(viewers, { maxLength: 8 }), (made, times) => {
      let current = made[0] as PictureCodec
      for (const all of times) {
        const chosen = choose(made, current, all)
        expect(choose(made, chosen, all)).toBe(chosen)
        const isCommon = decodes(all, chosen) === all.length
        // Nobody whose pictures would stop: all who see them see the new ones, or there were none.
        if (chosen !== current) expect(isCommon || decodes(all, current) === 0).toBe(true)
        // Whoever leaves makes no change where what was in use was everybody's.
        if (isCommon)
          for (const left of all)
            expect(
              choose(
                made,
                chosen,
                all.filter((one) => one !== left),
              ),
            ).toBe(chosen)
        current = chosen
      }
    }),
  )
})
