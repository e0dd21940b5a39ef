// What a page has of the live half: encoded frames in, encoded frames out. Capturing, encoding, decoding and drawing are the page's
// (packages/web/live); numbering, encrypting, ordering and sending are the device's, in its worker (packages/peer/live). Types alone.

import type { LiveFormat } from '@doorpost/protocol/live/control'
import type { PictureCodec } from '@doorpost/protocol/live/picture-codec'
import type { LiveShowing, LiveWatching } from '../live/contract.ts'
import type { EncodedFrame, PictureFormat } from '../live/source.ts'
import type { PlainTrouble } from './page-messages.ts'

export type { CapacityNow, LiveShowing, LiveWatching } from '../live/contract.ts'
export type { EncodedFrame, PictureFormat } from '../live/source.ts'
/** What is sent, as far as viewers must know it before the first frame. */
export type CapturedFormat = LiveFormat

/** One frame of a broadcast that is watched: decrypted, verified, in its order. The bytes are the page's. */
export interface ViewedFrame {
  readonly kind: 'picture' | 'still' | 'audio'
  readonly isKey: boolean
  /** On the broadcaster's clock, microseconds. */
  readonly capturedAtUs: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** What a port is opened for. */
export type LiveTask =
  | {
      readonly do: 'show'
      readonly format: CapturedFormat
      /** What pictures can be made in, the best first; that of the format among them. */
      readonly pictures?: readonly PictureFormat[]
      /** Let in without being asked about: those it is shown to. */
      readonly to: readonly string[]
      /** Whose requests are passed on; contacts' where nothing is said. */
      readonly asks?: 'contacts' | 'anybody'
      /** Most pictures a viewer may leave unacknowledged; 1 is strict. */
      readonly ackWindow?: number
    }
  | {
      readonly do: 'watch'
      readonly user: string
      readonly pictures: 'moving' | 'stills'
      /** What this page decodes. */
      readonly decodes: readonly PictureCodec[]
      readonly ackWindow?: number
    }

/** From the page. */
export type ToLive =
  /** Showing: the bytes are transferred. */
  | { readonly kind: 'frame'; readonly frame: EncodedFrame }
  /** Watching: so many frames were taken from the port; those that were not bound what comes. */
  | { readonly kind: 'taken'; readonly frames: number }
  | { readonly kind: 'want-key-frame' }
  /** Ends it; `over` follows. */
  | { readonly kind: 'leave' }

/** To the page, on a port that shows. After `over` or `trouble` nothing comes. */
export type FromShowing =
  | { readonly kind: 'want'; readonly pictures: boolean; readonly stills: boolean }
  | { readonly kind: 'key-frame' }
  /** Pictures in this one of the task's from here on, a key frame first. */
  | { readonly kind: 'use'; readonly picture: PictureFormat }
  /** What the broadcaster's own line takes. */
  | { readonly kind: 'aim'; readonly bitsPerSecond: number }
  | { readonly kind: 'showing'; readonly showing: LiveShowing }
  | LiveEnd

/** To the page, on a port that watches. After `over` or `trouble` nothing comes. */
export type FromWatching =
  | { readonly kind: 'format'; readonly format: CapturedFormat }
  | { readonly kind: 'frame'; readonly frame: ViewedFrame }
  | { readonly kind: 'watching'; readonly watching: LiveWatching }
  | LiveEnd

export type LiveEnd =
  | { readonly kind: 'over'; readonly reason: string }
  | { readonly kind: 'trouble'; readonly trouble: PlainTrouble }
