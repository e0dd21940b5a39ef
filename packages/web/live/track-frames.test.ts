import { afterEach, expect, test, vi } from 'vitest'
import { eachPicture } from './track-frames.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('[ENG5] where tracks give no frames, a tab that nobody sees shows on, though its video element calls nobody back', async () => {
  vi.useFakeTimers()
  const callbacks: ((nowMs: number) => void)[] = []
  const video = {
    readyState: 2,
    HAVE_CURRENT_DATA: 2,
    srcObject: undefined as unknown,
    play: async () => {},
    requestVideoFrameCallback: (look: (nowMs: number) => void) => callbacks.push(look),
  }
  const document = { hidden: false, createElement: () => video }
  vi.stubGlobal('document', document)
  vi.stubGlobal('MediaStream', class {})
  vi.stubGlobal(
    'VideoFrame',
    class {
      timestamp: number
      constructor(_source: unknown, { timestamp }: { timestamp: number }) {
        this.timestamp = timestamp
      }
    },
  )
  const stop = new AbortController()
  const taken: number[] = []
  const track = Object.assign(new EventTarget(), { readyState: 'live' }) as unknown as MediaStreamTrack
  const ended = eachPicture(track, ({ timestamp }) => taken.push(timestamp), stop.signal)
  await vi.advanceTimersByTimeAsync(500)
  callbacks[0]?.(500)
  expect(taken).toEqual([500_000])

  document.hidden = true
  await vi.advanceTimersByTimeAsync(1_000)
  const unseen = taken.length - 1
  expect(unseen).toBeGreaterThan(10)
  // What was asked for while it was seen comes late and is not taken twice.
  callbacks[1]?.(1_500)
  expect(taken.length).toBe(1 + unseen)

  document.hidden = false
  await vi.advanceTimersByTimeAsync(1_000)
  callbacks[2]?.(2_500)
  expect(taken.length).toBe(2 + unseen)
  stop.abort()
  await ended
  expect(video.srcObject).toBe(null)
  document.hidden = true
  await vi.advanceTimersByTimeAsync(1_000)
  expect(taken.length).toBe(2 + unseen)
})
