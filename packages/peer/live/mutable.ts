// A source whose sound can be turned off and on while it is shown. Nothing is told of it: what is not there is not heard, by viewers or in a
// recording.

import type { FrameSource } from './source.ts'

export interface MutableSource extends FrameSource {
  mute(isMuted: boolean): void
}

export function mutable(source: FrameSource): MutableSource {
  let isMuted = false
  return {
    ...source,
    mute(muted) {
      isMuted = muted
    },
    start: ({ onFrame, onEnd }) =>
      source.start({
        onFrame(frame) {
          if (!isMuted || frame.kind !== 'audio') onFrame(frame)
        },
        onEnd,
      }),
  }
}
