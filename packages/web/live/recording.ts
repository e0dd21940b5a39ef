// A recording of what is shown, to be sent afterwards to those who missed it. It is made beside the pictures that are shown, by the browser's own
// recorder, in what others play.

import { recordType } from '../cards/record-types.ts'

/** How often what was recorded is taken from the recorder, ms. */
const SLICE_MS = 1_000

/** `onFile`: once, when it ends; undefined where nothing was recorded. Undefined where this browser records nothing. */
export function startRecording(
  stream: MediaStream,
  onFile: (file: File | undefined) => void,
): MediaRecorder | undefined {
  const type =
    typeof MediaRecorder === 'undefined' ? undefined : recordType((one) => MediaRecorder.isTypeSupported(one))
  if (!type) return undefined
  const recorder = new MediaRecorder(stream, { mimeType: type.recorder })
  /** Blobs, which browsers move from memory to disk. */
  const slices: Blob[] = []
  const sinceMs = Date.now()
  recorder.addEventListener('dataavailable', ({ data }) => {
    if (data.size > 0) slices.push(data)
  })
  recorder.addEventListener('stop', () => {
    const name = `${new Date(sinceMs).toISOString().slice(0, 16).replace('T', ' ').replace(':', '.')}.${type.ending}`
    onFile(slices.length === 0 ? undefined : new File(slices, name, { type: type.type, lastModified: Date.now() }))
  })
  recorder.start(SLICE_MS)
  return recorder
}
