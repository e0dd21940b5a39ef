// What page and worker say to each other about peer connections, which browsers give to pages alone. One port, connections by
// number. Descriptions and candidates are the browser's own lines here: the worker reads and writes them. A data channel that the browser lets go to the worker goes there at once; otherwise its messages pass through here.

import type { IceServers } from '../paths/webrtc-connection.ts'

/** From the worker. */
export type RtcAsk =
  | { readonly of: number; readonly do: 'make'; readonly servers: IceServers }
  | { readonly of: number; readonly do: 'offer' }
  | { readonly of: number; readonly do: 'answer'; readonly sdp: string }
  | { readonly of: number; readonly do: 'take-answer'; readonly sdp: string }
  | { readonly of: number; readonly do: 'take-candidate'; readonly line: string }
  | { readonly of: number; readonly do: 'close'; readonly cause: string }
  /** Pumped channels alone. */
  | { readonly of: number; readonly do: 'send'; readonly bytes: ArrayBuffer }
  | { readonly of: number; readonly do: 'low'; readonly bytes: number }

/** From the page. */
export type RtcTold =
  | { readonly of: number; readonly told: 'description'; readonly sdp: string }
  | { readonly of: number; readonly told: 'candidate'; readonly line: string }
  | { readonly of: number; readonly told: 'gathered' }
  /** The channel itself, before it is open. */
  | { readonly of: number; readonly told: 'channel'; readonly channel: RTCDataChannel }
  /** It stays in the page: it is open, and is pumped. */
  | { readonly of: number; readonly told: 'pumped' }
  | { readonly of: number; readonly told: 'bytes'; readonly bytes: ArrayBuffer }
  /** Of a pumped channel: bytes taken from the worker in all, and those that have not left. */
  | { readonly of: number; readonly told: 'sent'; readonly takenBytes: number; readonly bufferedBytes: number }
  | { readonly of: number; readonly told: 'end'; readonly cause: string }
