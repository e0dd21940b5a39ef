import { expect, test } from 'vitest'
import { createSoundPackets } from './sound-packets.ts'

const counted = (from: number, length: number) => Float32Array.from({ length }, (_, at) => from + at)

test('[WKT7] samples that come a few at a time are packets of one length, and none is left out', () => {
  const take = createSoundPackets(2, 10)
  const packets = [0, 4, 8, 12, 16, 20].flatMap((at) => take([counted(at, 4), counted(100 + at, 4)], 1000 + at))
  expect(packets.map(({ firstSample }) => firstSample)).toEqual([1000, 1010])
  expect(packets.map(({ samples }) => [...samples])).toEqual([
    [...counted(0, 10), ...counted(100, 10)],
    [...counted(10, 10), ...counted(110, 10)],
  ])
})

test('[WKT7] one channel sounds in both, and a microphone that gives nothing makes no packet', () => {
  const take = createSoundPackets(2, 4)
  expect(take([], 0)).toEqual([])
  const [packet] = take([counted(1, 4)], 128)
  expect([packet?.firstSample, [...(packet?.samples ?? [])]]).toEqual([128, [1, 2, 3, 4, 1, 2, 3, 4]])
})
