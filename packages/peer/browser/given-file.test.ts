import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { sameBytes } from '@doorpost/protocol/bytes'
import { SourceAway, SourceChanged } from '../send/media-file.ts'
import { openGivenFile } from './given-file.ts'

const MIB = 1024 * 1024
/** More than one long slice. */
const BYTES = Uint8Array.from({ length: 5 * MIB }, (_, index) => (index * 31 + (index >> 8)) % 256)

test('[BRO8] a chosen file is read as it is, in whatever order its pieces are asked for, also several at once', async () => {
  const reads = fc.array(
    fc.record({ offset: fc.nat(BYTES.length + 10), length: fc.nat(2 * MIB), goesOn: fc.boolean() }),
    {
      maxLength: 8,
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
          expect(sameBytes(into.subarray(0, got), BYTES.subarray(from, from + got))).toBe(true)
        })
        done.push(one)
        if (!atOnce) await one
      }
      await Promise.all(done)
    }),
    { numRuns: 40 },
  )
})

test('[BRO8] who reads on and on gets it in long slices, and the first pieces as they are asked for', async () => {
  const file = new File([new Uint8Array(18 * MIB)], 'film.mp4')
  const slices: number[] = []
  const whole = file.slice.bind(file)
  vi.spyOn(file, 'slice').mockImplementation((from = 0, to = 0) => {
    slices.push((to - from) / MIB)
    return whole(from, to)
  })
  await using media = openGivenFile('/given/1', file)
  for (let at = 0; at < 18; at++) expect(await media.read(at * MIB, new Uint8Array(MIB))).toBe(MIB)
  expect(slices).toEqual([1, 1, 4, 4, 4, 4])
  slices.length = 0
  for (const at of [3, 9, 1, 2, 16]) await media.read(at * MIB, new Uint8Array(MIB))
  expect(slices).toEqual([1, 1, 1, 1, 1])
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
