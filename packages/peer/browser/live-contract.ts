// What a page has of the live half: encoded frames in, encoded frames out. Capturing, encoding, decoding and drawing are the page's
// (packages/web/live); numbering, encrypting, ordering and sending are the device's, in its worker (packages/peer/live). Types alone.

export type { EncodedFrame } from '../live/source.ts'
export type { LiveFormat as CapturedFormat } from '@doorpost/protocol/live/control'

/** One frame of a broadcast that is watched: decrypted, verified, in its order. The bytes are the page's. */
export interface ViewedFrame {
  readonly kind: 'picture' | 'still' | 'audio'
  readonly isKey: boolean
  /** On the broadcaster's clock, microseconds. */
  readonly capturedAtUs: number
  readonly bytes: Uint8Array<ArrayBuffer>
}
