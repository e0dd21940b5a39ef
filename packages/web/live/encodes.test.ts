import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createEncoderTrials } from './encodes.ts'
import { TRIAL_MS } from './trial-time.ts'

const H264_KEY = Uint8Array.of(0, 0, 0, 1, 0x67)
/** The same without start codes: its length goes before it (ISO 14496-15). */
const H264_BY_LENGTH = Uint8Array.of(0, 0, 0, 15, 0x67)
const VP8_KEY = Uint8Array.of(0x50, 5, 0, 0x9d, 1, 0x2a)
const H264: VideoEncoderConfig = { codec: 'avc1.42E01F', width: 64, height: 48, scalabilityMode: 'L1T3' }
const VP8: VideoEncoderConfig = { codec: 'vp8', width: 64, height: 48 }

interface Encoder {
  readonly codec: string
  pictures: number
  state: string
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('document', { createElement: () => ({ canPlayType: () => '' }) })
  vi.stubGlobal(
    'VideoFrame',
    class {
      close() {}
    },
  )
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** Encoders that give this out as their first picture, as soon as they have `held` of them; nothing: never. */
function encoders(makes: (codec: string) => Uint8Array | 'fails' | undefined, held = 1) {
  const opened: Encoder[] = []
  vi.stubGlobal(
    'VideoEncoder',
    class implements Encoder {
      static isConfigSupported = async () => ({ supported: true })
      codec = ''
      pictures = 0
      state = 'unconfigured'
      init: VideoEncoderInit
      constructor(init: VideoEncoderInit) {
        this.init = init
        opened.push(this)
      }
      configure({ codec }: VideoEncoderConfig) {
        this.codec = codec
        this.state = 'configured'
      }
      encode() {
        const bytes = makes(this.codec)
        if (++this.pictures !== held || bytes === undefined) return
        const chunk = {
          type: 'key',
          byteLength: bytes.length,
          copyTo: (to: Uint8Array) => to.set(bytes as Uint8Array),
        }
        queueMicrotask(() =>
          bytes === 'fails' ? this.init.error(new DOMException('no')) : this.init.output(chunk as never),
        )
      }
      close() {
        this.state = 'closed'
      }
    },
  )
  return opened
}

test('[ENG1] a codec is encoded where a key frame of it came out; what came out otherwise, or failed, is not offered', async () => {
  const opened = encoders((codec) => (codec === 'vp8' ? VP8_KEY : H264_BY_LENGTH))
  const encodes = createEncoderTrials()
  expect(await Promise.all([encodes(H264), encodes(VP8)])).toEqual([false, true])
  encoders(() => 'fails')
  expect(await createEncoderTrials()(VP8)).toBe(false)
  encoders(() => H264_KEY)
  expect(await createEncoderTrials()(H264)).toBe(true)
  expect(opened.map(({ state }) => state)).toEqual(['closed', 'closed'])
})

test('[ENG1] an encoder may hold three pictures back; one that holds more is given up after its time', async () => {
  encoders(() => H264_KEY, 4)
  expect(await createEncoderTrials()(H264)).toBe(true)
  const [held] = [encoders(() => H264_KEY, 41)]
  const answer = createEncoderTrials()(H264)
  await vi.advanceTimersByTimeAsync(TRIAL_MS)
  expect(await answer).toBe(false)
  expect(held[0]?.state).toBe('closed')
})

test('[ENG1] each codec is tried once for a showing, in the layers that are asked for; what is not even claimed is not tried', async () => {
  const opened = encoders(() => VP8_KEY)
  const encodes = createEncoderTrials()
  await Promise.all([encodes(VP8), encodes({ ...VP8, width: 1_280 }), encodes({ ...VP8, scalabilityMode: 'L1T2' })])
  expect(opened.length).toBe(2)
  Object.assign(VideoEncoder, { isConfigSupported: async () => ({ supported: false }) })
  expect(await createEncoderTrials()(VP8)).toBe(false)
  Object.assign(VideoEncoder, { isConfigSupported: async () => Promise.reject(new TypeError('unknown')) })
  expect(await createEncoderTrials()(VP8)).toBe(false)
  expect(opened.length).toBe(2)
  vi.stubGlobal('VideoEncoder', undefined)
  expect(await createEncoderTrials()(VP8)).toBe(false)
})
