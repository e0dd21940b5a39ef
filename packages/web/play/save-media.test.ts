import { expect, test } from 'vitest'
import type { MediaReader } from './media-reader.ts'
import { chooseFile, downloadMedia, saveToFile } from './save-media.ts'
import type { MediaServing, ServeOptions } from './served-media.ts'

const SIZE = 2_500_000
const content = Uint8Array.from({ length: SIZE }, (_, at) => (at * 31) & 0xff)

function reader(more: Partial<MediaReader> = {}): MediaReader {
  return {
    sizeBytes: SIZE,
    read: async (offset, length) => content.slice(offset, Math.min(offset + length, offset + 700_000)),
    ...more,
  }
}

/** A disk: what was written, and what became of it. */
function disk() {
  const written: Uint8Array[] = []
  const state = { end: 'open' }
  const file = {
    createWritable: async () => ({
      write: async (bytes: Uint8Array) => void written.push(bytes),
      close: async () => void (state.end = 'closed'),
      abort: async () => void (state.end = 'aborted'),
    }),
  } as unknown as FileSystemFileHandle
  return { file, written, state }
}

const run = () => {
  const stop = new AbortController()
  const progress: number[] = []
  return { stop, progress, options: { signal: stop.signal, onProgress: (bytes: number) => void progress.push(bytes) } }
}

test('[PLY5] what is saved is equal, comes part by part, and is a file once it is whole', async () => {
  const { file, written, state } = disk()
  const { options, progress } = run()
  expect(await saveToFile(reader(), file, options)).toBe('saved')
  expect([Buffer.concat(written).equals(content), state.end, progress.at(-1)]).toEqual([true, 'closed', SIZE])
  expect(Math.max(...written.map(({ length }) => length))).toBeLessThanOrEqual(1024 * 1024)
})

test('[PLY5] saving that is stopped, or whose bytes cannot come, leaves no file', async () => {
  const stopped = disk()
  const { stop, options } = run()
  const halfway = { ...options, onProgress: () => stop.abort() }
  expect([await saveToFile(reader(), stopped.file, halfway), stopped.state.end]).toEqual(['stopped', 'aborted'])
  const failed = disk()
  const without = reader({ read: () => Promise.reject(new Error('Ann’s device is asleep.')) })
  await expect(saveToFile(without, failed.file, run().options)).rejects.toThrow('Ann’s device is asleep.')
  expect(failed.state.end).toBe('aborted')
  const short = disk()
  await expect(saveToFile(reader({ read: async () => new Uint8Array() }), short.file, run().options)).rejects.toThrow(
    'ends before',
  )
})

test('[PLY5] a browser without a save picker, or one that does not take the name, downloads instead', async () => {
  expect(await chooseFile('a.mp4', undefined)).toBeUndefined()
  expect(await chooseFile('a.lnk', () => Promise.reject(new TypeError('name')))).toBeUndefined()
  const cancelled = new DOMException('cancelled', 'AbortError')
  expect(await chooseFile('a.mp4', () => Promise.reject(cancelled))).toBe('stopped')
})

test('[PLY5] a download is given out whole, or was stopped; its address ends with it', async () => {
  for (const [bytes, how] of [
    [SIZE, 'given'],
    [5, 'stopped'],
  ] as const) {
    const seen: string[] = []
    let served: ServeOptions | undefined
    const serving: MediaServing = {
      serve(_reader, options) {
        served = options
        return { url: '/media/token/name', close: () => seen.push('closed') }
      },
    }
    const { options, progress } = run()
    const saved = downloadMedia(reader(), serving, { ...options, name: 'a.mp4' }, (url) => {
      seen.push(url)
      return () => seen.push('left')
    })
    served?.onTaken?.(bytes)
    served?.onEnd?.()
    expect([await saved, progress, seen]).toEqual([how, [bytes], ['/media/token/name', 'closed', 'left']])
    expect(served?.save).toBe(true)
  }
})
