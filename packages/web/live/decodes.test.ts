import { codecNamed, codecOfKeyFrame, type PictureCodec } from '@doorpost/protocol/live/picture-codec'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createDecoderTrials } from './decodes.ts'
import { TRIAL_MS } from './trial-time.ts'

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal(
    'EncodedVideoChunk',
    class {
      init: EncodedVideoChunkInit
      constructor(init: EncodedVideoChunkInit) {
        this.init = init
      }
    },
  )
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

type Does = 'shows' | 'fails' | 'is silent' | 'refuses'

/** Decoders that do so with a picture, all of them claimed; answers what each was given. */
function decoders(does: (codec: PictureCodec) => Does) {
  const given: [PictureCodec, Uint8Array][] = []
  vi.stubGlobal(
    'VideoDecoder',
    class {
      static isConfigSupported = async () => ({ supported: true })
      codec: PictureCodec = 'h264'
      state = 'unconfigured'
      init: VideoDecoderInit
      flushed = Promise.withResolvers<void>()
      constructor(init: VideoDecoderInit) {
        this.init = init
      }
      configure({ codec }: VideoDecoderConfig) {
        this.codec = codecNamed(codec) ?? 'h264'
        if (does(this.codec) === 'refuses') throw new DOMException('no')
      }
      decode({ init: { data } }: { init: { data: Uint8Array } }) {
        given.push([this.codec, data])
        const outcome = does(this.codec)
        if (outcome === 'shows') queueMicrotask(() => this.init.output({ close() {} } as VideoFrame))
        if (outcome === 'fails') queueMicrotask(() => this.init.error(new DOMException('no')))
      }
      flush() {
        return this.flushed.promise
      }
      close() {
        this.state = 'closed'
        this.flushed.reject(new DOMException('closed'))
      }
    },
  )
  return given
}

test('[ENG2] what is claimed is tried with a key frame of that codec', async () => {
  const given = decoders(() => 'shows')
  expect(await createDecoderTrials()()).toEqual(['h264', 'vp8', 'av1'])
  expect(given.map(([codec, bytes]) => [codec, codecOfKeyFrame(bytes)])).toEqual([
    ['h264', 'h264'],
    ['vp8', 'vp8'],
    ['av1', 'av1'],
  ])
})

test('[ENG2] what fails, refuses or says nothing in its time is not claimed to others', async () => {
  decoders((codec) => (codec === 'h264' ? 'fails' : codec === 'av1' ? 'refuses' : 'shows'))
  expect(await createDecoderTrials()()).toEqual(['vp8'])
  decoders((codec) => (codec === 'h264' ? 'is silent' : 'shows'))
  const answer = createDecoderTrials()()
  await vi.advanceTimersByTimeAsync(TRIAL_MS)
  expect(await answer).toEqual(['vp8', 'av1'])
})

test('[ENG2] what worked is not tried again, what did not is; a browser that has no decoders claims nothing', async () => {
  let does: Does = 'fails'
  const given = decoders((codec) => (codec === 'vp8' ? does : 'shows'))
  const decodesHere = createDecoderTrials()
  expect(await decodesHere()).toEqual(['h264', 'av1'])
  does = 'shows'
  expect(await decodesHere()).toEqual(['h264', 'vp8', 'av1'])
  expect(given.length).toBe(4)
  vi.stubGlobal('VideoDecoder', undefined)
  expect(await createDecoderTrials()()).toEqual([])
})
