// What gives encoded frames to a broadcast: a camera, a screen, a film. Encoding is the source's; numbering, encrypting and sending is
// broadcast.ts's.

import type { LiveFormat } from '@doorpost/protocol/live/control'

/** One encoded picture, still image or packet of sound. */
export interface EncodedFrame {
  readonly kind: 'picture' | 'still' | 'audio'
  /** It can be shown without any before it. Always true of stills. */
  readonly isKey: boolean
  /** Temporal layer: 0 is needed by all, a higher one by none below it. */
  readonly layer: number
  /** By the device's clock, us since 1970. */
  readonly capturedAtUs: number
  /** H.264: one access unit, annex B, with its parameter sets where it is a key frame. The receiver's from then on. */
  readonly bytes: Uint8Array
}

/** What pictures are in, as a format says it. */
export type PictureFormat = NonNullable<LiveFormat['picture']>

export interface FrameSource extends AsyncDisposable {
  /** Begins; called once, when somebody watches. `onEnd` is called once, and no frame comes after it. */
  start(receiver: { onFrame(frame: EncodedFrame): void; onEnd(trouble?: Error): void }): void
  /** The next picture shall be a key frame, as soon as the encoder can. A film's come once a second in any case. */
  wantKeyFrame(): void
  /** What anybody watches from here on: what nobody does need not be made. Told before `start`, and with every change. */
  want?(what: { readonly pictures: boolean; readonly stills: boolean }): void
  /** What it can make pictures in, the best first; that of its format among them. Absent: that alone. Of one size and rate. */
  readonly pictures?: readonly PictureFormat[]
  /** Pictures in this one of `pictures` from here on. The first is a key frame; all that were captured before come before it. */
  use?(picture: PictureFormat): void
  /** Bits a second of pictures from here on, for encoders that can be told while they run. */
  aimFor?(bitsPerSecond: number): void
}
