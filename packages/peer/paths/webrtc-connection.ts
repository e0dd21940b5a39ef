// What the webrtc path needs of a peer connection, so small that a browser's RTCPeerConnection and Node's node-datachannel both give it.
// Descriptions and candidates go in and out as the facts that cross the wire (protocol/path-signal.ts), never as SDP.

import type { PathCandidate, PathDescription } from '@doorpost/protocol/path-signal'

/** The label of the one channel. */
export const MEDIA_CHANNEL = 'media'
/**
 * Both ends make it, before they are connected (WebRTC 1.0 section 6.2, RFC 8832 section 4): nothing has to be said for it to open, and
 * a page at either end can give it to its worker while nothing has come on it.
 */
export const MEDIA_CHANNEL_INIT = { negotiated: true, id: 0 } as const

/** Where a connection asks how it is seen from outside, and what may carry it. */
export interface IceServers {
  readonly stun: readonly { readonly host: string; readonly port: number }[]
  readonly turn: readonly TurnServer[]
}
export interface TurnServer {
  readonly host: string
  readonly port: number
  readonly transport: 'udp' | 'tcp' | 'tls'
  readonly username: string
  readonly credential: string
}

/** A reliable, ordered channel of binary messages. */
export interface RtcChannel {
  /** Longest message that the other end takes, bytes. */
  readonly messageBytesMax: number
  /** Long messages cost it no more of the processor (Chromium, 256 KiB against 64: a tenth less in one run, alike in bench/results/web-tabs.md). */
  readonly likesLongMessages?: true
  /** Detaching a message gives its memory back at once. Where it is not said, that would only hide it from the collector (Chromium). */
  readonly givesMemoryBack?: true
  /** Bytes given to `send` that have not left. */
  readonly bufferedBytes: number
  /** Takes the bytes at once: they are the caller's again when it returns. Throws when the channel is over. */
  send(bytes: Uint8Array): void
  /** Set once. Bytes are the reader's from then on. */
  onMessage: (bytes: Uint8Array) => void
  /** Set once. `bufferedBytes` has fallen to `lowBytes`. */
  onLow: () => void
  /** Set once; called once. */
  onEnd: (cause: string) => void
  /** Where `onLow` is called. */
  setLowBytes(bytes: number): void
}

/** One attempt and, if it comes to that, one connection. Nothing is gathered or sent before `offer` or `answer`. */
export interface RtcConnection {
  /** Begins it. */
  offer(): Promise<PathDescription>
  /** Begins it as the one who was offered. */
  answer(offer: PathDescription): Promise<PathDescription>
  /** Candidates may come before the answer. */
  takeAnswer(answer: PathDescription): void
  takeCandidate(candidate: PathCandidate): void
  /** Set once. One of our own was found. */
  onCandidate: (candidate: PathCandidate) => void
  /** Set once. There will be no more. */
  onGathered: () => void
  /** Set once; called once, when the channel is open and the other end has proved to hold the fingerprint that it named. */
  onChannel: (channel: RtcChannel) => void
  /** Set once; called once, also after `close`. */
  onEnd: (cause: string) => void
  /** Frees everything. Idempotent; never throws. */
  close(cause: string): void
}

/** Makes connections on one platform. Rejects where it has none. */
export type ConnectRtc = (servers: IceServers) => Promise<RtcConnection>
