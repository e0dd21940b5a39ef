import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { SourceAway, SourceChanged } from '../send/media-file.ts'
import { openGivenFile } from './given-file.ts'

const BYTES = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31 + (index >> 8)) % 256)

test('[BRO8] a chosen file is read as it is, in whatever order its pieces are asked for, also several at once', async () => {
  const reads = fc.array(
    fc.record({ offset: fc.nat(BYTES.length + 10), length: fc.nat(70_000), goesOn: fc.boolean() }),
    {
      maxLength: 12,
    },
  )
  await fc.assert(
    fc.asyncProperty(reads, fc.boolean(), async (asked, atOnce) => {
      await using media = openGivenFile('/given/1', new File([BYTES], 'film.mp4'))
      const done: Promise<void>[] = []
      let endedAt = 0
      for (const { offset, length, goesOn } of asked) {
        const from = goesOn ? endedAt : offset
        endedAt = from + length
        const into = new Uint8Array(length)
        const one = media.read(from, into).then((got) => {
          expect(got).toBe(Math.max(0, Math.min(length, BYTES.length - from)))
          expect(into.subarray(0, got)).toEqual(BYTES.slice(from, from + got))
        })
        done.push(one)
        if (!atOnce) await one
      }
      await Promise.all(done)
    }),
  )
})

test.each([
  ['is another one now', 'NotReadableError', SourceChanged],
  ['is gone', 'NotFoundError', SourceAway],
])(
  '[BRO8] a chosen file that %s is said to be so, also in the middle, and read again when it is back',
  async (_, name, fault) => {
    const file = new File([BYTES], 'film.mp4')
    await using media = openGivenFile('/given/1', file)
    const into = new Uint8Array(10_000)
    await media.read(0, into)
    const slice = vi
      .spyOn(file, 'slice')
      .mockImplementation(() =>
        Object.assign(new Blob(), { arrayBuffer: () => Promise.reject(new DOMException('no', name)) }),
      )
    await expect(media.read(into.length, into)).rejects.toThrow(fault)
    slice.mockRestore()
    expect(await media.read(into.length, into)).toBe(into.length)
    expect(into).toEqual(BYTES.slice(10_000, 20_000))
  },
)
