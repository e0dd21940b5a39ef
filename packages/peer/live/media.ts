// What the platform gives to live pictures: sources that a person can name, and where frames can go. Browsers have screens for both and
// give none of these.

import type { LiveFormat } from '@doorpost/protocol/live/control'
import type { PictureCodec } from '@doorpost/protocol/live/picture-codec'
import type { FrameSource } from './source.ts'
import type { ShownFrame } from './opening.ts'

/** What a person says about a source. */
export interface SourceWish {
  /** A film, a camera (`/dev/video0`) or a named pipe; absolute. */
  from: string
  /** `from` is a socket that gives the bytes of a film, from its beginning, once. */
  piped?: true
  /** Stills alone, one every so often. */
  stillsEveryMs?: number
  /** Pictures are made no higher than this. */
  height?: number
  bitsPerSecond?: number
  /** Again from the beginning when it is over. */
  again?: true
  /** `false`: pictures alone. Absent: with its sound, where it has any. */
  sound?: false
}

/** Where frames go. */
export interface LiveSink extends AsyncDisposable {
  /** Pictures in these alone are given to it; they may change from one to another. */
  readonly decodes: readonly PictureCodec[]
  /** Whether it takes sound: else none is asked for. */
  readonly hears: boolean
  /** Before the first frame, and when it changes. */
  onFormat(format: LiveFormat): void
  /** False: it is left out, for what was given before is not taken yet, or nothing can be made of it. */
  take(frame: ShownFrame): boolean
  /** Rejects with a Trouble when it can take no more; never settles otherwise. All of it is in its place when the sink is closed and this was not. */
  readonly failed: Promise<never>
}

export interface LiveMedia {
  /** Rejects with a Trouble where there is nothing to show. */
  openSource(wish: SourceWish): Promise<{ readonly source: FrameSource; readonly format: LiveFormat }>
  /** The same source, which can change to other codecs where the platform makes them. */
  inCodecs?(source: FrameSource, format: LiveFormat): Promise<FrameSource>
  openSink(where: { into?: string; stills?: string; socket?: string }): Promise<LiveSink>
}
