import { afterEach, expect, test, vi } from 'vitest'
import { startRecording } from './recording.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Gives these, in bytes, when it is stopped. */
function recorderThatGives(sizes: readonly number[]) {
  return class extends EventTarget {
    static isTypeSupported = () => true
    start() {}
    stop() {
      for (const size of sizes) {
        this.dispatchEvent(Object.assign(new Event('dataavailable'), { data: new Blob([new Uint8Array(size)]) }))
      }
      this.dispatchEvent(new Event('stop'))
    }
  }
}

test.each([
  [[], undefined],
  [[0, 0], undefined],
  [[0, 3, 4], 7],
])('[ENG7] of a recorder that gives %j bytes there is a file of %s', (sizes, bytes) => {
  vi.stubGlobal('MediaRecorder', recorderThatGives(sizes))
  vi.stubGlobal('navigator', { mediaDevices: {} })
  const ended: (number | undefined)[] = []
  startRecording(new EventTarget() as MediaStream, (file) => ended.push(file?.size))?.stop()
  expect(ended).toEqual([bytes])
})
