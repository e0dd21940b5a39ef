// A broadcast as it is shown, kept: the frames of a source go into a sink of this device as well, unencrypted, each before it is sent. What
// becomes of the file is its user's: it can be sent as any other.

import type { LiveFormat } from '@doorpost/protocol/live/control'
import type { LiveSink } from './media.ts'
import type { FrameSource } from './source.ts'

/** The same source; its end closes nothing of the sink, which is its caller's. A sink that fails ends the source. */
export function recorded(source: FrameSource, format: LiveFormat, sink: LiveSink): FrameSource {
  sink.onFormat(format)
  let sequence = 0
  return {
    ...source,
    start({ onFrame, onEnd }) {
      let isOver = false
      const end = (trouble?: Error) => {
        if (isOver) return
        isOver = true
        onEnd(trouble)
      }
      sink.failed.catch(end)
      source.start({
        onFrame(frame) {
          const { kind: type, isKey: keyFrame, layer, capturedAtUs, bytes } = frame
          const header = { type, keyFrame, layer, epoch: 0, sequence: sequence++, capturedAtUs }
          sink.take({ header, bytes, path: 'peer' })
          if (!isOver) onFrame(frame)
        },
        onEnd: end,
      })
    },
  }
}
