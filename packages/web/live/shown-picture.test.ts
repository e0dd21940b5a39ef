// What somebody shows is looked at before it is decoded, and not decoded faster than it is drawn.

import { afterEach, expect, test, vi } from 'vitest'
import { concat } from '@doorpost/protocol/bytes'
import { hearSound } from './heard-sound.ts'
import { showPictures } from './shown-picture.ts'

const FORMAT = { bytesPerSecond: { pictures: 0, stills: 1_000, audio: 0 } }
afterEach(() => void vi.unstubAllGlobals())

function jpeg(width: number, height: number) {
  const sides = [height >> 8, height & 255, width >> 8, width & 255]
  return concat(Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, ...sides, 3), new Uint8Array(9))
}
const still = (bytes: Uint8Array, capturedAtUs: number) =>
  ({ kind: 'still', isKey: true, capturedAtUs, bytes }) as never

function shown() {
  const decoding: ((bitmap: unknown) => void)[] = []
  const drawn: number[] = []
  vi.stubGlobal('createImageBitmap', () => new Promise((resolve) => decoding.push(resolve)))
  const canvas = { width: 0, height: 0, getContext: () => ({ drawImage() {} }) } as never
  const pictures = showPictures({ canvas, format: FORMAT, onKeyFrameWanted() {}, onShown: (at) => drawn.push(at) })
  return { pictures, decoding, drawn }
}
const bitmap = { width: 64, height: 48, close() {} }

test('[SEC12] a still that is no JPEG, or larger than 4K, is not decoded', async () => {
  const { pictures, decoding } = shown()
  pictures.take(still(jpeg(20_000, 20_000), 1))
  pictures.take(still(new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'), 2))
  await new Promise(setImmediate)
  expect(decoding.length).toBe(0)
  pictures.take(still(jpeg(3_840, 2_160), 3))
  await vi.waitFor(() => expect(decoding.length).toBe(1))
})

test('[SEC12] one still is decoded at a time, and the newest comes next', async () => {
  const { pictures, decoding, drawn } = shown()
  for (let at = 1; at <= 50; at++) pictures.take(still(jpeg(64, 48), at))
  expect(decoding.length).toBe(1)
  decoding[0]?.(bitmap)
  await vi.waitFor(() => expect(decoding.length).toBe(2))
  decoding[1]?.(bitmap)
  await vi.waitFor(() => expect(drawn).toEqual([1, 50]))
})

test('[SEC12] no decoder of sound is opened but Opus, whatever the broadcaster names', () => {
  vi.stubGlobal('AudioDecoder', class {})
  const audio = { codec: 'mp4a.40.2', channels: 1, sampleRateHz: 48_000 }
  expect(hearSound({ ...FORMAT, audio })).toBeUndefined()
})

/** Decoders that decode what the test lets them. */
function decoders() {
  const made: { output(frame: unknown): void; decodeQueueSize: number; state: string }[] = []
  vi.stubGlobal(
    'VideoDecoder',
    class {
      decodeQueueSize = 0
      state = 'configured'
      output: (frame: unknown) => void
      constructor({ output }: { output(frame: unknown): void }) {
        this.output = output
        made.push(this)
      }
      configure() {}
      decode() {
        this.decodeQueueSize++
      }
      close() {
        this.state = 'closed'
      }
    },
  )
  vi.stubGlobal('EncodedVideoChunk', class {})
  const picture = { codec: 'avc1.42E01F', width: 64, height: 48, framesPerSecond: 25, layers: 1 }
  const canvas = { width: 0, height: 0, getContext: () => ({ drawImage() {} }) } as never
  const pictures = showPictures({ canvas, format: { ...FORMAT, picture }, onKeyFrameWanted() {} })
  const give = (at: number, isKey = true) =>
    pictures.take({ kind: 'picture', isKey, capturedAtUs: at, bytes: Uint8Array.of(0, 0, 1, 0x65) } as never)
  return { made, give }
}

test('[SEC12] a moving picture larger than 4K ends its decoder, and no other is opened', () => {
  const { made, give } = decoders()
  give(1)
  let closed = 0
  made[0]?.output({ displayWidth: 16_384, displayHeight: 16_384, timestamp: 1, close: () => closed++ })
  give(2)
  expect([made.length, made[0]?.state, closed]).toEqual([1, 'closed', 1])
})

test('[LVW27] what comes at once after a path was cut is decoded; a page that stays behind waits for a key frame', () => {
  const { made, give } = decoders()
  const now = vi.spyOn(performance, 'now').mockReturnValue(0)
  give(0)
  for (let at = 1; at <= 30; at++) give(at, false)
  expect(made[0]?.decodeQueueSize).toBe(31)
  now.mockReturnValue(600)
  give(31, false)
  expect(made[0]?.decodeQueueSize).toBe(31)
  give(32)
  expect(made[0]?.decodeQueueSize).toBe(32)
  now.mockRestore()
})

test('[SEC12] who sends nothing but key frames does not get them all decoded at once', () => {
  const { made, give } = decoders()
  for (let at = 1; at <= 500; at++) give(at)
  expect(made[0]?.decodeQueueSize).toBeLessThan(50)
})
