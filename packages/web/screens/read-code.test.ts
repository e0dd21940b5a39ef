import { afterEach, expect, test, vi } from 'vitest'
import { readCode } from './read-code.ts'

afterEach(() => vi.unstubAllGlobals())

test('[SCR24] a browser that reads codes by itself is left to do it, and what says nothing is looked past', async () => {
  const says = [[], [{ rawValue: '' }], [{ rawValue: 'a code' }]]
  vi.stubGlobal(
    'BarcodeDetector',
    class {
      static getSupportedFormats = () => Promise.resolve(['qr_code'])
      detect = () => Promise.resolve(says.shift())
    },
  )
  vi.stubGlobal('HTMLMediaElement', { HAVE_CURRENT_DATA: 2 })
  const video = { readyState: 2 } as HTMLVideoElement
  expect(await readCode(video, new AbortController().signal)).toBe('a code')
  expect(says).toEqual([])
})
