// The seam between the doors and the handler table: one request, one answer, whichever door it came through.
// How bytes become an Exchange is each door's business; what an Exchange means is the handler's.

/** One request as every door hands it to the handler table. */
export interface Exchange {
  readonly door: Door
  /** Case-sensitive, as the caller wrote it (RFC 9110 section 9.1). */
  readonly method: string
  /** Origin-form path without the query, still percent-encoded; always begins with `/`. */
  readonly path: string
  readonly query: URLSearchParams
  /**
   * Lower-case names. Repeated fields are joined with `, ` (`; ` for cookie), but never content-length, host or
   * authorization: those twice are a 400 before the handler sees anything.
   */
  readonly headers: ReadonlyMap<string, string>
  readonly body: RequestBody
  /** The caller's address; what a named proxy forwarded is applied already. IPv4-mapped IPv6 is written as IPv4. */
  readonly remoteAddress: string
  /** Ended in TLS at this server, or came from loopback, or came through a named proxy with https. */
  readonly secure: boolean
  /** For door `session` alone: lets the handler bind a login to the connection, push, and learn of its end. */
  readonly session?: SessionHandle
  /** Aborted when the caller has gone away or the server stops waiting for the answer. */
  readonly signal: AbortSignal
}

export type Door = 'http/1.1' | 'h2' | 'session'

/** The body of a request. It can be read once, by one of the two ways. Not reading it at all is allowed. */
export interface RequestBody {
  /**
   * Where the door had to parse the body as JSON already (sessions): that value, and its size in characters or a little
   * more. Reading it is not reading the body.
   */
  readonly parsed?: { readonly value: unknown; readonly size: number }
  /** Collects the body. Throws BodyTooLarge as soon as more than `limitBytes` are announced or have come. */
  bytes(limitBytes: number): Promise<Uint8Array>
  /** The body as it comes; the caller's socket is held back while the consumer is slow. Throws when the caller is gone. */
  stream(): AsyncIterable<Uint8Array>
}

/** What a handler gives back. Without a body Content-Length is 0; a stream is sent with back pressure. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>
  /** End the connection after this answer (QUIT). */
  readonly close?: boolean
}

/** Must settle; a throw becomes a 500 and a line in the log, BodyTooLarge a 413. */
export type Handler = (exchange: Exchange) => Promise<Answer>

/** One WebSocket session. */
export interface SessionHandle {
  readonly id: string
  /** Sends `{push: message}`. False: refused, because the session has ended or the bound on unread bytes is met. */
  push(message: object): boolean
  /** Ends the session with a WebSocket close code (RFC 6455 section 7.4) and a reason of at most 123 bytes. */
  close(code: number, reason: string): void
  /** Aborted once, when the session has ended, whoever ended it. */
  readonly closed: AbortSignal
  /** The handler's own room for its login and presence. */
  data: Map<string, unknown>
}

/** Thrown by RequestBody.bytes; a door that sees it come out of the handler answers 413. */
export class BodyTooLarge extends Error {
  readonly limitBytes: number

  constructor(limitBytes: number) {
    super(`The body is larger than the limit of ${limitBytes} bytes.`)
    this.name = 'BodyTooLarge'
    this.limitBytes = limitBytes
  }
}

/** A body that is in memory already: sessions, and tests of handlers. */
export function bodyFromBytes(bytes: Uint8Array): RequestBody {
  return {
    async bytes(limitBytes) {
      if (bytes.length > limitBytes) throw new BodyTooLarge(limitBytes)
      return bytes
    },
    async *stream() {
      if (bytes.length > 0) yield bytes
    },
  }
}
