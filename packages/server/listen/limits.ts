// Every bound of the doors, each with its unit and reason. The bounds of what is said through them (rates, quotas,
// sizes of messages) belong to the handlers.

/** Bounds of the doors. All of them can be set, so that tests and small boxes can be stricter. */
export interface DoorLimits {
  readonly requestLineBytes: number
  readonly headerBlockBytes: number
  readonly headerFields: number
  readonly bodyBytes: number
  readonly bodyMemoryBytes: number
  readonly discardBytes: number
  readonly peekMs: number
  readonly headMs: number
  readonly bodyIdleMs: number
  readonly requestMs: number
  readonly keepAliveMs: number
  readonly writeStallMs: number
  readonly lingerMs: number
  readonly connections: number
  readonly connectionsPerAddress: number
  readonly h2Streams: number
  readonly h2ResetBurst: number
  readonly h2ResetsPerSecond: number
  readonly h2OutstandingPings: number
  readonly h2SessionMemoryMiB: number
  readonly sessionMessageBytes: number
  readonly sessionCalls: number
  readonly sessionUnreadBytes: number
  readonly sessionUnreadHardBytes: number
  readonly sessionPingMs: number
  readonly sessionSilenceMs: number
  readonly sessionCloseMs: number
  readonly sweepMs: number
}

export const DEFAULT_LIMITS: DoorLimits = {
  /** Method, target and version, bytes: what RFC 9112 section 3 recommends as the least (8000), rounded up. */
  requestLineBytes: 8 * 1024,
  /** All header lines with their line ends, bytes; the same bound again for trailers. Four times a large cookie jar. */
  headerBlockBytes: 32 * 1024,
  /** Header fields of one request; browsers send about 20. */
  headerFields: 100,
  /** One request body, bytes: far above the largest envelope (a piece list is 2 MiB). Handlers set their own, lower. */
  bodyBytes: 16 * 1024 * 1024,
  /** Request bodies held in memory for all callers together, bytes: a quarter of the smallest box this should run in. */
  bodyMemoryBytes: 256 * 1024 * 1024,
  /** Body that nobody wanted, bytes: up to this it is read and dropped so that the connection lives on. */
  discardBytes: 64 * 1024,
  /** From accept until we know what is spoken, and for the TLS handshake, ms: two lost packets on a bad line. */
  peekMs: 10_000,
  /** From the first byte of a request to the end of its headers, ms. */
  headMs: 10_000,
  /** Silence within a body we are waiting for, ms. */
  bodyIdleMs: 30_000,
  /** From the first byte of a request to the last of its body, ms: 16 MiB at 60 kB/s. */
  requestMs: 300_000,
  /** Silence between requests, ms: as browsers and nginx keep theirs. */
  keepAliveMs: 60_000,
  /** An answer that the caller does not read at all, ms. */
  writeStallMs: 30_000,
  /** After our last word, ms to let the caller read it before the socket is torn down (RFC 9112 section 9.6). */
  lingerMs: 2_000,
  /** Connections of all kinds: 10,000 sessions and as many short ones again. */
  connections: 20_000,
  /** Connections of one IPv4 address or IPv6 /64; loopback and named proxies carry many users and are exempt. */
  connectionsPerAddress: 256,
  /** Requests at once on one HTTP/2 connection. */
  h2Streams: 64,
  /** Streams a caller may reset before it must slow down (CVE-2023-44487, rapid reset). */
  h2ResetBurst: 100,
  h2ResetsPerSecond: 10,
  h2OutstandingPings: 10,
  /** nghttp2's own memory for one connection, MiB: 64 streams with full windows are 4. */
  h2SessionMemoryMiB: 8,
  /** One text message of a session, bytes. */
  sessionMessageBytes: 1024 * 1024,
  /** Calls of one session in flight; the socket is paused at this, nothing is dropped. */
  sessionCalls: 64,
  /** Bytes a session has not read at which pushes are refused and its calls wait. */
  sessionUnreadBytes: 1024 * 1024,
  /** Bytes a session has not read at which it is ended: what its calls in flight may still add. */
  sessionUnreadHardBytes: 8 * 1024 * 1024,
  sessionPingMs: 15_000,
  /** Silence after which a session is gone, ms: two 15 s heartbeats and one slow round trip. */
  sessionSilenceMs: 35_000,
  /** For the closing handshake of a session, ms. */
  sessionCloseMs: 5_000,
  /** How often deadlines are looked at, ms; every time above is kept to within this. */
  sweepMs: 1_000,
}

/** HTTP/2: header fields beside the ones of the request itself: `:method`, `:scheme`, `:authority`, `:path`. */
export const H2_PSEUDO_FIELDS = 4
/** Length of a method, bytes, beyond which it is none we could know (RFC 9112 section 3: 501). */
export const METHOD_BYTES = 64
/** A chunk-size line with its extensions, bytes; nobody uses extensions, attackers do (CVE-2024-22019). */
export const CHUNK_LINE_BYTES = 256
/** Chunk extensions of one body, bytes, for the same reason. */
export const CHUNK_EXTENSION_BYTES = 4 * 1024
/** Answers are written in slices of this, bytes, so that a stalled reader is noticed and memory stays flat. */
export const WRITE_SLICE_BYTES = 64 * 1024
/** Ids of calls on a session, characters. */
export const CALL_ID_CHARACTERS = 64
